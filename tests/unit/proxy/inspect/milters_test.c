/* The milters of a policy as one party: who is told what and when, what they change, and what those
 * that fail leave behind. */
#include "proxy/inspect/milters.h"
#include "tests/unit/heap.h"
#include "tests/unit/proxy/inspect/policy.h"
#include "tests/unit/proxy/inspect/scripted_chain.h"

#define MESSAGE_BYTES 65536

struct stand {
    struct policy_text text;
    struct milters_setup setup;
    struct milter_facts facts;
    struct milters *milters;
    struct arena arena; /* of the message */
    struct draft draft;
    struct header header;
    unsigned wakes;
};

static void on_wake(void *ctx)
{
    struct stand *s = ctx;
    assert_false(milters_busy(s->milters));
    s->wakes++;
}

static const struct milter_facts *facts(void *ctx, const struct event *event)
{
    assert_non_null(event);
    return &((struct stand *)ctx)->facts;
}

static void begin(struct stand *s, const char *milters, const struct script_line *lines)
{
    memset(s, 0, sizeof *s);
    policy_begin(&s->text, (const char *const[POLICY_PARTS]){milters});
    script_begin(lines);
    s->setup = (struct milters_setup){.config = s->text.config,
                                      .policy = s->text.policy,
                                      .scratch = s->text.scratch,
                                      .wake = on_wake,
                                      .facts = facts,
                                      .ctx = s};
    s->milters = milters_create(&s->setup);
    assert_non_null(s->milters);
    arena_init(&s->arena, 1024, MESSAGE_BYTES);
}

static void end(struct stand *s)
{
    milters_destroy(s->milters);
    arena_fini(&s->arena);
    script_end();
    policy_end(&s->text);
}

/* --- events --- */

static const struct event CONNECT = {.kind = EVENT_CONNECT};
static const struct event HELO = {.kind = EVENT_HELO, .u.helo.name = SLICE_INIT("me.test")};
static const struct event MAIL = {.kind = EVENT_MAIL, .u.mail.sender = SLICE_INIT("a@b.test")};
static const struct event DATA = {.kind = EVENT_DATA};

static struct verdict tell(struct stand *s, const struct event *event)
{
    assert_true(milters_decide(s->milters, event));
    milters_ask(s->milters, event);
    return milters_verdict(s->milters);
}

static struct verdict rcpt(struct stand *s, const char *recipient)
{
    return tell(s, &(struct event){.kind = EVENT_RCPT, .u.rcpt.recipient = slice_str(recipient)});
}

static void envelope(struct stand *s)
{
    (void)tell(s, &CONNECT);
    (void)tell(s, &HELO);
    (void)tell(s, &MAIL);
    (void)rcpt(s, "u@x.test");
    (void)tell(s, &DATA);
    (void)heard();
}

static void receive(struct stand *s)
{
    assert_int_equal(header_parse(&s->header, SLICE("Subject: 1\r\n"), true, &s->arena), 0);
    draft_init(&s->draft, &s->arena, SLICE("a@b.test"));
    draft_receive(&s->draft, &s->header);
    s->draft.body = SLICE("hello\r\n");
}

static struct verdict message(struct stand *s)
{
    receive(s);
    milters_message(s->milters, &s->draft, SCRIPT_BUDGET);
    return milters_verdict(s->milters);
}

static const struct field *last_field(const struct stand *s)
{
    const struct header *header = draft_header(&s->draft);
    return &header->fields[header->count - 1];
}

#define ONE MILTERS(ASKED("one"))
#define TWO MILTERS(ASKED("one") "," ASKED("two"))

/* --- who is told what --- */

/* What was only heard is told before the event that somebody is asked about, once. */
static void heard_before(void **state)
{
    struct stand s;

    (void)state;
    begin(&s, ONE, NULL);
    milters_hear(s.milters, &CONNECT);
    milters_hear(s.milters, &(struct event){.kind = EVENT_HELO, .u.helo.name = SLICE("old.test")});
    milters_hear(s.milters, &HELO);
    milters_hear(s.milters, &(struct event){.kind = EVENT_AUTH, .u.auth.login = SLICE("bob")});
    assert_string_equal(heard(), "");
    (void)tell(&s, &MAIL);
    assert_string_equal(heard(), "connect y|helo me.test y|mail a@b.test y|");
    (void)rcpt(&s, "u@x.test");
    assert_string_equal(heard(), "rcpt u@x.test y|");
    end(&s);
}

/* A refusal of what was heard before is the answer, and the event is not told any more. */
static void heard_and_refused(void **state)
{
    static const struct script_line lines[] = {{.to = "helo", .kind = VERDICT_REJECT},
                                               {.to = NULL}};
    struct verdict verdict;
    struct stand s;

    (void)state;
    begin(&s, ONE, lines);
    milters_hear(s.milters, &CONNECT);
    milters_hear(s.milters, &HELO);
    verdict = tell(&s, &MAIL);
    assert_int_equal(verdict.kind, VERDICT_REJECT);
    assert_int_equal(verdict.scope, SCOPE_SESSION);
    assert_string_equal(heard(), "connect y|helo me.test y|");
    end(&s);
}

/* A condition knows of recipients that are refused, by a milter or by the upstream. */
static void refused_recipients(void **state)
{
    static const struct script_line lines[] = {{.to = "rcpt", .nth = 1, .kind = VERDICT_REJECT},
                                               {.to = NULL}};
    const struct event refused = {.kind = EVENT_RCPT_REFUSED,
                                  .u.rcpt.recipient = SLICE_INIT("w@x.test")};
    struct stand s;

    (void)state;
    begin(&s, MILTERS(ASKED("one") "," MILTER("two", "recipient_domain = 'x.test'")), lines);
    (void)tell(&s, &MAIL);
    assert_int_equal(rcpt(&s, "u@x.test").kind, VERDICT_REJECT);
    (void)rcpt(&s, "v@y.test");
    (void)rcpt(&s, "w@x.test");
    milters_ask(s.milters, &refused);
    (void)tell(&s, &DATA);
    assert_string_equal(heard(),
                        "mail a@b.test y-|rcpt u@x.test y-|rcpt v@y.test y-|rcpt w@x.test y-|"
                        "refused w@x.test y-|data yn|");
    end(&s);
}

static void kept_recipients(void **state)
{
    struct stand s;

    (void)state;
    begin(&s, MILTERS(MILTER("one", "recipient_domain = 'x.test'")), NULL);
    (void)tell(&s, &MAIL);
    (void)rcpt(&s, "u@x.test");
    (void)rcpt(&s, "v@y.test");
    (void)tell(&s, &DATA);
    assert_string_equal(heard(), "mail a@b.test -|rcpt u@x.test -|rcpt v@y.test -|data y|");
    end(&s);
}

/* A question that stays without an answer has failed: the milter is asked rather than passed by. */
static void questions(void **state)
{
    static const struct {
        const char *name, *heard;
    } rows[] = {{"mx.good.test", "connect y|mail a@b.test y|"},
                {"mx.bad.test", "connect -|mail a@b.test n|"},
                {NULL, "connect y|mail a@b.test y|"}};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        const struct answer answer = {.text = slice_str(rows[i].name)};
        struct stand s;
        begin(&s, MILTERS(MILTER("one", "client_name = '*.good.test' ")), NULL);
        assert_false(milters_decide(s.milters, &CONNECT));
        assert_non_null(milters_questions(s.milters));
        if (rows[i].name != NULL)
            milters_answer(s.milters, milters_questions(s.milters), &answer);
        (void)tell(&s, &CONNECT);
        assert_null(milters_questions(s.milters));
        (void)tell(&s, &MAIL);
        assert_string_equal(heard(), rows[i].heard);
        end(&s);
    }
}

/* Only who has heard all of the session is told of a command that nobody knows. */
static void unknown_commands(void **state)
{
    static const struct script_line lines[] = {{.to = "unknown", .kind = VERDICT_REJECT},
                                               {.to = NULL}};
    struct stand s;

    (void)state;
    begin(&s, ONE, lines);
    milters_hear(s.milters, &CONNECT);
    milters_unknown(s.milters, SLICE("WHAT"));
    assert_int_equal(milters_verdict(s.milters).kind, VERDICT_CONTINUE);
    assert_string_equal(heard(), "");
    (void)tell(&s, &MAIL);
    milters_unknown(s.milters, SLICE("WHAT"));
    assert_int_equal(milters_verdict(s.milters).kind, VERDICT_REJECT);
    assert_string_equal(heard(), "connect y|mail a@b.test y|unknown WHAT y|");
    end(&s);
}

/* --- waiting --- */

/* One wake for one question, however many events it takes to ask it. */
static void one_wake(void **state)
{
    struct stand s;

    (void)state;
    begin(&s, ONE, NULL);
    milters_hear(s.milters, &CONNECT);
    milters_hear(s.milters, &HELO);
    script.slow = true;
    (void)tell(&s, &MAIL);
    for (int i = 0; i < 3; i++) {
        assert_true(milters_busy(s.milters));
        assert_int_equal(s.wakes, 0);
        chain_answers();
    }
    assert_false(milters_busy(s.milters));
    assert_int_equal(s.wakes, 1);
    end(&s);
}

/* What was under way is forgotten, and so is what was said. */
static void reset_in_between(void **state)
{
    static const struct script_line lines[] = {{.to = "mail", .nth = 1, .kind = VERDICT_REJECT},
                                               {.to = NULL}};
    struct stand s;

    (void)state;
    begin(&s, ONE, lines);
    script.slow = true;
    (void)tell(&s, &MAIL);
    assert_true(milters_busy(s.milters));
    milters_reset(s.milters);
    assert_false(milters_busy(s.milters));
    assert_int_equal(milters_verdict(s.milters).kind, VERDICT_CONTINUE);
    script.slow = false;
    assert_int_equal(tell(&s, &MAIL).kind, VERDICT_CONTINUE);
    assert_int_equal(s.wakes, 0);
    end(&s);
}

/* --- the message --- */

#define EDIT(what, field, text)                                                                    \
    {                                                                                              \
        .kind = (what), .index = 1, .name = SLICE_INIT(field), .value = SLICE_INIT(text)           \
    }

/* Changes are in the draft, and listed under the name of who made them; what changes nothing is
 * not. */
static void changes(void **state)
{
    static const struct script_line lines[] = {
        {.to = "message", .milter = 0, .edit = EDIT(EDIT_DELETE_HEADER, "X-None", "")},
        {.to = "message", .milter = 1, .edit = EDIT(EDIT_ADD_HEADER, "X-Two", " 2")},
        {.to = NULL}};
    const struct edit_list *edits;
    struct stand s;

    (void)state;
    begin(&s, TWO, lines);
    envelope(&s);
    assert_int_equal(message(&s).kind, VERDICT_CONTINUE);
    assert_string_equal(heard(), "message one: Subject|message two: Subject|");
    assert_text(last_field(&s)->name, "X-Two");
    edits = milters_edits(s.milters);
    assert_int_equal(edits->count, 1);
    assert_text(edits->items[0].by, "two");
    milters_reset(s.milters);
    assert_int_equal(milters_edits(s.milters)->count, 0);
    end(&s);
}

static void quarantine(void **state)
{
    static const struct script_line lines[] = {
        {.to = "message", .milter = 1, .edit = EDIT(EDIT_QUARANTINE, "", "looks odd")},
        {.to = NULL}};
    struct verdict verdict;
    struct stand s;

    (void)state;
    begin(&s, TWO, lines);
    envelope(&s);
    verdict = message(&s);
    assert_int_equal(verdict.kind, VERDICT_QUARANTINE);
    assert_text(verdict.by, "two");
    assert_text(verdict.reason, "looks odd");
    milters_reset(s.milters);
    assert_int_equal(milters_verdict(s.milters).kind, VERDICT_CONTINUE);
    end(&s);
}

/* --- those that fail --- */

static const struct script_line BOTH_FAIL[] = {{.to = "mail", .milter = 0, .failure = "no answer"},
                                               {.to = "mail", .milter = 1, .failure = "nonsense"},
                                               {.to = NULL}};

/* One field names all that have not looked at the message. */
static void unchecked(void **state)
{
    struct stand s;

    (void)state;
    begin(&s, TWO, BOTH_FAIL);
    assert_false(milters_unchecked(s.milters));
    envelope(&s);
    assert_true(milters_unchecked(s.milters));
    assert_int_equal(message(&s).kind, VERDICT_CONTINUE);
    assert_text(last_field(&s)->name, "X-Postern-Unchecked");
    assert_text(last_field(&s)->value, " milter one, milter two");
    assert_int_equal(milters_leave(s.milters, &s.draft), 0);
    assert_int_equal(draft_header(&s.draft)->count, 2); /* once */
    end(&s);
}

/* A message that is shown to nobody says it, too. */
static void left(void **state)
{
    struct stand s;

    (void)state;
    begin(&s, TWO, BOTH_FAIL);
    envelope(&s);
    receive(&s);
    assert_int_equal(milters_leave(s.milters, &s.draft), 0);
    assert_text(last_field(&s)->name, "X-Postern-Unchecked");
    assert_int_equal(milters_edits(s.milters)->count, 1);
    end(&s);
}

/* Without memory for that field, or for a change, the message does not go on. */
static void memory_runs_out(void **state)
{
    static const struct script_line changing[] = {
        {.to = "message", .edit = EDIT(EDIT_ADD_HEADER, "X-One", " 1")}, {.to = NULL}};
    static const struct script_line *const scripts[] = {BOTH_FAIL, changing};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(scripts); i++) {
        struct verdict verdict;
        struct stand s;
        begin(&s, TWO, scripts[i]);
        envelope(&s);
        receive(&s);
        s.arena.limit_bytes = s.arena.total_bytes;
        while (arena_alloc(&s.arena, 16) != NULL)
            continue;
        milters_message(s.milters, &s.draft, SCRIPT_BUDGET);
        verdict = milters_verdict(s.milters);
        assert_int_equal(verdict.kind, VERDICT_TEMPFAIL);
        assert_int_equal(verdict.failure, FAILURE_MEMORY);
        milters_reset(s.milters);
        end(&s);
    }
}

static void who_is_reported(void **state)
{
    struct chain_report reports[MILTERS_MAX];
    struct stand s;

    (void)state;
    begin(&s, TWO, BOTH_FAIL);
    envelope(&s);
    assert_int_equal(milters_reports(s.milters, reports), 2);
    assert_string_equal(reports[1].failure, "nonsense");
    script.interested = true;
    assert_true(milters_interested(s.milters));
    end(&s);
}

static void nothing_left(void **state)
{
    assert_true(leaves_nothing(changes, state));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(heard_before),
                                       cmocka_unit_test(heard_and_refused),
                                       cmocka_unit_test(refused_recipients),
                                       cmocka_unit_test(kept_recipients),
                                       cmocka_unit_test(questions),
                                       cmocka_unit_test(unknown_commands),
                                       cmocka_unit_test(one_wake),
                                       cmocka_unit_test(reset_in_between),
                                       cmocka_unit_test(changes),
                                       cmocka_unit_test(quarantine),
                                       cmocka_unit_test(unchecked),
                                       cmocka_unit_test(left),
                                       cmocka_unit_test(memory_runs_out),
                                       cmocka_unit_test(who_is_reported),
                                       cmocka_unit_test(nothing_left)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
