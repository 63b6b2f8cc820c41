/* That rules find the same whether their patterns are looked for together or one by one: each list
 * of rules is judged as one, where its patterns are in a set, and rule by rule, where they are not.
 */
#include "filters/eval/sightings.h"

#include "filters/eval/eval.h"
#include "filters/match/pattern.h"
#include "tests/unit/filters/eval/story.h"
#include "tests/unit/filters/match/pattern_make.h"
#include "tests/unit/support.h"

#define TRIALS       400
#define RULES        14
#define MATCHERS_MAX 3
#define PLENTY       ((size_t)1 << 22)
#define SOURCE_MAX   2048

/* --- rules ------------------------------------------------------------------------------------ */

/* A rule that asks some patterns of one field, and logs what they caught. */
struct one_rule {
    struct rule rule;
    struct condition when;
    struct matcher matchers[MATCHERS_MAX], inner;
    struct action action;
    char sources[MATCHERS_MAX][SOURCE_MAX];
};

/* As a rule one that has literals. */
static bool make_source(struct pattern_maker *maker, unsigned flags, char *out)
{
    char error[256];
    struct bytes source;
    struct pattern *pattern;
    struct literals literals;
    bool useful;

    bytes_init(&source, SOURCE_MAX - 1);
    bytes_append_char(&source, '(');
    pattern_make(maker, &source);
    bytes_append(&source, SLICE(")"));
    bytes_append_char(&source, '\0');
    if (bytes_end(&source) != 0) {
        bytes_fini(&source);
        return false;
    }
    memcpy(out, source.data, source.len);
    bytes_fini(&source);
    pattern = pattern_create(slice_str(out), flags, error, sizeof(error));
    if (pattern == NULL)
        return false;
    useful = pattern_literals(pattern, &literals) > 0 || pattern_make_choice(maker, 20) == 0;
    pattern_destroy(pattern);
    return useful;
}

static void make_matcher(struct pattern_maker *maker, bool bytes, struct matcher *matcher,
                         char *out)
{
    unsigned flags;

    do
        flags = pattern_make_flags(maker) & ~(unsigned)PATTERN_BYTES;
    while (!make_source(maker, flags | (bytes ? PATTERN_BYTES : 0), out));
    *matcher =
        (struct matcher){.kind = MATCHER_PATTERN, .text = slice_str(out), .pattern_flags = flags};
}

static void make_rule(struct pattern_maker *maker, enum field_id field, struct one_rule *one)
{
    bool bytes = field_get(field)->type == FIELD_TYPE_BYTES;

    one->when = (struct condition){.kind = CONDITION_FIELD,
                                   .field = field,
                                   .name = SLICE("X"),
                                   .matchers = one->matchers,
                                   .matcher_count = 1};
    if (field != FIELD_RAW_BODY) /* alone it would be in a set */
        one->when.matcher_count += pattern_make_choice(maker, MATCHERS_MAX);
    for (size_t i = 0; i < one->when.matcher_count; i++)
        make_matcher(maker, bytes, &one->matchers[i], one->sources[i]);
    if (pattern_make_choice(maker, 4) == 0) {
        one->inner = one->matchers[0];
        one->matchers[0] =
            (struct matcher){.kind = MATCHER_NOT, .inner = &one->inner, .inner_count = 1};
    }
    one->action = (struct action){.kind = ACTION_LOG, .text = SLICE("$1")};
    one->rule = (struct rule){
        .name = SLICE("r"), .when = &one->when, .actions = &one->action, .action_count = 1};
}

/* --- messages --------------------------------------------------------------------------------- */

struct texts {
    struct bytes header, body;
};

static void add_text(struct pattern_maker *maker, const struct one_rule *rules, struct bytes *out)
{
    const struct one_rule *one = &rules[pattern_make_choice(maker, RULES)];

    if (pattern_make_choice(maker, 8) == 0)
        for (unsigned i = pattern_make_choice(maker, 9000); i > 0; i--)
            bytes_append_char(out, i % 61 == 0 ? ' ' : 'z');
    pattern_make_subject(maker, slice_str(one->sources[0]), out);
    if (pattern_make_choice(maker, 3) == 0)
        pattern_make_subject(maker, slice_str(rules[0].sources[0]), out);
}

static void make_content(struct pattern_maker *maker, const struct one_rule *rules,
                         struct texts *texts)
{
    bytes_renew(&texts->header);
    bytes_renew(&texts->body);
    for (unsigned i = pattern_make_choice(maker, 5); i > 0; i--) {
        bytes_append(&texts->header, SLICE("X: "));
        add_text(maker, rules, &texts->header);
        bytes_append(&texts->header, SLICE("\r\n"));
    }
    for (unsigned i = pattern_make_choice(maker, 6); i > 0; i--) {
        add_text(maker, rules, &texts->body);
        bytes_append(&texts->body, SLICE("\r\n"));
    }
    assert_int_equal(bytes_end(&texts->header), 0);
    assert_int_equal(bytes_end(&texts->body), 0);
}

/* --- judging ---------------------------------------------------------------------------------- */

/* What became of one rule. */
struct found {
    enum rule_outcome outcome;
    uint64_t hit; /* a hash of the value that matched, its place, and what was logged */
};

struct judging {
    struct found found[RULES];
    size_t first; /* number of the first rule that is judged */
    size_t sets;  /* in the rules judged last */
};

static uint64_t mix(uint64_t hash, uint64_t value)
{
    return (hash ^ value) * UINT64_C(0x100000001b3);
}

static uint64_t mix_text(uint64_t hash, struct slice text)
{
    for (size_t i = 0; i < text.len; i++)
        hash = mix(hash, (unsigned char)text.ptr[i]);
    return mix(hash, text.len);
}

static void on_hit(void *ctx, const struct eval_hit *hit)
{
    struct judging *judging = ctx;
    uint64_t *hash = &judging->found[judging->first + hit->rule].hit;

    *hash = mix(mix(mix_text(*hash, hit->value), hit->start), hit->end);
}

/* A clock that goes on by a millisecond each time it is read: every slice is the turn's last. */
static uint64_t tick(void *ctx)
{
    uint64_t *now = ctx;

    return *now += 1000000;
}

static void feed(struct eval *eval, const struct event *event)
{
    while (eval_feed(eval, event).kind == VERDICT_MORE)
        continue;
}

static void feed_message(struct eval *eval, const struct texts *texts, struct arena *arena)
{
    struct header header = {.count = 0};
    struct event event = {.kind = EVENT_CONNECT};

    feed(eval, &event);
    event = (struct event){.kind = EVENT_MAIL, .u.mail = {.declared_size = EVENT_SIZE_UNKNOWN}};
    feed(eval, &event);
    event = (struct event){.kind = EVENT_RCPT, .u.rcpt = {.recipient = SLICE("u@x.test")}};
    feed(eval, &event);
    event = (struct event){.kind = EVENT_DATA};
    feed(eval, &event);
    assert_int_equal(header_parse(&header, bytes_slice(&texts->header), true, arena), 0);
    event = (struct event){.kind = EVENT_HEADER, .u.header = {&header}};
    feed(eval, &event);
    event = (struct event){.kind = EVENT_MESSAGE, .u.message = {bytes_slice(&texts->body), 100}};
    feed(eval, &event);
}

static void judge(const struct rule *rules, size_t count, const struct texts *texts, bool in_turns,
                  struct pattern_scratch *scratch, struct judging *judging)
{
    uint64_t now = 1;
    const struct eval_trace trace = {.hit = on_hit, .ctx = judging};
    struct diag diag;
    struct ruleset *ruleset;
    struct eval *eval;
    struct arena arena;
    struct eval_report report;

    diag_init(&diag);
    ruleset = ruleset_compile(rules, count, NULL, &diag);
    assert_non_null(ruleset);
    judging->sets = ruleset->set_count;
    eval = eval_create(&(struct eval_options){.rules = ruleset,
                                              .scratch = scratch,
                                              .clock_ns = in_turns ? tick : NULL,
                                              .clock_ctx = &now,
                                              .turn_ns = 1,
                                              .memory_limit_bytes = PLENTY,
                                              .trace = &trace});
    assert_non_null(eval);
    arena_init(&arena, 4096, PLENTY);
    feed_message(eval, texts, &arena);
    report = eval_report(eval);
    assert_false(report.incomplete);
    for (size_t i = 0, log = 0; i < count; i++) {
        struct found *found = &judging->found[judging->first + i];

        found->outcome = eval_outcome(eval, false, i);
        if (found->outcome == OUTCOME_FIRED)
            found->hit = mix_text(found->hit, report.logs[log++]);
    }
    eval_destroy(eval);
    arena_fini(&arena);
    ruleset_destroy(ruleset);
    diag_fini(&diag);
}

/* Returns how many rules held. */
static size_t compare(const struct one_rule *all, const struct texts *texts, bool in_turns,
                      struct pattern_scratch *scratch, size_t trial, size_t *sets)
{
    struct rule rules[RULES];
    struct judging together = {.first = 0}, apart = {.first = 0};
    size_t held = 0;

    for (size_t i = 0; i < RULES; i++)
        rules[i] = all[i].rule;
    judge(rules, RULES, texts, in_turns, scratch, &together);
    *sets += together.sets;
    for (apart.first = 0; apart.first < RULES; apart.first++) {
        judge(&rules[apart.first], 1, texts, false, scratch, &apart);
        assert_int_equal(apart.sets, 0);
    }
    for (size_t i = 0; i < RULES; i++) {
        const struct found *a = &together.found[i], *b = &apart.found[i];

        held += a->outcome == OUTCOME_FIRED;
        if (b->outcome == OUTCOME_FAILED)
            continue; /* without its literal a pattern is not tried at all */
        if (a->outcome != b->outcome || a->hit != b->hit)
            fail_msg("trial %zu, rule %zu, /%s/: %d, alone %d, %s", trial, i, all[i].sources[0],
                     (int)a->outcome, (int)b->outcome, a->hit != b->hit ? "elsewhere" : "");
    }
    return held;
}

static void together_as_apart(void **state)
{
    static const enum field_id fields[] = {FIELD_HEADER, FIELD_RAW_HEADER, FIELD_HEADER_LINE,
                                           FIELD_RAW_BODY};
    static struct one_rule all[RULES];
    struct pattern_maker maker = {.seed = 5};
    struct pattern_scratch *scratch = pattern_scratch_create();
    struct texts texts;
    size_t held = 0, sets = 0;

    (void)state;
    bytes_init(&texts.header, PLENTY);
    bytes_init(&texts.body, PLENTY);
    for (size_t trial = 0; trial < TRIALS; trial++) {
        enum field_id field = fields[pattern_make_choice(&maker, COUNT_OF(fields))];

        for (size_t i = 0; i < RULES; i++)
            make_rule(&maker, field, &all[i]);
        make_content(&maker, all, &texts);
        held += compare(all, &texts, trial % 3 == 0, scratch, trial, &sets);
    }
    assert_true(held > TRIALS && held < TRIALS * RULES);
    assert_true(sets > TRIALS / 2);
    bytes_fini(&texts.header);
    bytes_fini(&texts.body);
    pattern_scratch_destroy(scratch);
}

#define BEFORE                                                                                     \
    "connect 192.0.2.1 => continue\nmail a@b.test => continue\n"                                   \
    "rcpt u@x.test => continue\ndata => continue\n"

/* More is seen than is kept. What comes after is judged all the same, and before, and for leaves
 * that had nothing yet. */
static void more_than_is_kept(void **state)
{
    static const char rules[] = "a: raw_body=/(casino first)/ -> log($1)\n"
                                "b: raw_body=/(casino last)/,/lottery/ -> log($1)\n"
                                "c: raw_body=/casino (?!no)/ -> tag(c)\n"
                                "d: raw_body=/casino none/ -> tag(d)\n"
                                "e: raw_body=/(jackpot)/ -> log($1)\n"
                                "f: raw_body=~/casino|jackpot/ -> log(f)\n";
    static char script[SIGHTINGS_MAX * 24];
    size_t used = (size_t)snprintf(script, sizeof(script),
                                   BEFORE "header X: y => continue\nmessage casino first|");

    (void)state;
    for (size_t i = 0; i < SIGHTINGS_MAX; i++)
        used += (size_t)snprintf(script + used, sizeof(script) - used, "casino no|");
    (void)snprintf(script + used, sizeof(script) - used,
                   "casino last|jackpot|quiet => continue\nreport => score=0 rules=a,b,c,e,f "
                   "tags=c\nlogs => casino first; casino last; jackpot; f\n");
    story_check("more than is kept", rules, script, NULL);
}

/* More than one of a leaf's patterns in one value, and the value that is asked for behind it. */
static void several_in_one_value(void **state)
{
    static const char rules[] = "a: header[X]=~(/casino/,/lottery/,/jackpot/) -> log(a)\n"
                                "b: header[X]=/(casino) x/,/(lottery) y/,/(jackpot) z/ -> log($1)\n"
                                "c: header[X]=/casino q/,/lottery q/,/jackpot q/ -> log(c)\n";
    static const struct {
        const char *header, *answer;
    } rows[] = {
        {"X: casino lottery jackpot|X: lottery", "report => score=0\n"},
        {"X: casino lottery jackpot|X: no", "report => score=0 rules=a\nlogs => a\n"},
        {"X: casino lottery|X: jackpot z", "report => score=0 rules=b\nlogs => jackpot\n"},
        {"X: casino lottery y|X: lottery q", "report => score=0 rules=b,c\nlogs => lottery; c\n"},
        {"Y: casino", "report => score=0\n"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char script[512];

        (void)snprintf(script, sizeof(script), BEFORE "header %s => continue\n%s", rows[i].header,
                       rows[i].answer);
        story_check(rows[i].header, rules, script, NULL);
    }
}

/* Where a field cannot be read to its end, what is read of it counts, and all else fails. */
static void what_cannot_be_read(void **state)
{
    static const char *const rules[] = {
        "r: from_address=/first/,/bbbb/,/cccc/,/dddd/,/eeee/,/ffff/,/gggg/,/hhhh/ -> reject(550 r)",
        "r: from_address=/aaaa/,/bbbb/,/cccc/,/dddd/,/eeee/,/ffff/,/gggg/,/hhhh/ -> reject(550 r)"};
    static const char *const answers[] = {"reject r", "reject r !content"};
    static char script[HEADER_MENDED_MAX + 1024], many[HEADER_MENDED_MAX + 1];
    const struct story_options options = {.on_content = VERDICT_REJECT};

    (void)state;
    memset(many, 'z', sizeof(many) - 1);
    for (size_t i = 0; i < COUNT_OF(rules); i++) {
        (void)snprintf(script, sizeof(script),
                       BEFORE "header From: first@y.test|From: Joe [%s@b.test => %s\n", many,
                       answers[i]);
        story_check("what cannot be read", rules[i], script, &options);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(together_as_apart), cmocka_unit_test(more_than_is_kept),
        cmocka_unit_test(several_in_one_value), cmocka_unit_test(what_cannot_be_read)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
