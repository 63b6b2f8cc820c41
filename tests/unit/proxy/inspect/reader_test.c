/* What a message says, as inspect finds it out: at once, or beside the loop; anew for final rules
 * if the message was edited; and that nothing is left of it when the session goes. */
#include "proxy/inspect/reader.h"

#include "proxy/net/loop.h"
#include "tests/unit/proxy/inspect/inspect_scene.h"

#define PART  "--B\r\nContent-Disposition: attachment; filename=a.exe\r\n\r\nx\r\n--B--\r\n"
#define MIXED "From: a@b.test\r\nContent-Type: multipart/mixed; boundary=B\r\n"
#define BIG   (READER_AT_ONCE_BYTES + 1)

static const char *const RULE_ALONE[POLICY_PARTS] = {
    RULES(RULE("exe", "attachment = '*.exe'", "reject = '550 5.7.1 No'"))};

struct stand {
    struct scene scene;
    struct loop *loop;
    struct crew *crew;
    char *body;
};

static void woken(void *ctx)
{
    struct stand *p = ctx;

    p->scene.wakes++;
    loop_stop(p->loop);
}

static void settle(struct stand *p, const char *const conf[POLICY_PARTS], unsigned threads)
{
    memset(p, 0, sizeof *p);
    p->loop = loop_create();
    p->crew = crew_create(threads);
    p->body = malloc(BIG);
    assert_non_null(p->body);
    memset(p->body, 'x', BIG);
    memcpy(p->body, PART, sizeof PART - 1);
    begin(&p->scene, conf, NULL);
    inspect_destroy(p->scene.inspect);
    p->scene.setup.loop = p->loop;
    p->scene.setup.crew = p->crew;
    p->scene.setup.wake = woken;
    p->scene.setup.ctx = p;
    p->scene.inspect = inspect_create(&p->scene.setup);
    assert_non_null(p->scene.inspect);
}

static void leave(struct stand *p)
{
    end(&p->scene);
    crew_destroy(p->crew);
    loop_destroy(p->loop);
    free(p->body);
}

static struct verdict show(struct stand *p, size_t size)
{
    const struct event event = {.kind = EVENT_MESSAGE,
                                .u.message = {.body = {p->body, size}, .size_bytes = size}};

    envelope(&p->scene);
    assert_int_equal(header(&p->scene, MIXED).kind, VERDICT_CONTINUE);
    p->scene.draft.body = event.u.message.body;
    return feed(&p->scene, &event);
}

static struct verdict again(struct stand *p, size_t size)
{
    const struct event event = {.kind = EVENT_MESSAGE,
                                .u.message = {.body = {p->body, size}, .size_bytes = size}};

    return feed(&p->scene, &event);
}

static void small_at_once(void **state)
{
    struct stand p;

    (void)state;
    settle(&p, RULE_ALONE, 0);
    assert_verdict(show(&p, READER_AT_ONCE_BYTES), VERDICT_REJECT, "exe");
    reset(&p.scene);
    assert_verdict(show(&p, sizeof PART - 1), VERDICT_REJECT, "exe");
    assert_int_equal(p.scene.wakes, 0);
    leave(&p);
}

static void large_beside_the_loop(void **state)
{
    struct stand p;

    (void)state;
    settle(&p, RULE_ALONE, 1);
    assert_int_equal(show(&p, BIG).kind, VERDICT_MORE);
    assert_true(inspect_waits(p.scene.inspect));
    assert_null(inspect_questions(p.scene.inspect));     /* nothing that a session could answer */
    assert_int_equal(again(&p, BIG).kind, VERDICT_MORE); /* whoever has woken it: not yet */
    assert_int_equal(loop_run(p.loop), 0);
    assert_int_equal(p.scene.wakes, 1);
    assert_false(inspect_waits(p.scene.inspect));
    assert_verdict(again(&p, BIG), VERDICT_REJECT, "exe");
    leave(&p);
}

/* Nobody can read it now: that is no fault of the message. */
static void no_room(void **state)
{
    struct verdict verdict;
    struct stand p;

    (void)state;
    settle(&p, RULE_ALONE, 0);
    verdict = show(&p, BIG);
    assert_int_equal(verdict.kind, VERDICT_TEMPFAIL);
    assert_int_equal(verdict.failure, FAILURE_MEMORY);
    leave(&p);
}

/* In every state: what is read is the caller's again when this returns. */
static void dropped(void **state)
{
    struct stand p;

    (void)state;
    settle(&p, RULE_ALONE, 1);
    for (unsigned i = 0; i < 20; i++) {
        assert_int_equal(show(&p, BIG).kind, VERDICT_MORE);
        for (volatile unsigned pause = i * 1000; pause > 0; pause = pause - 1)
            continue;
        reset(&p.scene);
        assert_false(inspect_waits(p.scene.inspect));
        memset(p.body, 'y', BIG);
        memcpy(p.body, PART, sizeof PART - 1);
    }
    assert_int_equal(show(&p, BIG).kind, VERDICT_MORE);
    assert_int_equal(loop_run(p.loop), 0);
    assert_int_equal(p.scene.wakes, 1);
    assert_verdict(again(&p, BIG), VERDICT_REJECT, "exe");
    reset(&p.scene);
    assert_int_equal(show(&p, BIG).kind, VERDICT_MORE);
    leave(&p); /* and when the session ends */
}

/* Beside a question that is the session's. */
static void with_a_name(void **state)
{
    static const char *const NAMED[POLICY_PARTS] = {
        RULES(RULE("exe", "attachment = '*.exe'; client_name = 'm.test'", "discard = true"))};
    struct stand p;

    (void)state;
    settle(&p, NAMED, 1);
    p.scene.name = "m.test";
    assert_int_equal(show(&p, BIG).kind, VERDICT_MORE);
    assert_int_equal(p.scene.questions, 0); /* both are waited for: */
    assert_true(inspect_waits(p.scene.inspect));
    assert_non_null(inspect_questions(p.scene.inspect));
    assert_int_equal(inspect_questions(p.scene.inspect)->kind, QUESTION_CLIENT_NAME);
    answer(&p.scene, inspect_questions(p.scene.inspect));
    assert_int_equal(loop_run(p.loop), 0);
    assert_verdict(again(&p, BIG), VERDICT_DISCARD, "exe");
    assert_int_equal(p.scene.questions, 1);
    leave(&p);
    settle(&p, NAMED, 0); /* a small one, of which the answer is there before that to the name */
    p.scene.name = "m.test";
    assert_verdict(show(&p, sizeof PART - 1), VERDICT_DISCARD, "exe");
    assert_int_equal(p.scene.questions, 1);
    leave(&p);
}

/* Final rules read it again only if it is another now. */
static void final_rules(void **state)
{
    static const char *const BOTH[POLICY_PARTS] = {
        RULES(RULE("looks", "attachment = 'b.exe'", "tag = 'b'")),
        FINAL_RULES(RULE("final", "attachment = '*.exe'", "reject = '550 5.7.1 No'"))};
    static const char *const EDITED[POLICY_PARTS] = {
        RULES(RULE("edits", "attachment = 'a.exe'",
                   "set_header = { Content-Type = 'text/plain; name=b.txt'; }")),
        FINAL_RULES(RULE("final", "attachment = '*.exe'", "reject = '550 5.7.1 No'") "," RULE(
            "text", "attachment = 'b.txt'", "reject = '550 5.7.1 Text'"))};
    struct stand p;

    (void)state;
    settle(&p, BOTH, 1);
    assert_int_equal(show(&p, BIG).kind, VERDICT_MORE);
    assert_int_equal(loop_run(p.loop), 0);
    assert_verdict(again(&p, BIG), VERDICT_REJECT, "final");
    assert_int_equal(p.scene.wakes, 1);
    leave(&p);
    settle(&p, EDITED, 1);
    assert_int_equal(show(&p, BIG).kind, VERDICT_MORE);
    assert_int_equal(loop_run(p.loop), 0);
    assert_int_equal(again(&p, BIG).kind, VERDICT_MORE);
    assert_true(inspect_waits(p.scene.inspect));
    assert_int_equal(loop_run(p.loop), 0);
    assert_verdict(again(&p, BIG), VERDICT_REJECT, "text");
    assert_int_equal(p.scene.wakes, 2);
    leave(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(small_at_once), cmocka_unit_test(large_beside_the_loop),
        cmocka_unit_test(no_room),       cmocka_unit_test(dropped),
        cmocka_unit_test(with_a_name),   cmocka_unit_test(final_rules),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
