/* load: see load.h. */
#include "tests/unit/conf/read/load.h"
#include "conf/config.h"

#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define PATH_SIZE      256
#define PROBLEMS_BYTES 65536

void load_begin(struct load *load)
{
    *load = (struct load){.folder = "/tmp/postern-conf-XXXXXX"};
    assert_non_null(mkdtemp(load->folder));
    diag_init(&load->diag);
    bytes_init(&load->problems, PROBLEMS_BYTES);
}

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *where)
{
    (void)status;
    (void)type;
    (void)where;
    return remove(path);
}

void load_end(struct load *load)
{
    config_unref(load->config);
    diag_fini(&load->diag);
    bytes_fini(&load->problems);
    assert_int_equal(nftw(load->folder, remove_one, 4, FTW_DEPTH | FTW_PHYS), 0);
}

void load_file(struct load *load, const char *name, const char *text)
{
    const char *slash = strchr(name, '/');
    char path[PATH_SIZE];
    FILE *file;

    if (slash != NULL) {
        (void)snprintf(path, sizeof(path), "%s/%.*s", load->folder, (int)(slash - name), name);
        (void)mkdir(path, 0700); /* may be there from the last file */
    }
    (void)snprintf(path, sizeof(path), "%s/%s", load->folder, name);
    file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

/* One problem without the folder's name. */
static void collect(void *ctx, struct slice line)
{
    struct load *load = ctx;
    struct slice folder = slice_str(load->folder);

    while (line.len > 0) {
        bool here = slice_starts(line, folder);

        if (here)
            line = slice_from(line, folder.len + 1); /* and the slash */
        else
            bytes_append_char(&load->problems, *line.ptr);
        line = slice_from(line, here ? 0 : 1);
    }
    bytes_append_char(&load->problems, '\n');
}

void load_print(struct load *load)
{
    bytes_clear(&load->problems);
    diag_print(&load->diag, collect, load);
    bytes_append_char(&load->problems, '\0');
}

void load_again(struct load *load, const char *text, enum config_needs needs)
{
    char path[PATH_SIZE];

    config_unref(load->config);
    diag_fini(&load->diag);
    load_file(load, "postern.conf", text);
    (void)snprintf(path, sizeof(path), "%s/postern.conf", load->folder);
    load->config = config_load(path, needs, load->doubt, &load->diag);
    load_print(load);
}

void load_text(struct load *load, const char *text)
{
    load_again(load, text, CONFIG_NEEDS_NOTHING);
}

void load_good(struct load *load, const char *text)
{
    load_text(load, text);
    if (load->config == NULL || load->diag.errors + load->diag.warnings > 0)
        fail_msg("%s\nshould load cleanly, but:\n%s", text, load->problems.data);
}

static struct slice next_line(struct slice *text)
{
    struct slice line = slice_first(*text, slice_find(*text, '\n'));

    *text = slice_from(*text, line.len + 1);
    return line;
}

static bool same_line(struct slice problem, struct slice wanted)
{
    const struct slice dots = SLICE("...");
    size_t length = wanted.len - dots.len;

    if (slice_starts(problem, SLICE("postern.conf:")) &&
        !slice_starts(wanted, SLICE("postern.conf:")))
        problem = slice_from(problem, sizeof("postern.conf:") - 1);
    if (wanted.len >= dots.len && slice_equal(slice_from(wanted, length), dots))
        return slice_starts(problem, slice_first(wanted, length));
    return slice_equal(problem, wanted);
}

void load_compare(const struct load *load, const struct load_row *row)
{
    struct slice problems = slice_str(load->problems.data);
    struct slice wanted = slice_str(row->problems);

    while (problems.len > 0 || wanted.len > 0)
        if (!same_line(next_line(&problems), next_line(&wanted)))
            fail_msg("%s\nshould give:\n%s\nbut gives:\n%s", row->text, row->problems,
                     load->problems.data);
}

void load_judge(const struct load *load, const struct load_row *row)
{
    load_compare(load, row);
    assert_int_equal(load->config == NULL, load->diag.errors > 0);
}

void load_rows(const struct load_row *rows, size_t count, config_doubt *doubt)
{
    struct load load;

    for (size_t i = 0; i < count; i++) {
        load_begin(&load);
        load.doubt = doubt;
        load_text(&load, rows[i].text);
        load_judge(&load, &rows[i]);
        load_end(&load);
    }
}
