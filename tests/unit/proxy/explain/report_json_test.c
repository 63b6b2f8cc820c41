#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "proxy/explain/report.h"
#include "tests/unit/proxy/explain/example.h"

static const char MESSAGE[] =
    "{\"configuration\":\"postern.conf\",\"policy\":\"default\",\"listener\":\"\",\"client\":\"192."
    "0.2.1\",\"client_port\":0,\"helo\":\"mail.far.test\",\"sender\":\"a@far.test\",\"recipients\":"
    "["
    "{\"address\":\"u@example.org\",\"verdict\":\"continue\"},"
    "{\"address\":\"v@other.test\",\"verdict\":\"reject\",\"by\":\"far\",\"reply\":\"550 5.7.1 Not "
    "ours\"}],"
    "\"message\":{\"size\":53,\"header_fields\":3,\"content\":null},"
    "\"rules\":["
    "{\"name\":\"far\",\"file\":\"postern.conf\",\"line\":2,\"mode\":\"enforce\",\"outcome\":"
    "\"fired\",\"acts\":\"rcpt\",\"actions\":[\"reject\"],"
    "\"matches\":["
    "{\"field\":\"recipient_domain\",\"excerpt\":\"other.test\",\"excerpt_start\":0,\"length\":10,"
    "\"start\":0,\"end\":10}]},"
    "{\"name\":\"mark\",\"file\":\"postern.conf\",\"line\":4,\"mode\":\"enforce\",\"outcome\":"
    "\"fired\",\"acts\":\"header\",\"actions\":[\"set_header\",\"tag\"],"
    "\"matches\":["
    "{\"field\":\"header\",\"name\":\"Subject\",\"excerpt\":\"an "
    "offer\",\"excerpt_start\":0,\"length\":8,\"start\":3,\"end\":8,\"message_line\":2}]},"
    "{\"name\":\"never\",\"file\":\"postern.conf\",\"line\":6,\"mode\":\"enforce\",\"outcome\":"
    "\"no\",\"acts\":\"data\",\"held_by\":\"far\",\"actions\":[\"discard\"],"
    "\"matches\":[],"
    "\"missed\":{\"field\":\"helo\",\"excluded\":false,\"value\":\"mail.far.test\",\"values\":1}}],"
    "\"final_rules\":[],"
    "\"score\":0,\"tags\":[\"offer\"],"
    "\"logs\":[],"
    "\"failures\":[],"
    "\"unchecked\":false,\"delay_ms\":0,\"edits\":["
    "{\"what\":\"change_header\",\"by\":\"mark\",\"name\":\"Subject\",\"index\":1,\"value\":\" "
    "mail of mail.far.test\"}],\"skipped\":[],"
    "\"envelope_diff\":[],"
    "\"header_diff\":[\"@@ -1,3 +1,3 @@\",\" From: a@far.test\",\"-Subject: an offer\",\"+Subject: "
    "mail of mail.far.test\",\" X: 1\"],\"body_diff\":[],\"parts_diff\":[],"
    "\"would\":{\"rules\":[],"
    "\"edits\":[]},"
    "\"verdict\":\"continue\",\"reply\":null,\"notes\":[]}\n";
static const char ENVELOPE[] =
    "{\"configuration\":\"postern.conf\",\"policy\":\"default\",\"listener\":\"\",\"client\":\"192."
    "0.2.1\",\"client_port\":0,\"helo\":\"mail.far.test\",\"sender\":\"a@far.test\",\"recipients\":"
    "["
    "{\"address\":\"u@example.org\",\"verdict\":\"continue\"},"
    "{\"address\":\"v@other.test\",\"verdict\":\"reject\",\"by\":\"far\",\"reply\":\"550 5.7.1 Not "
    "ours\"}],"
    "\"message\":null,\"rules\":["
    "{\"name\":\"far\",\"file\":\"postern.conf\",\"line\":2,\"mode\":\"enforce\",\"outcome\":"
    "\"fired\",\"acts\":\"rcpt\",\"actions\":[\"reject\"],"
    "\"matches\":["
    "{\"field\":\"recipient_domain\",\"excerpt\":\"other.test\",\"excerpt_start\":0,\"length\":10,"
    "\"start\":0,\"end\":10}]},"
    "{\"name\":\"mark\",\"file\":\"postern.conf\",\"line\":4,\"mode\":\"enforce\",\"outcome\":"
    "\"undecided\",\"acts\":\"header\",\"actions\":[\"set_header\",\"tag\"],"
    "\"matches\":[]},"
    "{\"name\":\"never\",\"file\":\"postern.conf\",\"line\":6,\"mode\":\"enforce\",\"outcome\":"
    "\"no\",\"acts\":\"data\",\"held_by\":\"far\",\"actions\":[\"discard\"],"
    "\"matches\":[],"
    "\"missed\":{\"field\":\"helo\",\"excluded\":false,\"value\":\"mail.far.test\",\"values\":1}}],"
    "\"final_rules\":[],"
    "\"score\":0,\"tags\":[],"
    "\"logs\":[],"
    "\"failures\":[],"
    "\"unchecked\":false,\"delay_ms\":0,\"edits\":[],\"skipped\":[],"
    "\"envelope_diff\":[],"
    "\"header_diff\":[],\"body_diff\":[],\"parts_diff\":[],"
    "\"would\":{\"rules\":[],"
    "\"edits\":[]},"
    "\"verdict\":\"continue\",\"reply\":null,\"notes\":[]}\n";

static void message(void **state)
{
    (void)state;
    example_report(report_json_write, EXAMPLE_MESSAGE, MESSAGE);
}

static void envelope(void **state)
{
    (void)state;
    example_report(report_json_write, NULL, ENVELOPE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(message), cmocka_unit_test(envelope)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
