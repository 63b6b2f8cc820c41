/* depots: where they are, by the file, by the service manager, by default; their limits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "conf/config.h"
#include "tests/unit/conf/read/load.h"

#define assert_text(slice, text) assert_string_equal((slice).ptr, (text))

static const struct state_row {
    const char *service; /* what the service manager says; NULL: nothing */
    const char *text;
    const char *state_dir, *quarantine, *archive; /* "~" is the configuration's folder */
    bool given, archive_given;
} STATES[] = {
    {NULL, "", "~/state", "~/state/quarantine", "~/state/archive", false, false},
    {"", "", "~/state", "~/state/quarantine", "~/state/archive", false, false},
    {"relative", "", "~/state", "~/state/quarantine", "~/state/archive", false, false},
    {"/var/lib/a", "", "/var/lib/a", "/var/lib/a/quarantine", "/var/lib/a/archive", false, false},
    {"/var/lib/a:/var/lib/b", "", "/var/lib/a", "/var/lib/a/quarantine", "/var/lib/a/archive",
     false, false},
    {"/var/lib/a", "state_dir = \"s\";", "~/s", "~/s/quarantine", "~/s/archive", true, true},
    {"/var/lib/a", "quarantine = { directory = \"/q\"; };", "/var/lib/a", "/q",
     "/var/lib/a/archive", true, false},
    {NULL, "archive = { directory = \"a\"; };", "~/state", "~/state/quarantine", "~/a", false,
     true},
    {NULL, "state_dir = \"/s\"; quarantine = { };", "/s", "/s/quarantine", "/s/archive", true,
     true},
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
        assert_place(&load, load.config->quarantine.directory, row->quarantine);
        assert_place(&load, load.config->archive.directory, row->archive);
        assert_int_equal(load.config->quarantine.given, row->given);
        assert_int_equal(load.config->archive.given, row->archive_given);
        load_end(&load);
    }
    assert_int_equal(unsetenv("STATE_DIRECTORY"), 0);
}

/* Where a person looks whom a directory troubles. */
static void where_they_are_set(void **state)
{
    struct load load;

    (void)state;
    load_begin(&load);
    load_good(&load, "");
    assert_int_equal(load.config->quarantine.place.line, 0);
    load_again(&load, "\nstate_dir = \"/s\";", CONFIG_NEEDS_NOTHING);
    assert_int_equal(load.config->quarantine.place.line, 2);
    assert_int_equal(load.config->archive.place.line, 2);
    load_again(&load, "state_dir = \"/s\";\n\narchive = { directory = \"/a\"; };",
               CONFIG_NEEDS_NOTHING);
    assert_int_equal(load.config->quarantine.place.line, 1);
    assert_int_equal(load.config->archive.place.line, 3);
    load_end(&load);
}

static void limits(void **state)
{
    struct load load;

    (void)state;
    load_begin(&load);
    load_good(&load, "archive = { max_size = \"500G\"; max_age = \"3650d\"; };");
    assert_text(load.config->archive.name, "archive");
    assert_int_equal(load.config->archive.max_size_bytes, UINT64_C(500) << 30);
    assert_int_equal(load.config->archive.max_age_ms, UINT64_C(3650) * 86400000);
    assert_text(load.config->quarantine.name, "quarantine");
    assert_int_equal(load.config->quarantine.max_size_bytes, 0);
    assert_int_equal(load.config->quarantine.max_age_ms, 0);
    load_end(&load);
}

static const struct load_row BAD[] = {
    {"quarantine = { directory = \"/a\"; };\narchive = { directory = \"/a\"; };",
     "2: error: the archive needs a 'directory' of its own: the quarantine is there\n"},
    {"archive = { max_age = \"59m\"; };",
     "1: error: 'max_age' must be a time from 1h to 36500d...\n"},
    {"archive = { max_age = \"36501d\"; };",
     "1: error: 'max_age' must be a time from 1h to 36500d...\n"},
    {"quarantine = { max_size = 1000; };",
     "1: error: 'max_size' must be a size from 1M to 1048576G...\n"},
    {"archive = { dir = \"/a\"; };", "1: error: unknown setting 'dir' in archive...\n"},
};

static void refused(void **state)
{
    (void)state;
    LOAD_ROWS(BAD);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(places_of_state),
        cmocka_unit_test(where_they_are_set),
        cmocka_unit_test(limits),
        cmocka_unit_test(refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
