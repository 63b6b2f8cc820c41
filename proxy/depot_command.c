/* depot_command: see depot_command.h. */
#include "proxy/depot_command.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "conf/config.h"
#include "conf/read/config_load.h"
#include "conf/unit.h"
#include "filters/base/mailbox.h"
#include "proxy/depot/show.h"
#include "proxy/options.h"
#include "proxy/problems.h"

#define IDS_BLOCK_BYTES 65536
#define IDS_BYTES_MAX   ((size_t)1 << 30)

struct options {
    const struct depot_command *command;
    const char *file;
    const char *verb;
    char **ids;
    int id_count;
    const char *to, *older_than;
    bool json, raw, force;
};

static void usage(const struct depot_command *command, FILE *out)
{
    (void)fputs(command->usage, out);
}

/* --- delete --- */

static int take_out(const struct depot_request *request, const char *id)
{
    int error = depot_remove(request->dir, id);
    errno = error;
    if (error != 0)
        return request_error(request, id, DEPOT_ERROR);
    log_write(request->log, LOG_LEVEL_INFO, "%s: %s deleted by uid %u", request->name, id,
              (unsigned)getuid());
    return EX_OK;
}

/* The lock keeps it from going away under a release. One that cannot be read can be deleted by
 * name.
 */
static int delete_one(const struct depot_request *request, const char *id)
{
    struct depot_entry entry;
    enum depot_result result = depot_open(&entry, request->dir, id, true);
    if (result == DEPOT_DAMAGED || result == DEPOT_FOREIGN)
        return take_out(request, id);
    if (result != DEPOT_OK)
        return request_error(request, id, result);
    int status = take_out(request, id);
    depot_close(&entry);
    return status;
}

static int delete_if_older(const struct depot_request *request, const char *id, int64_t before_us)
{
    struct depot_entry entry;
    enum depot_result result = depot_open(&entry, request->dir, id, true);
    if (result == DEPOT_ABSENT)
        return EX_OK; /* it has gone meanwhile */
    if (result != DEPOT_OK)
        return request_error(request, id, result);
    int status = entry.record.time_us < before_us ? take_out(request, id) : EX_OK;
    depot_close(&entry);
    return status;
}

static int delete_older(const struct depot_request *request, uint64_t age_ms)
{
    struct arena arena;
    struct slice *ids;
    size_t count;
    int status = EX_OK;
    int64_t before_us = (int64_t)time(NULL) * 1000000 - (int64_t)age_ms * 1000;
    arena_init(&arena, IDS_BLOCK_BYTES, IDS_BYTES_MAX);
    if (depot_list(request->dir, &arena, &ids, &count) != 0)
        status = request_error(request, request->dir, DEPOT_ERROR);
    for (size_t i = 0; status != EX_NOPERM && i < count; i++) {
        int one = delete_if_older(request, ids[i].ptr, before_us);
        status = status == EX_OK ? one : status;
    }
    arena_fini(&arena);
    return status;
}

/* --- what is wanted --- */

/* The first that went wrong gives the exit code; the others are tried all the same. */
static int for_each(const struct options *o, const struct depot_request *request,
                    int (*run)(const struct depot_request *request, const char *id))
{
    int status = EX_OK;
    for (int i = 0; i < o->id_count; i++) {
        int one = run(request, o->ids[i]);
        status = status == EX_OK ? one : status;
    }
    return status;
}

static int run_delete(const struct options *o, const struct depot_request *request)
{
    uint64_t age_ms = 0;
    int status = EX_OK;
    if (o->older_than != NULL &&
        (unit_time(slice_str(o->older_than), &age_ms) != 0 || age_ms > INT64_MAX / 1000)) {
        (void)fprintf(stderr, "postern %s: --older-than needs a time such as 30d\n", request->name);
        return EX_USAGE;
    }
    if (o->older_than != NULL)
        status = delete_older(request, age_ms);
    int named = for_each(o, request, delete_one);
    return status == EX_OK ? named : status;
}

static int run(const struct options *o, struct depot_request *request)
{
    if (strcmp(o->verb, "list") == 0)
        return show_list(request);
    if (strcmp(o->verb, "show") == 0)
        return for_each(o, request, show_one);
    request->log = request_log(request);
    int status = strcmp(o->verb, "release") == 0 ? for_each(o, request, o->command->release)
                                                 : run_delete(o, request);
    log_destroy(request->log);
    return status;
}

/* Whether the command has that verb; of one that it has not, says what is near. */
static bool known(const struct depot_command *command, const char *verb)
{
    static const char *const VERBS[] = {"list", "show", "delete", "release"};
    size_t count = sizeof VERBS / sizeof VERBS[0] - (command->release == NULL);
    char program[64];
    struct spelling spelling;
    spelling_init(&spelling, slice_str(verb));
    for (size_t i = 0; i < count; i++) {
        if (strcmp(VERBS[i], verb) == 0)
            return true;
        spelling_try(&spelling, slice_str(VERBS[i]));
    }
    (void)snprintf(program, sizeof program, "postern %s", command->name);
    if (*verb != '\0')
        options_no_such(program, "verb", &spelling);
    return false;
}

/* Whether options and ids go with the subcommand. */
static bool fits(const struct options *o)
{
    bool list = strcmp(o->verb, "list") == 0, show = strcmp(o->verb, "show") == 0;
    bool release = strcmp(o->verb, "release") == 0, removal = strcmp(o->verb, "delete") == 0;
    if ((o->json && !list && !show) || (o->raw && (!show || o->json)) ||
        (o->to != NULL && !release) || (o->force && (!release || o->to != NULL)) ||
        (o->older_than != NULL && !removal))
        return false;
    if (list || (removal && o->older_than != NULL))
        return !list || o->id_count == 0;
    return show ? o->id_count == 1 : o->id_count > 0;
}

/* -1 to go on, or the exit code. */
static int parse_options(const struct depot_command *command, int argc, char **argv,
                         struct options *o)
{
    static const struct option LONGS[] = {
        {"json", no_argument, NULL, 'j'},
        {"raw", no_argument, NULL, 'r'},
        {"to", required_argument, NULL, 't'},
        {"older-than", required_argument, NULL, 'o'},
        {"force", no_argument, NULL, 'f'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    *o = (struct options){.command = command, .file = CONFIG_DEFAULT_FILE};
    for (int c; (c = options_next(argc, argv, ":c:h", LONGS)) != -1;) {
        switch (c) {
        case 'c': o->file = optarg; break;
        case 'j': o->json = true; break;
        case 'r': o->raw = true; break;
        case 't': o->to = optarg; break;
        case 'o': o->older_than = optarg; break;
        case 'f': o->force = true; break;
        case 'h': usage(command, stdout); return EX_OK;
        default: usage(command, stderr); return EX_USAGE;
        }
    }
    o->verb = optind < argc ? argv[optind] : "";
    o->ids = argv + optind + 1;
    o->id_count = argc - optind - 1;
    if (!known(command, o->verb) || !fits(o)) {
        usage(command, stderr);
        return EX_USAGE;
    }
    if (o->to != NULL && !mailbox_valid(slice_str(o->to), true)) {
        (void)fprintf(stderr, "postern %s: --to needs a mail address\n", command->name);
        return EX_USAGE;
    }
    return -1;
}

/* A service has its default from the service manager, which says nothing to this shell: so where
 * the file says nothing either, an empty list could be a lie. */
static int look_elsewhere(const struct depot_conf *depot)
{
    const char *dir = depot->directory.ptr;
    if (depot->given || access(dir, F_OK) == 0 || errno != ENOENT)
        return EX_OK;
    (void)fprintf(stderr,
                  "postern %s: there is no %s; a service may have its %s elsewhere: set state_dir, "
                  "to \"/var/lib/postern\" with the systemd unit\n",
                  depot->name.ptr, dir, depot->name.ptr);
    return EX_NOINPUT;
}

int depot_command_run(const struct depot_command *command, int argc, char **argv)
{
    struct options options;
    int status = parse_options(command, argc, argv, &options);
    if (status >= 0)
        return status;
    (void)signal(SIGPIPE, SIG_IGN);
    struct diag diag;
    diag_init(&diag);
    struct depot_request request = {
        .name = command->name, .json = options.json, .raw = options.raw, .force = options.force};
    request.config = config_load(options.file, CONFIG_NEEDS_NOTHING, NULL, &diag);
    request.to = slice_str(options.to);
    if (request.config == NULL) { /* its warnings are for `check` */
        problems_print(&diag);
        status = EX_CONFIG;
    } else {
        const struct depot_conf *depot = command->depot(request.config);
        request.dir = depot->directory.ptr;
        status = look_elsewhere(depot);
        if (status == EX_OK)
            status = run(&options, &request);
    }
    if (fflush(stdout) != 0 && status == EX_OK)
        status = EX_IOERR;
    config_unref(request.config);
    diag_fini(&diag);
    return status;
}
