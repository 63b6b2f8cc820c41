/* The draft: lists of edits applied one after another, and what stays as it came. */
#include "filters/message/draft.h"

#include "tests/unit/support.h"

#define MESSAGE      "From: a@b.test\r\nSubject:  two  blanks \r\nX-A: 1\r\n\r\nbody\r\n"
#define HEADER_BYTES (sizeof(MESSAGE) - sizeof("body\r\n"))

struct fixture {
    struct arena arena;
    struct header header;
    struct draft draft;
};

static void begin(struct fixture *f, struct slice message)
{
    struct header_scan scan = {0};
    struct header_end end;

    arena_init(&f->arena, 4096, (size_t)1 << 20);
    assert_int_equal(header_scan(&scan, message, true, &end), 1);
    assert_int_equal(header_parse(&f->header, slice_first(message, end.fields_end),
                                  end.body_start > end.fields_end, &f->arena),
                     0);
    draft_init(&f->draft, &f->arena, SLICE("a@b.test"));
    assert_int_equal(draft_name(&f->draft, SLICE("u@x.test"), SLICE(" NOTIFY=NEVER")), 0);
    assert_int_equal(draft_name(&f->draft, SLICE("v@x.test"), SLICE_NONE), 0);
    draft_receive(&f->draft, &f->header);
    f->draft.body = slice_from(message, end.body_start);
}

static int apply(struct fixture *f, struct edit edit)
{
    const struct edit_list list = {.items = &edit, .count = 1};

    return draft_apply(&f->draft, &list);
}

static struct slice emitted(struct fixture *f)
{
    struct bytes out;
    struct slice copy;

    bytes_init(&out, SIZE_MAX);
    assert_int_equal(draft_emit(&f->draft, &out), 0);
    assert_int_equal(draft_size(&f->draft), out.len + f->draft.body.len);
    copy = arena_copy(&f->arena, bytes_slice(&out));
    bytes_fini(&out);
    return copy;
}

/* "a@b.test: u@x.test NOTIFY=NEVER, v@x.test", and " *" when it is no longer the client's. */
static struct slice envelope(struct fixture *f)
{
    const struct draft *draft = &f->draft;
    struct slice text = arena_format(&f->arena, "%.*s:", SLICE_ARG(draft->sender));

    for (size_t i = 0; i < draft->recipient_count; i++)
        text = arena_format(&f->arena, "%.*s%s %.*s%.*s", SLICE_ARG(text), i > 0 ? "," : "",
                            SLICE_ARG(draft->recipients[i].address),
                            SLICE_ARG(draft->recipients[i].params));
    return arena_format(&f->arena, "%.*s%s", SLICE_ARG(text),
                        draft_envelope_touched(draft) ? " *" : "");
}

static void untouched_is_as_it_came(void **state)
{
    static const char *const MESSAGES[] = {
        MESSAGE, "no field\r\nat all\r\n", "A: b\r\nno empty line\r\n", "", "A: unfinished",
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(MESSAGES); i++) {
        struct fixture f;
        struct slice message = slice_str(MESSAGES[i]);

        begin(&f, message);
        assert_text(emitted(&f),
                    arena_copy(&f.arena, slice_first(message, message.len - f.draft.body.len)).ptr);
        assert_false(f.draft.header_touched || f.draft.body_touched);
        assert_false(draft_envelope_touched(&f.draft));
        assert_ptr_equal(draft_header(&f.draft), &f.header);
        arena_fini(&f.arena);
    }
}

static void headers_one_list_after_another(void **state)
{
    struct fixture f;

    (void)state;
    begin(&f, SLICE(MESSAGE));
    assert_int_equal(
        apply(&f,
              (struct edit){.kind = EDIT_ADD_HEADER, .name = SLICE("X-A"), .value = SLICE(" 2")}),
        0);
    assert_int_equal(
        apply(&f, (struct edit){.kind = EDIT_DELETE_HEADER, .index = 1, .name = SLICE("x-a")}), 0);
    assert_int_equal(apply(&f, (struct edit){.kind = EDIT_CHANGE_HEADER,
                                             .index = 1,
                                             .name = SLICE("X-A"),
                                             .value = SLICE(" 3")}),
                     0);
    assert_text(emitted(&f), "From: a@b.test\r\nSubject:  two  blanks \r\nX-A: 3\r\n\r\n");
    assert_true(f.draft.header_touched);
    assert_int_equal(f.header.count, 3);
    assert_text(slice_trim(f.header.fields[2].value), "1");
    assert_text(f.draft.body, "body\r\n");
    arena_fini(&f.arena);
}

static void envelope_edits(void **state)
{
    static const struct {
        enum edit_kind kind;
        const char *value, *envelope;
    } STEPS[] = {
        {EDIT_ADD_RECIPIENT, "v@x.test", "a@b.test: u@x.test NOTIFY=NEVER, v@x.test"},
        {EDIT_ADD_RECIPIENT, "w@x.test", "a@b.test: u@x.test NOTIFY=NEVER, v@x.test, w@x.test *"},
        {EDIT_REMOVE_RECIPIENT, "U@x.test",
         "a@b.test: u@x.test NOTIFY=NEVER, v@x.test, w@x.test *"},
        {EDIT_REMOVE_RECIPIENT, "u@x.test", "a@b.test: v@x.test, w@x.test *"},
        {EDIT_SET_SENDER, "", ": v@x.test, w@x.test *"},
        {EDIT_REMOVE_RECIPIENT, "w@x.test", ": v@x.test *"},
        {EDIT_REMOVE_RECIPIENT, "v@x.test", ": *"},
        {EDIT_ADD_RECIPIENT, "u@x.test", ": u@x.test NOTIFY=NEVER *"},
        {EDIT_ADD_RECIPIENT, "v@x.test", ": u@x.test NOTIFY=NEVER, v@x.test *"},
        {EDIT_SET_SENDER, "a@b.test", "a@b.test: u@x.test NOTIFY=NEVER, v@x.test"},
    };
    struct fixture f;

    (void)state;
    begin(&f, SLICE(MESSAGE));
    for (size_t i = 0; i < COUNT_OF(STEPS); i++) {
        assert_int_equal(
            apply(&f, (struct edit){.kind = STEPS[i].kind, .value = slice_str(STEPS[i].value)}), 0);
        assert_text(envelope(&f), STEPS[i].envelope);
    }
    arena_fini(&f.arena);
}

static void a_new_body(void **state)
{
    struct fixture f;

    (void)state;
    begin(&f, SLICE(MESSAGE));
    assert_int_equal(draft_size(&f.draft), sizeof(MESSAGE) - 1);
    assert_int_equal(apply(&f, (struct edit){.kind = EDIT_REPLACE_BODY, .value = SLICE("new\r\n")}),
                     0);
    assert_text(f.draft.body, "new\r\n");
    assert_true(f.draft.body_touched);
    assert_false(f.draft.header_touched);
    assert_int_equal(emitted(&f).len, HEADER_BYTES);
    arena_fini(&f.arena);
    /* What was no body needs the empty line that was not there. */
    begin(&f, SLICE("A: b\r\n"));
    assert_int_equal(apply(&f, (struct edit){.kind = EDIT_REPLACE_BODY, .value = SLICE("new\r\n")}),
                     0);
    assert_text(emitted(&f), "A: b\r\n\r\n");
    assert_false(f.draft.header_touched);
    arena_fini(&f.arena);
}

/* To who made it the old one began at the line that is no field. */
static void a_new_body_of_an_ambiguous_message(void **state)
{
    static const char *const MESSAGES[] = {"A: b\r\nno field\r\nB: c\r\n\r\nbody",
                                           "A: b\r\nno field\r\n", "A: b\r\n:"};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(MESSAGES); i++) {
        struct fixture f;

        begin(&f, slice_str(MESSAGES[i]));
        assert_int_equal(
            apply(&f, (struct edit){.kind = EDIT_REPLACE_BODY, .value = SLICE("new\r\n")}), 0);
        assert_text(emitted(&f), "A: b\r\n\r\n");
        assert_text(f.draft.body, "new\r\n");
        assert_false(header_is_ambiguous(draft_header(&f.draft)));
        assert_true(header_is_ambiguous(&f.header));
        arena_fini(&f.arena);
    }
}

/* To a rule the body begins at the empty line: no field is lost. */
static void a_new_body_by_a_rule(void **state)
{
    static const char HEAD[] = "A: b\r\nno field\r\nB: c\r\n\r\n";
    struct fixture f;

    (void)state;
    begin(&f, SLICE("A: b\r\nno field\r\nB: c\r\n\r\nbody"));
    assert_int_equal(apply(&f, (struct edit){.kind = EDIT_REPLACE_BODY,
                                             .name = SLICE("append_text"),
                                             .value = SLICE("new\r\n")}),
                     0);
    assert_text(emitted(&f), HEAD);
    assert_text(f.draft.body, "new\r\n");
    assert_true(header_is_ambiguous(draft_header(&f.draft)));
    arena_fini(&f.arena);
}

static void what_cannot_be_done(void **state)
{
    struct fixture f;

    (void)state;
    begin(&f, SLICE(MESSAGE));
    assert_int_equal(
        apply(&f,
              (struct edit){.kind = EDIT_ADD_HEADER, .name = SLICE("X A"), .value = SLICE(" 2")}),
        -1);
    assert_int_equal(apply(&f, (struct edit){.kind = EDIT_ADD_HEADER,
                                             .name = SLICE("X-A"),
                                             .value = SLICE(" 2\r\nBcc: x")}),
                     -1);
    draft_init(&f.draft, &f.arena, SLICE("a@b.test")); /* no header yet */
    assert_int_equal(
        apply(&f,
              (struct edit){.kind = EDIT_ADD_HEADER, .name = SLICE("X-A"), .value = SLICE(" 2")}),
        -1);
    assert_null(draft_header(&f.draft));
    assert_int_equal(apply(&f, (struct edit){.kind = EDIT_QUARANTINE, .value = SLICE("why")}), 0);
    assert_text(f.draft.quarantine, "why");
    arena_fini(&f.arena);
}

/* Parameters go with the address they were given for: not with another, nor with one that the
 * client has named itself. */
static void given_parameters(void **state)
{
    struct edit add = {
        .kind = EDIT_ADD_RECIPIENT, .value = SLICE("w@x.test"), .params = SLICE("A=1")};
    struct edit sender = {
        .kind = EDIT_SET_SENDER, .value = SLICE("a@b.test"), .params = SLICE("B=2")};
    struct fixture f;

    (void)state;
    begin(&f, SLICE(MESSAGE));
    assert_int_equal(apply(&f, add), 0);
    assert_text(f.draft.recipients[2].wanted, "A=1");
    add.value = SLICE("u@x.test");
    assert_int_equal(apply(&f, add), 0);
    assert_int_equal(f.draft.recipients[0].wanted.len, 0);
    assert_text(f.draft.recipients[0].params, " NOTIFY=NEVER");
    assert_false(draft_sender_touched(&f.draft));
    assert_int_equal(apply(&f, sender), 0);
    assert_text(f.draft.sender_wanted, "B=2");
    assert_true(draft_sender_touched(&f.draft));
    sender.params = SLICE_NONE;
    assert_int_equal(apply(&f, sender), 0);
    assert_false(draft_sender_touched(&f.draft));
    arena_fini(&f.arena);
}

/* Which edits would make it another message. */
static void what_changes(void **state)
{
    static const struct {
        struct edit edit;
        bool changes;
    } ROWS[] = {
        {{.kind = EDIT_SET_SENDER, .value = SLICE_INIT("a@b.test")}, false},
        {{.kind = EDIT_SET_SENDER, .value = SLICE_INIT("A@b.test")}, true},
        {{.kind = EDIT_SET_SENDER,
          .value = SLICE_INIT("a@b.test"),
          .params = SLICE_INIT("RET=HDRS")},
         true},
        {{.kind = EDIT_ADD_RECIPIENT, .value = SLICE_INIT("u@x.test")}, false},
        {{.kind = EDIT_ADD_RECIPIENT, .value = SLICE_INIT("w@x.test")}, true},
        {{.kind = EDIT_REMOVE_RECIPIENT, .value = SLICE_INIT("u@x.test")}, true},
        {{.kind = EDIT_REMOVE_RECIPIENT, .value = SLICE_INIT("w@x.test")}, false},
        {{.kind = EDIT_DELETE_HEADER, .index = 1, .name = SLICE_INIT("None")}, false},
        {{.kind = EDIT_ADD_HEADER, .name = SLICE_INIT("X"), .value = SLICE_INIT(" y")}, true},
        {{.kind = EDIT_QUARANTINE, .value = SLICE_INIT("why")}, true},
        {{.kind = EDIT_ARCHIVE}, true},
        {{.kind = EDIT_REPLACE_BODY, .value = SLICE_INIT("another")}, true},
    };
    struct edit same = {.kind = EDIT_REPLACE_BODY};
    struct fixture f;

    (void)state;
    begin(&f, SLICE(MESSAGE));
    for (size_t i = 0; i < COUNT_OF(ROWS); i++)
        assert_int_equal(draft_changes(&f.draft, &ROWS[i].edit), ROWS[i].changes);
    same.value = f.draft.body;
    assert_false(draft_changes(&f.draft, &same));
    arena_fini(&f.arena);
}

/* A recipient that is redirected keeps what its sender wants to hear, and is there once. */
static void redirected(void **state)
{
    struct draft draft;
    struct arena arena;

    (void)state;
    arena_init(&arena, 1024, SIZE_MAX);
    draft_init(&draft, &arena, SLICE("a@b.test"));
    assert_int_equal(
        draft_name(&draft, SLICE("u@x.test"), SLICE(" NOTIFY=NEVER RRVS=2026 ORCPT=rfc822;u@y")),
        0);
    assert_int_equal(draft_readdress(&draft, SLICE("r@x.test")), 0);
    assert_int_equal(draft.recipient_count, 1);
    assert_text(draft.recipients[0].address, "r@x.test");
    assert_text(draft.recipients[0].params, " NOTIFY=NEVER ORCPT=rfc822;u@y");
    assert_int_equal(draft_name(&draft, SLICE("r@X.test"), SLICE_NONE), 0);
    assert_int_equal(draft.recipient_count, 1);
    assert_int_equal(draft_name(&draft, SLICE("t@x.test"), SLICE_NONE), 0);
    assert_int_equal(draft_readdress(&draft, SLICE("r@x.test")), 0);
    assert_int_equal(draft.recipient_count, 1);
    assert_int_equal(draft_name(&draft, SLICE("v@x.test"), SLICE_NONE), 0);
    assert_int_equal(draft_name(&draft, SLICE("v@x.test"), SLICE_NONE), 0);
    assert_int_equal(draft.recipient_count, 3); /* named twice, there twice */
    assert_true(draft_has(&draft, SLICE("v@X.test")));
    assert_false(draft_has(&draft, SLICE("u@x.test")));
    assert_int_equal(draft.named_count, 5);
    arena_fini(&arena);
}

/* One that is added in the place of another has its ORCPT and NOTIFY. */
static void in_the_place_of(void **state)
{
    struct edit add = {
        .kind = EDIT_ADD_RECIPIENT, .value = SLICE("w@x.test"), .instead = SLICE("u@x.test")};
    struct fixture f;

    (void)state;
    begin(&f, SLICE(MESSAGE));
    assert_int_equal(apply(&f, add), 0);
    assert_text(f.draft.recipients[2].params, " NOTIFY=NEVER");
    arena_fini(&f.arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(untouched_is_as_it_came),
        cmocka_unit_test(headers_one_list_after_another),
        cmocka_unit_test(envelope_edits),
        cmocka_unit_test(a_new_body),
        cmocka_unit_test(a_new_body_of_an_ambiguous_message),
        cmocka_unit_test(a_new_body_by_a_rule),
        cmocka_unit_test(given_parameters),
        cmocka_unit_test(what_cannot_be_done),
        cmocka_unit_test(what_changes),
        cmocka_unit_test(redirected),
        cmocka_unit_test(in_the_place_of),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
