/* The whole: defaults, a configuration with everything, what the proxy needs. */
#include "conf/audit_conf.h"
#include "conf/config.h"
#include "conf/log_conf.h"
#include "conf/needs.h"
#include "conf/policy.h"
#include "filters/rules/ruleset.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/unit/conf/read/load.h"
#include "tests/unit/heap.h"

#define assert_text(slice, text) assert_string_equal((slice).ptr, (text))

static void defaults(void **state)
{
    struct load load;
    char name[256] = "";

    (void)state;
    load_begin(&load);
    load_good(&load, "");
    assert_int_equal(gethostname(name, sizeof(name) - 1), 0);
    assert_text(load.config->hostname, name);
    assert_int_equal(load.config->workers, 0);
    assert_int_equal(load.config->user.len, 0);
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
    "limits = { spool_dir = \"spool\"; };\n"
    "audit = { file = \"logs/audit\"; subject = \"hash\"; recipients = \"omit\"; sender = "
    "\"hash\"; };\n"
    "log = { to = \"/var/log/postern\"; level = \"debug\"; };\n";

static void whole(void **state)
{
    struct load load;
    char path[128];

    (void)state;
    load_begin(&load);
    load_good(&load, WHOLE);
    assert_text(load.config->hostname, "gw.example.org");
    assert_int_equal(load.config->workers, 3);
    assert_text(load.config->user, "postern");
    assert_int_equal(load.config->audit.subject, PRIVACY_HASH);
    assert_int_equal(load.config->audit.recipients, PRIVACY_OMIT);
    assert_int_equal(load.config->audit.sender, PRIVACY_HASH);
    assert_text(load.config->log.to, "/var/log/postern");
    assert_int_equal(load.config->log.level, LOG_LEVEL_DEBUG);
    (void)snprintf(path, sizeof(path), "%s/postern.conf", load.folder);
    assert_text(load.config->file, path);
    (void)snprintf(path, sizeof(path), "%s/spool", load.folder);
    assert_text(load.config->limits.spool_dir, path);
    (void)snprintf(path, sizeof(path), "%s/logs/audit", load.folder);
    assert_text(load.config->audit.file, path);
    load_end(&load);
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

static void refuse(const struct config *config, struct diag *diag)
{
    diag_add(diag, DIAG_ERROR, (struct place){config->file.ptr, 7}, "doubted");
}

static void warn(const struct config *config, struct diag *diag)
{
    diag_add(diag, DIAG_WARNING, (struct place){config->file.ptr, 8}, "doubted");
}

static const struct load_row REFUSED[] = {
    {"workers = 1;", "7: error: doubted"},
    {"workers = x;", "1: error: ..."}, /* and nobody is asked */
    {"listeners = ( { address = \"127.0.0.1:1\"; } ); policies = { p = { }; };",
     "1: warning: policy 'p' is used by nobody: ...\n7: error: doubted"},
};
static const struct load_row WARNED[] = {{"workers = 1;", "8: warning: doubted"}};

static void doubts(void **state)
{
    (void)state;
    LOAD_DOUBTED(REFUSED, refuse);
    LOAD_DOUBTED(WARNED, warn);
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
        cmocka_unit_test(hostnames),
        cmocka_unit_test(needs),
        cmocka_unit_test(longest_hostname),
        cmocka_unit_test(doubts),
        cmocka_unit_test(all_is_given_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
