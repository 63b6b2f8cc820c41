/* Each kind of setting, wrong in each way, and what is not built yet. */
#include "conf/read/setting.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "tests/unit/conf/read/load.h"

#define LATER "is in the manual of a later version; this build does not have it yet"

static const struct load_row NAMES[] = {
    {"lisener = 1;", "1: error: unknown setting 'lisener'; did you mean 'listeners'?"},
    {"\n\nHostname = \"x\";", "3: error: unknown setting 'Hostname'; did you mean 'hostname'?"},
    {"limits = { conections = 5; };",
     "1: error: unknown setting 'conections' in limits; did you mean 'connections'?"},
    {"log = {\n  levels = \"x\"; };",
     "2: error: unknown setting 'levels' in log; did you mean 'level'?"},
    {"log = { wholly = 1; };", "1: error: unknown setting 'wholly' in log; known are to, level"},
    {"log = 5;", "1: error: 'log' must be a group { ... }, not 5"},
    {"log = (1);", "1: error: 'log' must be a group { ... }, not a list ( ... )"},
    {"log = [1];", "1: error: 'log' must be a group { ... }, not an array [ ... ]"},
    /* all of them in one go */
    {"workers = -1;\nuser = 5;\nlimits = { errors = 0; header = \"x\"; };\nxyzzy = 1;",
     "1: error: 'workers' must be a whole number from 0 to 1024, not -1\n"
     "2: error: 'user' must be a string that is not empty, not 5\n"
     "4: error: unknown setting 'xyzzy'; known are hostname, ...\n"
     "3: error: 'errors' must be a whole number from 1 to 1000000, not 0\n"
     "3: error: 'header' must be a size from 1K to 1G: ..."},
    {"workers = 1; workers = 2;",
     "1: error: 'workers' is set twice, here and in line 1: one of them must go"},
    {"workers = 1\nuser = ;", "2: error: 'user' has no value: write user = ...;"},
};

static const struct load_row TYPES[] = {
    {"user = \"\";", "1: error: 'user' must be a string that is not empty, not \"\""},
    {"user = true;", "1: error: 'user' must be a string that is not empty, not true"},
    {"workers = \"5\";", "1: error: 'workers' must be a whole number from 0 to 1024, not \"5\""},
    {"workers = 1.5;", "1: error: 'workers' must be a whole number from 0 to 1024, not 1.5"},
    {"workers = 1025;", "1: error: 'workers' must be a whole number from 0 to 1024, not 1025"},
    {"workers = 1024L;", ""},
    {"limits = { header = \"5\"; };", "1: error: 'header' must be a size from 1K to 1G: bytes as a "
                                      "number, or a string such as \"512K\" or \"50M\", not \"5\""},
    {"limits = { header = \"2048\"; };", ""},
    {"limits = { header = 2048; };", ""},
    {"limits = { header = -5; };", "1: error: 'header' must be a size..."},
    {"limits = { header = \"1.5M\"; };", "1: error: 'header' must be a size..."},
    {"limits = { message = \"1025G\"; };",
     "1: error: 'message' must be a size from 1K to 1024G: ..."},
    {"limits = { command_line = 511; };",
     "1: error: 'command_line' must be a size from 512 to 64K: ..."},
    {"timeouts = { data = 5; };",
     "1: error: 'data' must be a time from 1ms to 1d with its unit, such as \"500ms\", \"30s\", "
     "\"5m\" or \"1h\", not 5"},
    {"timeouts = { data = \"5\"; };", "1: error: 'data' must be a time from 1ms to 1d with its..."},
    {"timeouts = { data = \"0s\"; };", "1: error: 'data' must be a time..."},
    {"timeouts = { drain = \"0s\"; };", ""},
    {"timeouts = { data = \"25h\"; };", "1: error: 'data' must be a time..."},
    {"log = { level = \"infos\"; };",
     "1: error: 'level' must be one of \"error\", \"warning\", \"info\", \"debug\", not \"infos\"; "
     "did you mean 'info'?"},
    {"log = { level = 3; };",
     "1: error: 'level' must be one of \"error\", \"warning\", \"info\", \"debug\", not 3"},
    {"log = { to = \"\"; };", "1: error: 'to' must be a path, not \"\""},
    {"log = { to = 1; };", "1: error: 'to' must be a path, not 1"},
    {"log = { to = \"-\"; };",
     "1: error: 'to' must be \"stderr\", \"syslog\", or a path (\"./-\" is "
     "a file of that name), not \"-\""},
    {"log = { to = \"stdout\"; };", "1: error: 'to' must be \"stderr\", \"syslog\", or a path..."},
    {"log = { to = \"SysLog\"; };", "1: error: 'to' must be \"stderr\", \"syslog\", or a path..."},
    {"log = { to = \"sterr\"; };", "1: error: 'to' must be \"stderr\", \"syslog\", or a path..."},
    {"log = { to = \"./-\"; };", ""},
    {"log = { to = \"log\"; };", ""},
    {"audit = { file = \"stdout\"; };", "1: error: 'file' must be \"-\", \"syslog\", or a path..."},
    {"audit = { file = \"None\"; };", "1: error: 'file' must be \"-\", \"syslog\", or a path..."},
    {"audit = { file = \"sylog\"; };", "1: error: 'file' must be \"-\", \"syslog\", or a path..."},
    {"audit = { file = \"a\"; };", ""},
    {"listeners = { address = \"[::]:25\"; };",
     "1: error: 'listeners' must be a list of groups ( { ... }, ... ), not a group { ... }"},
    {"listeners = ( 5 );", "1: error: 'listeners' must be a group { ... }, not 5"},
    {"listeners = [];", ""},
    {"listeners = ( { address = \"[::]:25\"; add_received = 1; } );",
     "1: error: 'add_received' must be true or false, not 1"},
};

static const struct load_row LATERS[] = {
    {"quarantine = { directory = 5; };", "1: error: 'directory' must be a path, not 5"},
    {"quarantine = \"x\";", "1: error: 'quarantine' must be a group { ... }, not \"x\""},
    {"quarantine = { folder = \"x\"; };", "1: error: unknown setting 'folder' in quarantine..."},
    {"state_dir = 5;", "1: error: 'state_dir' must be a path, not 5"},
    {"control = \"/run/x\";", "1: error: 'control' " LATER},
    {"admin = { address = \"127.0.0.1:8025\"; };", "1: error: 'admin' " LATER},
    {"upstreams = ( { address = \"127.0.0.1:1\"; tls = \"of\"; } );",
     "1: error: 'tls' must be one of \"off\", \"opportunistic\", \"required\", \"verified\", "
     "\"implicit\", not \"of\"; did you mean 'off'?"},
    {"rules = ( { if_breaks_dkim = \"leave\"; then = { tag = \"x\"; }; } );",
     "1: error: 'if_breaks_dkim' must be one of \"apply\", \"skip\", \"tempfail\", not \"leave\""},
};

static void names(void **state)
{
    (void)state;
    LOAD_ROWS(NAMES);
}

static void types(void **state)
{
    (void)state;
    LOAD_ROWS(TYPES);
}

static void laters(void **state)
{
    (void)state;
    LOAD_ROWS(LATERS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(names), cmocka_unit_test(types),
                                       cmocka_unit_test(laters)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
