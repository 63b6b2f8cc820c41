/* load: for the tests of conf/: configurations as texts in a table, loaded from a folder of their
 * own. */
#ifndef TESTS_UNIT_CONF_READ_LOAD_H
#define TESTS_UNIT_CONF_READ_LOAD_H

#include "conf/read/config_load.h"
#include "filters/base/bytes.h"

struct load {
    char folder[64];     /* a new one; texts are written to postern.conf in it */
    config_doubt *doubt; /* NULL after load_begin */
    struct diag diag;
    struct config *config; /* NULL after errors */
    struct bytes problems; /* as `check` prints them, but without the folder; NUL-terminated */
};

/* load_begin(load): makes the folder. load_end(load): frees all and removes the folder with its
 * files. */
void load_begin(struct load *load);
void load_end(struct load *load);

/* load_file(load, name, text): writes a file beside the configuration; ${name} may begin with the
 * name of one folder. */
void load_file(struct load *load, const char *name, const char *text);

/* load_text(load, text): writes the configuration and loads it, with no needs. load_again is the
 * same for other needs. */
void load_text(struct load *load, const char *text);
void load_again(struct load *load, const char *text, enum config_needs needs);

/* load_good(load, text): the same; it must load without any problem. */
void load_good(struct load *load, const char *text);

/* One wrong configuration. */
struct load_row {
    const char *text;
    const char *problems; /* all of them, as `line: level: text` each on a line; "..." at a line's
                           * end stands for its rest, and notes are left out */
};

/* load_print(load): fills ${problems} anew from the diag. */
void load_print(struct load *load);

/* load_compare(load, row): the problems must be exactly those of ${row}, in that order. load_judge
 * also looks whether the load failed, as it must if one of them is an error. */
void load_compare(const struct load *load, const struct load_row *row);
void load_judge(const struct load *load, const struct load_row *row);

/* load_rows(rows, count, doubt): loads and judges each. */
void load_rows(const struct load_row *rows, size_t count, config_doubt *doubt);

#define LOAD_DOUBTED(rows, doubt) load_rows(rows, sizeof(rows) / sizeof(*(rows)), doubt)
#define LOAD_ROWS(rows)           LOAD_DOUBTED(rows, NULL)

#endif
