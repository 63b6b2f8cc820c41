/* Final rules: what they see, what they continue, and that they speak last. */
#include "filters/eval/final.h"

#include "tests/unit/filters/eval/story.h"
#include "tests/unit/support.h"

#define MESSAGE "From: a@b.test\r\nSubject: x\r\n\r\nbody\r\n"

struct fixture {
    struct arena arena;
    struct rule_text first, last;
    struct ruleset *rules, *final_rules;
    struct pattern_scratch *scratch;
    struct eval *before, *final;
    struct header header;
    struct draft draft;
    struct slice body;
};

static struct eval *make(const struct fixture *f, const struct ruleset *rules, struct eval *before)
{
    const struct eval_options options = {.rules = rules,
                                         .before = before,
                                         .scratch = f->scratch,
                                         .on_regex = VERDICT_TEMPFAIL,
                                         .memory_limit_bytes = (size_t)1 << 20};
    struct eval *e = eval_create(&options);

    assert_non_null(e);
    return e;
}

static void set_up(struct fixture *f, const char *rules, const char *final_rules)
{
    struct slice message = SLICE(MESSAGE);
    struct header_scan scan = {0};
    struct header_end end;
    struct diag diag;

    diag_init(&diag);
    arena_init(&f->arena, 4096, (size_t)1 << 20);
    rule_text_init(&f->first, rules);
    rule_text_init(&f->last, final_rules);
    f->rules = ruleset_compile(f->first.rules, f->first.count, NULL, &diag);
    f->final_rules = ruleset_compile_final(f->last.rules, f->last.count, NULL, &diag);
    assert_non_null(f->rules);
    assert_non_null(f->final_rules);
    diag_fini(&diag);
    f->scratch = pattern_scratch_create();
    f->before = make(f, f->rules, NULL);
    f->final = make(f, f->final_rules, f->before);
    assert_int_equal(header_scan(&scan, message, true, &end), 1);
    assert_int_equal(
        header_parse(&f->header, slice_first(message, end.fields_end), true, &f->arena), 0);
    f->body = slice_from(message, end.body_start);
}

static void tear_down(struct fixture *f)
{
    eval_destroy(f->final);
    eval_destroy(f->before);
    pattern_scratch_destroy(f->scratch);
    ruleset_destroy(f->final_rules);
    ruleset_destroy(f->rules);
    rule_text_fini(&f->last);
    rule_text_fini(&f->first);
    arena_fini(&f->arena);
}

static void session(struct fixture *f)
{
    struct event events[] = {
        {.kind = EVENT_CONNECT, .u.connect = {.listener = SLICE("inbound")}},
        {.kind = EVENT_HELO, .u.helo = {SLICE("client.test")}},
        {.kind = EVENT_AUTH, .u.auth = {SLICE("bob")}},
    };

    assert_int_equal(address_parse(SLICE("192.0.2.1"), &events[0].u.connect.client), 0);
    for (size_t i = 0; i < COUNT_OF(events); i++) {
        assert_int_equal(eval_feed(f->before, &events[i]).failure, FAILURE_NONE);
        assert_int_equal(eval_feed(f->final, &events[i]).kind, VERDICT_CONTINUE);
    }
}

static struct verdict message(struct fixture *f)
{
    const struct event events[] = {
        {.kind = EVENT_MAIL,
         .u.mail = {.sender = SLICE("a@b.test"), .declared_size = EVENT_SIZE_UNKNOWN}},
        {.kind = EVENT_RCPT, .u.rcpt = {SLICE("u@x.test")}},
        {.kind = EVENT_DATA},
        {.kind = EVENT_HEADER, .u.header = {&f->header}},
        {.kind = EVENT_MESSAGE, .u.message = {f->body, sizeof(MESSAGE) - 1}},
    };
    const struct event_tls tls = {.active = true, .version = SLICE("1.3")};

    for (size_t i = 0; i < COUNT_OF(events); i++)
        assert_false(verdict_refuses(eval_feed(f->before, &events[i]).kind));
    draft_init(&f->draft, &f->arena, SLICE("a@b.test"));
    assert_int_equal(draft_name(&f->draft, SLICE("u@x.test"), SLICE_NONE), 0);
    draft_receive(&f->draft, &f->header);
    f->draft.body = f->body;
    assert_int_equal(draft_apply(&f->draft, eval_edits(f->before)), 0);
    assert_int_equal(final_begin(f->final, &f->draft, &tls), 0);
    return final_judge(f->final, &f->draft);
}

static void names(const struct slice *items, size_t count, const char *expected)
{
    char text[256] = "";

    for (size_t i = 0; i < count; i++)
        (void)snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%.*s", i > 0 ? "," : "",
                       SLICE_ARG(items[i]));
    assert_string_equal(text, expected);
}

struct row {
    const char *rules, *final_rules;
    const char *verdict; /* as story.h prints it */
    const char *edits;   /* of the final rules */
    const char *fired, *tags;
    double score;
};

static const struct row ROWS[] = {
    /* what they see is edited */
    {"a: * -> set_header(Subject: y) add_header(X-A: 1) set_sender(z@x.test) "
     "add_recipient(v@x.test)\n",
     "b: header[Subject]=y & header[X-A]=1 & sender=z@x.test & recipient=v@x.test & "
     "recipient_count=2 & raw_body=body & !header[Subject]=x -> reject(550 5.7.1 no)\n",
     "reject b", "", "a,b", "", 0},
    {"a: * -> remove_header(Subject)\n",
     "b: missing_header[Subject] -> add_header(X-B: ${sender})\n", "continue",
     "add_header X-B: a@b.test", "a,b", "", 0},
    {"a: * -> add_header(X-A: 1)\n", "b: size=>37 & size=<48 -> accept\n", "accept b", "", "a,b",
     "", 0},
    /* every fact is known, whatever the stage */
    {"a: sender=nobody -> tag(t)\n",
     "b: client=192.0.2.0/24 & helo=client.test & listener=inbound & auth=bob & "
     "tls_version=1.3 -> disconnect(421 4.7.0 bye)\n",
     "disconnect b session", "", "b", "", 0},
    /* score and tags go on */
    {"a: * -> score(2) tag(t)\n",
     "b: score=2 & tag=t -> score(1.5) tag(u) add_header(S: ${score})\n"
     "c: score=3.5 & tag=u -> tempfail(451 4.7.1 later)\n",
     "tempfail c", "", "a,b,c", "t,u", 3.5},
    {"a: * -> score(2) tag(t)\n", "b: score=>2 -> score(1)\n", "continue", "", "a", "t", 2},
    {"a: * -> score(1)\n", "b: * -> score(1)\nc: * -> add_header(S: ${score})\n", "continue",
     "add_header S: 2", "a,b,c", "", 2},
    {"s shadow: * -> score(2) tag(t)\n", "b: score=2 -> tag(u)\nc: tag=t -> tag(v)\n", "continue",
     "", "", "", 0},
    /* the order in the list counts, not the stage of the facts */
    {"", "b: raw_body=body -> accept\nc: client=192.0.2.1 -> reject(550 no)\n", "accept b", "", "b",
     "", 0},
    {"", "b off: * -> accept\nc: recipient=u@x.test -> reject(550 no)\n", "reject c", "", "c", "",
     0},
};

static void rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(ROWS); i++) {
        const struct row *row = &ROWS[i];
        struct fixture f = {.body = SLICE_NONE};
        struct eval_report report;
        struct verdict verdict;
        char text[512];

        set_up(&f, row->rules, row->final_rules);
        session(&f);
        for (int again = 0; again < 2; again++) { /* every message begins afresh */
            verdict = message(&f);
            story_print_verdict(&verdict, text, sizeof(text));
            assert_string_equal(text, row->verdict);
            assert_int_equal(verdict.stage, STAGE_MESSAGE);
            story_print_edits(eval_edits(f.final), text, sizeof(text));
            assert_string_equal(text, row->edits);
            report = eval_report(f.final);
            names(report.rules, report.rule_count, row->fired);
            names(report.tags, report.tag_count, row->tags);
            assert_true(report.score == row->score);
            eval_reset(f.final);
            eval_reset(f.before);
        }
        tear_down(&f);
    }
}

/* Shadow rules tell their stories one after another. Logs come together, and are taken together. */
static void shadows_and_logs(void **state)
{
    struct fixture f = {.body = SLICE_NONE};
    struct eval_report report;

    (void)state;
    set_up(&f, "s shadow: * -> score(2) tag(t) add_header(S: 1)\na: * -> log(first)\n",
           "t shadow: score=2 & tag=t -> reject(550 would) add_header(T: 1)\nb: * -> log(last)\n");
    session(&f);
    assert_int_equal(message(&f).kind, VERDICT_CONTINUE);
    report = eval_report(f.final);
    assert_int_equal(report.would.rule_count, 2);
    assert_text(report.would.rules[0].rule, "s");
    assert_int_equal(report.would.rules[0].kind, VERDICT_CONTINUE);
    assert_text(report.would.rules[1].rule, "t");
    assert_text(report.would.rules[1].reply, "550 would");
    assert_int_equal(report.would.edits->count, 2);
    names(report.logs, report.log_count, "first,last");
    assert_true(eval_has_logs(f.final));
    eval_logs_taken(f.final);
    assert_false(eval_has_logs(f.final));
    tear_down(&f);

    set_up(&f, "s shadow: * -> reject(550 first)\n", "t shadow: * -> reject(550 second)\n");
    session(&f);
    (void)message(&f);
    report = eval_report(f.final);
    assert_int_equal(report.would.rule_count, 2);
    assert_text(report.would.rules[0].reply, "550 first");
    assert_text(report.would.rules[1].reply, "550 second");
    assert_int_equal(eval_outcome(f.final, 0), OUTCOME_FIRED);
    tear_down(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows),
        cmocka_unit_test(shadows_and_logs),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
