#include "proxy/options.h"

#include <getopt.h>
#include <sysexits.h>

#include "conf/config.h"

#define HINT_BLOCK_BYTES 1024

const char *options_config(int argc, char **argv, void (*usage)(FILE *out), int *status)
{
    static const struct option options[] = {{"help", no_argument, NULL, 'h'}, {NULL, 0, NULL, 0}};
    const char *file = CONFIG_DEFAULT_FILE;
    for (int c; (c = getopt_long(argc, argv, "c:h", options, NULL)) != -1;) {
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
