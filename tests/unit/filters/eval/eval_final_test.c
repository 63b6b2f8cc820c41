/* Final rules: what they see, what they continue, and that they speak last. */
#include "filters/eval/eval.h"

#include "tests/unit/filters/eval/story.h"
#include "tests/unit/support.h"

#define MESSAGE "From: a@b.test\r\nSubject: x\r\n\r\nbody\r\n"

struct fixture {
    struct arena arena;
    struct rule_text first, last;
    struct ruleset *rules, *final_rules;
    struct pattern_scratch *scratch;
    struct eval *eval;
    struct eval_trace trace;
    size_t hits[2]; /* of rules, of final rules */
    struct header header;
    struct draft draft;
    struct slice body;
};

static void count_hit(void *ctx, const struct eval_hit *hit)
{
    struct fixture *f = ctx;

    f->hits[hit->final]++;
}

static void make_eval(struct fixture *f)
{
    const struct eval_options options = {.rules = f->rules,
                                         .final_rules = f->final_rules,
                                         .scratch = f->scratch,
                                         .on_regex = VERDICT_TEMPFAIL,
                                         .memory_limit_bytes = (size_t)1 << 20,
                                         .trace = &f->trace};

    f->trace = (struct eval_trace){count_hit, f};
    f->eval = eval_create(&options);
    assert_non_null(f->eval);
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
    make_eval(f);
    assert_int_equal(header_scan(&scan, message, true, &end), 1);
    assert_int_equal(
        header_parse(&f->header, slice_first(message, end.fields_end), true, &f->arena), 0);
    f->body = slice_from(message, end.body_start);
}

static void tear_down(struct fixture *f)
{
    eval_destroy(f->eval);
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
    for (size_t i = 0; i < COUNT_OF(events); i++)
        assert_int_equal(eval_feed(f->eval, &events[i]).failure, FAILURE_NONE);
}

static void feed_message(struct fixture *f)
{
    const struct event events[] = {
        {.kind = EVENT_MAIL,
         .u.mail = {.sender = SLICE("a@b.test"),
                    .declared_size = EVENT_SIZE_UNKNOWN,
                    .tls = {.active = true, .version = SLICE("1.3")}}},
        {.kind = EVENT_RCPT, .u.rcpt = {SLICE("u@x.test")}},
        {.kind = EVENT_DATA},
        {.kind = EVENT_HEADER, .u.header = {&f->header}},
        {.kind = EVENT_MESSAGE, .u.message = {f->body, sizeof(MESSAGE) - 1}},
    };

    for (size_t i = 0; i < COUNT_OF(events); i++)
        assert_false(verdict_refuses(eval_feed(f->eval, &events[i]).kind));
}

static struct verdict message(struct fixture *f)
{
    feed_message(f);
    assert_true(eval_final_due(f->eval));
    draft_init(&f->draft, &f->arena, SLICE("a@b.test"));
    assert_int_equal(draft_name(&f->draft, SLICE("u@x.test"), SLICE_NONE), 0);
    draft_receive(&f->draft, &f->header);
    f->draft.body = f->body;
    assert_int_equal(draft_apply(&f->draft, eval_edits(f->eval)), 0);
    return eval_final(f->eval, &f->draft);
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
            story_print_edits(eval_final_edits(f.eval), text, sizeof(text));
            assert_string_equal(text, row->edits);
            report = eval_report(f.eval);
            names(report.rules, report.rule_count, row->fired);
            names(report.tags, report.tag_count, row->tags);
            assert_true(report.score == row->score);
            eval_reset(f.eval);
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
    report = eval_report(f.eval);
    assert_int_equal(report.would.rule_count, 2);
    assert_text(report.would.rules[0].rule, "s");
    assert_int_equal(report.would.rules[0].kind, VERDICT_CONTINUE);
    assert_text(report.would.rules[1].rule, "t");
    assert_text(report.would.rules[1].reply, "550 would");
    assert_int_equal(report.would.edits->count, 2);
    names(report.logs, report.log_count, "first,last");
    assert_true(eval_has_logs(f.eval));
    eval_logs_taken(f.eval);
    assert_false(eval_has_logs(f.eval));
    tear_down(&f);

    set_up(&f, "s shadow: * -> reject(550 first)\n", "t shadow: * -> reject(550 second)\n");
    session(&f);
    (void)message(&f);
    report = eval_report(f.eval);
    assert_int_equal(report.would.rule_count, 2);
    assert_text(report.would.rules[0].reply, "550 first");
    assert_text(report.would.rules[1].reply, "550 second");
    assert_int_equal(eval_outcome(f.eval, true, 0), OUTCOME_FIRED);
    tear_down(&f);
}

/* Whether final rules are due, and what they keep waiting, by what the rules have said. */
static void when_they_are_due(void **state)
{
    static const struct {
        const char *rules, *final_rules;
        bool due;
        unsigned interest;
    } rows[] = {
        {"a: * -> tag(t)\n", "b: * -> tag(u)\n", true, INTEREST_HEADER | INTEREST_MESSAGE},
        {"a: * -> tag(t)\n", "b off: * -> tag(u)\n", false, 0},
        {"a: * -> tag(t)\n", "", false, 0},
        {"a: * -> accept\n", "b: * -> tag(u)\n", false, 0},
        {"a: * -> redirect(v@x.test)\n", "b: * -> tag(u)\n", true,
         INTEREST_HEADER | INTEREST_MESSAGE},
        {"a: * -> quarantine(why)\n", "b: * -> tag(u)\n", false,
         INTEREST_HEADER | INTEREST_MESSAGE},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct fixture f = {.body = SLICE_NONE};

        set_up(&f, rows[i].rules, rows[i].final_rules);
        session(&f);
        feed_message(&f);
        assert_int_equal(eval_final_due(f.eval), rows[i].due);
        assert_int_equal(eval_interest(f.eval), rows[i].interest);
        tear_down(&f);
    }
}

/* What each list has to say is asked of each alone; a refusal undoes what the rules edited. */
static void each_list_for_itself(void **state)
{
    struct fixture f = {.body = SLICE_NONE};
    struct eval_miss miss;

    (void)state;
    set_up(&f, "a: sender=a@b.test -> add_header(X-A: 1)\n",
           "b: sender=x -> tag(t)\nc: helo=client.test -> reject(550 5.7.1 no)\n");
    session(&f);
    assert_int_equal(message(&f).kind, VERDICT_REJECT);
    assert_int_equal(eval_outcome(f.eval, false, 0), OUTCOME_FIRED);
    assert_int_equal(eval_outcome(f.eval, true, 0), OUTCOME_NO);
    assert_false(eval_miss(f.eval, false, 0, &miss));
    assert_true(eval_miss(f.eval, true, 0, &miss));
    assert_int_equal(miss.field, FIELD_SENDER);
    assert_int_equal(f.hits[false], 1);
    assert_int_equal(f.hits[true], 1);
    assert_int_equal(eval_edits(f.eval)->count, 0);
    assert_int_equal(eval_final_edits(f.eval)->count, 0);
    tear_down(&f);
}

/* A question of the rules, then one of the final rules; one answer for both. */
static void they_ask_too(void **state)
{
    const struct answer name = {.text = SLICE("mail.test")};
    struct fixture f = {.body = SLICE_NONE};

    (void)state;
    set_up(&f, "", "b: client_name=mail.test -> reject(550 5.7.1 no)\n");
    session(&f);
    assert_int_equal(message(&f).kind, VERDICT_MORE);
    assert_non_null(eval_questions(f.eval));
    eval_answer(f.eval, eval_questions(f.eval), &name);
    assert_int_equal(eval_final(f.eval, &f.draft).kind, VERDICT_REJECT);
    assert_null(eval_questions(f.eval));
    eval_reset(f.eval);
    assert_int_equal(message(&f).kind, VERDICT_REJECT); /* known for the session */
    tear_down(&f);
}

/* Where the draft has no room for their copy of the header, the message is refused for now. */
static void no_memory(void **state)
{
    struct fixture f = {.body = SLICE_NONE};
    struct arena full;

    (void)state;
    set_up(&f, "", "b: * -> tag(t)\n");
    session(&f);
    feed_message(&f);
    arena_init(&full, 64, 64);
    draft_init(&f.draft, &full, SLICE("a@b.test"));
    draft_receive(&f.draft, &f.header);
    struct verdict verdict = eval_final(f.eval, &f.draft);
    assert_int_equal(verdict.kind, VERDICT_TEMPFAIL);
    assert_int_equal(verdict.failure, FAILURE_MEMORY);
    arena_fini(&full);
    tear_down(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows),
        cmocka_unit_test(when_they_are_due),
        cmocka_unit_test(each_list_for_itself),
        cmocka_unit_test(they_ask_too),
        cmocka_unit_test(no_memory),
        cmocka_unit_test(shadows_and_logs),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
