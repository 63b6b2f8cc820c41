/* service: see service.h. One lock, held for moments. */
#include "proxy/as_milter/service.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "conf/config.h"
#include "conf/list_watch.h"
#include "conf/read/config_load.h"
#include "filters/base/endpoint.h"
#include "proxy/process/readiness.h"

struct service {
    pthread_mutex_t lock;
    pthread_cond_t idle;     /* no callback is under way */
    struct config *config;   /* the newest */
    struct config *first;    /* whose socket is open */
    struct list_watch lists; /* of the thread that reloads */
    struct log *log;
    struct audit *audit;
    struct service_member *members;
    unsigned member_count;
    unsigned callbacks; /* under way */
    unsigned long number;
    bool closing;
};

struct service *service_create(struct config *config, char *error, size_t error_size)
{
    struct service *service = calloc(1, sizeof(*service));

    if (service == NULL) {
        (void)snprintf(error, error_size, "out of memory");
        return NULL;
    }
    (void)pthread_mutex_init(&service->lock, NULL);
    (void)pthread_cond_init(&service->idle, NULL);
    service->config = config_ref(config);
    service->first = config_ref(config);
    service->log = log_create(&config->log, error, error_size);
    if (service->log != NULL)
        service->audit = audit_create(&config->audit, service->log, error, error_size);
    if (service->audit != NULL)
        return service;
    log_destroy(service->log);
    config_unref(service->config);
    config_unref(service->first);
    (void)pthread_cond_destroy(&service->idle);
    (void)pthread_mutex_destroy(&service->lock);
    free(service);
    return NULL;
}

void service_end(struct service *service)
{
    audit_destroy(service->audit);
    log_destroy(service->log);
    config_unref(service->config);
    config_unref(service->first);
}

struct config *service_config(struct service *service)
{
    (void)pthread_mutex_lock(&service->lock);
    struct config *config = config_ref(service->config);
    (void)pthread_mutex_unlock(&service->lock);
    return config;
}

struct log *service_log(struct service *service)
{
    return service->log;
}

struct audit *service_audit(struct service *service)
{
    return service->audit;
}

unsigned long service_number(struct service *service)
{
    (void)pthread_mutex_lock(&service->lock);
    unsigned long number = ++service->number;
    (void)pthread_mutex_unlock(&service->lock);
    return number;
}

/* --- reload --- */

void service_report(struct service *service, const struct diag *diag)
{
    log_report(service->log, diag);
}

/* Against what was opened at the start: what an earlier reload has brought waits still. */
static void say_what_waits(struct service *service, const struct config *next)
{
    const struct config *now = service->first;

    if (!endpoint_equal(&now->milter.endpoint, &next->milter.endpoint) ||
        now->milter.mode != next->milter.mode)
        log_write(service->log, LOG_LEVEL_WARNING,
                  "reload: a changed address or mode of the milter needs a restart");
    if (!slice_equal(now->user, next->user))
        log_write(service->log, LOG_LEVEL_WARNING, "reload: a changed user needs a restart");
}

/* The places of audit and log: both, or none. */
static int open_records(struct service *service, const struct config *next, char *error,
                        size_t error_size)
{
    char ignored[256];

    if (audit_configure(service->audit, &next->audit, error, error_size) != 0)
        return -1;
    if (log_configure(service->log, &next->log, error, error_size) == 0)
        return 0;
    if (audit_configure(service->audit, &service->config->audit, ignored, sizeof(ignored)) != 0)
        log_write(service->log, LOG_LEVEL_ERROR, "the audit goes to its new place all the same: %s",
                  ignored);
    return -1;
}

/* Whether the machine has what ${next} names. */
static int look_around(struct service *service, const struct config *next, char *error,
                       size_t error_size)
{
    const struct readiness readiness = {next, CONFIG_NEEDS_MILTER, DIAG_ERROR};
    struct diag diag;

    diag_init(&diag);
    readiness_serve(&readiness, &diag);
    service_report(service, &diag);
    int result = diag.errors == 0 ? 0 : -1;
    diag_fini(&diag);
    if (result != 0)
        (void)snprintf(error, error_size, "places that it names cannot be used");
    return result;
}

static int adopt(struct service *service, struct config *next, char *error, size_t error_size)
{
    if (look_around(service, next, error, error_size) != 0 ||
        open_records(service, next, error, error_size) != 0)
        return -1;
    say_what_waits(service, next);
    (void)pthread_mutex_lock(&service->lock);
    struct config *former = service->config;
    service->config = config_ref(next);
    (void)pthread_mutex_unlock(&service->lock);
    config_unref(former);
    return 0;
}

void service_ready(struct service *service)
{
    log_write(service->log, LOG_LEVEL_INFO, "ready, configuration %s", service->config->id);
}

/* take(service, next, outcome, size): ${next} is in force from now on; NULL: it has errors. */
static void take(struct service *service, struct config *next, char *outcome, size_t size)
{
    char error[512] = "the configuration has errors";
    bool good = next != NULL && adopt(service, next, error, sizeof(error)) == 0;

    if (good)
        (void)snprintf(outcome, size, "reloaded %s, configuration %s", next->file.ptr, next->id);
    else
        (void)snprintf(outcome, size, "reload failed, the old policy stays: %s", error);
    log_write(service->log, good ? LOG_LEVEL_INFO : LOG_LEVEL_ERROR, "%s", outcome);
}

/* load(service, lists_only, outcome, size): ${lists_only}: nothing but lists may have changed. */
static void load(struct service *service, bool lists_only, char *outcome, size_t size)
{
    struct diag diag;
    struct config *now = service_config(service);

    diag_init(&diag);
    struct config *next = config_load(now->file.ptr, CONFIG_NEEDS_MILTER, NULL, &diag);
    if (lists_only && next != NULL && !list_watch_lists_only(now, next))
        log_write(service->log, LOG_LEVEL_WARNING,
                  "lists have changed, and so has the configuration: both wait for a reload");
    else {
        service_report(service, &diag);
        take(service, next, outcome, size);
    }
    config_unref(next);
    config_unref(now);
    diag_fini(&diag);
}

void service_reload(struct service *service, char *outcome, size_t size)
{
    load(service, false, outcome, size);
}

void service_look(struct service *service)
{
    char outcome[1024];
    struct config *now = service_config(service);

    if (list_watch_look(&service->lists, now))
        load(service, true, outcome, sizeof(outcome));
    config_unref(now);
}

/* --- who is there --- */

void service_join(struct service *service, struct service_member *member)
{
    (void)pthread_mutex_lock(&service->lock);
    member->next = service->members;
    member->link = &service->members;
    if (member->next != NULL)
        member->next->link = &member->next;
    service->members = member;
    service->member_count++;
    (void)pthread_mutex_unlock(&service->lock);
}

void service_leave(struct service *service, struct service_member *member)
{
    (void)pthread_mutex_lock(&service->lock);
    *member->link = member->next;
    if (member->next != NULL)
        member->next->link = member->link;
    service->member_count--;
    (void)pthread_mutex_unlock(&service->lock);
}

struct mta_session *service_any(struct service *service)
{
    (void)pthread_mutex_lock(&service->lock);
    struct mta_session *any = service->members != NULL ? service->members->session : NULL;
    (void)pthread_mutex_unlock(&service->lock);
    return any;
}

bool service_enter(struct service *service)
{
    (void)pthread_mutex_lock(&service->lock);
    bool open = !service->closing;
    if (open)
        service->callbacks++;
    (void)pthread_mutex_unlock(&service->lock);
    return open;
}

void service_exit(struct service *service)
{
    (void)pthread_mutex_lock(&service->lock);
    if (--service->callbacks == 0)
        (void)pthread_cond_signal(&service->idle);
    (void)pthread_mutex_unlock(&service->lock);
}

unsigned service_close(struct service *service)
{
    (void)pthread_mutex_lock(&service->lock);
    service->closing = true;
    while (service->callbacks > 0)
        (void)pthread_cond_wait(&service->idle, &service->lock);
    unsigned left = service->member_count;
    (void)pthread_mutex_unlock(&service->lock);
    return left;
}
