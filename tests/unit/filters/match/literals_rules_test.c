/* That the patterns of SpamAssassin's rules, as Debian's package has them, match nothing that has
 * none of their literals. They are read where packaging/peers has unpacked the package, or where it
 * is installed; without it nothing is tested. */
#include <dirent.h>
#include <stdlib.h>

#include "filters/match/pattern_set.h"
#include "tests/unit/filters/match/pattern_kit.h"
#include "tests/unit/filters/match/pattern_make.h"

#define PEERS      "/var/cache/postern-peers"
#define RULES      "/usr/share/spamassassin"
#define PATH_BYTES 4096
#define LINE_BYTES 65536
#define SUBJECTS   12

static DIR *open_rules(char *path, size_t size)
{
    const char *peers = getenv("POSTERN_PEERS");
    DIR *folder;

    (void)snprintf(path, size, "%s/spamassassin" RULES, peers != NULL ? peers : PEERS);
    folder = opendir(path);
    if (folder != NULL)
        return folder;
    (void)snprintf(path, size, RULES);
    return opendir(path);
}

/* The pattern of a line such as "body NAME /re/i" or "header NAME Subject =~ /re/i". */
static bool find_pattern(struct slice line, struct slice *source, unsigned *flags)
{
    static const char *const kinds[] = {"body ", "rawbody ", "header ", "uri ", "full "};
    size_t start;
    bool known = false;

    line = slice_trim(slice_first(line, slice_find(line, '\n')));
    for (size_t i = 0; i < COUNT_OF(kinds); i++)
        known = known || slice_starts(line, slice_str(kinds[i]));
    start = slice_find(line, '/');
    return known && start != SLICE_NOT_FOUND &&
           pattern_split(slice_from(line, start), source, flags) == 1;
}

static void see(void *ctx, size_t at, uint32_t number)
{
    (void)at, (void)number;
    *(bool *)ctx = true;
}

struct counts {
    size_t patterns, held, matched;
};

static void check_subject(const struct pattern *pattern, const struct pattern_set *set,
                          struct slice source, struct slice subject, struct counts *counts)
{
    struct pattern_match match;
    size_t slices;
    bool seen = false;

    if (search(pattern, subject, &match, &slices) != PATTERN_YES)
        return;
    counts->matched++;
    pattern_set_scan(set, subject, 0, SIZE_MAX, see, &seen);
    if (!seen)
        fail_msg("/%.*s/ matches \"%.*s\" without a literal", SLICE_ARG(source),
                 SLICE_ARG(subject));
}

static void check_pattern(struct pattern_maker *maker, struct slice source, unsigned flags,
                          struct counts *counts)
{
    char error[ERROR_MAX];
    struct pattern *pattern = pattern_create(source, flags, error, sizeof(error));
    struct pattern_set *set;
    struct arena arena;
    struct bytes subject;

    if (pattern == NULL)
        return;
    arena_init(&arena, 4096, SIZE_MAX);
    bytes_init(&subject, SIZE_MAX);
    set = pattern_set_create((const struct pattern *const *)&pattern, 1, &arena);
    assert_non_null(set);
    counts->patterns++;
    counts->held += pattern_set_holds(set, 0);
    for (size_t i = 0; i < SUBJECTS && pattern_set_holds(set, 0); i++) {
        bytes_renew(&subject);
        pattern_make_subject(maker, source, &subject);
        check_subject(pattern, set, source, bytes_slice(&subject), counts);
    }
    bytes_fini(&subject);
    arena_fini(&arena);
    pattern_destroy(pattern);
}

static void check_file(const char *path, struct counts *counts)
{
    static char line[LINE_BYTES];
    struct pattern_maker maker = {.seed = 17};
    FILE *file = fopen(path, "r");

    assert_non_null(file);
    while (fgets(line, sizeof(line), file) != NULL) {
        struct slice source;
        unsigned flags;

        if (!find_pattern(slice_str(line), &source, &flags))
            continue;
        check_pattern(&maker, source, flags, counts);
        check_pattern(&maker, source, flags | PATTERN_BYTES, counts);
    }
    (void)fclose(file);
}

static void their_matches_have_literals(void **state)
{
    static char folder_path[PATH_BYTES], path[2 * PATH_BYTES];
    DIR *folder = open_rules(folder_path, sizeof(folder_path));
    struct counts counts = {0};

    (void)state;
    if (folder == NULL)
        skip_because("there are no rules of SpamAssassin here: see packaging/peers");
    for (const struct dirent *entry = readdir(folder); entry != NULL; entry = readdir(folder)) {
        const char *end = strrchr(entry->d_name, '.');

        (void)snprintf(path, sizeof(path), "%s/%s", folder_path, entry->d_name);
        if (end != NULL && strcmp(end, ".cf") == 0)
            check_file(path, &counts);
    }
    (void)closedir(folder);
    printf("%zu %zu %zu\n", counts.patterns, counts.held, counts.matched);
    assert_true(counts.patterns > 1000);
    assert_true(counts.held > counts.patterns / 2 && counts.matched > 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(their_matches_have_literals, set_up, tear_down)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
