#include "filters/message/dkim.h"

#include "tests/unit/arena_kit.h"

/* A message is signed as ${tags} say; an edit is applied to it; who is broken by it is told. */

#define FIELDS                                                                                     \
    "Received: by mx\r\nFrom: A  <a@x.test>\r\nSubject: one\r\nX-Note: first\r\nX-Note: "          \
    "second\r\n"
#define BODY "Hello  world \r\nagain\r\n"

static struct header header_of(const char *text)
{
    struct header header;
    struct slice block = arena_copy(&arena, slice_str(text));

    assert_int_equal(header_parse(&header, block, true, &arena), 0);
    return header;
}

/* The domain of the first signature broken, or "-". */
static struct slice broken(const char *signatures, const struct edit *edit)
{
    struct slice text = arena_format(&arena, "%s%s", signatures, FIELDS), domain = SLICE("-");
    struct header header = header_of(text.ptr);
    struct dkim dkim;
    int result;

    assert_int_equal(dkim_read(&dkim, &header, &arena), 0);
    result = dkim_broken(&dkim, &header, SLICE(BODY), edit, &arena, &domain);
    assert_true(result >= 0);
    assert_int_equal(result == 1, !slice_equal(domain, SLICE("-")));
    return domain;
}

struct row {
    const char *what;
    const char *tags; /* of one signature by x.test */
    struct edit edit;
    bool breaks;
};

#define HEADER(edit_kind, place, field, text)                                                      \
    {                                                                                              \
        .kind = EDIT_##edit_kind, .index = (place), .name = SLICE_INIT(field),                     \
        .value = SLICE_INIT(text)                                                                  \
    }
#define NEW_BODY(text)                                                                             \
    {                                                                                              \
        .kind = EDIT_REPLACE_BODY, .value = SLICE_INIT(text)                                       \
    }

/* clang-format off: one row, one line */
static const struct row ROWS[] = {
    {"a field that is signed is changed", "h=from:subject",
     HEADER(CHANGE_HEADER, 1, "Subject", " two"), true},
    {"names have no case", "h=From : SUBJECT", HEADER(CHANGE_HEADER, 1, "subject", " two"), true},
    {"h= may be folded", "h=from:\r\n\tsub\r\n ject", HEADER(CHANGE_HEADER, 1, "Subject", " two"),
     true},
    {"tags have their blanks", " h =from:subject ", HEADER(CHANGE_HEADER, 1, "Subject", " two"),
     true},
    {"one that is not signed", "h=from", HEADER(CHANGE_HEADER, 1, "Subject", " two"), false},
    {"a name that begins alike", "h=sub:subjects", HEADER(CHANGE_HEADER, 1, "Subject", " two"),
     false},
    {"a signed one is taken away", "h=subject", HEADER(DELETE_HEADER, 1, "Subject", ""), true},
    {"the last of a name is signed, not the first", "h=x-note",
     HEADER(CHANGE_HEADER, 1, "X-Note", " other"), false},
    {"... the last", "h=x-note", HEADER(CHANGE_HEADER, 2, "X-Note", " other"), true},
    {"... both", "h=x-note:x-note", HEADER(CHANGE_HEADER, 1, "X-Note", " other"), true},
    {"the first goes, the last stays", "h=x-note", HEADER(DELETE_HEADER, 1, "X-Note", ""), false},
    {"... both are signed", "h=x-note:x-note", HEADER(DELETE_HEADER, 1, "X-Note", ""), true},
    {"another on top is not signed", "h=subject", HEADER(INSERT_HEADER, 0, "Subject", " new"),
     false},
    {"... but for a name signed once more than it is there", "h=subject:subject",
     HEADER(INSERT_HEADER, 0, "Subject", " new"), true},
    {"another at the end is what is picked", "h=subject", HEADER(ADD_HEADER, 0, "Subject", " new"),
     true},
    {"a name signed as not there", "h=x-new", HEADER(INSERT_HEADER, 0, "X-New", " new"), true},
    {"a name nobody signed", "h=from", HEADER(ADD_HEADER, 0, "X-New", " new"), false},
    {"blanks count", "h=from", HEADER(CHANGE_HEADER, 1, "From", " A <a@x.test>"), true},
    {"... c=simple", "c=simple; h=from", HEADER(CHANGE_HEADER, 1, "From", " A <a@x.test>"), true},
    {"... not with c=relaxed", "c=relaxed; h=from",
     HEADER(CHANGE_HEADER, 1, "From", " A\r\n <a@x.test>\t"), false},
    {"... but where there were none", "c=relaxed/simple; h=from",
     HEADER(CHANGE_HEADER, 1, "From", " A <a@ x.test>"), true},
    {"... nor when one is gone", "c=relaxed/simple; h=from",
     HEADER(CHANGE_HEADER, 1, "From", " A<a@x.test>"), true},
    {"... and more text", "c=relaxed; h=from", HEADER(CHANGE_HEADER, 1, "From", " A <a@x.test>,"),
     true},
    {"c= of the body is another", "c=simple/relaxed; h=from",
     HEADER(CHANGE_HEADER, 1, "From", " A <a@x.test>"), true},
    {"the signature itself", "h=from", HEADER(CHANGE_HEADER, 1, "DKIM-Signature", " d=y.test"),
     true},
    {"... taken away", "h=from", HEADER(DELETE_HEADER, 1, "DKIM-Signature", ""), false},
    {"... another above it", "h=from", HEADER(INSERT_HEADER, 0, "DKIM-Signature", " d=y.test"),
     false},
    {"a body", "h=from", NEW_BODY("Hello  world \r\nagain\r\nmore\r\n"), true},
    {"the same body", "h=from", NEW_BODY(BODY), false},
    {"an l= that ends before", "l=22; h=from", NEW_BODY(BODY "more\r\n"), false},
    {"... one octet later", "l=23; h=from", NEW_BODY(BODY "more\r\n"), true},
    {"... a change before it", "l=5; h=from", NEW_BODY("Hullo\r\n"), true},
    {"... with c=relaxed blanks are fewer", "c=relaxed/relaxed; l=20; h=from",
     NEW_BODY(BODY "more\r\n"), false},
    {"... one octet later", "c=relaxed/relaxed; l=21; h=from", NEW_BODY(BODY "more\r\n"), true},
    {"l= that is no number", "l=2x; h=from", NEW_BODY(BODY "more\r\n"), true},
    {"... or too large to count", "l=99999999999999999999999; h=from", NEW_BODY(BODY "more\r\n"),
     true},
    {"... or nothing", "l=; h=from", NEW_BODY(BODY "more\r\n"), true},
    {"the envelope", "h=from", {.kind = EDIT_SET_SENDER, .value = SLICE_INIT("b@x.test")}, false},
};
/* clang-format on */

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(ROWS) / sizeof(*ROWS); i++) {
        struct slice signature =
            arena_format(&arena, "DKIM-Signature: v=1; d=x.test; %s; b=abc\r\n", ROWS[i].tags);
        struct slice who = broken(signature.ptr, &ROWS[i].edit);

        if (slice_equal(who, SLICE("x.test")) != ROWS[i].breaks)
            fail_msg("%s: %.*s", ROWS[i].what, SLICE_ARG(who));
    }
}

static void test_several(void **state)
{
    static const char BOTH[] = "DKIM-Signature: d=one.test; h=from\r\n"
                               "DKIM-Signature: d=two.test; h=from:subject\r\n"
                               "DKIM-Signature: h=x-note\r\n";
    const struct edit subject = HEADER(CHANGE_HEADER, 1, "Subject", " two");
    const struct edit from = HEADER(DELETE_HEADER, 1, "From", "");
    const struct edit note = HEADER(ADD_HEADER, 0, "X-Note", " third");
    const struct edit second = HEADER(CHANGE_HEADER, 2, "DKIM-Signature", " d=other.test");

    (void)state;
    assert_text(broken(BOTH, &subject), "two.test");
    assert_text(broken(BOTH, &from), "one.test");
    assert_text(broken(BOTH, &note), "?");
    assert_text(broken(BOTH, &second), "two.test");
    assert_text(broken("", &subject), "-");
    assert_text(broken("DKIM-Signature:\r\n", &subject), "-");
    assert_text(broken("DKIM-Signature: h\r\n", &subject), "-");
}

static void test_more_than_are_looked_at(void **state)
{
    struct bytes text;
    struct header header;
    struct dkim dkim;

    (void)state;
    bytes_init(&text, 65536);
    for (int i = 0; i < DKIM_SIGNATURES_MAX + 3; i++)
        bytes_append(&text, SLICE("DKIM-Signature: d=x.test; h=from\r\n"));
    assert_int_equal(header_parse(&header, bytes_slice(&text), true, &arena), 0);
    assert_int_equal(dkim_read(&dkim, &header, &arena), 0);
    assert_int_equal(dkim.count, DKIM_SIGNATURES_MAX);
    bytes_fini(&text);
}

static void test_usual(void **state)
{
    (void)state;
    assert_true(dkim_usual(SLICE("subject")));
    assert_true(dkim_usual(SLICE("List-Unsubscribe")));
    assert_false(dkim_usual(SLICE("X-Subject")));
    assert_false(dkim_usual(SLICE("Received")));
}

static void test_memory(void **state)
{
    const struct edit subject = HEADER(CHANGE_HEADER, 1, "Subject", " two");
    struct header header = header_of("DKIM-Signature: d=x.test; h=subject\r\n" FIELDS);
    struct slice domain;
    struct arena small;
    struct dkim dkim;

    (void)state;
    arena_init(&small, 16, 16);
    assert_int_equal(dkim_read(&dkim, &header, &small), -1);
    assert_int_equal(dkim_read(&dkim, &header, &arena), 0);
    assert_int_equal(dkim_broken(&dkim, &header, SLICE(BODY), &subject, &small, &domain), -1);
    arena_fini(&small);
}

/* A long beginning that stays. */
static void what_stays_of_a_body(void **state)
{
    struct dkim_signature signature = {.domain = SLICE("x.test"), .limited = true, .length = 5000};
    struct dkim dkim = {.items = &signature, .count = 1};
    struct slice domain = SLICE_NONE;
    char text[5000];

    (void)state;
    memset(text, 'x', sizeof(text));
    assert_false(dkim_broken_from(&dkim, slice_make(text, sizeof(text)), &domain));
    assert_true(dkim_broken_from(&dkim, slice_make(text, sizeof(text) - 1), &domain));
    assert_text(domain, "x.test");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_stays_of_a_body), cmocka_unit_test(test_rows),
        cmocka_unit_test(test_several),         cmocka_unit_test(test_more_than_are_looked_at),
        cmocka_unit_test(test_usual),           cmocka_unit_test(test_memory),
    };

    return cmocka_run_group_tests(tests, arena_set_up, arena_tear_down);
}
