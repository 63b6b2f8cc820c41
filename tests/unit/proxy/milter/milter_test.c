/* A milter's life: one connection for all messages, what is settled and for how long, failures and
 * what they come to (MILTER 7, 8; PROTOCOL ML01, ML05, ML06). */
#include "filters/verdict.h"
#include "tests/unit/proxy/milter/scene.h"

#define MESSAGE "Subject: hi\r\n", SLICE("hello\r\n")

/* Two messages on one connection; each ends without ABORT, for both came to their end. */
static void reuse(void **state)
{
    struct scene s;

    (void)state;
    scene_begin(&s, NULL);
    assert_true(milter_needs_replay(s.milter));
    (void)scene_envelope(&s);
    assert_false(milter_needs_replay(s.milter));
    assert_int_equal(scene_message(&s, MESSAGE).kind, VERDICT_CONTINUE);
    milter_reset(s.milter);
    (void)scene_mail(&s, "");
    (void)scene_rcpt(&s, "u@example.org");
    (void)scene_data(&s);
    assert_int_equal(scene_message(&s, MESSAGE).kind, VERDICT_CONTINUE);
    milter_reset(s.milter);
    milter_destroy(s.milter);
    s.milter = NULL;
    scene_quiet(&s);
    assert_string_equal(
        play_heard(&s.play),
        "O|C:mx.test/4/2525/192.0.2.1|H:me.test|M:<s@example.org>|R:<u@example.org>|"
        "T|L:Subject=hi|N|B:7|E|M:<>|R:<u@example.org>|T|L:Subject=hi|N|B:7|E|Q");
    assert_int_equal(s.play.dials, 1);
    scene_end(&s);
}

/* What it changes of one message takes no room from those after it. */
static void memory(void **state)
{
    static char say[8 * 65536];
    enum { VALUE = 60000, VALUES = 8 };
    const struct play_line lines[] = {{'E', 0, say}, {.say = NULL}};
    char *at = say;
    struct scene s;

    (void)state;
    for (int i = 0; i < VALUES; i++) {
        memcpy(at, "h:X;", 4);
        memset(at + 4, 'v', VALUE);
        at[4 + VALUE] = '|';
        at += 4 + VALUE + 1;
    }
    *at = 'c'; /* and the NUL that is there */
    scene_begin(&s, lines);
    (void)scene_connect(&s);
    for (size_t got = 0; got < MILTER_MEMORY_MAX + VALUE * VALUES; got += VALUE * VALUES) {
        (void)scene_mail(&s, "a@b.test");
        (void)scene_rcpt(&s, "u@example.org");
        assert_int_equal(scene_message(&s, MESSAGE).kind, VERDICT_CONTINUE);
        assert_int_equal(milter_edits(s.milter)->count, VALUES);
        milter_reset(s.milter);
    }
    scene_end(&s);
}

/* What was accepted, refused or discarded for one message is asked anew for the next (ML06). */
static void rearmed(void **state)
{
    static const char *const says[] = {"a", "r", "t", "d", "y:550 5.7.1 no"};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(says); i++) {
        const struct play_line lines[] = {{'M', 1, says[i]}, {.say = NULL}};
        enum verdict_kind first;
        struct scene s;

        scene_begin(&s, lines);
        (void)scene_connect(&s);
        first = scene_mail(&s, "a@b.test").kind;
        assert_int_not_equal(first, VERDICT_CONTINUE);
        assert_true(milter_settled(s.milter));
        assert_int_equal(scene_rcpt(&s, "u@example.org").kind, first);
        assert_int_equal(s.play.counts['R'], 0);
        milter_reset(s.milter);
        assert_false(milter_settled(s.milter));
        assert_int_equal(scene_mail(&s, "a@b.test").kind, VERDICT_CONTINUE);
        assert_int_equal(scene_rcpt(&s, "u@example.org").kind, VERDICT_CONTINUE);
        assert_int_equal(s.play.counts['A'], 1);
        assert_int_equal(s.play.dials, 1);
        scene_end(&s);
    }
}

/* What is said at connect or helo is for the session, and ends the connection. */
static void for_the_session(void **state)
{
    static const struct play_line accepts[] = {{'H', 0, "a"}, {.say = NULL}};
    static const struct play_line rejects[] = {{'C', 1, "r"}, {.say = NULL}};
    struct scene s;

    (void)state;
    scene_begin(&s, accepts);
    (void)scene_envelope(&s);
    assert_int_equal(scene_message(&s, MESSAGE).kind, VERDICT_ACCEPT);
    milter_reset(s.milter);
    assert_int_equal(scene_mail(&s, "a@b.test").kind, VERDICT_ACCEPT);
    scene_quiet(&s);
    assert_string_equal(play_heard(&s.play), "O|C:mx.test/4/2525/192.0.2.1|H:me.test|Q");
    scene_end(&s);

    scene_begin(&s, rejects);
    (void)scene_connect(&s);
    milter_reset(s.milter);
    assert_int_equal(scene_mail(&s, "a@b.test").kind, VERDICT_REJECT);
    assert_int_equal(scene_connect(&s).kind, VERDICT_CONTINUE); /* another client: XCLIENT */
    assert_int_equal(s.play.dials, 2);
    scene_end(&s);
}

/* One that goes away between messages may come back: the next message finds out. */
static void restarted(void **state)
{
    struct scene s;

    (void)state;
    scene_begin(&s, NULL);
    (void)scene_envelope(&s);
    (void)scene_message(&s, MESSAGE);
    milter_reset(s.milter);
    connection_destroy(s.play.connection);
    s.play.connection = NULL;
    scene_quiet(&s);
    assert_true(milter_needs_replay(s.milter));
    assert_null(milter_failure(s.milter));
    (void)scene_envelope(&s);
    assert_int_equal(scene_message(&s, MESSAGE).kind, VERDICT_CONTINUE);
    assert_int_equal(s.play.dials, 2);
    scene_end(&s);
}

/* Whatever it says, in whatever order: it ends, with all or nothing. The seed is fixed. */
static void babble(void **state)
{
    static const char codes[] = "CHMRTLNBE";
    static const char *const says[] = {"c",           "c",
                                       "c",           "c",
                                       "c",           "s|c",
                                       "p|c",         "h:X;1|c",
                                       "b:x|c",       "a",
                                       "r",           "t",
                                       "d",           "4",
                                       "f",           "y:550 5.7.1 no",
                                       "y:x",         "!",
                                       "q:w|c",       "+:<a@b>|c",
                                       "#00000001",   "c|c",
                                       "#000000015A", "i:0;X;1|m:1;X;|c",
                                       "s",           "e:<>|b:y|p|a",
                                       "#0000000562", "h:X;1|!"};
    uint32_t seed = 20260803;

    (void)state;
    for (unsigned round = 0; round < 120; round++) {
        struct play_line lines[COUNT_OF(codes)] = {{.say = NULL}};
        struct verdict verdict;
        struct scene s;

        for (size_t i = 0; codes[i] != '\0'; i++) {
            seed = seed * 1664525 + 1013904223;
            lines[i] = (struct play_line){codes[i], 0, says[(seed >> 16) % COUNT_OF(says)]};
            if (codes[i] != 'E' && (seed >> 8) % 2 == 0)
                lines[i].say = "c";
        }
        scene_begin(&s, lines);
        s.play.drip = round % 8 == 0;
        s.conf.command_timeout_ms = s.conf.content_timeout_ms = 60;
        s.conf.on_failure = round % 2 == 0 ? MILTER_FAILURE_CONTINUE : MILTER_FAILURE_TEMPFAIL;
        (void)scene_envelope(&s);
        verdict = scene_message(&s, MESSAGE);
        assert_row(milter_edits(s.milter)->count == 0 || verdict.kind == VERDICT_CONTINUE ||
                       verdict.kind == VERDICT_ACCEPT,
                   "edits of a refusal", round);
        assert_row(milter_edits(s.milter)->count == 0 || milter_failure(s.milter) == NULL,
                   "edits of a failure", round);
        assert_row((verdict.failure == FAILURE_MILTER) == (milter_failure(s.milter) != NULL),
                   "a silent failure", round);
        milter_reset(s.milter);
        scene_end(&s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reuse),     cmocka_unit_test(memory),
        cmocka_unit_test(rearmed),   cmocka_unit_test(for_the_session),

        cmocka_unit_test(restarted),

        cmocka_unit_test(babble),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
