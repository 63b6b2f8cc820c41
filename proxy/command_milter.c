/* postern milter: runs the policy as a milter under Postfix or Sendmail. */
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "conf/config.h"
#include "conf/list_watch.h"
#include "filters/base/endpoint.h"
#include "proxy/as_milter/mta_session.h"
#include "proxy/as_milter/server.h"
#include "proxy/commands.h"
#include "proxy/options.h"
#include "proxy/process/notify.h"
#include "proxy/process/privilege.h"
#include "proxy/process/readiness.h"
#include "proxy/process/rlimit.h"
#include "proxy/startup.h"

static void usage(FILE *out)
{
    (void)fprintf(out,
                  "usage: postern milter [-c FILE]\n\n"
                  "Runs the policy as a milter, in the foreground.\n\n"
                  "  -c FILE   configuration (default %s)\n"
                  "  --help    this text\n\n"
                  "SIGUSR1 reloads; SIGTERM, SIGINT and SIGHUP end it.\n"
                  "Readiness is told by sd_notify(3).\n",
                  CONFIG_DEFAULT_FILE);
}

/* --- signals --- */

static const int STOP_SIGNALS[] = {SIGHUP, SIGTERM, SIGINT};

/* What ends the service: a signal, or libmilter by itself. A handler finds nothing but what is
 * static. */
static struct {
    sem_t over;
    atomic_bool asked; /* by a signal */
} stop;

static void on_stop(int signo)
{
    (void)signo;
    atomic_store(&stop.asked, true);
    (void)sem_post(&stop.over);
}

static void stop_signals(sigset_t *set)
{
    (void)sigemptyset(set);
    for (size_t i = 0; i < sizeof(STOP_SIGNALS) / sizeof(*STOP_SIGNALS); i++)
        (void)sigaddset(set, STOP_SIGNALS[i]);
}

static void reload_signal(sigset_t *set)
{
    (void)sigemptyset(set);
    (void)sigaddset(set, SIGUSR1);
}

/* Before there are threads, which inherit it. */
static void block_signals(void)
{
    sigset_t set;

    stop_signals(&set);
    (void)sigaddset(&set, SIGUSR1);
    (void)pthread_sigmask(SIG_BLOCK, &set, NULL);
    (void)signal(SIGPIPE, SIG_IGN);
}

/* A thread of libmilter's waits for these signals too, and closes the socket under the thread that
 * listens: which of the two comes first decides whether smfi_main calls that a success. So its word
 * alone does not say whether a stop was asked. Linux gives a signal of the process to its main
 * thread where that one has not blocked it, which is this one, and from now on. */
static void listen_for_stop(void)
{
    struct sigaction action = {.sa_handler = on_stop, .sa_flags = SA_RESTART};
    sigset_t set;

    (void)sem_init(&stop.over, 0, 0);
    (void)sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < sizeof(STOP_SIGNALS) / sizeof(*STOP_SIGNALS); i++)
        (void)sigaction(STOP_SIGNALS[i], &action, NULL);
    stop_signals(&set);
    (void)pthread_sigmask(SIG_UNBLOCK, &set, NULL);
}

/* --- reload --- */

/* A thread waits for SIGUSR1, which every other has blocked, and looks after the lists meanwhile.
 */
struct reloader {
    struct service *service;
    struct notify *notify;
    pthread_t thread;
    atomic_bool stopping;
};

static void reload(struct reloader *r)
{
    char outcome[1024];

    (void)notify_reloading(r->notify);
    service_reload(r->service, outcome, sizeof(outcome));
    (void)notify_status(r->notify, "%s", outcome);
}

static void *wait_for_reloads(void *ctx)
{
    const struct timespec look = {.tv_sec = LIST_WATCH_LOOK_MS / 1000,
                                  .tv_nsec = LIST_WATCH_LOOK_MS % 1000 * 1000000L};
    struct reloader *r = ctx;
    sigset_t set;

    reload_signal(&set);
    while (!atomic_load(&r->stopping)) {
        int signo = sigtimedwait(&set, NULL, &look);

        if (atomic_load(&r->stopping))
            break;
        if (signo == SIGUSR1)
            reload(r);
        else
            service_look(r->service);
    }
    return NULL;
}

static void stop_reloader(struct reloader *r)
{
    atomic_store(&r->stopping, true);
    (void)pthread_kill(r->thread, SIGUSR1);
    (void)pthread_join(r->thread, NULL);
}

/* --- running --- */

/* A manager that hears nothing ends us when its patience does: the log says why. */
static void warn_untold(struct service *service)
{
    log_write(service_log(service), LOG_LEVEL_WARNING,
              "the service manager cannot be told how we are: %s", strerror(errno));
}

/* What libmilter does: it blocks the signals that end it in the thread that it is given, so that is
 * not the main one. */
struct listening {
    struct service *service;
    int result;
};

static void *listen_to_mta(void *ctx)
{
    struct listening *listening = ctx;

    listening->result = server_run(listening->service);
    (void)sem_post(&stop.over);
    return NULL;
}

/* Serves until it is stopped or libmilter fails. The exit code. */
static int listen_until_over(struct service *service)
{
    struct listening listening = {.service = service};
    pthread_t thread;

    if (pthread_create(&thread, NULL, listen_to_mta, &listening) != 0) {
        log_write(service_log(service), LOG_LEVEL_ERROR, "no thread for libmilter");
        return EX_OSERR;
    }
    while (sem_wait(&stop.over) != 0)
        continue; /* a signal came between */
    if (atomic_load(&stop.asked))
        server_stop();
    (void)pthread_join(thread, NULL);
    return atomic_load(&stop.asked) || listening.result == 0 ? EX_OK : EX_OSERR;
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
    listen_for_stop();
    service_ready(service);
    if (notify_send(reloader.notify, "READY=1") != 0)
        warn_untold(service);
    int status = listen_until_over(service);
    (void)notify_send(reloader.notify, "STOPPING=1");
    stop_reloader(&reloader);
    notify_destroy(reloader.notify);
    return status;
}

static int serve(struct config *config, struct diag *diag)
{
    const struct readiness readiness = {config, CONFIG_NEEDS_MILTER, DIAG_ERROR};
    char error[512] = "";
    const struct endpoint *endpoint = &config->milter.endpoint;
    struct privilege wanted = privilege_for(config, CONFIG_NEEDS_MILTER);
    struct service *service = NULL;

    /* As many as are allowed; MTAs have few sessions. */
    (void)rlimit_descriptors((uint64_t)config->limits.connections *
                                 SERVICE_DESCRIPTORS_PER_SESSION +
                             SERVICE_DESCRIPTORS);
    if (endpoint->address.family == ADDRESS_UNIX)
        wanted.path = endpoint->path.ptr;
    readiness_open(&readiness, diag);
    if (diag->errors > 0)
        return startup_refuse(diag);
    if (server_open(&config->milter, error, sizeof(error)) == 0 &&
        privilege_drop(&wanted, error, sizeof(error)) == 0) {
        readiness_serve(&readiness, diag);
        if (diag->errors == 0)
            service = service_create(config, error, sizeof(error));
    }
    if (diag->errors > 0)
        return startup_refuse(diag);
    if (service == NULL) {
        (void)fprintf(stderr, "postern: %s\n", error);
        return EX_OSERR;
    }
    service_report(service, diag);
    if (geteuid() == 0 && config->user.len == 0)
        log_write(service_log(service), LOG_LEVEL_WARNING, STARTUP_AS_ROOT);
    int status = run(service);
    mta_session_end_all(service, "the service was stopped");
    service_end(service);
    if (wanted.path != NULL)
        (void)unlink(
            wanted.path); /* libmilter leaves it; where we may not, the next start replaces it */
    return status;
}

int command_milter(int argc, char **argv)
{
    static const struct option options[] = {{"help", no_argument, NULL, 'h'}, {NULL, 0, NULL, 0}};
    const char *file = CONFIG_DEFAULT_FILE;

    for (int c; (c = options_next(argc, argv, ":c:h", options)) != -1;) {
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
    return startup_run(file, CONFIG_NEEDS_MILTER, NULL, serve);
}
