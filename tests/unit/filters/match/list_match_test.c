/* That a list finds in one pass what it finds asking its patterns one by one. */
#include "filters/match/list.h"

#include "filters/match/list_private.h"
#include "tests/unit/filters/match/pattern_kit.h"
#include "tests/unit/filters/match/pattern_make.h"

static const struct place here = {"lists/test", 7};

static void add(struct list *list, struct slice entry)
{
    struct diag diag;

    diag_init(&diag);
    (void)list_add(list, entry, SLICE_NONE, here, &diag); /* what is refused is in neither */
    diag_fini(&diag);
}

/* Adds what is written before and behind each number. */
static void add_numbered(struct list *list, const char *before, unsigned first, unsigned count,
                         const char *behind)
{
    char entry[64];

    for (unsigned i = 0; i < count; i++) {
        (void)snprintf(entry, sizeof(entry), "%s%u%s", before, first + i, behind);
        add(list, slice_str(entry));
    }
}

struct outcome {
    enum list_result result;
    struct list_hit hit;
    size_t calls;
    bool limited;
};

/* Asks to the end. Without a room all patterns are asked in turn. */
static struct outcome ask(const struct list *list, struct slice value, struct list_room *room)
{
    const struct comparable forms = comparable_text(value);
    struct list_cursor cursor = {.room = room};
    struct outcome out = {.calls = 0};

    do {
        out.result = list_match(list, &forms, &cursor, scratch, &out.hit);
        out.calls++;
    } while (out.result == LIST_MORE);
    out.limited = cursor.limited;
    return out;
}

static bool same(const struct outcome *a, const struct outcome *b)
{
    if (a->result != b->result || a->hit.entry != b->hit.entry ||
        a->hit.match.count != b->hit.match.count)
        return false;
    for (size_t i = 0; i < a->hit.match.count; i++) {
        struct slice one = a->hit.match.groups[i], other = b->hit.match.groups[i];

        if (one.ptr != other.ptr || one.len != other.len)
            return false;
    }
    return true;
}

/* --- drawn lists ------------------------------------------------------------------------------ */

#define LISTS        80
#define SUBJECTS     20
#define ENTRIES_MAX  60
#define BARE_ONE_IN  60
#define LONG_SUBJECT 9000
#define FILLER       "0=.0=.0=.0=.0=.0=.0=.0=.0=.0=.0=.0=.0=.0=.0=.0=.0=."

/* Of those without a literal, which match nearly everything, one in many. */
static void add_drawn(struct pattern_maker *maker, struct list *list, struct bytes *sources)
{
    static const char *const flags[] = {"/", "/i", "/s", "/m", "/iu"};
    struct literals literals;
    struct bytes entry;
    struct slice source;

    bytes_init(&entry, SIZE_MAX);
    bytes_append_char(&entry, '/');
    pattern_make(maker, &entry);
    source = slice_from(bytes_slice(&entry), 1);
    if (literals_cut(source, 0, &literals) > 0 || pattern_make_choice(maker, BARE_ONE_IN) == 0) {
        bytes_append(sources, source);
        bytes_append(&entry, slice_str(flags[pattern_make_choice(maker, COUNT_OF(flags))]));
        add(list, bytes_slice(&entry));
    }
    bytes_fini(&entry);
}

/* A value: of few pieces, or of many far from each other. */
static void draw_value(struct pattern_maker *maker, struct slice sources, struct bytes *value)
{
    size_t from = pattern_make_choice(maker, (unsigned)sources.len);
    bool is_long = pattern_make_choice(maker, 16) == 0;

    do {
        pattern_make_subject(maker, slice_first(slice_from(sources, from), 40), value);
        for (unsigned i = is_long ? pattern_make_choice(maker, 200) : 0; i > 0; i--)
            bytes_append(value, SLICE(FILLER));
    } while (is_long && value->len < LONG_SUBJECT);
}

struct counts {
    size_t asked, held, in_one_pass;
};

static void compare(const struct list *list, struct slice value, struct list_room *room,
                    struct counts *counts)
{
    struct outcome slow = ask(list, value, NULL), fast = ask(list, value, room);

    counts->asked++;
    counts->held += slow.result == LIST_YES;
    counts->in_one_pass += list_wants_room(list);
    if (!slow.limited && !same(&slow, &fast))
        fail_msg("value %zu of %zu bytes: %d, and %d in one pass", counts->asked, value.len,
                 (int)slow.result, (int)fast.result);
}

static void drawn_lists(void **state)
{
    struct pattern_maker maker = {.seed = 5};
    struct counts counts = {0};
    struct list_room *room;
    struct arena arena;
    struct bytes sources, value;

    (void)state;
    arena_init(&arena, 4096, SIZE_MAX);
    bytes_init(&sources, SIZE_MAX);
    bytes_init(&value, SIZE_MAX);
    room = list_room_create(&arena);
    for (unsigned i = 0; i < LISTS; i++) {
        struct list *list = list_create();

        bytes_renew(&sources);
        for (unsigned k = 10 + pattern_make_choice(&maker, ENTRIES_MAX); k > 0; k--)
            add_drawn(&maker, list, &sources);
        add_numbered(list, "*kiss", i, 3, "*");
        assert_int_equal(list_seal(list), 0);
        for (unsigned k = 0; k < SUBJECTS; k++) {
            bytes_renew(&value);
            draw_value(&maker, bytes_slice(&sources), &value);
            compare(list, bytes_slice(&value), room, &counts);
        }
        list_destroy(list);
    }
    print_message("%zu asked, %zu held, %zu in one pass\n", counts.asked, counts.held,
                  counts.in_one_pass);
    assert_true(counts.in_one_pass > counts.asked / 2);
    assert_in_range(counts.held, counts.asked / 10, counts.asked * 19 / 20);
    bytes_fini(&value);
    bytes_fini(&sources);
    arena_fini(&arena);
}

/* --- what is seen ----------------------------------------------------------------------------- */

static struct arena memory;

/* A list of ten words, and more. */
static struct list *words(const char *const *more, size_t count, bool first)
{
    struct list *list = list_create();

    assert_non_null(list);
    for (size_t i = 0; first && i < count; i++)
        add(list, slice_str(more[i]));
    add_numbered(list, "/\\bword", 0, 10, "\\b/");
    for (size_t i = 0; !first && i < count; i++)
        add(list, slice_str(more[i]));
    assert_int_equal(list_seal(list), 0);
    assert_true(list_wants_room(list));
    return list;
}

/* The first in order, and of it the first match, wherever others are seen. */
static void the_first_in_order(void **state)
{
    static const char *const more[] = {"/(lot)tery/", "*jackpot*", "/\\d\\d:\\d\\d/"};
    static const struct {
        const char *value, *entry;
    } rows[] = {
        {"win the lottery: word7", "/(lot)tery/"},
        {"jackpot word3 lotter", "*jackpot*"},
        {"word3 at 12:30", "/\\d\\d:\\d\\d/"},
        {"sword3 word9 word3", "/\\bword3\\b/"},
        {"swords word10", NULL},
        {"", NULL},
    };
    struct list_room *room = list_room_create(&memory);
    struct list *list = words(more, COUNT_OF(more), true);

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct outcome out = ask(list, slice_str(rows[i].value), room);

        assert_row((out.result == LIST_YES) == (rows[i].entry != NULL), rows[i].value, i);
        if (rows[i].entry != NULL)
            assert_row_slice(out.hit.entry->written, slice_str(rows[i].entry), rows[i].value, i);
    }
    list_destroy(list);
}

/* At every place of a long value, also where one stretch ends and the next begins. */
static void every_place(void **state)
{
    static const char *const more[] = {"/=.{3000}(word)X/s", "/(?<=-)word4z/"};
    static char text[300000];
    struct list_room *room = list_room_create(&memory);
    struct list *list = words(more, COUNT_OF(more), false);

    (void)state;
    memset(text, ' ', sizeof(text));
    for (size_t at = 4000; at + 5 < sizeof(text); at += 4090) {
        struct slice value = slice_make(text, sizeof(text));
        struct outcome out;

        memcpy(text + at, "wordX", 5);
        text[at - 3001] = '=';
        out = ask(list, value, room);
        assert_int_equal(out.result, LIST_YES);
        assert_ptr_equal(out.hit.match.groups[1].ptr, text + at);
        memcpy(text + at, "word4z", 6);
        assert_int_equal(ask(list, value, room).result, LIST_NO);
        text[at - 1] = '-';
        assert_ptr_equal(ask(list, value, room).hit.match.groups[0].ptr, text + at);
        text[at - 1] = text[at - 3001] = ' ';
        memset(text + at, ' ', 6);
    }
    list_destroy(list);
}

/* In a long value only where a literal is: the other patterns cost no call. */
static void little_is_searched(void **state)
{
    static char text[1 << 20];
    struct list_room *room = list_room_create(&memory);
    struct list *list = words(NULL, 0, false);
    struct outcome out;

    (void)state;
    memset(text, ' ', sizeof(text));
    assert_int_equal(ask(list, slice_make(text, sizeof(text)), room).calls,
                     sizeof(text) / LIST_SLICE_BYTES);
    memcpy(text + sizeof(text) / 2, "sword5", 6);
    out = ask(list, slice_make(text, sizeof(text)), room);
    assert_int_equal(out.result, LIST_NO);
    assert_in_range(out.calls, sizeof(text) / LIST_SLICE_BYTES + 1,
                    sizeof(text) / LIST_SLICE_BYTES + 8);
    list_destroy(list);
}

/* More entries than are looked for in one pass. */
static void several_passes(void **state)
{
    struct list *list = list_create();
    struct list_room *room = list_room_create(&memory);
    struct outcome out;

    (void)state;
    add_numbered(list, "/key", 10000, 2 * LIST_BLOCK, "[.]/");
    add_numbered(list, "*:", 7, 1, ":*");
    add_numbered(list, "/late", 100, 20, "/");
    assert_int_equal(list_seal(list), 0);
    out = ask(list, SLICE("key14095. key12048. key12047"), room);
    assert_text(out.hit.entry->written, "/key12048[.]/");
    out = ask(list, SLICE("late119 late101 key14095 :8:"), room);
    assert_text(out.hit.entry->written, "/late101/");
    assert_text(ask(list, SLICE("late101 :7:"), room).hit.entry->written, "*:7:*");
    assert_int_equal(ask(list, SLICE("late120 key9999."), room).result, LIST_NO);
    list_destroy(list);
}

/* Where the patterns of one part of the list are few, that part is asked in turn. */
static void few_and_many(void **state)
{
    struct list *list = list_create();
    struct list_room *room = list_room_create(&memory);

    (void)state;
    add_numbered(list, "*:", 10000, LIST_BLOCK - 1, ":*");
    add_numbered(list, "/few", 1, 1, "/");
    add_numbered(list, "/late", 100, 20, "/");
    assert_int_equal(list_seal(list), 0);
    assert_text(ask(list, SLICE("late103 few1"), room).hit.entry->written, "/few1/");
    assert_text(ask(list, SLICE("late103 :11111:"), room).hit.entry->written, "*:11111:*");
    assert_text(ask(list, SLICE("late103"), room).hit.entry->written, "/late103/");
    list_destroy(list);
}

/* Who asks with the same room in between makes it look again, and nothing worse. */
static void a_shared_room(void **state)
{
    static char text[100000];
    const struct comparable value = comparable_text(slice_make(text, sizeof(text)));
    struct list_room *room = list_room_create(&memory);
    struct list *list = words(NULL, 0, false);
    size_t calls = ask(list, value.text, room).calls;

    (void)state;
    memset(text, ' ', sizeof(text));
    memcpy(text + 10, "word8", 5);
    for (size_t stop = 0; stop < calls; stop++) {
        struct list_cursor cursor = {.room = room};
        struct list_hit hit;
        enum list_result result = LIST_MORE;

        for (size_t i = 0; i < stop && result == LIST_MORE; i++)
            result = list_match(list, &value, &cursor, scratch, &hit);
        assert_int_equal(ask(list, SLICE("word1"), room).result, LIST_YES);
        while (result == LIST_MORE)
            result = list_match(list, &value, &cursor, scratch, &hit);
        assert_int_equal(result, LIST_YES);
        assert_text(hit.entry->written, "/\\bword8\\b/");
    }
    list_destroy(list);
}

/* A limit that is hit is told, unless another entry holds the value. */
static void a_limit_stays_one(void **state)
{
    static const char *const hard[] = {"/^(a+)+[^!a]/"};
    static const char value[] = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa! word4";
    struct list_room *room = list_room_create(&memory);
    struct list *list = words(hard, COUNT_OF(hard), true);
    struct outcome out;

    (void)state;
    assert_int_equal(ask(list, slice_make(value, sizeof(value) - 2), room).result, LIST_LIMIT);
    out = ask(list, slice_str(value), room);
    assert_int_equal(out.result, LIST_YES);
    assert_true(out.limited);
    assert_text(out.hit.entry->written, "/\\bword4\\b/");
    list_destroy(list);
}

static int set_up_all(void **state)
{
    arena_init(&memory, 4096, SIZE_MAX);
    return set_up(state);
}

static int tear_down_all(void **state)
{
    arena_fini(&memory);
    return tear_down(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(drawn_lists),    cmocka_unit_test(the_first_in_order),
        cmocka_unit_test(every_place),    cmocka_unit_test(little_is_searched),
        cmocka_unit_test(several_passes), cmocka_unit_test(few_and_many),
        cmocka_unit_test(a_shared_room),  cmocka_unit_test(a_limit_stays_one),
    };
    return cmocka_run_group_tests(tests, set_up_all, tear_down_all);
}
