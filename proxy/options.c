#include "proxy/options.h"

#include <sysexits.h>

#include "conf/config.h"

#define HINT_BLOCK_BYTES 1024
#define PROGRAM_BYTES    32

static void no_such_option(const char *program, struct slice word, const struct option *longs)
{
    struct spelling spelling;
    struct arena arena;

    arena_init(&arena, HINT_BLOCK_BYTES, HINT_BLOCK_BYTES);
    spelling_init(&spelling, word);
    for (; longs->name != NULL; longs++)
        spelling_try(&spelling, arena_format(&arena, "--%s", longs->name));
    options_no_such(program, "option", &spelling);
    arena_fini(&arena);
}

/* wrong(argv, c, longs): what getopt_long has found at argv[optind - 1] and called ${c}. It names a
 * known option in optopt, and leaves it 0 for a long one that it does not know. */
static void wrong(char **argv, int c, const struct option *longs)
{
    struct slice word = slice_str(argv[optind - 1]);
    char program[PROGRAM_BYTES], letter[] = {'-', (char)optopt, '\0'};

    (void)snprintf(program, sizeof program, "postern %s", argv[0]);
    if (c == ':')
        (void)fprintf(stderr, "%s: '%.*s' needs a value\n", program, SLICE_ARG(word));
    else if (optopt == 0)
        no_such_option(program, slice_first(word, slice_find(word, '=')), longs);
    else if (slice_starts(word, SLICE("--")))
        (void)fprintf(stderr, "%s: '%.*s': this option takes no value\n", program, SLICE_ARG(word));
    else
        no_such_option(program, slice_str(letter), longs);
}

int options_next(int argc, char **argv, const char *shorts, const struct option *longs)
{
    opterr = 0;
    int c = getopt_long(argc, argv, shorts, longs, NULL);

    if (c == ':' || c == '?')
        wrong(argv, c, longs);
    return c == ':' ? '?' : c;
}

const char *options_config(int argc, char **argv, void (*usage)(FILE *out), int *status)
{
    static const struct option options[] = {{"help", no_argument, NULL, 'h'}, {NULL, 0, NULL, 0}};
    const char *file = CONFIG_DEFAULT_FILE;
    for (int c; (c = options_next(argc, argv, ":c:h", options)) != -1;) {
        if (c == 'c') {
            file = optarg;
            continue;
        }
        usage(c == 'h' ? stdout : stderr);
        *status = c == 'h' ? EX_OK : EX_USAGE;
        return NULL;
    }
    if (optind == argc)
        return file;
    (void)fprintf(stderr, "postern %s: what is '%s'? The configuration is named with -c\n", argv[0],
                  argv[optind]);
    *status = EX_USAGE;
    return NULL;
}

void options_no_such(const char *program, const char *what, const struct spelling *spelling)
{
    struct arena arena;

    arena_init(&arena, HINT_BLOCK_BYTES, HINT_BLOCK_BYTES);
    (void)fprintf(stderr, "%s: there is no %s '%.*s'%s\n", program, what, SLICE_ARG(spelling->word),
                  spelling_hint(spelling, &arena));
    arena_fini(&arena);
}
