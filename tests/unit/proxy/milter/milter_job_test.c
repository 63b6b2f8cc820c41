/* How what a milter is asked ends when it fails: its on_failure, at each moment (MILTER 8;
 * PROTOCOL ML05). */
#include "filters/verdict.h"
#include "tests/unit/proxy/milter/scene.h"

#define MESSAGE "Subject: hi\r\n", SLICE("hello\r\n")

struct failing {
    enum milter_failure on_failure;
    bool early; /* at connect, else at RCPT */
    enum verdict_kind kind;
    enum verdict_scope scope;
    const char *reply;
};

#define LATER "451 4.7.1 Service unavailable - try again later\r\n"
#define SHUT  "421 4.7.1 Service unavailable - try again later\r\n"
#define NEVER "550 5.7.1 The message cannot be checked here\r\n"

static const struct failing FAILING[] = {
    {MILTER_FAILURE_TEMPFAIL, false, VERDICT_TEMPFAIL, SCOPE_MESSAGE, LATER},
    {MILTER_FAILURE_TEMPFAIL, true, VERDICT_TEMPFAIL, SCOPE_SESSION, LATER},
    {MILTER_FAILURE_REJECT, false, VERDICT_REJECT, SCOPE_MESSAGE, NEVER},
    {MILTER_FAILURE_REJECT, true, VERDICT_REJECT, SCOPE_SESSION, NEVER},
    {MILTER_FAILURE_CONTINUE, false, VERDICT_CONTINUE, SCOPE_MESSAGE, ""},
    {MILTER_FAILURE_CONTINUE, true, VERDICT_CONTINUE, SCOPE_MESSAGE, ""},
    {MILTER_FAILURE_QUARANTINE, false, VERDICT_QUARANTINE, SCOPE_MESSAGE, ""},
    {MILTER_FAILURE_QUARANTINE, true, VERDICT_CONTINUE, SCOPE_MESSAGE, ""},
    {MILTER_FAILURE_SHUTDOWN, false, VERDICT_DISCONNECT, SCOPE_SESSION, SHUT},
    {MILTER_FAILURE_SHUTDOWN, true, VERDICT_DISCONNECT, SCOPE_SESSION, SHUT},
};

static void on_failure(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(FAILING); i++) {
        const struct failing *row = &FAILING[i];
        const struct play_line lines[] = {{row->early ? 'C' : 'R', 1, "!"}, {.say = NULL}};
        struct verdict verdict;
        struct scene s;

        scene_begin(&s, lines);
        s.conf.on_failure = row->on_failure;
        verdict = scene_connect(&s);
        if (!row->early) {
            (void)scene_mail(&s, "a@b.test");
            verdict = scene_rcpt(&s, "u@example.org");
        }
        assert_input(verdict.kind == row->kind && verdict.scope == row->scope,
                     slice_str(row->reply), i);
        assert_int_equal(verdict.failure, FAILURE_MILTER);
        assert_slice(verdict.reply.wire, slice_str(row->reply));
        /* the rest of the message gets the same, the next one a new connection */
        if (!row->early)
            assert_int_equal(scene_data(&s).kind, row->kind);
        assert_false(milter_needs_replay(s.milter));
        milter_reset(s.milter);
        assert_true(milter_needs_replay(s.milter));
        assert_int_equal(scene_connect(&s).kind, VERDICT_CONTINUE);
        assert_null(milter_failure(s.milter));
        assert_int_equal(s.play.dials, 2);
        scene_end(&s);
    }
}

/* Once a milter has begun to change a message, it never goes on as it was. */
static void never_half(void **state)
{
    static const struct play_line changes[] = {{'E', 0, "h:X-A;1|b:new|#00"}, {.say = NULL}};
    static const struct play_line silent[] = {{'E', 0, "!"}, {.say = NULL}};
    struct scene s;

    (void)state;
    scene_begin(&s, changes);
    s.conf.on_failure = MILTER_FAILURE_CONTINUE;
    s.conf.content_timeout_ms = 200;
    (void)scene_envelope(&s);
    assert_int_equal(scene_message(&s, MESSAGE).kind, VERDICT_TEMPFAIL);
    assert_int_equal(milter_edits(s.milter)->count, 0);
    scene_end(&s);

    scene_begin(&s, silent);
    s.conf.on_failure = MILTER_FAILURE_CONTINUE;
    (void)scene_envelope(&s);
    assert_int_equal(scene_message(&s, MESSAGE).kind, VERDICT_CONTINUE);
    scene_end(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(on_failure),
        cmocka_unit_test(never_half),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
