/* postern milter: runs the policy as a milter under Postfix or Sendmail. */
#include <errno.h>
#include <getopt.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sysexits.h>
#include <unistd.h>

#include "proxy/commands.h"
#include "proxy/milter/server.h"
#include "proxy/net/notify.h"
#include "proxy/net/privilege.h"
#include "proxy/net/readiness.h"

#define FDS_PER_SESSION 2 /* the MTA's connection, and a large message in a file */
#define FDS_OTHER       64

static void usage(FILE *out)
{
    (void)fprintf(out,
                  "usage: postern milter [-c FILE]\n\n"
                  "Runs the policy as a milter, in the foreground.\n\n"
                  "  -c FILE   configuration (default %s)\n"
                  "  --help    this text\n\n"
                  "SIGUSR1 reloads; SIGTERM, SIGINT and SIGHUP end it (they are libmilter's).\n"
                  "Readiness is told by sd_notify(3).\n",
                  CONFIG_DEFAULT_FILE);
}

static void print_line(void *ctx, struct slice line)
{
    (void)fprintf(ctx, "%.*s\n", SLICE_ARG(line));
}

/* --- reload --- */

/* A thread waits for SIGUSR1, which every other has blocked. */
struct reloader {
    struct service *service;
    struct notify *notify;
    pthread_t thread;
    atomic_bool stopping;
};

static void reload_signal(sigset_t *set)
{
    (void)sigemptyset(set);
    (void)sigaddset(set, SIGUSR1);
}

/* Before there are threads, which inherit it: a thread of ours that did not block libmilter's
 * signals would take them away from the one of libmilter that waits for them. */
static void block_signals(void)
{
    static const int OF_LIBMILTER[] = {SIGHUP, SIGTERM, SIGINT};
    sigset_t set;

    reload_signal(&set);
    for (size_t i = 0; i < sizeof(OF_LIBMILTER) / sizeof(*OF_LIBMILTER); i++)
        (void)sigaddset(&set, OF_LIBMILTER[i]);
    (void)pthread_sigmask(SIG_BLOCK, &set, NULL);
    (void)signal(SIGPIPE, SIG_IGN);
}

static void reload(struct reloader *r)
{
    char outcome[1024];

    (void)notify_reloading(r->notify);
    service_reload(r->service, outcome, sizeof(outcome));
    (void)notify_status(r->notify, "%s", outcome);
}

static void *wait_for_reloads(void *ctx)
{
    struct reloader *r = ctx;
    sigset_t set;
    int signo;

    reload_signal(&set);
    while (sigwait(&set, &signo) == 0 && !atomic_load(&r->stopping))
        reload(r);
    return NULL;
}

static void stop_reloader(struct reloader *r)
{
    atomic_store(&r->stopping, true);
    (void)pthread_kill(r->thread, SIGUSR1);
    (void)pthread_join(r->thread, NULL);
}

/* --- running --- */

static void raise_descriptors(const struct config *config)
{
    struct rlimit limit;
    rlim_t wanted = (rlim_t)config->limits.connections * FDS_PER_SESSION + FDS_OTHER;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= wanted)
        return;
    limit.rlim_cur = limit.rlim_max < wanted ? limit.rlim_max : wanted;
    (void)setrlimit(RLIMIT_NOFILE, &limit); /* as many as are allowed; MTAs have few sessions */
}

/* A manager that hears nothing ends us when its patience does: the log says why. */
static void warn_untold(struct service *service)
{
    log_write(service_log(service), LOG_LEVEL_WARNING,
              "the service manager cannot be told how we are: %s", strerror(errno));
}

static int run(struct service *service)
{
    struct reloader reloader = {.service = service,
                                .notify = notify_create(getenv("NOTIFY_SOCKET"))};

    if (reloader.notify == NULL && errno != 0)
        warn_untold(service);
    atomic_init(&reloader.stopping, false);
    if (pthread_create(&reloader.thread, NULL, wait_for_reloads, &reloader) != 0) {
        log_write(service_log(service), LOG_LEVEL_ERROR, "no thread for reloads");
        return EX_OSERR;
    }
    service_ready(service);
    if (notify_send(reloader.notify, "READY=1") != 0)
        warn_untold(service);
    int status = server_run(service) == 0 ? EX_OK : EX_OSERR;
    (void)notify_send(reloader.notify, "STOPPING=1");
    stop_reloader(&reloader);
    notify_destroy(reloader.notify);
    return status;
}

/* Everything that is in the way at once, before the first of it is. */
static int refuse(const struct diag *diag)
{
    diag_print(diag, print_line, stderr);
    return EX_OSERR;
}

static int serve(struct config *config, struct diag *diag)
{
    const struct readiness readiness = {config, CONFIG_NEEDS_MILTER, DIAG_ERROR};
    char error[512] = "";
    const struct endpoint *endpoint = &config->milter.endpoint;
    const struct privilege wanted = {
        .user = config->user,
        .path = endpoint->address.family == ADDRESS_UNIX ? endpoint->path.ptr : NULL};
    struct service *service = NULL;

    raise_descriptors(config);
    readiness_open(&readiness, diag);
    if (diag->errors > 0)
        return refuse(diag);
    if (server_open(&config->milter, error, sizeof(error)) == 0 &&
        privilege_drop(&wanted, error, sizeof(error)) == 0) {
        readiness_serve(&readiness, diag);
        if (diag->errors == 0)
            service = service_create(config, error, sizeof(error));
    }
    if (diag->errors > 0)
        return refuse(diag);
    if (service == NULL) {
        (void)fprintf(stderr, "postern: %s\n", error);
        return EX_OSERR;
    }
    service_report(service, diag);
    if (geteuid() == 0 && config->user.len == 0)
        log_write(service_log(service), LOG_LEVEL_WARNING,
                  "running as root: set `user` to drop privileges");
    int status = run(service);
    service_end(service);
    if (wanted.path != NULL)
        (void)unlink(
            wanted.path); /* libmilter leaves it; where we may not, the next start replaces it */
    return status;
}

static int load_and_serve(const char *file)
{
    struct diag diag;
    int status = EX_CONFIG;

    diag_init(&diag);
    struct config *config = config_load(file, CONFIG_NEEDS_MILTER, &diag);
    if (config == NULL)
        diag_print(&diag, print_line, stderr);
    else
        status = serve(config, &diag);
    config_unref(config);
    diag_fini(&diag);
    return status;
}

int command_milter(int argc, char **argv)
{
    static const struct option options[] = {{"help", no_argument, NULL, 'h'}, {NULL, 0, NULL, 0}};
    const char *file = CONFIG_DEFAULT_FILE;

    for (int c; (c = getopt_long(argc, argv, "c:h", options, NULL)) != -1;) {
        switch (c) {
        case 'c': file = optarg; break;
        case 'h': usage(stdout); return EX_OK;
        default: usage(stderr); return EX_USAGE;
        }
    }
    if (optind < argc) {
        usage(stderr);
        return EX_USAGE;
    }
    block_signals();
    return load_and_serve(file);
}
