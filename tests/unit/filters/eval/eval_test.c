/* The door of the evaluator: memory, reset, and what an idle session holds. */
#include "filters/eval/eval.h"

#include "tests/unit/filters/eval/story.h"
#include "tests/unit/support.h"

#define RULES                                                                                      \
    "a: client=192.0.2.0/24 & helo=/c(.)/ -> log(from ${client} $1)\n"                             \
    "b: recipient=/^(u).*@/ -> add_header(B: $1 ${recipient}) score(1) tag(t)\n"                   \
    "c: header_line=/(x+)/ -> set_header(C: $1) prepend(Subject: [\xC3\x84] )\n"                   \
    "d: raw_body=/(y+)/ & from_address=* -> set_sender($1@x.test) add_recipient(w@x.test)\n"       \
    "s shadow: tag=t & score=>0 -> reject(550 no ${sender}) append(Subject: z)\n"                  \
    "e: raw_body=z & !sender=v* -> reject(550 5.7.1 no ${from_domain}|second ${size})\n"

/* Feeds a whole message; returns the last verdict, that of EVENT_MESSAGE if all goes well. */
static struct verdict whole_message(struct eval *e, const struct header *header, struct slice body)
{
    const struct event events[] = {
        {.kind = EVENT_MAIL,
         .u.mail = {.sender = SLICE("a@b.test"), .declared_size = EVENT_SIZE_UNKNOWN}},
        {.kind = EVENT_RCPT, .u.rcpt = {SLICE("u@x.test")}},
        {.kind = EVENT_RCPT, .u.rcpt = {SLICE("v@x.test")}},
        {.kind = EVENT_DATA},
        {.kind = EVENT_HEADER, .u.header = {header}},
        {.kind = EVENT_MESSAGE, .u.message = {body, 1000}},
    };
    struct verdict verdict = {.kind = VERDICT_CONTINUE};

    for (size_t i = 0; i < COUNT_OF(events) && !verdict_refuses(verdict.kind); i++)
        verdict = eval_feed(e, &events[i]);
    return verdict;
}

static void begin_session(struct eval *e)
{
    struct event event = {.kind = EVENT_CONNECT, .u.connect = {.listener = SLICE("inbound")}};

    assert_int_equal(address_parse(SLICE("192.0.2.1"), &event.u.connect.client), 0);
    assert_true(eval_feed(e, &event).kind != VERDICT_MORE);
    event = (struct event){.kind = EVENT_HELO, .u.helo = {SLICE("client.test")}};
    assert_true(eval_feed(e, &event).kind != VERDICT_MORE);
}

struct fixture {
    struct rule_text rules;
    struct ruleset *ruleset;
    struct pattern_scratch *scratch;
    struct arena arena;
    struct header header;
    struct slice body;
};

static void fixture_init(struct fixture *f)
{
    struct diag diag;

    diag_init(&diag);
    rule_text_init(&f->rules, RULES);
    f->ruleset = ruleset_compile(f->rules.rules, f->rules.count, NULL, &diag);
    assert_non_null(f->ruleset);
    assert_int_equal(diag.warnings, 0);
    diag_fini(&diag);
    f->scratch = pattern_scratch_create();
    assert_non_null(f->scratch);
    arena_init(&f->arena, 4096, 65536);
    f->header = (struct header){.count = 0};
    assert_int_equal(header_parse(&f->header,
                                  SLICE("Subject: =?utf-8?Q?h=C3=B6?=\r\n there xx\r\n"
                                        "From: A <a@b.test>, \"B\" <b@c.test>\r\n"),
                                  true, &f->arena),
                     0);
    f->body = SLICE("x\r\nyy\r\nz\r\n");
}

static void fixture_fini(struct fixture *f)
{
    arena_fini(&f->arena);
    pattern_scratch_destroy(f->scratch);
    ruleset_destroy(f->ruleset);
    rule_text_fini(&f->rules);
}

static struct eval *create(const struct fixture *f, size_t limit)
{
    const struct eval_options options = {.rules = f->ruleset,
                                         .scratch = f->scratch,
                                         .on_regex = VERDICT_TEMPFAIL,
                                         .memory_limit_bytes = limit};
    struct eval *e = eval_create(&options);

    assert_non_null(e);
    return e;
}

/* At whatever place memory runs out, the message is refused for now and nothing of it is left. */
static void memory_runs_out_at_each_place(void **state)
{
    struct fixture f;
    size_t failures = 0;
    bool passed = false;

    (void)state;
    fixture_init(&f);
    for (size_t limit = 0; limit < 65536; limit += 48) {
        struct eval *e = create(&f, limit);
        struct verdict verdict;

        begin_session(e);
        verdict = whole_message(e, &f.header, f.body);
        passed = verdict.kind == VERDICT_REJECT;
        if (!passed) {
            failures++;
            assert_int_equal(verdict.kind, VERDICT_TEMPFAIL);
            assert_int_equal(verdict.failure, FAILURE_MEMORY);
            assert_int_equal(verdict.party, PARTY_GATEWAY);
            assert_int_equal(verdict.reply.code, 452);
            assert_int_equal(eval_edits(e)->count, 0);
            assert_int_equal(eval_interest(e), 0);
        }
        (void)eval_report(e);
        eval_reset(e);
        eval_destroy(e);
    }
    assert_true(passed);
    assert_true(failures > 10);
    fixture_fini(&f);
}

/* A log that there is no memory for is not lost in silence: the message is refused for now. */
static void no_log_is_lost(void **state)
{
    enum { LOGS = 6 }; /* more than there is room for at first */
    static char sender[500];
    struct fixture f;
    struct rule_text rules;
    struct ruleset *ruleset;
    struct diag diag;
    struct event mail = {.kind = EVENT_MAIL,
                         .u.mail = {.sender = slice_make(sender, sizeof(sender)),
                                    .declared_size = EVENT_SIZE_UNKNOWN}};
    bool passed = false;
    size_t failures = 0;

    (void)state;
    memset(sender, 'a', sizeof(sender));
    fixture_init(&f);
    ruleset = f.ruleset;
    diag_init(&diag);
    rule_text_init(&rules, "r: * -> log(${sender}${sender}${sender}${sender}) log(1) log(2) log(3) "
                           "log(4) log(5)\n");
    f.ruleset = ruleset_compile(rules.rules, rules.count, NULL, &diag);
    assert_non_null(f.ruleset);
    for (size_t limit = 0; !passed; limit += 16) {
        struct eval *e = create(&f, limit);
        struct verdict verdict;

        begin_session(e);
        verdict = eval_feed(e, &mail);
        passed = verdict.kind == VERDICT_CONTINUE;
        failures += verdict.failure == FAILURE_MEMORY;
        assert_int_equal(eval_report(e).log_count == LOGS, passed);
        assert_true(passed || verdict.failure == FAILURE_MEMORY);
        eval_destroy(e);
    }
    assert_true(failures > 10);
    ruleset_destroy(f.ruleset);
    f.ruleset = ruleset;
    rule_text_fini(&rules);
    diag_fini(&diag);
    fixture_fini(&f);
}

/* Recipients that are refused must not fill the memory. */
static void refused_recipients_leave_room(void **state)
{
    struct rule_text rules;
    struct diag diag;
    struct eval_options options = {.on_regex = VERDICT_TEMPFAIL, .memory_limit_bytes = 16384};
    struct event event = {
        .kind = EVENT_MAIL,
        .u.mail = {.sender = SLICE("a@b.test"), .declared_size = EVENT_SIZE_UNKNOWN}};
    struct eval *e;

    (void)state;
    diag_init(&diag);
    rule_text_init(&rules, "r: recipient_domain=~x.test -> reject(550 r)\n");
    options.rules = ruleset_compile(rules.rules, rules.count, NULL, &diag);
    options.scratch = pattern_scratch_create();
    e = eval_create(&options);
    assert_non_null(e);
    begin_session(e);
    assert_int_equal(eval_feed(e, &event).kind, VERDICT_CONTINUE);
    for (int i = 0; i < 10000; i++) {
        event = (struct event){.kind = EVENT_RCPT, .u.rcpt = {SLICE("someone@y.test")}};
        assert_int_equal(eval_feed(e, &event).kind, VERDICT_REJECT);
        event.u.rcpt.recipient = SLICE("someone@x.test");
        assert_int_equal(eval_feed(e, &event).kind, VERDICT_CONTINUE);
        event.kind = EVENT_RCPT_REFUSED;
        assert_int_equal(eval_feed(e, &event).kind, VERDICT_CONTINUE);
    }
    eval_destroy(e);
    pattern_scratch_destroy(options.scratch);
    /* The ruleset is only lent to the eval. */
    ruleset_destroy((struct ruleset *)(uintptr_t)options.rules);
    rule_text_fini(&rules);
    diag_fini(&diag);
}

/* Two messages alike have results alike, whatever came between. */
static void reset_leaves_no_trace(void **state)
{
    struct fixture f;
    struct eval *e;
    struct verdict first, second;

    (void)state;
    fixture_init(&f);
    e = create(&f, 65536);
    begin_session(e);
    first = whole_message(e, &f.header, f.body);
    assert_int_equal(first.kind, VERDICT_REJECT);
    assert_true(
        slice_equal(first.reply.wire, SLICE("550-5.7.1 no b.test\r\n550 5.7.1 second 1000\r\n")));
    eval_reset(e);
    assert_int_equal(eval_report(e).log_count, 0);
    assert_int_equal(eval_report(e).rule_count, 0);
    second = whole_message(e, &f.header, SLICE("q\r\n"));
    assert_int_equal(second.kind, VERDICT_CONTINUE);
    assert_int_equal(eval_report(e).rule_count, 3);
    assert_int_equal(eval_report(e).log_count, 1); /* its own */
    eval_reset(e);
    second = whole_message(e, &f.header, f.body);
    assert_int_equal(second.kind, VERDICT_REJECT);
    eval_destroy(e);
    fixture_fini(&f);
}

static uint64_t tick(void *ctx)
{
    uint64_t *now = ctx;

    return *now += 1000000;
}

/* Up to EVENT_HEADER. */
static void begin_message(struct eval *e, const struct header *header)
{
    const struct event events[] = {
        {.kind = EVENT_MAIL,
         .u.mail = {.sender = SLICE("a@b.test"), .declared_size = EVENT_SIZE_UNKNOWN}},
        {.kind = EVENT_RCPT, .u.rcpt = {SLICE("u@x.test")}},
        {.kind = EVENT_DATA},
        {.kind = EVENT_HEADER, .u.header = {header}},
    };

    for (size_t i = 0; i < COUNT_OF(events); i++)
        assert_int_equal(eval_feed(e, &events[i]).kind, VERDICT_CONTINUE);
}

/* A message that is given up in the middle of a turn leaves nothing of its search. */
static void reset_between_turns(void **state)
{
    static char text[20000];
    struct fixture f;
    uint64_t now = 0;
    struct event event = {.kind = EVENT_MESSAGE};
    struct eval_options options = {
        .clock_ns = tick, .clock_ctx = &now, .turn_ns = 1, .memory_limit_bytes = 65536};
    struct eval *e;

    (void)state;
    fixture_init(&f);
    options.rules = f.ruleset;
    options.scratch = f.scratch;
    e = eval_create(&options);
    assert_non_null(e);
    begin_session(e);
    begin_message(e, &f.header);
    for (size_t i = 0; i < sizeof(text); i++)
        text[i] = i % 20 == 19 ? '\n' : 'q';
    event.u.message.body = slice_make(text, sizeof(text));
    for (int i = 0; i < 8; i++)
        assert_int_equal(eval_feed(e, &event).kind, VERDICT_MORE);
    eval_reset(e);
    begin_message(e, &f.header);
    text[0] = 'y';
    while (eval_feed(e, &event).kind == VERDICT_MORE)
        continue;
    assert_int_equal(eval_outcome(e, false, 3), OUTCOME_FIRED);
    eval_destroy(e);
    fixture_fini(&f);
}

/* A fact of the session that could not be kept is a refusal of every message until it is told
 * again, whoever has overlooked the verdict on it. */
static void a_lost_fact_is_remembered(void **state)
{
    static char name[16384];
    struct fixture f;
    struct eval *e;
    struct event event = {.kind = EVENT_HELO};
    struct event mail = {.kind = EVENT_MAIL, .u.mail = {.sender = SLICE("a@b.test")}};

    (void)state;
    fixture_init(&f);
    e = create(&f, 65536);
    begin_session(e);
    memset(name, 'n', sizeof(name));
    event.u.helo.name = slice_make(name, sizeof(name)); /* more than is ever kept */
    assert_int_equal(eval_feed(e, &event).failure, FAILURE_MEMORY);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(eval_feed(e, &mail).failure, FAILURE_MEMORY);
        assert_true(eval_edits(e)->failed);
        eval_reset(e);
    }
    event.u.helo.name = SLICE("client.test");
    assert_int_equal(eval_feed(e, &event).failure, FAILURE_NONE);
    assert_int_equal(eval_feed(e, &mail).failure, FAILURE_NONE);
    eval_destroy(e);
    fixture_fini(&f);
}

static void destroy_and_reset_are_legal_always(void **state)
{
    struct fixture f;
    struct eval *e;

    (void)state;
    fixture_init(&f);
    eval_destroy(NULL);
    e = create(&f, 65536);
    eval_reset(e);
    eval_reset(e);
    assert_int_equal(eval_edits(e)->count, 0);
    begin_session(e);
    eval_destroy(e);
    fixture_fini(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_runs_out_at_each_place),
        cmocka_unit_test(no_log_is_lost),
        cmocka_unit_test(refused_recipients_leave_room),
        cmocka_unit_test(reset_leaves_no_trace),
        cmocka_unit_test(reset_between_turns),
        cmocka_unit_test(a_lost_fact_is_remembered),
        cmocka_unit_test(destroy_and_reset_are_legal_always),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
