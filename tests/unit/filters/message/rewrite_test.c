#include "filters/message/rewrite.h"

#include "tests/unit/arena_kit.h"

/* --- edit scripts -------------------------------------------------------------------------------
 * *
 *
 * A script is edits parted by "|": "add NAME:VALUE", "ins INDEX NAME:VALUE", "chg INDEX
 * NAME:VALUE", "del INDEX NAME:"; "^chg" and "^del" count as a milter does; "cut" is rewrite_cut.
 * It is applied to a message's header, and the bytes are compared.
 */

/* Takes up to ${stop} off the front of ${script}. */
static struct slice take(struct slice *script, char stop)
{
    size_t at = slice_find(*script, stop);
    struct slice taken = slice_first(*script, at);

    *script = at != SLICE_NOT_FOUND ? slice_from(*script, at + 1) : SLICE_NONE;
    return taken;
}

static struct edit read_edit(struct slice line)
{
    struct edit edit = {.kind = EDIT_ADD_HEADER};
    struct slice verb = take(&line, ' ');

    edit.above = slice_starts(verb, SLICE("^"));
    verb = slice_from(verb, edit.above ? 1 : 0);

    if (slice_equal(verb, SLICE("ins")))
        edit.kind = EDIT_INSERT_HEADER;
    else if (slice_equal(verb, SLICE("chg")))
        edit.kind = EDIT_CHANGE_HEADER;
    else if (slice_equal(verb, SLICE("del")))
        edit.kind = EDIT_DELETE_HEADER;
    else
        assert_text(verb, "add");
    if (edit.kind != EDIT_ADD_HEADER) {
        struct slice index = take(&line, ' ');

        for (size_t i = 0; i < index.len; i++)
            edit.index = edit.index * 10 + (unsigned)(index.ptr[i] - '0');
    }
    edit.name = take(&line, ':');
    edit.value = line;
    return edit;
}

static void read_header(struct header *header, struct slice content)
{
    struct header_scan scan = {0};
    struct header_end end;
    struct header original;

    assert_int_equal(header_scan(&scan, content, true, &end), 1);
    assert_int_equal(header_parse(&original, slice_first(content, end.fields_end),
                                  end.body_start > end.fields_end, &arena),
                     0);
    assert_int_equal(header_clone(header, &original, &arena), 0);
}

static struct slice emitted(const struct header *header)
{
    struct bytes out;
    struct slice copy;

    bytes_init(&out, SIZE_MAX);
    assert_int_equal(rewrite_emit(header, &out), 0);
    copy = arena_copy(&arena, bytes_slice(&out));
    bytes_fini(&out);
    return copy;
}

#define THREE "Received: x\r\n\ty\r\nSubject : One\r\nX-A: 1\r\n"

#define STRAY "A: 1\r\nhello\r\n you\r\nA: 2\r\nB: 3\r\n"

static const struct {
    const char *what;
    const char *message;
    const char *script;
    const char *want;
} scripts[] = {
    {"nothing", THREE "\r\nbody", "", THREE "\r\n"},
    {"add", THREE "\r\n", "add X-New: yes", THREE "X-New: yes\r\n\r\n"},
    {"add with odd blanks", THREE "\r\n", "add X-New:\t yes ", THREE "X-New:\t yes \r\n\r\n"},
    {"add without value", THREE "\r\n", "add X-New:", THREE "X-New:\r\n\r\n"},
    {"add a fold", THREE "\r\n", "add X: a\r\n b\r\n\tc", THREE "X: a\r\n b\r\n\tc\r\n\r\n"},
    {"two of a name stay two", THREE "\r\n", "add X-A: 2", THREE "X-A: 2\r\n\r\n"},
    {"insert at the top", THREE "\r\n", "ins 0 X: 0", "X: 0\r\n" THREE "\r\n"},
    {"insert below the first", THREE "\r\n", "ins 1 X: 0",
     "Received: x\r\n\ty\r\nX: 0\r\nSubject : One\r\nX-A: 1\r\n\r\n"},
    {"insert before the last", THREE "\r\n", "ins 2 X: 0",
     "Received: x\r\n\ty\r\nSubject : One\r\nX: 0\r\nX-A: 1\r\n\r\n"},
    {"insert at the end", THREE "\r\n", "ins 3 X: 0", THREE "X: 0\r\n\r\n"},
    {"insert past the end", THREE "\r\n", "ins 4294967295 X: 0", THREE "X: 0\r\n\r\n"},
    {"inserts in order", THREE "\r\n", "ins 0 B: 2|ins 0 A: 1", "A: 1\r\nB: 2\r\n" THREE "\r\n"},
    {"change keeps the name as it was", THREE "\r\n", "chg 1 SUBJECT: Two",
     "Received: x\r\n\ty\r\nSubject : Two\r\nX-A: 1\r\n\r\n"},
    {"index 0 is the first", THREE "\r\n", "chg 0 subject: Two",
     "Received: x\r\n\ty\r\nSubject : Two\r\nX-A: 1\r\n\r\n"},
    {"change a folded one", THREE "\r\n", "chg 1 received: z",
     "Received: z\r\nSubject : One\r\nX-A: 1\r\n\r\n"},
    {"change to no value", THREE "\r\n",
     "chg 1 x-a:", "Received: x\r\n\ty\r\nSubject : One\r\nX-A:\r\n\r\n"},
    {"change what is not there adds", THREE "\r\n", "chg 1 X-b: 2", THREE "X-b: 2\r\n\r\n"},
    {"change the second of one adds", THREE "\r\n", "chg 2 X-A: 2", THREE "X-A: 2\r\n\r\n"},
    {"change the second", "X: 1\r\nY: 1\r\nx: 2\r\n\r\n", "chg 2 X: two",
     "X: 1\r\nY: 1\r\nx: two\r\n\r\n"},
    {"change twice", "X: 1\r\n\r\n", "chg 1 X: 2|chg 1 x: 3", "X: 3\r\n\r\n"},
    {"delete", THREE "\r\n", "del 1 subject:", "Received: x\r\n\ty\r\nX-A: 1\r\n\r\n"},
    {"delete the first", THREE "\r\n", "del 1 received:", "Subject : One\r\nX-A: 1\r\n\r\n"},
    {"delete what is not there", THREE "\r\n", "del 1 X-B:|del 2 X-A:", THREE "\r\n"},
    /* later edits see earlier ones, so indexes move */
    {"delete the first twice", "X: 1\r\nX: 2\r\nX: 3\r\n\r\n", "del 1 X:|del 1 X:", "X: 3\r\n\r\n"},
    {"delete first and second", "X: 1\r\nX: 2\r\nX: 3\r\n\r\n",
     "del 1 X:|del 2 X:", "X: 2\r\n\r\n"},
    {"delete from the end", "X: 1\r\nX: 2\r\nX: 3\r\n\r\n", "del 3 X:|del 2 X:|del 1 X:", "\r\n"},
    {"change what was added", "X: 1\r\n\r\n", "add X: 2|chg 2 x: two", "X: 1\r\nX: two\r\n\r\n"},
    {"delete what was inserted", "X: 1\r\n\r\n", "ins 0 X: 0|del 1 X:", "X: 1\r\n\r\n"},
    {"insert where a deleted one was", "A: 1\r\nB: 2\r\nC: 3\r\n\r\n", "del 1 B:|ins 1 D: 4",
     "A: 1\r\nD: 4\r\nC: 3\r\n\r\n"},
    {"change one that was deleted adds it", "A: 1\r\nB: 2\r\n\r\n", "del 1 A:|chg 1 a: 3",
     "B: 2\r\na: 3\r\n\r\n"},
    /* headers without a proper end: H03 */
    {"no empty line, no edit", "A: 1\r\nB: 2\r\n", "", "A: 1\r\nB: 2\r\n"},
    {"no empty line", "A: 1\r\n", "add B: 2", "A: 1\r\nB: 2\r\n\r\n"},
    {"no empty line, nothing deleted", "A: 1\r\n", "del 1 B:", "A: 1\r\n"},
    {"no line end", "A: 1", "", "A: 1"},
    {"no line end, add", "A: 1", "add B: 2", "A: 1\r\nB: 2\r\n\r\n"},
    {"no line end, insert", "A: 1\r\nB: 2\r", "ins 0 C: 3", "C: 3\r\nA: 1\r\nB: 2\r\r\n\r\n"},
    {"no line end, no value", "A:", "chg 1 a: 2", "A: 2\r\n\r\n"},
    {"no header", "text\r\n", "add A: 1", "A: 1\r\ntext\r\n"},
    {"no header, cut short", "text", "add A: 1", "A: 1\r\ntext"},
    {"nothing at all", "", "", ""},
    {"nothing but an edit", "", "add A: 1", "A: 1\r\n\r\n"},
    {"empty line only", "\r\ntext", "ins 5 A: 1", "A: 1\r\n\r\n"},
    /* a line that is no field: what is put in stands above it, and no end of the header moves */
    {"stray, no edit", STRAY "\r\n", "", STRAY "\r\n"},
    {"stray, add", STRAY "\r\n", "add C: 3|add D: 4",
     "A: 1\r\nC: 3\r\nD: 4\r\nhello\r\n you\r\nA: 2\r\nB: 3\r\n\r\n"},
    {"stray, insert", STRAY "\r\n", "ins 0 C: 3|ins 9 D: 4",
     "C: 3\r\nA: 1\r\nD: 4\r\nhello\r\n you\r\nA: 2\r\nB: 3\r\n\r\n"},
    {"stray, change below", STRAY "\r\n", "chg 2 A: two|chg 1 B: three",
     "A: 1\r\nhello\r\n you\r\nA: two\r\nB: three\r\n\r\n"},
    {"stray, change what is not there", STRAY "\r\n", "chg 3 A: 3",
     "A: 1\r\nA: 3\r\nhello\r\n you\r\nA: 2\r\nB: 3\r\n\r\n"},
    {"stray, a milter counts above", STRAY "\r\n", "^chg 2 A: two|^del 1 B:|^chg 1 A: one",
     "A: one\r\nA: two\r\nhello\r\n you\r\nA: 2\r\nB: 3\r\n\r\n"},
    {"stray, delete below", STRAY "\r\n", "del 2 A:|del 1 B:", "A: 1\r\nhello\r\n you\r\n\r\n"},
    {"stray, delete above and add", STRAY "\r\n", "del 1 A:|add C: 3",
     "C: 3\r\nhello\r\n you\r\nA: 2\r\nB: 3\r\n\r\n"},
    {"stray without empty line", STRAY, "add C: 3",
     "A: 1\r\nC: 3\r\nhello\r\n you\r\nA: 2\r\nB: 3\r\n"},
    {"stray with a name, change",
     "A: 1\r\nB\r\n : 2\r\n\x01"
     "C: 3\r\n\r\n",
     "chg 1 B: two|chg 1 C: 4|chg 1 c: 5",
     "A: 1\r\nB\r\n : two\r\n\x01"
     "C: 5\r\n\r\n"},
    {"stray with a name, delete and add", "A: 1\r\nB\r\n : 2\r\n C: 3\r\n\r\n", "del 1 B:|add C: 3",
     "A: 1\r\nC: 3\r\n\r\n"},
    {"a fold first that has a name", " A: 1\r\n x\r\nB: 2\r\n\r\n",
     "ins 0 C: 3|chg 1 X-Postern-Stray: 4", "C: 3\r\nX-Postern-Stray: 4\r\nB: 2\r\n\r\n"},
    {"a fold first that has a name, kept", " A: 1\r\n x\r\nB: 2\r\n\r\n", "add C: 3",
     "C: 3\r\nX-Postern-Stray:\r\n A: 1\r\n x\r\nB: 2\r\n\r\n"},
    {"stray, cut", STRAY "\r\n", "cut", "A: 1\r\n\r\n"},
    {"stray without empty line, cut", STRAY, "cut", "A: 1\r\n\r\n"},
    {"stray first, cut", "hi\r\nA: 1\r\n", "cut", "\r\n"},
    {"stray first", ":\r\nA: 1\r\n\r\n", "add B: 2", "B: 2\r\n:\r\nA: 1\r\n\r\n"},
    {"stray below a mbox line", "From x\r\nhi\r\n\r\n", "ins 0 B: 2",
     "From x\r\nB: 2\r\nhi\r\n\r\n"},
    {"a fold first continues nothing new", " x\r\n\ty\r\nA: 1\r\nhi\r\n\r\n", "add B: 2|add C: 3",
     "B: 2\r\nX-Postern-Stray:\r\n x\r\n\ty\r\nA: 1\r\nC: 3\r\nhi\r\n\r\n"},
    {"a fold first and all there is", "\tx", "ins 0 B: 2",
     "B: 2\r\nX-Postern-Stray:\r\n\tx\r\n\r\n"},
    {"a fold first, only changed", " x\r\nA: 1\r\n\r\n", "chg 1 A: 2", " x\r\nA: 2\r\n\r\n"},
    /* mailbox lines stay on top */
    {"mbox line", "From x\r\nA: 1\r\n\r\n", "ins 0 B: 2", "From x\r\nB: 2\r\nA: 1\r\n\r\n"},
    {"mbox line, no edit", "From x\r\nA: 1\r\n\r\n", "", "From x\r\nA: 1\r\n\r\n"},
    {"mbox line and no line end", "From x", "add B: 2", "From x\r\nB: 2\r\n\r\n"},
    /* bytes that are none of ours */
    {"8-bit and control bytes stay", "A: \xFF\x01\rx\nx\r\nB:\r\n \r\n\r\n", "add C: 3",
     "A: \xFF\x01\rx\nx\r\nB:\r\n \r\nC: 3\r\n\r\n"},
};

static void apply(struct header *header, struct slice line, const char *what)
{
    struct edit edit;

    if (slice_equal(line, SLICE("cut"))) {
        rewrite_cut(header);
        return;
    }
    edit = read_edit(line);
    assert_row(rewrite_apply(header, &edit, &arena) == 0, what, 0);
}

static void edit_scripts(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(scripts); i++) {
        struct slice script = slice_str(scripts[i].script);
        struct header header;

        read_header(&header, slice_str(scripts[i].message));
        while (script.len > 0)
            apply(&header, take(&script, '|'), scripts[i].what);
        assert_row_slice(emitted(&header), slice_str(scripts[i].want), scripts[i].what, i);
        assert_row(rewrite_size(&header) == strlen(scripts[i].want), scripts[i].what, i);
    }
}

/* --- what is refused: H01 -----------------------------------------------------------------------
 */

static const struct {
    enum edit_kind kind;
    struct slice name, value;
} refused[] = {
    {EDIT_ADD_HEADER, SLICE_INIT(""), SLICE_INIT(" x")},
    {EDIT_ADD_HEADER, SLICE_INIT("A B"), SLICE_INIT(" x")},
    {EDIT_ADD_HEADER, SLICE_INIT("A:"), SLICE_INIT(" x")},
    {EDIT_ADD_HEADER, SLICE_INIT("A\r\nB"), SLICE_INIT(" x")},
    {EDIT_ADD_HEADER, SLICE_INIT("A\0"), SLICE_INIT(" x")},
    {EDIT_ADD_HEADER, SLICE_INIT("\xC3\xA4"), SLICE_INIT(" x")},
    {EDIT_ADD_HEADER, SLICE_INIT("A\x7F"), SLICE_INIT(" x")},
    {EDIT_ADD_HEADER, SLICE_INIT("A"), SLICE_INIT(" x\r\nB: y")},
    {EDIT_ADD_HEADER, SLICE_INIT("A"), SLICE_INIT(" x\r\n\r\nbody")},
    {EDIT_ADD_HEADER, SLICE_INIT("A"), SLICE_INIT(" x\r\n")},
    {EDIT_ADD_HEADER, SLICE_INIT("A"), SLICE_INIT(" x\r")},
    {EDIT_ADD_HEADER, SLICE_INIT("A"), SLICE_INIT(" x\n")},
    {EDIT_ADD_HEADER, SLICE_INIT("A"), SLICE_INIT(" x\n y")},
    {EDIT_ADD_HEADER, SLICE_INIT("A"), SLICE_INIT(" x\r y")},
    {EDIT_ADD_HEADER, SLICE_INIT("A"), SLICE_INIT(" x\ry z")},
    {EDIT_ADD_HEADER, SLICE_INIT("A"), SLICE_INIT(" x\r\r\n y")},
    {EDIT_ADD_HEADER, SLICE_INIT("A"), SLICE_INIT(" x\r\n\n")},
    {EDIT_ADD_HEADER, SLICE_INIT("A"), SLICE_INIT(" x\0y")},
    {EDIT_INSERT_HEADER, SLICE_INIT("A"), SLICE_INIT(" x\ny")},
    {EDIT_CHANGE_HEADER, SLICE_INIT("X"), SLICE_INIT(" x\ny")},
    {EDIT_DELETE_HEADER, SLICE_INIT("X "), SLICE_INIT("")},
    {EDIT_REPLACE_BODY, SLICE_INIT("X"), SLICE_INIT("")},
    {EDIT_SET_SENDER, SLICE_INIT("X"), SLICE_INIT("")},
    {EDIT_QUARANTINE, SLICE_INIT("X"), SLICE_INIT("")},
    {EDIT_ARCHIVE, SLICE_INIT("X"), SLICE_INIT("")},
};

static void refusing(void **state)
{
    struct guard guard;

    (void)state;
    guard_init(&guard, 64);
    for (size_t i = 0; i < COUNT_OF(refused); i++) {
        struct edit edit = {.kind = refused[i].kind, .name = refused[i].name};
        struct header header;

        read_header(&header, SLICE("X: 1\r\nY: 2\r\n\r\n"));
        edit.value = guard_copy(&guard, refused[i].value);
        assert_row(rewrite_apply(&header, &edit, &arena) == -1, refused[i].value.ptr, i);
        assert_row(!header.edited, refused[i].value.ptr, i);
        assert_text(emitted(&header), "X: 1\r\nY: 2\r\n\r\n");
    }
    guard_fini(&guard);
}

static void full_arena_changes_nothing(void **state)
{
    static const enum edit_kind kinds[] = {EDIT_ADD_HEADER, EDIT_INSERT_HEADER, EDIT_CHANGE_HEADER};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(kinds); i++)
        for (size_t room = 16; room < 600; room += 16) {
            struct edit edit = {.kind = kinds[i], .name = SLICE("X"), .value = SLICE(" new")};
            struct header header;
            struct arena small;
            bool done;

            read_header(&header, SLICE("X: 1\r\nY: 2\r\n\r\n"));
            arena_init(&small, 16, room);
            done = rewrite_apply(&header, &edit, &small) == 0;
            assert_int_equal(header.edited, done);
            if (!done)
                assert_text(emitted(&header), "X: 1\r\nY: 2\r\n\r\n");
            else
                assert_true(emitted(&header).len > 14);
            arena_fini(&small);
        }
}

static void many_edits(void **state)
{
    struct header header;

    (void)state;
    read_header(&header, SLICE("X: 1\r\n\r\n"));
    for (unsigned i = 0; i < EDITS_MAX; i++) {
        struct edit edit = {.kind = i % 3 == 0 ? EDIT_INSERT_HEADER : EDIT_CHANGE_HEADER,
                            .index = i,
                            .name = i % 2 == 0 ? SLICE("A") : SLICE("B"),
                            .value = SLICE(" v")};

        assert_int_equal(rewrite_apply(&header, &edit, &arena), 0);
    }
    assert_true(header.count > EDITS_MAX / 3);
    assert_true(emitted(&header).len > 6 * header.count);
}

static void full_buffer(void **state)
{
    struct header header;
    struct bytes out;

    (void)state;
    read_header(&header, SLICE("X: 1\r\n\r\n"));
    bytes_init(&out, 7);
    assert_int_equal(rewrite_emit(&header, &out), -1);
    assert_true(out.failed);
    bytes_fini(&out);
}

/* What changes nothing is known before it is done. */
static void changes_nothing(void **state)
{
    struct edit edit = {.kind = EDIT_CHANGE_HEADER, .index = 1, .name = SLICE("a")};
    struct header header;

    (void)state;
    arena_init(&arena, 1024, SIZE_MAX);
    assert_int_equal(header_parse(&header, SLICE("A: b\r\nA:c\r\n"), true, &arena), 0);
    edit.value = SLICE(" b");
    assert_false(rewrite_changes(&header, &edit));
    edit.value = SLICE("b");
    assert_true(rewrite_changes(&header, &edit));
    edit.index = 2;
    edit.value = SLICE("c");
    assert_false(rewrite_changes(&header, &edit));
    edit.index = 3;
    assert_true(rewrite_changes(&header, &edit)); /* it is added */
    edit.kind = EDIT_DELETE_HEADER;
    assert_false(rewrite_changes(&header, &edit));
    edit.index = 2;
    assert_true(rewrite_changes(&header, &edit));
    edit.kind = EDIT_ADD_HEADER;
    assert_true(rewrite_changes(&header, &edit));
    arena_fini(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(changes_nothing), cmocka_unit_test(edit_scripts),
        cmocka_unit_test(refusing),        cmocka_unit_test(full_arena_changes_nothing),
        cmocka_unit_test(many_edits),      cmocka_unit_test(full_buffer),
    };
    return cmocka_run_group_tests(tests, arena_set_up, arena_tear_down);
}
