#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "proxy/explain/report.h"
#include "tests/unit/proxy/explain/example.h"

static const char MESSAGE[] = "policy     default\n"
                              "client     192.0.2.1\n"
                              "helo       mail.far.test\n"
                              "sender     <a@far.test>\n"
                              "recipient  <u@example.org>: accepted\n"
                              "recipient  <v@other.test>: 550 5.7.1 Not ours (rule far)\n"
                              "message    53 bytes, 3 header fields\n"
                              "\n"
                              "rules\n"
                              "    1  far: fired: reject\n"
                              "       recipient_domain: \"other.test\"\n"
                              "    2  mark: fired: set_header Subject, tag\n"
                              "       header Subject: \"an offer\", bytes 3 to 8 of 8, line 2\n"
                              "    3  never: no\n"
                              "       but helo is \"mail.far.test\"\n"
                              "\n"
                              "tags       offer\n"
                              "\n"
                              "--- header as received\n"
                              "+++ header as passed on\n"
                              "@@ -1,3 +1,3 @@\n"
                              " From: a@far.test\n"
                              "-Subject: an offer\n"
                              "+Subject: mail of mail.far.test\n"
                              " X: 1\n"
                              "\n"
                              "verdict    continue\n"
                              "reply      the upstream's\n";
static const char ENVELOPE[] = "policy     default\n"
                               "client     192.0.2.1\n"
                               "helo       mail.far.test\n"
                               "sender     <a@far.test>\n"
                               "recipient  <u@example.org>: accepted\n"
                               "recipient  <v@other.test>: 550 5.7.1 Not ours (rule far)\n"
                               "message    (none: the envelope only)\n"
                               "\n"
                               "rules\n"
                               "    1  far: fired: reject\n"
                               "       recipient_domain: \"other.test\"\n"
                               "    2  mark: undecided until header\n"
                               "    3  never: no\n"
                               "       but helo is \"mail.far.test\"\n"
                               "\n"
                               "verdict    continue\n"
                               "reply      the upstream's\n";

static void message(void **state)
{
    (void)state;
    example_report(report_text_write, EXAMPLE_MESSAGE, MESSAGE);
}

static void envelope(void **state)
{
    (void)state;
    example_report(report_text_write, NULL, ENVELOPE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(message), cmocka_unit_test(envelope)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
