/* How the connection to a milter is made, waited for and ended (MILTER 2, 7). */
#include "filters/verdict.h"
#include "tests/unit/proxy/milter/scene.h"

#include <sys/resource.h>

#define MESSAGE "Subject: hi\r\n", SLICE("hello\r\n")

/* Exactly one ABORT for each message that is given up, wherever that is. */
static void aborts(void **state)
{
    struct scene s;

    (void)state;
    scene_begin(&s, NULL);
    (void)scene_connect(&s);
    milter_reset(s.milter); /* there is no message */
    (void)scene_mail(&s, "a@b.test");
    milter_reset(s.milter);
    milter_reset(s.milter);
    (void)scene_mail(&s, "a@b.test");
    (void)scene_mail(&s, "c@d.test"); /* as if it had been */
    (void)scene_rcpt(&s, "u@example.org");
    milter_destroy(s.milter);
    s.milter = NULL;
    scene_quiet(&s);
    assert_string_equal(play_heard(&s.play),
                        "O|C:mx.test/4/2525/192.0.2.1|M:<a@b.test>|A|M:<a@b.test>"
                        "|A|M:<c@d.test>|R:<u@example.org>|A|Q");
    scene_end(&s);
}

/* Given up while it thinks: what it would say then is nobody's. */
static void reset_while_busy(void **state)
{
    static const struct play_line lines[] = {{'E', 1, ""}, {.say = NULL}};
    struct scene s;

    (void)state;
    scene_begin(&s, lines);
    (void)scene_envelope(&s);
    scene_start(&s, MESSAGE);
    scene_quiet(&s);
    assert_true(milter_busy(s.milter));
    milter_reset(s.milter);
    assert_false(milter_busy(s.milter));
    assert_true(milter_needs_replay(s.milter));
    scene_quiet(&s);
    assert_non_null(strstr(play_heard(&s.play), "|E|A|Q"));
    (void)scene_envelope(&s);
    assert_int_equal(scene_message(&s, MESSAGE).kind, VERDICT_CONTINUE);
    milter_reset(s.milter);
    milter_feed(s.milter, &s.event, &s.facts);
    scene_end(&s); /* and destroyed while it is */
}

/* From now on; ${before}: the limit until then. */
static void forbid_descriptors(struct rlimit *before)
{
    struct rlimit none;

    assert_int_equal(getrlimit(RLIMIT_NOFILE, before), 0);
    none = *before;
    none.rlim_cur = 0;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
}

static void unreachable(void **state)
{
    struct endpoint nowhere = {.address.family = ADDRESS_UNIX,
                               .path = SLICE("/nonexistent/socket")};
    struct rlimit limit;
    struct scene s;
    uint16_t port;

    (void)state;
    scene_begin(&s, NULL);
    s.conf.endpoint = nowhere;
    assert_int_equal(scene_connect(&s).kind, VERDICT_TEMPFAIL);
    assert_string_equal(milter_failure(s.milter),
                        "it cannot be reached: No such file or directory");
    assert_int_equal(milter_fault(s.milter), MILTER_FAULT_UNREACHABLE);
    milter_reset(s.milter);
    assert_int_equal(milter_fault(s.milter), MILTER_FAULT_NONE);
    assert_int_equal(close(tcp_listen(&port)), 0);
    s.conf.endpoint = s.play.endpoint;
    s.conf.endpoint.address.port = port;
    assert_int_equal(scene_connect(&s).kind, VERDICT_TEMPFAIL);
    assert_int_equal(milter_fault(s.milter), MILTER_FAULT_UNREACHABLE);
    milter_reset(s.milter);
    forbid_descriptors(&limit);
    assert_int_equal(scene_connect(&s).kind, VERDICT_TEMPFAIL);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
    assert_string_equal(milter_failure(s.milter), "no socket for it");
    assert_int_equal(milter_fault(s.milter), MILTER_FAULT_UNREACHABLE);
    milter_reset(s.milter);
    s.conf.endpoint = s.play.endpoint;
    assert_int_equal(scene_connect(&s).kind, VERDICT_CONTINUE);
    scene_end(&s);
}

/* Progress may go on for as long as there is time for the whole. */
static void progress(void **state)
{
    static const struct play_line lines[] = {{'E', 0, "p"}, {.say = NULL}};
    struct scene s;

    (void)state;
    scene_begin(&s, lines);
    (void)scene_envelope(&s);
    assert_int_equal(header_parse(&s.header, SLICE("A: b\r\n"), true, &s.arena), 0);
    milter_message(s.milter, &s.header, SLICE("x\r\n"), &s.facts, 150);
    scene_settle(&s);
    assert_int_equal(milter_verdict(s.milter).kind, VERDICT_TEMPFAIL);
    assert_string_equal(milter_failure(s.milter), "its time for all of it is over");
    assert_int_equal(milter_fault(s.milter), MILTER_FAULT_SILENT);
    scene_end(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(aborts),
        cmocka_unit_test(reset_while_busy),
        cmocka_unit_test(unreachable),
        cmocka_unit_test(progress),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
