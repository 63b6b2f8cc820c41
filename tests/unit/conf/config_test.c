/* The whole: defaults, a configuration with everything, what the proxy needs, references. */
#include "conf/config.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/unit/conf/load.h"
#include "tests/unit/heap.h"

#define assert_text(slice, text) assert_string_equal((slice).ptr, (text))

static void defaults_of_groups(const struct config *config)
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
    char name[256] = "";

    (void)state;
    load_begin(&load);
    load_good(&load, "");
    defaults_of_groups(load.config);
    assert_int_equal(gethostname(name, sizeof(name) - 1), 0);
    assert_text(load.config->hostname, name);
    assert_int_equal(load.config->workers, 0);
    assert_int_equal(load.config->user.len, 0);
    assert_int_equal(load.config->on_failure.by_default, VERDICT_TEMPFAIL);
    assert_int_equal(load.config->on_failure.regex, VERDICT_TEMPFAIL);
    assert_int_equal(load.config->on_failure.milter, VERDICT_TEMPFAIL);
    assert_int_equal(load.config->on_failure.lookup, VERDICT_CONTINUE);
    assert_text(load.config->audit.file, "-");
    assert_int_equal(load.config->audit.subject, PRIVACY_PLAIN);
    assert_int_equal(load.config->audit.recipients, PRIVACY_PLAIN);
    assert_int_equal(load.config->audit.sender, PRIVACY_PLAIN);
    assert_text(load.config->log.to, "stderr");
    assert_int_equal(load.config->log.level, LOG_LEVEL_INFO);
    assert_int_equal(load.config->listener_count, 0);
    assert_int_equal(load.config->upstream_count, 0);
    assert_int_equal(load.config->lists.count, 0);
    assert_int_equal(load.config->policy_count, 1);
    assert_text(load.config->policies[0].name, "default");
    assert_non_null(load.config->policies[0].rules);
    assert_int_equal(ruleset_count(load.config->policies[0].rules), 0);
    load_end(&load);
}

/* As sha256sum shows them, of the file and of the list files it names. */
static void ids(void **state)
{
    static const char LISTED[] = "lists = { l = { file = \"a\"; }; };\n";
    struct load load;

    (void)state;
    load_begin(&load);
    load_good(&load, "workers = 1;\n");
    assert_string_equal(load.config->id, "e24a728d");
    load_good(&load, "workers = 2;\n");
    assert_string_equal(load.config->id, "5ce67303");
    load_file(&load, "a", "one.test\n");
    load_good(&load, LISTED);
    assert_string_equal(load.config->id, "c90ef8f3");
    load_file(&load, "a", "two.test\n");
    load_good(&load, LISTED);
    assert_string_equal(load.config->id, "cb5216dc");
    load_end(&load);
}

static const char WHOLE[] =
    "hostname = \"gw.example.org\"; workers = 3; user = \"postern\";\n"
    "limits = { connections = 1; connections_per_client = 2; recipients = 3; message = \"5G\";\n"
    "  header = 4096; header_fields = 6; command_line = 512; data_rate = 0; errors = 7; "
    "junk_commands = 8;\n"
    "  memory_per_message = \"16K\"; spool_dir = \"spool\"; match_time_rule = \"1ms\";\n"
    "  match_time_message = \"1d\"; };\n"
    "timeouts = { command = \"1s\"; data = \"2m\"; end_of_data = \"3h\"; greeting = \"4ms\";\n"
    "  connect = \"5s\"; drain = \"0s\"; noop = \"6s\"; };\n"
    "audit = { file = \"logs/audit\"; subject = \"hash\"; recipients = \"omit\"; sender = "
    "\"hash\"; };\n"
    "log = { to = \"/var/log/postern\"; level = \"debug\"; };\n";

static void whole(void **state)
{
    const struct limits *limits;
    struct load load;
    char path[128];

    (void)state;
    load_begin(&load);
    load_good(&load, WHOLE);
    limits = &load.config->limits;
    assert_text(load.config->hostname, "gw.example.org");
    assert_int_equal(load.config->workers, 3);
    assert_text(load.config->user, "postern");
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
    assert_int_equal(load.config->timeouts.command_ms, 1000);
    assert_int_equal(load.config->timeouts.data_ms, 120000);
    assert_int_equal(load.config->timeouts.end_of_data_ms, 10800000);
    assert_int_equal(load.config->timeouts.greeting_ms, 4);
    assert_int_equal(load.config->timeouts.connect_ms, 5000);
    assert_int_equal(load.config->timeouts.drain_ms, 0);
    assert_int_equal(load.config->timeouts.noop_ms, 6000);
    assert_int_equal(load.config->audit.subject, PRIVACY_HASH);
    assert_int_equal(load.config->audit.recipients, PRIVACY_OMIT);
    assert_int_equal(load.config->audit.sender, PRIVACY_HASH);
    assert_text(load.config->log.to, "/var/log/postern");
    assert_int_equal(load.config->log.level, LOG_LEVEL_DEBUG);
    (void)snprintf(path, sizeof(path), "%s/postern.conf", load.folder);
    assert_text(load.config->file, path);
    (void)snprintf(path, sizeof(path), "%s/spool", load.folder);
    assert_text(limits->spool_dir, path);
    (void)snprintf(path, sizeof(path), "%s/logs/audit", load.folder);
    assert_text(load.config->audit.file, path);
    load_end(&load);
}

static const struct state_row {
    const char *service; /* what the service manager says; NULL: nothing */
    const char *text;
    const char *state_dir, *quarantine_dir; /* "~" is the configuration's folder */
    bool given;
} STATES[] = {
    {NULL, "", "~/state", "~/state/quarantine", false},
    {"", "", "~/state", "~/state/quarantine", false},
    {"relative", "", "~/state", "~/state/quarantine", false},
    {"/var/lib/a", "", "/var/lib/a", "/var/lib/a/quarantine", false},
    {"/var/lib/a:/var/lib/b", "", "/var/lib/a", "/var/lib/a/quarantine", false},
    {"/var/lib/a", "state_dir = \"s\";", "~/s", "~/s/quarantine", true},
    {"/var/lib/a", "quarantine = { directory = \"/q\"; };", "/var/lib/a", "/q", true},
    {NULL, "state_dir = \"/s\"; quarantine = { };", "/s", "/s/quarantine", true},
};

static void assert_place(const struct load *load, struct slice path, const char *wanted)
{
    char whole[128];

    (void)snprintf(whole, sizeof(whole), "%s%s", *wanted == '~' ? load->folder : "",
                   wanted + (*wanted == '~'));
    assert_text(path, whole);
}

static void places_of_state(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(STATES) / sizeof(*STATES); i++) {
        const struct state_row *row = &STATES[i];
        struct load load;

        assert_int_equal(row->service != NULL ? setenv("STATE_DIRECTORY", row->service, 1)
                                              : unsetenv("STATE_DIRECTORY"),
                         0);
        load_begin(&load);
        load_good(&load, row->text);
        assert_place(&load, load.config->state_dir, row->state_dir);
        assert_place(&load, load.config->quarantine_dir, row->quarantine_dir);
        assert_int_equal(load.config->quarantine_given, row->given);
        load_end(&load);
    }
    assert_int_equal(unsetenv("STATE_DIRECTORY"), 0);
}

/* A relative path in an included file starts at that file's folder. */
static void paths_of_includes(void **state)
{
    struct load load;
    char path[128];

    (void)state;
    load_begin(&load);
    load_file(&load, "sub/audit.conf", "audit = { file = \"audit.log\"; };");
    load_good(&load, "@include \"sub/audit.conf\"\nlog = { to = \"syslog\"; };");
    (void)snprintf(path, sizeof(path), "%s/sub/audit.log", load.folder);
    assert_text(load.config->audit.file, path);
    assert_text(load.config->log.to, "syslog");
    load_end(&load);
}

struct failure_row {
    const char *text;
    enum verdict_kind by_default, regex, milter, lookup;
};

static const struct failure_row FAILURES[] = {
    {"on_failure = { };", VERDICT_TEMPFAIL, VERDICT_TEMPFAIL, VERDICT_TEMPFAIL, VERDICT_CONTINUE},
    {"on_failure = { regex = \"reject\"; };", VERDICT_TEMPFAIL, VERDICT_REJECT, VERDICT_TEMPFAIL,
     VERDICT_CONTINUE},
    {"on_failure = { default = \"reject\"; };", VERDICT_REJECT, VERDICT_REJECT, VERDICT_REJECT,
     VERDICT_REJECT},
    {"on_failure = { default = \"continue\"; milter = \"tempfail\"; lookup = \"reject\"; };",
     VERDICT_CONTINUE, VERDICT_CONTINUE, VERDICT_TEMPFAIL, VERDICT_REJECT},
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
        load_end(&load);
    }
}

static const struct load_row HOSTNAMES[] = {
    {"hostname = \"gw.example.org\";", ""},
    {"hostname = \"[192.0.2.1]\";", ""},
    {"hostname = \"[IPv6:2001:db8::1]\";", ""},
    {"hostname = \"gw example\";",
     "1: error: 'hostname' must be a host name such as \"gw.example.org\", not \"gw example\""},
    {"hostname = \"g\xC3\xBC.example\";", "1: error: 'hostname' must be a host name..."},
};

static void hostnames(void **state)
{
    (void)state;
    LOAD_ROWS(HOSTNAMES);
}

static void longest_hostname(void **state)
{
    struct load load;
    char name[257], text[300];

    (void)state;
    load_begin(&load);
    memset(name, 'a', sizeof(name) - 1);
    name[256] = '\0';
    (void)snprintf(text, sizeof(text), "hostname = \"%s\";", name + 1);
    load_good(&load, text);
    (void)snprintf(text, sizeof(text), "hostname = \"%s\";", name);
    load_text(&load, text);
    assert_null(load.config);
    load_end(&load);
}

static void needs(void **state)
{
    struct load load;

    (void)state;
    load_begin(&load);
    load_again(&load, "", CONFIG_NEEDS_PROXY);
    assert_string_equal(load.problems.data,
                        "postern.conf: error: there is no listener: listeners = ( { address = "
                        "\"[::]:25\"; } );\n"
                        "postern.conf: error: there is no upstream: upstreams = ( { address = "
                        "\"127.0.0.1:10025\"; } );\n");
    assert_null(load.config);
    load_end(&load);
}

static const char NAMED[] =
    "listeners = ( { address = \"127.0.0.1:25\"; },\n"
    "              { address = \"127.0.0.1:26\"; name = \"second\"; policy = \"p\"; } );\n"
    "policies = { p = { }; };\n";

static void by_name(void **state)
{
    struct load load;

    (void)state;
    load_begin(&load);
    load_good(&load, NAMED);
    assert_ptr_equal(config_listener(load.config, SLICE("127.0.0.1:25")),
                     &load.config->listeners[0]);
    assert_ptr_equal(config_listener(load.config, SLICE("second")), &load.config->listeners[1]);
    assert_null(config_listener(load.config, SLICE("third")));
    assert_ptr_equal(config_policy(load.config, SLICE("p")), &load.config->policies[1]);
    assert_null(config_policy(load.config, SLICE("q")));
    load_end(&load);
}

#define THREADS    4
#define REFERENCES 20000

static void *take_and_give(void *ctx)
{
    for (int i = 0; i < REFERENCES; i++)
        config_unref(config_ref(ctx));
    return NULL;
}

/* Many threads, then the last reference: a lost count would free too early or never (as ASan sees
 * it). */
static void references(void **state)
{
    struct load load;
    pthread_t threads[THREADS];

    (void)state;
    load_begin(&load);
    load_good(&load, WHOLE);
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, take_and_give, load.config), 0);
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    assert_text(load.config->hostname, "gw.example.org");
    load_end(&load);
    config_unref(NULL);
}

static void all_is_given_back(void **state)
{
    assert_true(leaves_nothing(whole, state));
    assert_true(leaves_nothing(hostnames, state));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ids),
        cmocka_unit_test(defaults),
        cmocka_unit_test(whole),
        cmocka_unit_test(paths_of_includes),
        cmocka_unit_test(failures),
        cmocka_unit_test(hostnames),
        cmocka_unit_test(needs),
        cmocka_unit_test(longest_hostname),
        cmocka_unit_test(by_name),
        cmocka_unit_test(references),
        cmocka_unit_test(places_of_state),
        cmocka_unit_test(all_is_given_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
