/* What a record says of a message, whoever has judged it. */
#include "proxy/record/describe.h"

#include "tests/unit/support.h"

struct row {
    const char *name;
    struct describe_fate fate;
    const char *verdict, *stage, *decider, *reply; /* NULL: nobody; none */
};

#define REFUSED(of, left)                                                                          \
    .verdict = {.kind = VERDICT_REJECT, .scope = (of), .party = PARTY_RULE, .stage = STAGE_RCPT},  \
    .decider = SLICE_INIT("r"), .reply = SLICE_INIT("550 no"), .accepted_count = (left)

static const struct row ROWS[] = {
    {"nothing was said of it",
     {.reached = STAGE_MESSAGE, .settled = true},
     "continue",
     "message",
     NULL,
     NULL},
    {"taken back", {.reached = STAGE_MAIL}, "abort", "mail", NULL, NULL},
    {"taken back, and told why",
     {.reached = STAGE_RCPT, .reply = SLICE_INIT("421 bye")},
     "abort",
     "rcpt",
     NULL,
     "421 bye"},
    {"accepted, and taken back",
     {.verdict = {.kind = VERDICT_ACCEPT, .party = PARTY_RULE, .stage = STAGE_MAIL},
      .decider = SLICE_INIT("r"),
      .reached = STAGE_RCPT,
      .accepted_count = 1},
     "abort",
     "mail",
     "r",
     NULL},
    {"refused whole",
     {REFUSED(SCOPE_MESSAGE, 0), .settled = true},
     "reject",
     "rcpt",
     "r",
     "550 no"},
    {"the only recipient refused", {REFUSED(SCOPE_RECIPIENT, 0)}, "reject", "rcpt", "r", "550 no"},
    {"one of two refused, and taken back",
     {REFUSED(SCOPE_RECIPIENT, 1), .reached = STAGE_HEADER},
     "abort",
     "header",
     NULL,
     NULL},
    {"one of two refused, and on its way",
     {REFUSED(SCOPE_RECIPIENT, 1), .reached = STAGE_MESSAGE, .settled = true},
     "continue",
     "message",
     NULL,
     NULL},
};

static struct slice text(const char *or_null)
{
    return or_null != NULL ? slice_str(or_null) : SLICE_NONE;
}

static void fates(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(ROWS); i++) {
        const struct row *row = &ROWS[i];
        struct audit_record record = {0};

        describe_fate(&record, &row->fate);
        assert_row_slice(record.verdict, slice_str(row->verdict), row->name, i);
        assert_row_slice(record.stage, slice_str(row->stage), row->name, i);
        assert_row_slice(record.decider, text(row->decider), row->name, i);
        assert_row_slice(record.reply, text(row->reply), row->name, i);
        assert_row((record.decided_by == PARTY_NONE) == (row->decider == NULL), row->name, i);
    }
}

static void fates_of_sessions(void **state)
{
    const struct verdict none = {.kind = VERDICT_CONTINUE};
    const struct verdict last = {
        .kind = VERDICT_TEMPFAIL, .party = PARTY_MILTER, .stage = STAGE_HELO};
    struct audit_record record = {0};

    (void)state;
    describe_session_fate(&record, &none, SLICE_NONE);
    assert_slice(record.verdict, SLICE("none"));
    assert_slice(record.stage, SLICE("connect"));
    describe_session_fate(&record, &last, SLICE("m"));
    assert_slice(record.verdict, SLICE("tempfail"));
    assert_slice(record.stage, SLICE("helo"));
    assert_int_equal(record.decided_by, PARTY_MILTER);
    assert_slice(record.decider, SLICE("m"));
}

static void nobody_gets(void **state)
{
    const struct verdict discarded = {.kind = VERDICT_DISCARD, .scope = SCOPE_MESSAGE};
    const struct verdict one_discarded = {.kind = VERDICT_DISCARD, .scope = SCOPE_RECIPIENT};
    const struct verdict refused = {.kind = VERDICT_TEMPFAIL, .scope = SCOPE_SESSION};
    const struct verdict kept = {.kind = VERDICT_QUARANTINE, .scope = SCOPE_MESSAGE};

    (void)state;
    assert_true(describe_nobody_gets(&discarded));
    assert_false(describe_nobody_gets(&one_discarded));
    assert_true(describe_nobody_gets(&refused));
    assert_false(describe_nobody_gets(&kept));
}

static void headers(void **state)
{
    struct audit_record record = {0};
    struct header header;
    struct arena arena;

    (void)state;
    arena_init(&arena, 4096, 65536);
    describe_header(&record, NULL, &arena);
    assert_int_equal(record.subject.len, 0);
    assert_false(record.header_ambiguous);
    assert_int_equal(header_parse(&header,
                                  SLICE("Subject: =?utf-8?q?=C3=A4?=\r\nSubject: two\r\n"
                                        "Message-ID: <1@x>\r\nno field\r\nFrom: a@b\r\n"),
                                  true, &arena),
                     0);
    describe_header(&record, &header, &arena);
    assert_slice(record.subject, SLICE("\xC3\xA4"));
    assert_slice(record.message_id, SLICE("<1@x>"));
    assert_slice(record.from, SLICE("a@b"));
    assert_true(record.header_ambiguous);
    arena_fini(&arena);
}

/* Milters, rules, and we ourselves; a lookup is told from a pattern. */
static void failed(void **state)
{
    const struct audit_milter milters[] = {
        {.name = SLICE("dkim"), .failure = "it left"},
        {.name = SLICE("good")},
    };
    const struct slice rules[] = {SLICE("asks"), SLICE("long")};
    const enum failure causes[] = {FAILURE_LOOKUP, FAILURE_REGEX};
    const struct eval_report report = {.failures = rules, .causes = causes, .failure_count = 2};
    const struct slice ours[] = {SLICE_NONE, SLICE("out of memory")};
    const struct describe_failures failures = {milters, COUNT_OF(milters), &report, ours,
                                               COUNT_OF(ours)};
    static const char *const texts[] = {"milter: dkim: it left", "lookup: asks", "regex: long",
                                        "out of memory"};
    struct audit_record record = {0};
    struct arena arena;

    (void)state;
    arena_init(&arena, 4096, 65536);
    describe_failures(&record, &failures, &arena);
    assert_int_equal(record.failure_count, COUNT_OF(texts));
    for (size_t i = 0; i < COUNT_OF(texts); i++)
        assert_slice(record.failures[i], slice_str(texts[i]));
    arena_fini(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fates),       cmocka_unit_test(fates_of_sessions),
        cmocka_unit_test(nobody_gets), cmocka_unit_test(headers),
        cmocka_unit_test(failed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
