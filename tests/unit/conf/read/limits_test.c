/* The groups of plain values: their defaults, and each of them read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "conf/config.h"
#include "conf/limits.h"
#include "conf/timeouts.h"
#include "filters/verdict.h"
#include "tests/unit/conf/read/load.h"

#define assert_text(slice, text) assert_string_equal((slice).ptr, (text))

static void defaults_are(const struct config *config)
{
    const struct limits *limits = &config->limits;
    const struct timeouts *timeouts = &config->timeouts;

    assert_int_equal(limits->connections, 10000);
    assert_int_equal(limits->connections_per_client, 100);
    assert_int_equal(limits->recipients, 1000);
    assert_int_equal(limits->message_bytes, 50 * 1024 * 1024);
    assert_int_equal(limits->header_bytes, 256 * 1024);
    assert_int_equal(limits->header_fields, 2000);
    assert_int_equal(limits->command_line_bytes, 2048);
    assert_int_equal(limits->errors, 20);
    assert_int_equal(limits->data_rate, 500);
    assert_int_equal(limits->junk_commands, 100);
    assert_int_equal(limits->memory_per_message_bytes, 256 * 1024);
    assert_text(limits->spool_dir, "/var/tmp");
    assert_int_equal(limits->match_time_rule_ms, 100);
    assert_int_equal(limits->match_time_message_ms, 500);
    assert_int_equal(limits->mime_depth, 100);
    assert_int_equal(limits->mime_parts, 10000);
    assert_int_equal(limits->content_time_ms, 2000);
    assert_int_equal(timeouts->command_ms, 300000);
    assert_int_equal(timeouts->data_ms, 180000);
    assert_int_equal(timeouts->end_of_data_ms, 570000);
    assert_int_equal(timeouts->greeting_ms, 30000);
    assert_int_equal(timeouts->connect_ms, 30000);
    assert_int_equal(timeouts->drain_ms, 30000);
    assert_int_equal(timeouts->keepalive_ms, 30000);
    assert_int_equal(timeouts->noop_ms, 60000);
}

static void defaults(void **state)
{
    struct load load;

    (void)state;
    load_begin(&load);
    load_good(&load, "");
    defaults_are(load.config);
    assert_int_equal(load.config->on_failure.by_default, VERDICT_TEMPFAIL);
    assert_int_equal(load.config->on_failure.regex, VERDICT_TEMPFAIL);
    assert_int_equal(load.config->on_failure.milter, VERDICT_TEMPFAIL);
    assert_int_equal(load.config->on_failure.lookup, VERDICT_CONTINUE);
    assert_int_equal(load.config->on_failure.content, VERDICT_REJECT);
    load_end(&load);
}

static const char WHOLE[] =
    "limits = { connections = 1; connections_per_client = 2; recipients = 3; message = \"5G\";\n"
    "  header = 4096; header_fields = 6; command_line = 512; data_rate = 0; errors = 7; "
    "junk_commands = 8;\n"
    "  memory_per_message = \"16K\"; spool_dir = \"spool\"; match_time_rule = \"1ms\";\n"
    "  match_time_message = \"1d\"; mime_depth = 9; mime_parts = 10; content_time = \"11ms\"; };\n"
    "timeouts = { command = \"1s\"; data = \"2m\"; end_of_data = \"3h\"; greeting = \"4ms\";\n"
    "  connect = \"5s\"; drain = \"0s\"; noop = \"6s\"; };\n";

static void whole(void **state)
{
    const struct limits *limits;
    const struct timeouts *timeouts;
    struct load load;

    (void)state;
    load_begin(&load);
    load_good(&load, WHOLE);
    limits = &load.config->limits;
    timeouts = &load.config->timeouts;
    assert_int_equal(limits->connections, 1);
    assert_int_equal(limits->connections_per_client, 2);
    assert_int_equal(limits->recipients, 3);
    assert_int_equal(limits->message_bytes, UINT64_C(5) << 30);
    assert_int_equal(limits->header_bytes, 4096);
    assert_int_equal(limits->header_fields, 6);
    assert_int_equal(limits->command_line_bytes, 512);
    assert_int_equal(limits->errors, 7);
    assert_int_equal(limits->data_rate, 0);
    assert_int_equal(limits->junk_commands, 8);
    assert_int_equal(limits->memory_per_message_bytes, 16384);
    assert_int_equal(limits->match_time_rule_ms, 1);
    assert_int_equal(limits->match_time_message_ms, 86400000);
    assert_int_equal(limits->mime_depth, 9);
    assert_int_equal(limits->mime_parts, 10);
    assert_int_equal(limits->content_time_ms, 11);
    assert_int_equal(timeouts->command_ms, 1000);
    assert_int_equal(timeouts->data_ms, 120000);
    assert_int_equal(timeouts->end_of_data_ms, 10800000);
    assert_int_equal(timeouts->greeting_ms, 4);
    assert_int_equal(timeouts->connect_ms, 5000);
    assert_int_equal(timeouts->drain_ms, 0);
    assert_int_equal(timeouts->noop_ms, 6000);
    load_end(&load);
}

/* Each of its own kind, and none of another. */
static const struct load_row WRONG[] = {
    {"limits = { connections = 0; };", "1: error: 'connections' must be ..."},
    {"limits = { header = \"5 pounds\"; };", "1: error: 'header' must be ..."},
    {"timeouts = { command = 5; };", "1: error: 'command' must be ..."},
    {"timeouts = { comand = \"5s\"; };",
     "1: error: unknown setting 'comand' in timeouts; did you mean 'command'?"},
    {"on_failure = { regex = \"accept\"; };", "1: error: 'regex' must be one of ..."},
    {"audit = { subject = \"gone\"; };", "1: error: 'subject' must be one of ..."},
    {"log = { level = \"loud\"; };", "1: error: 'level' must be one of ..."},
    {"limits = 5;", "1: error: 'limits' must be ..."},
    {"limits = { mime_depth = 0; mime_parts = 0; content_time = \"0s\"; };",
     "1: error: 'mime_depth' must be ...\n1: error: 'mime_parts' must be ...\n"
     "1: error: 'content_time' must be ..."},
    {"limits = { mime_depth = 1001; };", "1: error: 'mime_depth' must be ..."},
};

static void wrong(void **state)
{
    (void)state;
    LOAD_ROWS(WRONG);
}

struct failure_row {
    const char *text;
    enum verdict_kind by_default, regex, milter, lookup, content;
};

static const struct failure_row FAILURES[] = {
    {"on_failure = { };", VERDICT_TEMPFAIL, VERDICT_TEMPFAIL, VERDICT_TEMPFAIL, VERDICT_CONTINUE,
     VERDICT_REJECT},
    {"on_failure = { regex = \"reject\"; };", VERDICT_TEMPFAIL, VERDICT_REJECT, VERDICT_TEMPFAIL,
     VERDICT_CONTINUE, VERDICT_REJECT},
    {"on_failure = { default = \"reject\"; };", VERDICT_REJECT, VERDICT_REJECT, VERDICT_REJECT,
     VERDICT_CONTINUE, VERDICT_REJECT},
    {"on_failure = { default = \"continue\"; milter = \"tempfail\"; lookup = \"reject\"; };",
     VERDICT_CONTINUE, VERDICT_CONTINUE, VERDICT_TEMPFAIL, VERDICT_REJECT, VERDICT_REJECT},
    {"on_failure = { content = \"continue\"; };", VERDICT_TEMPFAIL, VERDICT_TEMPFAIL,
     VERDICT_TEMPFAIL, VERDICT_CONTINUE, VERDICT_CONTINUE},
    {"on_failure = { default = \"continue\"; content = \"tempfail\"; };", VERDICT_CONTINUE,
     VERDICT_CONTINUE, VERDICT_CONTINUE, VERDICT_CONTINUE, VERDICT_TEMPFAIL},
};

static void failures(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(FAILURES) / sizeof(*FAILURES); i++) {
        const struct failure_row *row = &FAILURES[i];
        struct load load;

        load_begin(&load);
        load_good(&load, row->text);
        assert_int_equal(load.config->on_failure.by_default, row->by_default);
        assert_int_equal(load.config->on_failure.regex, row->regex);
        assert_int_equal(load.config->on_failure.milter, row->milter);
        assert_int_equal(load.config->on_failure.lookup, row->lookup);
        assert_int_equal(load.config->on_failure.content, row->content);
        load_end(&load);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(defaults),
        cmocka_unit_test(whole),
        cmocka_unit_test(wrong),
        cmocka_unit_test(failures),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
