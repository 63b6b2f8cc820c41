/* What is kept of a session, to be told again. */
#include "proxy/milter/chain_replay.h"
#include "tests/unit/support.h"

static const struct milter_facts NONE;

static int add(struct chain_replay *replay, enum event_kind kind, const char *text)
{
    struct event event = {.kind = kind};

    if (kind == EVENT_HELO)
        event.u.helo.name = slice_str(text);
    if (kind == EVENT_MAIL)
        event.u.mail.sender = slice_str(text);
    if (kind == EVENT_RCPT || kind == EVENT_RCPT_REFUSED)
        event.u.rcpt.recipient = slice_str(text);
    return chain_replay_add(replay, &event, &NONE);
}

static void session(void **state)
{
    struct chain_replay replay;

    (void)state;
    chain_replay_init(&replay, 4096, 65536);
    assert_int_equal(add(&replay, EVENT_CONNECT, ""), 0);
    assert_int_equal(add(&replay, EVENT_HELO, "a"), 0);
    for (size_t i = 0; i < 1000; i++) /* costs nothing */
        assert_int_equal(add(&replay, EVENT_HELO, "b"), 0);
    assert_int_equal(chain_replay_count(&replay), 2);
    assert_text(chain_replay_get(&replay, 1)->event.u.helo.name, "b");
    assert_int_equal(add(&replay, EVENT_MAIL, "s"), 0);
    for (size_t i = 0; i < 20; i++)
        assert_int_equal(add(&replay, EVENT_RCPT, "r"), 0);
    assert_int_equal(chain_replay_count(&replay), 23);
    assert_int_equal(chain_replay_get(&replay, 2)->event.kind, EVENT_MAIL);
    assert_text(chain_replay_get(&replay, 22)->event.u.rcpt.recipient, "r");
    chain_replay_reset(&replay);
    assert_int_equal(chain_replay_count(&replay), 2);
    assert_int_equal(add(&replay, EVENT_MAIL, "t"), 0);
    assert_int_equal(add(&replay, EVENT_CONNECT, ""), 0);
    assert_int_equal(chain_replay_count(&replay), 1);
    chain_replay_fini(&replay);
}

/* Only the recipient just told can be taken back. */
static void refused(void **state)
{
    struct chain_replay replay;

    (void)state;
    chain_replay_init(&replay, 4096, 4096);
    assert_int_equal(add(&replay, EVENT_RCPT_REFUSED, "a"), 0);
    assert_int_equal(add(&replay, EVENT_RCPT, "a"), 0);
    assert_int_equal(add(&replay, EVENT_RCPT, "b"), 0);
    assert_int_equal(add(&replay, EVENT_RCPT_REFUSED, "b"), 0);
    assert_int_equal(add(&replay, EVENT_RCPT, "c"), 0);
    assert_int_equal(add(&replay, EVENT_RCPT_REFUSED, "a"), 0);
    assert_false(chain_replay_get(&replay, 1)->refused);
    assert_true(chain_replay_get(&replay, 2)->refused);
    assert_false(chain_replay_get(&replay, 4)->refused);
    chain_replay_fini(&replay);
}

/* What was given may go; the facts of the day stand in for the others. */
static void copies(void **state)
{
    char text[] = "sender", param[] = "SIZE=1";
    struct slice params[] = {slice_str(param)};
    struct milter_facts facts = {.queue_id = SLICE("old"), .params = params, .param_count = 1};
    struct event event = {.kind = EVENT_MAIL, .u.mail.sender = slice_str(text)};
    struct chain_replay replay;

    (void)state;
    chain_replay_init(&replay, 4096, 4096);
    assert_int_equal(chain_replay_add(&replay, &event, &facts), 0);
    memset(text, 'x', sizeof(text) - 1);
    memset(param, 'x', sizeof(param) - 1);
    params[0] = SLICE_NONE;
    facts = (struct milter_facts){.queue_id = SLICE("new")};
    facts = chain_replay_facts(chain_replay_get(&replay, 0), &facts);
    assert_text(chain_replay_get(&replay, 0)->event.u.mail.sender, "sender");
    assert_int_equal(facts.param_count, 1);
    assert_text(facts.params[0], "SIZE=1");
    assert_text(facts.queue_id, "new");
    chain_replay_fini(&replay);
}

/* No room is an error, and what was there stays. */
static void limit(void **state)
{
    struct chain_replay replay;
    size_t count = 0;

    (void)state;
    chain_replay_init(&replay, 4096, 8192);
    while (count < 1000 && add(&replay, EVENT_RCPT, "somebody@example.org") == 0)
        count++;
    assert_in_range(count, 8, 100);
    assert_int_equal(chain_replay_count(&replay), count);
    assert_text(chain_replay_get(&replay, count - 1)->event.u.rcpt.recipient,
                "somebody@example.org");
    chain_replay_fini(&replay);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(session), cmocka_unit_test(refused),
                                       cmocka_unit_test(copies), cmocka_unit_test(limit)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
