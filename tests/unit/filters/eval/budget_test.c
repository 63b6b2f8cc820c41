/* How long matching may take: per rule, per message, per turn; and how often the clock is read. */
#include "filters/eval/budget.h"
#include "tests/unit/filters/eval/story.h"
#include "tests/unit/support.h"

#define US 1000U
#define MS 1000000U

/* A clock that goes on by ${step_ns} at each look. */
struct ticker {
    uint64_t now_ns, step_ns;
    size_t looks;
    size_t stops_after; /* so many looks; 0: never */
};

static uint64_t tick(void *ctx)
{
    struct ticker *ticker = ctx;

    ticker->looks++;
    if (ticker->stops_after == 0 || ticker->looks <= ticker->stops_after)
        ticker->now_ns += ticker->step_ns;
    return ticker->now_ns;
}

#define DATA                                                                                       \
    "connect 192.0.2.1 => continue\nmail a@b.test => continue\nrcpt u@x.test => continue\n"        \
    "data => continue\n"

/* 40 lines of 16 KiB together, so that the clock is looked at more than once. */
static const char *long_body(void)
{
    static char body[40 * 512 + 1];

    if (body[0] == '\0') {
        memset(body, 'x', sizeof(body) - 1);
        for (size_t i = 511; i < sizeof(body) - 1; i += 512)
            body[i] = '|';
    }
    return body;
}

static void check_long(const char *title, const char *rules, const char *end,
                       const struct story_options *options)
{
    static char script[65536];

    (void)snprintf(script, sizeof(script), DATA "header A: b => continue\nmessage %s => %s",
                   long_body(), end);
    story_check(title, rules, script, options);
}

static void a_rule_has_its_budget(void **state)
{
    struct ticker ticker = {.step_ns = 60 * MS};
    const struct story_options options = {
        .clock_ns = tick, .clock_ctx = &ticker, .rule_budget_ns = 100 * MS};

    (void)state;
    check_long("over the budget of the rule", "r: raw_body=/y/ -> score(1)\n",
               "tempfail r !regex\n", &options);
}

static void within_the_budget_nothing_fails(void **state)
{
    struct ticker ticker = {.step_ns = 1 * MS};
    const struct story_options options = {.clock_ns = tick,
                                          .clock_ctx = &ticker,
                                          .rule_budget_ns = 100 * MS,
                                          .message_budget_ns = 500 * MS};

    (void)state;
    check_long("within the budget", "r: raw_body=/y/ -> score(1)\n", "continue\n", &options);
}

static void rules_share_the_message_budget(void **state)
{
    struct ticker ticker = {.step_ns = 900 * US};
    const struct story_options options = {.clock_ns = tick,
                                          .clock_ctx = &ticker,
                                          .rule_budget_ns = 20 * MS,
                                          .message_budget_ns = 2500 * US};

    (void)state;
    check_long("over the budget of the message",
               "a: raw_body=/y/ -> score(1)\nb: raw_body=/z/ -> score(1)\n", "tempfail b !regex\n",
               &options);
}

static void a_shared_question_is_charged_once(void **state)
{
    struct ticker ticker = {.step_ns = 900 * US};
    const struct story_options options = {.clock_ns = tick,
                                          .clock_ctx = &ticker,
                                          .rule_budget_ns = 2500 * US,
                                          .message_budget_ns = 2500 * US};

    (void)state;
    check_long("asked once",
               "a: raw_body=/y/ -> score(1)\nb: raw_body=/y/ -> score(1)\n"
               "c: raw_body=/y/ | hops=0 -> score(1)\n",
               "continue\nreport => score=1 rules=c\n", &options);
}

static void shadow_rules_have_a_budget_of_their_own(void **state)
{
    struct ticker ticker = {.step_ns = 60 * MS};
    const struct story_options options = {.clock_ns = tick,
                                          .clock_ctx = &ticker,
                                          .rule_budget_ns = 100 * MS,
                                          .message_budget_ns = 100 * MS};

    (void)state;
    check_long("shadows fail alone",
               "a shadow: raw_body=/y/ -> score(1)\nb: raw_body=/xx/ -> score(1)\n",
               "continue\noutcome a => failed\nreport => score=1 rules=b\n", &options);
}

static void a_question_that_only_a_shadow_failed_is_asked_again(void **state)
{
    struct ticker ticker = {.step_ns = 60 * MS, .stops_after = 4};
    const struct story_options options = {
        .clock_ns = tick, .clock_ctx = &ticker, .message_budget_ns = 100 * MS};

    (void)state;
    check_long("asked again", "a shadow: raw_body=/y/ -> score(1)\nb: raw_body=/y/ -> score(1)\n",
               "continue\noutcome a => failed\noutcome b => no\n", &options);
}

static void replacing_takes_time_too(void **state)
{
    struct ticker ticker = {.step_ns = 60 * MS};
    const struct story_options options = {
        .clock_ns = tick, .clock_ctx = &ticker, .rule_budget_ns = 100 * MS};

    (void)state;
    story_check("few matches", "r: * -> replace(X /a/ b)\n", DATA "header X: a|X: a => continue\n",
                &options);
    story_check("many matches", "r: * -> replace(X /a/ b)\n",
                DATA "header X: aaaa|X: aaaa => tempfail r !regex\n", &options);
}

/* Each recipient's turn may be over. */
static void turns_end_between_recipients(void **state)
{
    struct ticker ticker = {.step_ns = 5 * MS};
    size_t turns = 0;
    const struct story_options options = {
        .clock_ns = tick, .clock_ctx = &ticker, .turn_ns = 1 * MS, .turns = &turns};

    (void)state;
    story_check("in turns",
                "a message: recipient=w@*,/y/,/z/,/q/,/k/,/j/ -> add_header(X: ${recipient})\n"
                "b: recipient=/t/,/y/ & header[A]=b -> score(1)\n",
                "connect 192.0.2.1 => continue\n"
                "mail a@b.test => continue\n"
                "rcpt u@x.test => continue\n"
                "rcpt v@x.test => continue\n"
                "rcpt u@x.test => continue\n"
                "rcpt w@x.test => continue\n"
                "data => continue\n"
                "header A: b => continue\n"
                "report => score=1 rules=a,b\n",
                &options);
    assert_true(turns > 0);
}

static void each_message_has_its_budget(void **state)
{
    struct ticker ticker = {.step_ns = 60 * MS};
    const struct story_options options = {.clock_ns = tick,
                                          .clock_ctx = &ticker,
                                          .rule_budget_ns = 100 * MS,
                                          .message_budget_ns = 100 * MS};

    (void)state;
    story_check("twice", "r: sender=/y/ -> score(1)\n",
                "connect 192.0.2.1 => continue\n"
                "mail a@b.test => continue\n"
                "reset =>\n"
                "mail a@b.test => continue\n"
                "reset =>\n"
                "mail a@b.test => continue\n",
                &options);
}

/* Where matching is slow the clock is read after each search. */
static void the_clock_is_read_often_when_it_matters(void **state)
{
    struct ticker ticker = {.step_ns = 2 * MS};
    const struct story_options options = {.clock_ns = tick, .clock_ctx = &ticker};

    (void)state;
    check_long("often", "r: raw_body=/y/ -> score(1)\n", "continue\n", &options);
    assert_true(ticker.looks >= 24);
}

static void without_a_clock_there_is_no_budget(void **state)
{
    const struct story_options options = {.rule_budget_ns = 1, .message_budget_ns = 1};

    (void)state;
    check_long("no clock", "r: raw_body=/y/ -> score(1)\n", "continue\n", &options);
}

static void a_turn_ends_and_goes_on(void **state)
{
    struct ticker ticker = {.step_ns = 5 * MS};
    size_t turns = 0;
    const struct story_options options = {
        .clock_ns = tick, .clock_ctx = &ticker, .turn_ns = 1 * MS, .turns = &turns};

    (void)state;
    check_long("in turns",
               "a: raw_body=/y/ -> score(1)\n"
               "b: raw_body=/(x)/ -> add_header(X: $1)\n"
               "c: raw_body=/z/ & sender=/^(.)/ -> score(1)\n",
               "continue\nedits => add_header X: x\n", &options);
    assert_true(turns > 4);
}

/* A short message with many rules must not read the clock at each search. */
static void the_clock_is_read_seldom(void **state)
{
    struct ticker ticker = {.step_ns = 100};
    const struct story_options options = {.clock_ns = tick,
                                          .clock_ctx = &ticker,
                                          .rule_budget_ns = 100 * MS,
                                          .message_budget_ns = 500 * MS,
                                          .turn_ns = 4 * MS};
    char rules[16384] = "";

    (void)state;
    for (int i = 0; i < 100; i++) {
        size_t used = strlen(rules);

        (void)snprintf(rules + used, sizeof(rules) - used, "r%d: header[X]=/y%d/ -> score(1)\n", i,
                       i);
    }
    story_check("seldom", rules, DATA "header X: b => continue\n", &options);
    assert_true(ticker.looks <= 2 + 100 / BUDGET_LOOK_SEARCHES);
}

/* Appends ${count} rules, "${name}N: ${what}". */
static void add_rules(char *rules, size_t size, int count, const char *name, const char *what)
{
    size_t used = strlen(rules);

    for (int i = 0; i < count; i++) {
        used += (size_t)snprintf(rules + used, size - used, "%s%d: %s\n", name, i, what);
        assert_true(used < size);
    }
}

/* Rules that search nothing take time as well, and what cannot pause by itself pauses behind its
 * rule. */
static void turns_end_between_rules(void **state)
{
    static const struct {
        const char *title, *first, *then, *outcome;
        int first_count, then_count;
    } rows[] = {
        {"rules that search nothing", "* -> score(1)", "hops=>9 -> score(1)", "no", 1,
         4 * BUDGET_LOOK_RULES},
        {"tags", "* -> tag(t)", "tag=/y/ -> score(1)", "no", 40, 3},
        {"added fields", "* -> score(1)", "* -> add_header(X: 1)", "fired", 1, 40},
        {"fields that are set", "* -> score(1)", "* -> set_header(A: 1)", "fired", 1, 40},
        {"added recipients", "* -> score(1)", "* -> add_recipient(v@x.test)", "fired", 1, 40},
        {"removed recipients", "* -> score(1)", "* -> remove_recipient(v@*)", "fired", 1, 40},
    };
    static char rules[200000];
    char script[512];

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct ticker ticker = {.step_ns = 5 * MS};
        size_t turns = 0;
        const struct story_options options = {
            .clock_ns = tick, .clock_ctx = &ticker, .turn_ns = 9 * MS, .turns = &turns};

        rules[0] = '\0';
        add_rules(rules, sizeof(rules), rows[i].first_count, "s", rows[i].first);
        add_rules(rules, sizeof(rules), rows[i].then_count, "r", rows[i].then);
        (void)snprintf(script, sizeof(script),
                       DATA "header A: b => continue\noutcome s0 => fired\noutcome r1 => %s\n",
                       rows[i].outcome);
        story_check(rows[i].title, rules, script, &options);
        assert_row(turns > 0, rows[i].title, i);
    }
}

/* Many small events must not add up to time that nobody counted. */
static void what_is_left_at_the_end_of_an_event_counts(void **state)
{
    struct ticker ticker = {.step_ns = 60 * MS};
    const struct story_options options = {
        .clock_ns = tick, .clock_ctx = &ticker, .message_budget_ns = 100 * MS};

    (void)state;
    story_check("one search for each recipient", "r: recipient=/y/ -> score(1)\n",
                "connect 192.0.2.1 => continue\n"
                "mail a@b.test => continue\n"
                "rcpt u@x.test => continue\n"
                "rcpt v@x.test => continue\n"
                "rcpt w@x.test => tempfail r rcpt !regex\n",
                &options);
}

/* --- every kind ------------------------------------------------------------------------------- */

#define MANY 60 /* entries, so that a line is not compared with all of them in one slice */

static void fill(struct list *list, const char *before, const char *after)
{
    struct diag diag;
    char entry[64];

    diag_init(&diag);
    for (int i = 0; i < MANY; i++) {
        (void)snprintf(entry, sizeof(entry), "%sy%d%s", before, i, after);
        assert_int_equal(
            list_add(list, slice_str(entry), SLICE("no"), (struct place){.line = 1}, &diag), 0);
    }
    assert_int_equal(
        list_add(list, SLICE("/(x)$/"), SLICE("yes"), (struct place){.line = 1}, &diag), 0);
    diag_fini(&diag);
}

/* What is matched, and what becomes of it when there is time for it, however many turns it takes.
 */
static const struct {
    const char *title, *rules, *end;
} kinds[] = {
    {"pattern", "r: raw_body=/y/ -> score(1)\n", "continue\n"},
    {"wildcard", "r: raw_body=*y?z* -> score(1)\n", "continue\n"},
    {"list of wildcards", "r: raw_body=@stars -> reject(550 ${listtext}$1)\n",
     "reject r\nreply => 550 yesx|\n"},
    {"list of patterns", "r: raw_body=@patterns -> reject(550 ${listtext}$1)\n",
     "reject r\nreply => 550 yesx|\n"},
    {"no entry of a list", "r: raw_body=~@stars -> score(1)\n", "continue\n"},
    {"every field", "r: header_line=@stars -> score(1)\n", "continue\n"},
    {"replace", "r: raw_body=/x/ -> replace(X /a/ b) add_header(Y: 1)\n",
     "continue\nedits => change_header[1] X: bbbbbbbbbb; change_header[2] X: bb; "
     "add_header Y: 1\n"},
    {"remove_header by pattern", "r: * -> remove_header(* /a$/)\n",
     "continue\nedits => delete_header[1] X; delete_header[1] X\n"},
    {"remove_header by wildcard", "r: * -> remove_header(*X*)\n",
     "continue\nedits => delete_header[1] X; delete_header[1] X\n"},
    {"prepend", "r: !raw_body=/y/ -> prepend(X: c) append(X: d)\n",
     "continue\nedits => change_header[1] X: caaaaaaaaaa; change_header[1] X: caaaaaaaaaad\n"},
    {"edits of a shadow rule", "r shadow: raw_body=/x/ -> replace(X /a/ b)\n",
     "continue\nwould => continue r edits=change_header[1] X: bbbbbbbbbb; change_header[2] "
     "X: bb\n"},
    {"two rules", "a: * -> replace(X /a/ b)\nb: * -> remove_header(X /^b+$/)\n",
     "continue\nedits => change_header[1] X: bbbbbbbbbb; change_header[2] X: bb; "
     "delete_header[1] X; delete_header[1] X\n"},
};

#define WS "W: b|W: b|W: b|W: b|W: b|W: b|W: b|W: b|W: b|W: b|"

/* ${options}->lists are those of the kinds. */
static void check_kind(size_t kind, const char *end, struct story_options *options)
{
    static char script[65536];
    struct list_name names[] = {{SLICE("stars"), list_create()},
                                {SLICE("patterns"), list_create()}};
    struct list_table table = {names, COUNT_OF(names)};

    fill(names[0].list, "*", "*z");
    fill(names[1].list, "/", "/");
    options->lists = &table;
    (void)snprintf(script, sizeof(script),
                   DATA "header " WS WS WS "X: aaaaaaaaaa|X: aa => continue\nmessage %s => %s",
                   long_body(), end);
    story_check(kinds[kind].title, kinds[kind].rules, script, options);
    list_destroy(names[0].list);
    list_destroy(names[1].list);
}

static void every_kind_takes_turns(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(kinds); i++) {
        struct story_options whole = {.turn_ns = 0};
        struct ticker ticker = {.step_ns = 5 * MS};
        size_t turns = 0;
        struct story_options options = {
            .clock_ns = tick, .clock_ctx = &ticker, .turn_ns = 1, .turns = &turns};

        check_kind(i, kinds[i].end, &whole);
        check_kind(i, kinds[i].end, &options);
        assert_row(turns > 0, kinds[i].title, i);
    }
}

/* The budget's breach is a failure, and never half an edit. */
static void every_kind_has_its_budget(void **state)
{
    static const struct {
        size_t kind;
        const char *end, *left_out;
    } ends[] = {
        {0, "tempfail r !regex\n", "continue\nedits => add_header X-Postern-Unchecked: regex r\n"},
        {1, "tempfail r !regex\n", "continue\nedits => add_header X-Postern-Unchecked: regex r\n"},
        {2, "tempfail r !regex\n", "continue\nedits => add_header X-Postern-Unchecked: regex r\n"},
        {3, "tempfail r !regex\n", "continue\nedits => add_header X-Postern-Unchecked: regex r\n"},
        {4, "tempfail r !regex\n", "continue\nedits => add_header X-Postern-Unchecked: regex r\n"},
        {6, "tempfail r !regex\n", "continue\nedits => add_header X-Postern-Unchecked: regex r\n"},
        {10, "continue\nwould => continue r\n", "continue\nwould => continue r\n"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(ends); i++) {
        struct ticker ticker = {.step_ns = 30 * MS}, again = ticker;
        struct story_options options = {
            .clock_ns = tick, .clock_ctx = &ticker, .rule_budget_ns = 50 * MS, .turn_ns = 1 * MS};

        check_kind(ends[i].kind, ends[i].end, &options);
        options.clock_ctx = &again;
        options.on_regex_continue = true;
        check_kind(ends[i].kind, ends[i].left_out, &options);
    }
}

/* With on_failure.regex = continue a rule that has made edits already is not left out. */
static void what_is_left_out_leaves_nothing(void **state)
{
    static const struct {
        const char *title, *rules, *end;
    } stories[] = {
        {"nothing was done", "r: * -> replace(X /a/ b) add_header(B: 1)\n",
         "continue\nedits => add_header X-Postern-Unchecked: regex r\n"},
        {"something was done", "r: * -> add_header(B: 1) replace(X /a/ b)\n",
         "tempfail r !regex\n"},
        {"half of it was done", "r: * -> replace(Y /c/ b) replace(X /a/ b)\n",
         "tempfail r !regex\n"},
        {"by another rule", "q: * -> add_header(B: 1)\nr: * -> replace(X /a/ b)\n",
         "continue\nedits => add_header B: 1; add_header X-Postern-Unchecked: regex r\n"},
    };
    char script[1024];

    (void)state;
    for (size_t i = 0; i < COUNT_OF(stories); i++) {
        struct ticker ticker = {.step_ns = 30 * MS};
        const struct story_options options = {.clock_ns = tick,
                                              .clock_ctx = &ticker,
                                              .rule_budget_ns = 50 * MS,
                                              .on_regex_continue = true};

        (void)snprintf(script, sizeof(script), DATA "header Y: c|X: aaaaaaaaa => %s",
                       stories[i].end);
        story_check(stories[i].title, stories[i].rules, script, &options);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_rule_has_its_budget),
        cmocka_unit_test(within_the_budget_nothing_fails),
        cmocka_unit_test(rules_share_the_message_budget),
        cmocka_unit_test(a_shared_question_is_charged_once),
        cmocka_unit_test(shadow_rules_have_a_budget_of_their_own),
        cmocka_unit_test(a_question_that_only_a_shadow_failed_is_asked_again),
        cmocka_unit_test(replacing_takes_time_too),
        cmocka_unit_test(turns_end_between_recipients),
        cmocka_unit_test(each_message_has_its_budget),
        cmocka_unit_test(the_clock_is_read_often_when_it_matters),
        cmocka_unit_test(without_a_clock_there_is_no_budget),
        cmocka_unit_test(a_turn_ends_and_goes_on),
        cmocka_unit_test(the_clock_is_read_seldom),
        cmocka_unit_test(turns_end_between_rules),
        cmocka_unit_test(what_is_left_at_the_end_of_an_event_counts),
        cmocka_unit_test(every_kind_takes_turns),
        cmocka_unit_test(every_kind_has_its_budget),
        cmocka_unit_test(what_is_left_out_leaves_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
