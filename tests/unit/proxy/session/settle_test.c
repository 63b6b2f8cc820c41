/* A message whose fate is known: what is still of it is forgotten, the reply is said once, and the
 * next command or the end follows. */
#include "proxy/session/settle.h"

#include "proxy/depot/keeper.h"
#include "proxy/session/outcome.h"
#include "tests/unit/proxy/session/session_kit.h"

/* --- in the place of proxy/depot/keeper.c: a disk that is slow --- */

struct keeper_job {
    bool done, settled, parted;
    enum keeper_fate fate;
};

static struct keeper_job copy, archived;

struct keeper_job *keeper_store(struct keeper *keeper, struct keeper_order *order,
                                struct loop *loop, void (*wake)(void *ctx), void *ctx)
{
    (void)keeper;
    (void)order;
    (void)loop;
    (void)wake;
    (void)ctx;
    return NULL;
}

bool keeper_done(const struct keeper_job *job)
{
    return job->done;
}

int keeper_take(struct keeper_job *job, struct spool *spool)
{
    (void)job;
    (void)spool;
    return 0;
}

bool keeper_left(const struct keeper_job *job)
{
    (void)job;
    return false;
}

void keeper_settle(struct keeper_job *job, enum keeper_fate fate)
{
    job->settled = true;
    job->fate = fate;
}

void keeper_part(struct keeper_job *job, enum keeper_fate fate)
{
    (void)fate;
    if (job != NULL)
        job->parted = true;
}

/* --- --- */

static const struct verdict refusal = {.kind = VERDICT_REJECT,
                                       .party = PARTY_RULE,
                                       .stage = STAGE_MESSAGE,
                                       .by = SLICE_INIT("no"),
                                       .reply = {550, SLICE_INIT("550 5.7.1 No\r\n")}};

static struct session *begin(const char *listener)
{
    struct session *s = kit_begin(listener, NULL);
    kit_mail("a@b.test");
    (void)kit_rcpt("c@d.test", RECIPIENT_ACCEPTED);
    assert_int_equal(spool_append(&s->tx.spool, SLICE("text\r\n")), 0);
    s->tx.content.mode = CONTENT_HOLD;
    s->tx.upstream_open = true;
    return s;
}

static void expect_drained(enum upstream_status status, const char *told)
{
    assert_int_equal(kit.s.phase, PHASE_CONTENT);
    assert_int_equal(kit.s.tx.content.mode, CONTENT_DRAIN);
    assert_int_equal(kit.s.tx.spool.size_bytes, 0);
    assert_true(kit.s.tx.outcome.settled);
    assert_int_equal(scripted.status, status);
    assert_string_equal(upstream_told(), told);
}

static void test_refused(void **state)
{
    (void)state;
    struct session *s = begin(SESSION_LISTENER);
    settle_refuse(s, &refusal);
    expect_drained(UPSTREAM_READY, "");
    assert_string_equal(kit_said(), "");
    settle_finish(s);
    assert_string_equal(kit_said(), "550 5.7.1 No\r\n");
    assert_string_equal(upstream_told(), "RSET\r\n");
    assert_string_equal(kit.record, "reject/message/no");
    assert_int_equal(s->phase, PHASE_COMMAND);
    assert_int_equal(s->talk.errors, 1);
    assert_false(s->tx.envelope.begun);
    kit_end();
}

/* What is under way there is taken back by closing. */
static void test_refused_in_content(void **state)
{
    (void)state;
    struct session *s = begin(SESSION_LISTENER);
    scripted.status = UPSTREAM_CONTENT;
    settle_refuse(s, &refusal);
    expect_drained(UPSTREAM_NONE, "[abort]");
    kit_end();
}

static void test_discarded(void **state)
{
    (void)state;
    struct verdict discard = refusal;
    discard.kind = VERDICT_DISCARD;
    struct session *s = begin(SESSION_LISTENER);
    s->talk.errors = s->talk.junk = s->talk.put_off = 3;
    settle_refuse(s, &discard);
    settle_finish(s);
    assert_string_equal(kit_said(), "250 2.0.0 Ok\r\n");
    assert_string_equal(kit.record, "discard/message/no");
    assert_int_equal(s->talk.errors + s->talk.junk + s->talk.put_off, 0);
    kit_end();
}

static void test_disconnect(void **state)
{
    (void)state;
    struct verdict disconnect = refusal;
    disconnect.kind = VERDICT_DISCONNECT;
    struct session *s = begin(SESSION_LISTENER);
    settle_refuse(s, &disconnect);
    settle_finish(s);
    assert_string_equal(kit_said(), "550 5.7.1 No\r\n");
    assert_int_equal(s->phase, PHASE_END);
    assert_null(s->connection);
    assert_int_equal(kit.left, 1);
    assert_int_equal(kit.records, 1);
    kit_end();
}

/* Nobody is there to hear it; the record is written all the same. */
static void test_client_gone(void **state)
{
    (void)state;
    struct session *s = begin(SESSION_LISTENER);
    s->tx.client_gone = true;
    settle_refuse(s, &refusal);
    settle_finish(s);
    assert_string_equal(kit_said(), "");
    assert_int_equal(s->phase, PHASE_END);
    assert_string_equal(kit.record, "reject/message/no");
    kit_end();
}

struct gone_row {
    enum upstream_status status;
    const char *said, *heard;
    enum phase phase;
};

static const struct gone_row gone_rows[] = {
    {UPSTREAM_LOST, "250 2.0.0 Ok\r\n", "451 4.4.2 The mail server went away\r\n", PHASE_COMMAND},
    {UPSTREAM_REFUSED, "552 5.3.4 Too big\r\n", "552 5.3.4 Too big\r\n", PHASE_COMMAND},
    {UPSTREAM_REFUSED, "421 4.3.2 Down\r\n", "421 4.3.2 Down\r\n", PHASE_END},
};

static void test_upstream_gone(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(gone_rows); i++) {
        struct session *s = begin(SESSION_LISTENER);
        upstream_says(gone_rows[i].status, gone_rows[i].said);
        settle_upstream_gone(s);
        assert_int_equal(s->tx.content.mode, CONTENT_DRAIN);
        settle_finish(s);
        assert_string_equal(kit_said(), gone_rows[i].heard);
        assert_int_equal(s->phase, gone_rows[i].phase);
        kit_end();
    }
}

/* A copy is confirmed or removed before the client hears, but no disk is waited for too long. */
static struct session *begin_copied(int code, const char *reply)
{
    struct session *s = begin(SESSION_LISTENER);
    copy = (struct keeper_job){.done = false};
    assert_int_equal(settle_prepare(s), 0);
    s->tx.keeping.quarantine.job = &copy;
    s->tx.keeping.quarantine.stored = true;
    outcome_reply(s, code, slice_str(reply));
    outcome_settled(s);
    settle_finish(s);
    assert_int_equal(s->phase, PHASE_SETTLE);
    assert_string_equal(kit_said(), "");
    assert_true(copy.settled);
    return s;
}

static void test_copy(void **state)
{
    (void)state;
    struct session *s = begin_copied(250, "250 2.0.0 Ok\r\n");
    assert_int_equal(copy.fate, KEEPER_KEEP);
    assert_false(settle_step(s));
    copy.done = true;
    assert_true(settle_step(s));
    assert_string_equal(kit_said(), "250 2.0.0 Ok\r\n");
    assert_int_equal(s->phase, PHASE_COMMAND);
    assert_true(copy.parted);
    kit_end();

    s = begin_copied(550, "550 5.7.1 No\r\n");
    assert_int_equal(copy.fate, KEEPER_REMOVE);
    settle_hurry(s);
    assert_string_equal(kit_said(), "550 5.7.1 No\r\n");
    kit_end();

    s = begin_copied(250, "250 2.0.0 Ok\r\n");
    run_for(kit.host.loop, 1100);
    assert_true(kit.wakes > 0);
    assert_true(settle_step(s));
    assert_string_equal(kit_said(), "250 2.0.0 Ok\r\n");
    kit_end();
}

/* The reply waits for both copies of a message, each with a fate of its own. */
static void test_two_copies(void **state)
{
    (void)state;
    struct session *s = begin(SESSION_LISTENER);
    copy = archived = (struct keeper_job){.done = false};
    assert_int_equal(settle_prepare(s), 0);
    s->tx.keeping.quarantine = (struct kept){.job = &copy, .stored = true};
    s->tx.keeping.archive = (struct kept){.job = &archived, .stored = true};
    outcome_reply(s, 250, SLICE("250 2.0.0 Ok\r\n"));
    outcome_settled(s);
    settle_finish(s);
    assert_int_equal(copy.fate, KEEPER_KEEP);
    assert_true(archived.settled);
    assert_int_equal(archived.fate, KEEPER_REMOVE); /* no upstream has said anything */
    copy.done = true;
    assert_false(settle_step(s));
    archived.done = true;
    assert_true(settle_step(s));
    assert_string_equal(kit_said(), "250 2.0.0 Ok\r\n");
    assert_true(copy.parted && archived.parted);
    kit_end();
}

/* There is nothing to confirm of a message that only lies there, and no time when all ends. */
static void test_no_wait(void **state)
{
    (void)state;
    struct session *s = begin(SESSION_LISTENER);
    s->tx.keeping.quarantine.stored = true;
    s->tx.keeping.verdict.kind = VERDICT_QUARANTINE;
    outcome_reply(s, 250, SLICE("250 2.0.0 Ok\r\n"));
    outcome_settled(s);
    settle_finish(s);
    assert_string_equal(kit_said(), "250 2.0.0 Ok\r\n");
    kit_end();

    s = begin(SESSION_LISTENER);
    s->tx.keeping.quarantine.stored = true;
    outcome_reply(s, 421, SLICE("421 4.3.2 Down\r\n"));
    outcome_settled(s);
    settle_at_once(s);
    assert_string_equal(kit_said(), "421 4.3.2 Down\r\n");
    kit_end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_refused),     cmocka_unit_test(test_refused_in_content),
        cmocka_unit_test(test_discarded),   cmocka_unit_test(test_disconnect),
        cmocka_unit_test(test_client_gone), cmocka_unit_test(test_upstream_gone),
        cmocka_unit_test(test_copy),        cmocka_unit_test(test_two_copies),
        cmocka_unit_test(test_no_wait),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
