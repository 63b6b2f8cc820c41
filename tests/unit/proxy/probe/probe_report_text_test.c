/* probe_report_text: what a person reads of a probe; nothing in it reaches the terminal raw. */
#include "tests/unit/proxy/probe/probe_example.h"

#define NEGOTIATION                                                                                \
    "milter     inet:8891@127.0.0.1\n"                                                             \
    "offered    version 6\n"                                                                       \
    "  actions  ADDHDRS and unknown ones: 0x80000000\n"                                            \
    "  protocol none\n"                                                                            \
    "answered   version 2\n"                                                                       \
    "  actions  none\n"                                                                            \
    "  protocol NOHELO\n"                                                                          \
    "  macros   connect: j {x}\n"
#define CONNECT "\nsteps\n  CONNECT  [192.0.2.1]: continue (1.2 ms)\n"
#define MACROS  "    {j} \"gw\\x1B\"\n"
#define STEPS                                                                                      \
    "  HELO     not sent: NOHELO\n"                                                                \
    "  EOB\n"                                                                                      \
    "    insert header [2]: X-A: b, 3 times (0.0 ms)\n"                                            \
    "    replace body, 70000 octets (0.0 ms)\n"                                                    \
    "    WRONG: no such reply: 7a00 (0.0 ms)\n"                                                    \
    "  QUIT\n"
#define OUTCOME                                                                                    \
    "\nedits\n"                                                                                    \
    "  add_header X-A \"b\"\n"                                                                     \
    "  delete_header [1] X-B\n"                                                                    \
    "  replace_body 5 octets\n"                                                                    \
    "\n--- header as sent\n+++ header as the milter wants it\n@@ -1,1 +1,2 @@\n+X-A: b\\x1B\n"     \
    "\nverdict    reject at message\n"                                                             \
    "reply      550-5.7.1 No\nreply      550 5.7.1 really\n"                                       \
    "note       a note\n"

static void assert_report(const struct probe *probe, bool verbose, const char *wanted)
{
    struct bytes out;

    bytes_init(&out, 65536);
    probe_report_text(probe, verbose, &out);
    assert_int_equal(bytes_end(&out), 0);
    assert_slice(bytes_slice(&out), slice_str(wanted));
    bytes_fini(&out);
}

static void all_of_it(void **state)
{
    struct example x;

    (void)state;
    example_begin(&x);
    assert_report(&x.probe, false, NEGOTIATION CONNECT STEPS OUTCOME);
}

static void with_macros(void **state)
{
    struct example x;

    (void)state;
    example_begin(&x);
    assert_report(&x.probe, true, NEGOTIATION CONNECT MACROS STEPS OUTCOME);
}

/* The verdict of a milter that failed is no news; why it failed, and what it might have said, is.
 */
static void failed(void **state)
{
    struct example x;

    (void)state;
    example_begin(&x);
    x.probe.transcript = (struct transcript){.steps = NULL};
    x.message = (struct probe_message){.number = 1, .verdict = {.failure = FAILURE_MILTER}};
    x.probe.fault = MILTER_FAULT_UNREACHABLE;
    x.probe.failure = "connection refused";
    assert_report(&x.probe, false,
                  "milter     inet:8891@127.0.0.1\n\nfailure    connection refused\n");
    x.probe.transcript.steps = x.probe.transcript.last = &x.steps[2];
    x.steps[2] = (struct transcript_step){.kind = PACKET_COMMAND_OPTNEG, .awaited = true};
    x.probe.fault = MILTER_FAULT_SILENT;
    assert_report(&x.probe, false,
                  "milter     inet:8891@127.0.0.1\n\nsteps\n  OPTNEG: no answer\n\n"
                  "failure    connection refused\n"
                  "expected   options: a version from 2 to the one offered, and no action that was "
                  "not offered\n");
    x.probe.transcript.unasked = true;
    assert_string_equal(probe_report_expected(&x.probe), "nothing, until it is asked");
}

static void many_messages(void **state)
{
    struct example x;
    struct probe_message second = {.number = 2, .verdict = {.stage = STAGE_MESSAGE}};

    (void)state;
    example_begin(&x);
    x.probe.transcript = (struct transcript){.steps = NULL};
    x.request.repeat = 2;
    x.message = (struct probe_message){
        .number = 1, .verdict = {.kind = VERDICT_DISCARD, .stage = STAGE_RCPT}, .next = &second};
    assert_report(&x.probe, false,
                  "milter     inet:8891@127.0.0.1\n"
                  "\nmessage 1\nverdict    discard at rcpt\n"
                  "note       what comes later was not sent\n"
                  "\nmessage 2\nverdict    continue at message\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_of_it),
        cmocka_unit_test(with_macros),
        cmocka_unit_test(failed),
        cmocka_unit_test(many_messages),
    };

    return cmocka_run_group_tests_name("probe_report_text", tests, NULL, NULL);
}
