/* Several milters: order, who hears what, late ones, and each on what the one before left (MILTER
 * 2, 7; PROTOCOL ML08). */
#include "conf/limits.h"
#include "conf/milter_conf.h"
#include "tests/unit/proxy/milter/play.h"

#include "filters/message/rewrite.h"
#include "proxy/milter/chain.h"
#include "tests/unit/proxy/net/ground.h"

#define MILTERS    3
#define TIMEOUT_MS 20000
#define BUDGET_MS  60000

struct stand {
    struct loop *loop;
    struct play plays[MILTERS];
    struct milter_conf confs[MILTERS];
    enum chain_when when[MILTERS];
    struct limits limits;
    struct milter_facts facts;
    struct chain *chain;
    struct arena arena;
    struct header header, edited;
    unsigned applied;
    bool unable; /* to make changes */
};

static void on_wake(void *ctx)
{
    struct stand *s = ctx;

    assert_false(chain_busy(s->chain));
}

static enum chain_when when(void *ctx, size_t index)
{
    return ((struct stand *)ctx)->when[index];
}

static int apply(void *ctx, size_t index, const struct edit_list *edits,
                 struct chain_content *content)
{
    struct stand *s = ctx;

    (void)index;
    s->applied++;
    if (s->unable)
        return -1;
    assert_int_equal(header_clone(&s->edited, content->header, &s->arena), 0);
    for (size_t i = 0; i < edits->count; i++) {
        if (edit_is_header(edits->items[i].kind))
            assert_int_equal(rewrite_apply(&s->edited, &edits->items[i], &s->arena), 0);
        if (edits->items[i].kind == EDIT_REPLACE_BODY)
            content->body = edits->items[i].value;
    }
    content->header = &s->edited;
    return 0;
}

static void begin(struct stand *s, const struct play_line *const lines[MILTERS])
{
    static const struct slice names[MILTERS] = {SLICE_INIT("one"), SLICE_INIT("two"),
                                                SLICE_INIT("three")};

    *s = (struct stand){.loop = loop_create()};
    s->limits = (struct limits){
        .message_bytes = 1U << 20, .memory_per_message_bytes = 65536, .spool_dir = SLICE("/tmp")};
    arena_init(&s->arena, 4096, 1U << 20);
    for (size_t i = 0; i < MILTERS; i++) {
        play_begin(&s->plays[i], s->loop, lines[i]);
        s->when[i] = CHAIN_YES;
        s->confs[i] = (struct milter_conf){.name = names[i],
                                           .endpoint = s->plays[i].endpoint,
                                           .may = MILTER_MAY_ALL,
                                           .connect_timeout_ms = TIMEOUT_MS,
                                           .command_timeout_ms = TIMEOUT_MS,
                                           .content_timeout_ms = TIMEOUT_MS};
    }
    s->chain = chain_create(
        &(struct chain_setup){.loop = s->loop,
                              .milters = s->confs,
                              .milter_count = MILTERS,
                              .limits = &s->limits,
                              .owner = {.wake = on_wake, .when = when, .apply = apply, .ctx = s}});
    assert_non_null(s->chain);
}

static void end(struct stand *s)
{
    chain_destroy(s->chain);
    run_for(s->loop, 5);
    for (size_t i = 0; i < MILTERS; i++)
        play_end(&s->plays[i]);
    loop_destroy(s->loop);
    arena_fini(&s->arena);
}

static bool is_idle(const void *ctx)
{
    return !chain_busy(((const struct stand *)ctx)->chain);
}

static struct verdict settle(struct stand *s)
{
    run_until(s->loop, is_idle, s);
    return chain_verdict(s->chain);
}

static struct verdict feed(struct stand *s, struct event event)
{
    chain_feed(s->chain, &event, &s->facts);
    return settle(s);
}

static struct verdict connects(struct stand *s)
{
    return feed(s, (struct event){.kind = EVENT_CONNECT});
}

static struct verdict helo(struct stand *s, const char *name)
{
    return feed(s, (struct event){.kind = EVENT_HELO, .u.helo.name = slice_str(name)});
}

static struct verdict mail(struct stand *s)
{
    return feed(s, (struct event){.kind = EVENT_MAIL, .u.mail.sender = SLICE("a@b.test")});
}

static struct verdict rcpt(struct stand *s, const char *recipient)
{
    return feed(s, (struct event){.kind = EVENT_RCPT, .u.rcpt.recipient = slice_str(recipient)});
}

static struct verdict data(struct stand *s)
{
    return feed(s, (struct event){.kind = EVENT_DATA});
}

static struct verdict message(struct stand *s)
{
    struct chain_content content = {&s->header, SLICE("hello\r\n")};

    assert_int_equal(header_parse(&s->header, SLICE("A: 1\r\n"), true, &s->arena), 0);
    chain_message(s->chain, &content, &s->facts, BUDGET_MS);
    return settle(s);
}

static struct verdict all(struct stand *s)
{
    (void)connects(s);
    (void)helo(s, "me.test");
    (void)mail(s);
    (void)rcpt(s, "u@x.test");
    (void)data(s);
    return message(s);
}

#define HEARD(s, i, want) assert_string_equal(play_heard(&(s).plays[i]), want)
#define HELLO             "O|C:unknown/U/0/|H:me.test|"
#define ENVELOPE          HELLO "M:<a@b.test>|R:<u@x.test>|T|"

/* --- order --- */

static void everybody(void **state)
{
    static const struct play_line *const lines[MILTERS] = {NULL};
    struct chain_report reports[MILTERS];
    struct stand s;

    (void)state;
    begin(&s, lines);
    assert_int_equal(all(&s).kind, VERDICT_CONTINUE);
    assert_true(chain_content(s.chain).header == &s.header);
    assert_int_equal(s.applied, 0);
    assert_int_equal(chain_reports(s.chain, reports), MILTERS);
    assert_text(reports[2].name, "three");
    assert_int_equal(reports[2].verdict.kind, VERDICT_CONTINUE);
    assert_null(reports[2].failure);
    for (size_t i = 0; i < MILTERS; i++)
        HEARD(s, i, ENVELOPE "L:A=1|N|B:7|E");
    chain_reset(s.chain);
    assert_int_equal(chain_reports(s.chain, reports), 0);
    end(&s);
}

/* Each sees what the one before has made of the message. */
static void changes(void **state)
{
    static const struct play_line one[] = {{'E', 0, "h:X;1|b:new body\r\n|c"}, {.say = NULL}};
    static const struct play_line two[] = {{'E', 0, "m:1;X;2|c"}, {.say = NULL}};
    static const struct play_line *const lines[MILTERS] = {one, two, NULL};
    struct stand s;

    (void)state;
    begin(&s, lines);
    assert_int_equal(all(&s).kind, VERDICT_CONTINUE);
    HEARD(s, 0, ENVELOPE "L:A=1|N|B:7|E");
    HEARD(s, 1, ENVELOPE "L:A=1|L:X=1|N|B:10|E");
    HEARD(s, 2, ENVELOPE "L:A=1|L:X=2|N|B:10|E");
    assert_int_equal(s.applied, 2);
    assert_text(chain_content(s.chain).body, "new body\r\n");
    assert_int_equal(chain_content(s.chain).header->count, 2);
    chain_reset(s.chain);
    s.unable = true;
    (void)mail(&s);
    (void)rcpt(&s, "u@x.test");
    (void)data(&s);
    assert_int_equal(message(&s).kind, VERDICT_TEMPFAIL);
    assert_int_equal(chain_verdict(s.chain).failure, FAILURE_MEMORY);
    end(&s);
}

struct refusing {
    char code;
    const char *say; /* of the second */
    enum verdict_kind kind;
    enum verdict_scope scope;
    const char *heard; /* by the third */
};

static const struct refusing REFUSING[] = {
    {'C', "r", VERDICT_REJECT, SCOPE_SESSION, ""},
    {'H', "t", VERDICT_TEMPFAIL, SCOPE_SESSION, "O|C:unknown/U/0/"},
    {'M', "d", VERDICT_DISCARD, SCOPE_MESSAGE, "O|C:unknown/U/0/|H:me.test"},
    {'T', "r", VERDICT_REJECT, SCOPE_MESSAGE, HELLO "M:<a@b.test>|R:<u@x.test>"},
    {'E', "y:550 5.7.1 no", VERDICT_REJECT, SCOPE_MESSAGE, HELLO "M:<a@b.test>|R:<u@x.test>|T"},
    {'E', "!", VERDICT_TEMPFAIL, SCOPE_MESSAGE, HELLO "M:<a@b.test>|R:<u@x.test>|T"},
};

/* The first refusal ends it; those behind hear no more. */
static void refusals(void **state)
{
    static const char order[] = "CHMTE";

    (void)state;
    for (size_t i = 0; i < COUNT_OF(REFUSING); i++) {
        const struct refusing *row = &REFUSING[i];
        const struct play_line two[] = {{row->code, 0, row->say}, {.say = NULL}};
        const struct play_line *const lines[MILTERS] = {NULL, two, NULL};
        size_t last = (size_t)(strchr(order, row->code) - order);
        struct verdict verdict;
        struct stand s;

        begin(&s, lines);
        verdict = connects(&s);
        if (last >= 1)
            verdict = helo(&s, "me.test");
        if (last >= 2)
            verdict = mail(&s);
        if (last >= 3) {
            (void)rcpt(&s, "u@x.test");
            verdict = data(&s);
        }
        if (last >= 4)
            verdict = message(&s);
        assert_row(verdict.kind == row->kind && verdict.scope == row->scope, row->say, i);
        assert_text(verdict.by, "two");
        HEARD(s, 2, row->heard);
        end(&s);
    }
}

/* A recipient that one refuses is not told to those behind, now or later. */
static void refused_recipient(void **state)
{
    static const struct play_line one[] = {{'R', 2, "r"}, {.say = NULL}};
    static const struct play_line *const lines[MILTERS] = {one, NULL, NULL};
    struct verdict verdict;
    struct event event = {.kind = EVENT_RCPT_REFUSED, .u.rcpt.recipient = SLICE("w@x.test")};
    struct stand s;

    (void)state;
    begin(&s, lines);
    s.when[2] = CHAIN_UNDECIDED;
    (void)connects(&s);
    (void)mail(&s);
    (void)rcpt(&s, "u@x.test");
    verdict = rcpt(&s, "v@x.test");
    assert_int_equal(verdict.kind, VERDICT_REJECT);
    assert_int_equal(verdict.scope, SCOPE_RECIPIENT);
    (void)rcpt(&s, "w@x.test");
    assert_int_equal(feed(&s, event).kind, VERDICT_CONTINUE); /* the upstream says so */
    s.when[2] = CHAIN_YES;
    assert_int_equal(data(&s).kind, VERDICT_CONTINUE);
    HEARD(s, 0,
          "O|C:unknown/U/0/|M:<a@b.test>|R:<u@x.test>|R:<v@x.test>|R:<w@x.test>|R:<w@x.test>|T");
    HEARD(s, 1, "O|C:unknown/U/0/|M:<a@b.test>|R:<u@x.test>|R:<w@x.test>|R:<w@x.test>|T");
    HEARD(s, 2, "O|C:unknown/U/0/|M:<a@b.test>|R:<u@x.test>|R:<w@x.test>|T");
    end(&s);
}

/* --- late and left out --- */

static void late(void **state)
{
    static const struct play_line *const lines[MILTERS] = {NULL};
    static const struct slice param = SLICE_INIT("SIZE=9");
    struct stand s;

    (void)state;
    begin(&s, lines);
    s.when[0] = CHAIN_NO;
    s.when[1] = s.when[2] = CHAIN_UNDECIDED;
    (void)connects(&s);
    (void)helo(&s, "first.test");
    (void)helo(&s, "me.test");
    s.facts.params = &param;
    s.facts.param_count = 1;
    (void)mail(&s);
    s.facts.param_count = 0;
    s.when[1] = CHAIN_YES;
    (void)rcpt(&s, "u@x.test");
    assert_int_equal(s.plays[2].dials, 0);
    assert_true(chain_interested(s.chain));
    (void)data(&s);
    assert_int_equal(message(&s).kind, VERDICT_CONTINUE);
    assert_int_equal(s.plays[0].dials, 0);
    HEARD(s, 1, HELLO "M:<a@b.test>,SIZE=9|R:<u@x.test>|T|L:A=1|N|B:7|E");
    HEARD(s, 2, HELLO "M:<a@b.test>,SIZE=9|R:<u@x.test>|T|L:A=1|N|B:7|E"); /* at the latest */
    end(&s);
}

/* What a late one refuses was accepted before: then the message is refused. */
static void late_refusal(void **state)
{
    static const struct play_line one[] = {{'R', 1, "r"}, {.say = NULL}};
    static const struct play_line *const lines[MILTERS] = {one, NULL, NULL};
    struct verdict verdict;
    struct stand s;

    (void)state;
    begin(&s, lines);
    s.when[0] = CHAIN_UNDECIDED;
    (void)connects(&s);
    (void)mail(&s);
    (void)rcpt(&s, "u@x.test");
    s.when[0] = CHAIN_YES;
    verdict = data(&s);
    assert_int_equal(verdict.kind, VERDICT_REJECT);
    assert_int_equal(verdict.scope, SCOPE_MESSAGE);
    end(&s);
}

static bool has_failed(const void *ctx)
{
    struct chain_report reports[MILTERS];

    return chain_reports(((const struct stand *)ctx)->chain, reports) > 0 && reports[0].failure;
}

/* One that goes while nobody asks it anything: its on_failure is still to be heard. */
static void lost_between(void **state)
{
    static const struct play_line *const lines[MILTERS] = {NULL, NULL, NULL};
    static const struct {
        enum milter_failure on_failure;
        enum verdict_kind kind;
    } rows[] = {{MILTER_FAILURE_TEMPFAIL, VERDICT_TEMPFAIL},
                {MILTER_FAILURE_REJECT, VERDICT_REJECT},
                {MILTER_FAILURE_SHUTDOWN, VERDICT_DISCONNECT},
                {MILTER_FAILURE_QUARANTINE, VERDICT_QUARANTINE},
                {MILTER_FAILURE_CONTINUE, VERDICT_CONTINUE}};

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        struct stand s;

        begin(&s, lines);
        s.confs[0].on_failure = rows[i].on_failure;
        s.when[1] = s.when[2] = CHAIN_NO;
        (void)connects(&s);
        (void)mail(&s);
        (void)rcpt(&s, "u@x.test");
        assert_int_equal(data(&s).kind, VERDICT_CONTINUE);
        connection_destroy(s.plays[0].connection);
        s.plays[0].connection = NULL;
        run_until(s.loop, has_failed, &s);
        assert_int_equal(chain_interested(s.chain), rows[i].kind != VERDICT_CONTINUE);
        assert_int_equal(message(&s).kind, rows[i].kind);
        end(&s);
    }
}

/* --- over messages --- */

static void next_message(void **state)
{
    static const struct play_line one[] = {{'T', 1, "!"}, {.say = NULL}};
    static const struct play_line two[] = {{'M', 1, "a"}, {.say = NULL}};
    static const struct play_line *const lines[MILTERS] = {one, two, NULL};
    struct chain_report reports[MILTERS];
    struct verdict verdict;
    struct stand s;

    (void)state;
    begin(&s, lines);
    s.confs[0].on_failure = MILTER_FAILURE_CONTINUE;
    s.when[2] = CHAIN_NO;
    verdict = all(&s);
    assert_int_equal(verdict.kind, VERDICT_CONTINUE);
    assert_int_equal(verdict.failure, FAILURE_MILTER); /* goes on unchecked */
    assert_text(verdict.by, "one");
    assert_false(chain_interested(s.chain));
    assert_int_equal(chain_reports(s.chain, reports), 2);
    assert_non_null(reports[0].failure);
    assert_int_equal(reports[1].verdict.kind, VERDICT_ACCEPT);
    chain_reset(s.chain);
    (void)mail(&s);
    (void)rcpt(&s, "u@x.test");
    (void)data(&s);
    verdict = message(&s);
    assert_int_equal(verdict.failure, FAILURE_NONE);
    HEARD(s, 0, ENVELOPE ENVELOPE "L:A=1|N|B:7|E");
    HEARD(s, 1, HELLO "M:<a@b.test>|A|M:<a@b.test>|R:<u@x.test>|T|L:A=1|N|B:7|E");
    end(&s);
}

static void unknown(void **state)
{
    static const struct play_line two[] = {{'U', 0, "y:502 5.5.1 what"}, {.say = NULL}};
    static const struct play_line *const lines[MILTERS] = {NULL, two, NULL};
    struct stand s;

    (void)state;
    begin(&s, lines);
    (void)connects(&s);
    chain_unknown(s.chain, SLICE("XYZ"));
    assert_int_equal(settle(&s).kind, VERDICT_REJECT);
    assert_text(chain_verdict(s.chain).reply.wire, "502 5.5.1 what\r\n");
    HEARD(s, 0, "O|C:unknown/U/0/|U:XYZ");
    HEARD(s, 2, "O|C:unknown/U/0/");
    end(&s);
}

/* The client leaves in the middle; then another one comes. */
static void reset_while_busy(void **state)
{
    static const struct play_line two[] = {{'B', 1, ""}, {.say = NULL}};
    static const struct play_line *const lines[MILTERS] = {NULL, two, NULL};
    struct chain_content content;
    struct stand s;

    (void)state;
    begin(&s, lines);
    (void)connects(&s);
    (void)mail(&s);
    (void)rcpt(&s, "u@x.test");
    (void)data(&s);
    assert_int_equal(header_parse(&s.header, SLICE("A: 1\r\n"), true, &s.arena), 0);
    content = (struct chain_content){&s.header, SLICE("hello\r\n")};
    chain_message(s.chain, &content, &s.facts, BUDGET_MS);
    run_for(s.loop, 50);
    assert_true(chain_busy(s.chain));
    chain_reset(s.chain);
    assert_false(chain_busy(s.chain));
    assert_int_equal(all(&s).kind, VERDICT_CONTINUE);
    end(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(everybody),    cmocka_unit_test(changes),
        cmocka_unit_test(refusals),     cmocka_unit_test(refused_recipient),
        cmocka_unit_test(late),         cmocka_unit_test(late_refusal),
        cmocka_unit_test(lost_between), cmocka_unit_test(next_message),
        cmocka_unit_test(unknown),      cmocka_unit_test(reset_while_busy),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
