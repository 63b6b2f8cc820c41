/* diag: what is wrong with a configuration, said to a person.
 *
 * Whoever reads configuration collects problems here, with file and line, instead of printing or
 * stopping at the first one; the program prints them all. A problem's text names the setting and
 * what would be right.
 */
#ifndef FILTERS_BASE_DIAG_H
#define FILTERS_BASE_DIAG_H

#include "filters/base/arena.h"

enum diag_level { DIAG_NOTE, DIAG_WARNING, DIAG_ERROR };

/* A place in a configuration file. ${file} is NUL-terminated and outlives its user; line 0: none.
 */
struct place {
    const char *file;
    unsigned line;
};

struct problem {
    enum diag_level level;
    struct place place;
    struct slice text; /* one sentence, no line end */
    struct problem *next;
};

#define DIAG_PROBLEMS_MAX 100 /* of each level; more are counted, not kept */

struct diag {
    struct arena arena;
    struct problem *first, *last;
    size_t errors, warnings, notes; /* all of them, kept or not */
};

/* diag_init(d), diag_fini(d): an empty collection; frees it and every text in it. */
void diag_init(struct diag *d);
void diag_fini(struct diag *d);

/* diag_add(d, level, place, format, ...): records one problem. The place's file name is copied.
 * Bytes that came from a file and may be unprintable are escaped as \xNN. */
void diag_add(struct diag *d, enum diag_level level, struct place place, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* diag_print(d, write, ctx): hands each problem to ${write} as one line without its end:
 * `file:line: error: text` (warning, note; the place left out when there is none). */
void diag_print(const struct diag *d, void (*write)(void *ctx, struct slice line), void *ctx);

#endif
