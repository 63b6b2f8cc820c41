/* Edits as requests of a milter: what they come to must be the same for an MTA that counts deleted
 * fields (Sendmail) and for one that does not (Postfix). */
#include "proxy/as_milter/changes.h"

#include "tests/unit/support.h"

#include "filters/message/rewrite.h"

#define HEADER "A: 1\r\nB: 1\r\nA: 2\r\nC: 1\r\na: 3\r\n"

struct scene {
    struct arena arena;
    struct header header;
    struct edit_list edits;
    struct change_list list;
};

static struct slice next_word(struct slice *rest)
{
    struct slice word = slice_first(*rest, slice_find(*rest, ' '));

    *rest = slice_from(*rest, word.len + 1);
    return word;
}

static unsigned number(struct slice digits)
{
    unsigned value = 0;

    for (size_t i = 0; i < digits.len; i++)
        value = value * 10 + (unsigned)(digits.ptr[i] - '0');
    return value;
}

/* One edit as text: "add N s", "insert I N s", "change I N s", "delete I N", "sender s", ... */
static void add_edit(struct scene *s, struct slice text)
{
    static const struct {
        const char *word;
        enum edit_kind kind;
        bool indexed;
    } KINDS[] = {
        {"add", EDIT_ADD_HEADER, false},        {"insert", EDIT_INSERT_HEADER, true},
        {"change", EDIT_CHANGE_HEADER, true},   {"delete", EDIT_DELETE_HEADER, true},
        {"sender", EDIT_SET_SENDER, false},     {"more", EDIT_ADD_RECIPIENT, false},
        {"less", EDIT_REMOVE_RECIPIENT, false}, {"hold", EDIT_QUARANTINE, false},
        {"body", EDIT_REPLACE_BODY, false},
    };
    struct edit edit = {.index = 0};
    struct slice word = next_word(&text);
    size_t i = 0;

    while (i < COUNT_OF(KINDS) && !slice_equal(slice_str(KINDS[i].word), word))
        i++;
    assert_true(i < COUNT_OF(KINDS));
    edit.kind = KINDS[i].kind;
    if (KINDS[i].indexed)
        edit.index = number(next_word(&text));
    edit.value = text;
    if (edit_is_header(edit.kind)) {
        edit.name = next_word(&text);
        edit.value = arena_format(&s->arena, " %.*s", SLICE_ARG(text));
    }
    assert_int_equal(edit_list_add(&s->edits, &s->arena, &edit), 0);
}

static void begin(struct scene *s, const char *edits)
{
    struct slice rest = slice_str(edits);

    arena_init(&s->arena, 4096, 1 << 20);
    assert_int_equal(header_parse(&s->header, SLICE(HEADER), true, &s->arena), 0);
    s->edits = (struct edit_list){.count = 0};
    while (rest.len > 0) {
        struct slice edit = slice_first(rest, slice_find(rest, ';'));

        add_edit(s, edit);
        rest = slice_from(rest, edit.len + 2); /* and the blank after it */
    }
}

static void make(struct scene *s)
{
    static const struct changes_recipient RECIPIENTS[] = {{SLICE_INIT("a@b"), SLICE_INIT("<a@b>")},
                                                          {SLICE_INIT("c@d"), SLICE_INIT("c@d")}};
    struct changes_message message = {&s->header, RECIPIENTS, COUNT_OF(RECIPIENTS), false};

    assert_int_equal(changes_make(&message, &s->edits, &s->arena, &s->list), 0);
}

static void print(const struct change_list *list, char *out, size_t size)
{
    size_t len = 0;

    *out = '\0';
    for (size_t i = 0; i < list->count && len < size; i++) {
        const struct change *c = &list->items[i];
        struct slice kind = edit_name(c->kind);

        len +=
            (size_t)snprintf(out + len, size - len, "%s%.*s", i > 0 ? "; " : "", SLICE_ARG(kind));
        if (edit_is_header(c->kind))
            len +=
                (size_t)snprintf(out + len, size - len, " %u %.*s", c->index, SLICE_ARG(c->name));
        if (c->kind != EDIT_DELETE_HEADER)
            len += (size_t)snprintf(out + len, size - len, " %.*s", SLICE_ARG(c->value));
    }
}

static const struct {
    const char *edits, *changes;
} ROWS[] = {
    {"", ""},
    {"add X s", "add_header 0 X s"},
    {"insert 0 X s; insert 1 Y w", "insert_header 1 X s; insert_header 2 Y w"},
    {"insert 0 Y w; insert 0 X s", "insert_header 1 X s; insert_header 2 Y w"},
    {"insert 99 X s", "add_header 0 X s"},
    {"insert 2 X s", "insert_header 3 X s"},
    {"change 2 A s", "change_header 2 A s"},
    {"change 4 A s", "add_header 0 A s"},
    {"change 1 X s; change 1 X w", "add_header 0 X w"},
    {"delete 1 X", ""},
    /* the second of what the first has left is the third as received */
    {"delete 1 A; delete 1 A", "delete_header 2 A; delete_header 1 A"},
    {"delete 1 A; change 2 A s", "change_header 3 a s; delete_header 1 A"},
    {"change 1 A s; delete 3 A; delete 2 A",
     "change_header 1 A s; delete_header 3 a; delete_header 2 A"},
    {"insert 0 A s; delete 1 A", ""},
    {"insert 0 A s; change 2 A w", "change_header 1 A w; insert_header 1 A s"},
    {"add A s; delete 4 A", ""},
    {"add X s; delete 1 C; add Y w", "delete_header 1 C; add_header 0 X s; add_header 0 Y w"},
    {"add X ", "add_header 0 X  "},
    {"sender n@b", "set_sender <n@b>"},
    {"sender", "set_sender <>"},
    {"less a@b; less c@d; less x@y; more n@b",
     "remove_recipient <a@b>; remove_recipient c@d; remove_recipient <x@y>; add_recipient <n@b>"},
    {"hold look at it", "quarantine look at it"},
    {"body new", "replace_body new"},
};

static void rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(ROWS); i++) {
        struct scene s;
        char out[400];

        begin(&s, ROWS[i].edits);
        make(&s);
        print(&s.list, out, sizeof(out));
        if (strcmp(out, ROWS[i].changes) != 0)
            fail_msg("%s\nshould be: %s\nbut is:    %s", ROWS[i].edits, ROWS[i].changes, out);
        arena_fini(&s.arena);
    }
}

/* --- an MTA that does as it is asked --- */

struct line {
    char text[64];
    bool deleted;
};

struct mta {
    struct line lines[64];
    size_t count;
    bool marks; /* as Sendmail: what is deleted still counts */
};

static void mta_insert(struct mta *mta, size_t at, const struct change *c)
{
    if (at > mta->count)
        at = mta->count;
    memmove(&mta->lines[at + 1], &mta->lines[at], (mta->count - at) * sizeof(*mta->lines));
    mta->lines[at].deleted = false;
    (void)snprintf(mta->lines[at].text, sizeof(mta->lines[at].text), "%.*s: %.*s",
                   SLICE_ARG(c->name), SLICE_ARG(c->value));
    mta->count++;
}

static void mta_change(struct mta *mta, const struct change *c)
{
    unsigned number = c->index;

    for (size_t i = 0; i < mta->count; i++) {
        struct line *line = &mta->lines[i];
        struct slice text = slice_str(line->text);

        if (line->deleted && !mta->marks)
            continue;
        if (!slice_equal_case(slice_first(text, slice_find(text, ':')), c->name) || --number > 0)
            continue;
        if (c->kind == EDIT_DELETE_HEADER)
            line->deleted = true;
        else
            (void)snprintf(line->text, sizeof(line->text), "%.*s: %.*s", SLICE_ARG(c->name),
                           SLICE_ARG(c->value));
        return;
    }
    fail_msg("there is no field %u of that name", c->index);
}

static void mta_run(struct mta *mta, const struct scene *s, char *out, size_t size)
{
    size_t len = 0;

    mta->count = 0;
    for (size_t i = 0; i < s->header.count; i++)
        (void)snprintf(mta->lines[mta->count++].text, sizeof(mta->lines->text), "%.*s",
                       (int)s->header.fields[i].raw.len - 2, s->header.fields[i].raw.ptr);
    for (size_t i = 0; i < s->list.count; i++) {
        const struct change *c = &s->list.items[i];

        if (c->kind == EDIT_ADD_HEADER)
            mta_insert(mta, mta->count, c);
        else if (c->kind == EDIT_INSERT_HEADER) /* 1: below the MTA's own, which is not here */
            mta_insert(mta, c->index - 1, c);
        else
            mta_change(mta, c);
    }
    *out = '\0';
    for (size_t i = 0; i < mta->count; i++)
        if (!mta->lines[i].deleted)
            len += (size_t)snprintf(out + len, size - len, "%s\r\n", mta->lines[i].text);
}

/* What the proxy would send on after the same edits. */
static void rewritten(struct scene *s, char *out, size_t size)
{
    struct header copy;
    struct bytes bytes;

    assert_int_equal(header_clone(&copy, &s->header, &s->arena), 0);
    for (size_t i = 0; i < s->edits.count; i++)
        assert_int_equal(rewrite_apply(&copy, &s->edits.items[i], &s->arena), 0);
    bytes_init(&bytes, SIZE_MAX);
    assert_int_equal(rewrite_emit(&copy, &bytes), 0);
    (void)snprintf(out, size, "%.*s", (int)bytes.len - 2, bytes.data);
    bytes_fini(&bytes);
}

static const char *const SAME[] = {
    "add X s; insert 0 Y w; insert 1 Z u",
    "delete 1 A; change 1 A x; delete 2 A; add A y",
    "change 3 A x; delete 1 A; delete 1 A; insert 0 A q",
    "delete 1 B; delete 1 C; add B n; insert 0 C m; change 1 B o",
    "insert 0 A q; delete 2 A; change 3 A z",
    "delete 3 A; delete 2 A; delete 1 A; add A z; insert 0 A y",
};

static void both_counts(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(SAME); i++) {
        char wanted[600], got[600];
        struct mta mta = {.count = 0};
        struct scene s;

        begin(&s, SAME[i]);
        make(&s);
        rewritten(&s, wanted, sizeof(wanted));
        for (int marks = 0; marks < 2; marks++) {
            memset(&mta, 0, sizeof(mta));
            mta.marks = marks;
            mta_run(&mta, &s, got, sizeof(got));
            assert_string_equal(got, wanted);
        }
        arena_fini(&s.arena);
    }
}

static void values(void **state)
{
    struct scene s;
    struct edit edit = {.kind = EDIT_ADD_HEADER, .name = SLICE("X"), .value = SLICE(" a\r\n\tb")};
    struct changes_message message = {.leading_space = true};

    (void)state;
    begin(&s, "");
    assert_int_equal(edit_list_add(&s.edits, &s.arena, &edit), 0);
    assert_int_equal(changes_make(&message, &s.edits, &s.arena, &s.list), 0);
    assert_slice(s.list.items[0].value, SLICE(" a\n\tb"));
    message.leading_space = false;
    assert_int_equal(changes_make(&message, &s.edits, &s.arena, &s.list), 0);
    assert_slice(s.list.items[0].value, SLICE("a\n\tb"));
    arena_fini(&s.arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(rows), cmocka_unit_test(both_counts),
                                       cmocka_unit_test(values)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
