/* options: what is wrong with a command line, in one sentence with the nearest right word. */
#include "proxy/options.h"

#include "conf/config.h"
#include "tests/unit/said.h"

#include <sysexits.h>

#define WORDS_MAX 8

static const struct option LONGS[] = {{"json", no_argument, NULL, 'j'},
                                      {"older-than", required_argument, NULL, 'o'},
                                      {NULL, 0, NULL, 0}};

/* The words of ${line} in ${argv}, as main gets them; returns how many. */
static int split(const char *line, char *room, size_t size, char *argv[WORDS_MAX])
{
    int argc = 0;
    char *rest = room;

    assert_true(strlen(line) < size);
    memcpy(room, line, strlen(line) + 1);
    for (char *word; (word = strsep(&rest, " ")) != NULL;) {
        assert_true(argc + 1 < WORDS_MAX);
        argv[argc++] = word;
    }
    argv[argc] = NULL;
    optind = 0; /* begin anew */
    return argc;
}

static void each_option(void **state)
{
    static const struct {
        const char *line;
        int found;
        const char *said;
    } rows[] = {
        {"quarantine --json", 'j', ""},
        {"quarantine --older-than 30d", 'o', ""},
        {"quarantine --older-than=30d", 'o', ""},
        {"quarantine -c file", 'c', ""},
        {"quarantine list", -1, ""},
        {"quarantine --jason", '?',
         "postern quarantine: there is no option '--jason'; did you mean '--json'?\n"},
        {"quarantine --jason=yes", '?',
         "postern quarantine: there is no option '--jason'; did you mean '--json'?\n"},
        {"quarantine --zzzzzzzz", '?',
         "postern quarantine: there is no option '--zzzzzzzz'; known are --json, --older-than\n"},
        {"quarantine -x", '?',
         "postern quarantine: there is no option '-x'; known are --json, --older-than\n"},
        {"quarantine --older-than", '?', "postern quarantine: '--older-than' needs a value\n"},
        {"quarantine -c", '?', "postern quarantine: '-c' needs a value\n"},
        {"quarantine --json=yes", '?',
         "postern quarantine: '--json=yes': this option takes no value\n"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char room[128], *argv[WORDS_MAX];
        int argc = split(rows[i].line, room, sizeof room, argv);
        struct said error;

        said_begin(&error, stderr);
        int found = options_next(argc, argv, ":c:", LONGS);
        struct slice said = said_end(&error);
        assert_row(found == rows[i].found, rows[i].line, 0);
        assert_row_slice(said, slice_str(rows[i].said), rows[i].line, 0);
    }
}

static void usage(FILE *out)
{
    (void)fprintf(out, "usage\n");
}

static void the_file(void **state)
{
    static const struct {
        const char *line;
        const char *file; /* NULL: there is nothing more to do */
        int status;
        const char *out, *error;
    } rows[] = {
        {"proxy", CONFIG_DEFAULT_FILE, 0, "", ""},
        {"proxy -c a.conf", "a.conf", 0, "", ""},
        {"proxy -c a.conf -c b.conf", "b.conf", 0, "", ""},
        {"proxy --help", NULL, EX_OK, "usage\n", ""},
        {"proxy -h", NULL, EX_OK, "usage\n", ""},
        {"proxy --no", NULL, EX_USAGE, "",
         "postern proxy: there is no option '--no'; known are --help\nusage\n"},
        {"proxy a.conf", NULL, EX_USAGE, "",
         "postern proxy: what is 'a.conf'? The configuration is named with -c\n"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char room[128], *argv[WORDS_MAX];
        int argc = split(rows[i].line, room, sizeof room, argv), status = 0;
        struct said out, error;

        said_begin(&out, stdout);
        said_begin(&error, stderr);
        const char *file = options_config(argc, argv, usage, &status);
        struct slice complaint = said_end(&error), help = said_end(&out);
        assert_row_slice(slice_str(file), slice_str(rows[i].file), rows[i].line, 0);
        assert_row(status == rows[i].status, rows[i].line, 0);
        assert_row_slice(help, slice_str(rows[i].out), rows[i].line, 0);
        assert_row_slice(complaint, slice_str(rows[i].error), rows[i].line, 0);
    }
}

static void no_such(void **state)
{
    struct spelling spelling;
    struct said error;

    (void)state;
    spelling_init(&spelling, SLICE("relase"));
    spelling_try(&spelling, SLICE("release"));
    said_begin(&error, stderr);
    options_no_such("postern quarantine", "verb", &spelling);
    assert_text(said_end(&error),
                "postern quarantine: there is no verb 'relase'; did you mean 'release'?\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_option),
        cmocka_unit_test(the_file),
        cmocka_unit_test(no_such),
    };

    return cmocka_run_group_tests_name("options", tests, NULL, NULL);
}
