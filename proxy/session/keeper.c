/* keeper: see keeper.h. */
#include "proxy/session/keeper.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define POST_AGAIN_MS 10 /* when memory was out */

struct keeper_job {
    struct keeper_job *next;
    struct keeper *keeper;
    struct config *config; /* a reference */
    char id[QUARANTINE_ID_MAX];
    struct bytes line, header;
    struct spool spool;
    size_t start;
    bool removal; /* the message is to go; nobody waits for that */
    int error;
    struct loop *loop;
    void (*done)(void *ctx);
    void *ctx;
    /* the loop's thread's own */
    bool ended, cancelled;
};

struct keeper {
    struct log *log;
    pthread_t thread;
    bool started;
    pthread_mutex_t mutex; /* guards all below */
    pthread_cond_t work;
    struct keeper_job *first, **last;
    size_t count;
    bool stopping;
};

static void free_job(struct keeper_job *job)
{
    bytes_fini(&job->line);
    bytes_fini(&job->header);
    spool_fini(&job->spool);
    config_unref(job->config);
    free(job);
}

/* --- the thread --- */

static int store(struct keeper_job *job)
{
    struct slice view;
    if (spool_view(&job->spool, &view) != 0)
        return job->spool.error;
    const struct slice pieces[] = {bytes_slice(&job->line), bytes_slice(&job->header),
                                   slice_from(view, job->start)};
    return quarantine_store(job->config->quarantine_dir.ptr, job->id, pieces,
                            sizeof pieces / sizeof pieces[0]);
}

static void drop(struct keeper *keeper, struct config *config, const char *id)
{
    int error = quarantine_remove(config->quarantine_dir.ptr, id);
    if (error != 0 && error != ENOENT)
        log_write(keeper->log, LOG_LEVEL_ERROR,
                  "quarantine: %s was not acknowledged and cannot be removed: %s", id,
                  strerror(error));
}

/* On the loop's thread. */
static void ended(void *ctx)
{
    struct keeper_job *job = ctx;
    job->ended = true;
    if (!job->cancelled) {
        job->done(job->ctx);
        return;
    }
    if (job->error == 0)
        keeper_remove(job->keeper, job->config, slice_str(job->id));
    free_job(job);
}

/* A session waits for it: it must get through. */
static void tell(struct keeper_job *job)
{
    const struct timespec pause = {.tv_nsec = POST_AGAIN_MS * 1000000L};
    while (loop_post(job->loop, ended, job) != 0)
        (void)nanosleep(&pause, NULL);
}

static void work(struct keeper_job *job)
{
    if (job->removal) {
        drop(job->keeper, job->config, job->id);
        free_job(job);
        return;
    }
    job->error = store(job);
    if (job->error != 0)
        log_write(job->keeper->log, LOG_LEVEL_ERROR, "quarantine: %s cannot be stored in %s: %s",
                  job->id, job->config->quarantine_dir.ptr, strerror(job->error));
    tell(job);
}

/* The next job, or NULL: there is none, and there will be none. */
static struct keeper_job *next_job(struct keeper *keeper)
{
    (void)pthread_mutex_lock(&keeper->mutex);
    while (keeper->first == NULL && !keeper->stopping)
        (void)pthread_cond_wait(&keeper->work, &keeper->mutex);
    struct keeper_job *job = keeper->first;
    if (job != NULL) {
        keeper->first = job->next;
        keeper->count--;
    }
    if (keeper->first == NULL)
        keeper->last = &keeper->first;
    (void)pthread_mutex_unlock(&keeper->mutex);
    return job;
}

static void *run(void *ctx)
{
    struct keeper *keeper = ctx;
    for (struct keeper_job *job; (job = next_job(keeper)) != NULL;)
        work(job);
    return NULL;
}

/* Signals are the main thread's. */
static int start_thread(struct keeper *keeper)
{
    sigset_t all, old;
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &old);
    int failed = pthread_create(&keeper->thread, NULL, run, keeper);
    (void)pthread_sigmask(SIG_SETMASK, &old, NULL);
    keeper->started = failed == 0;
    return failed == 0 ? 0 : -1;
}

/* --- the face --- */

static struct keeper *create(struct log *log)
{
    struct keeper *keeper = calloc(1, sizeof *keeper);
    if (keeper == NULL)
        return NULL;
    keeper->log = log;
    keeper->last = &keeper->first;
    (void)pthread_mutex_init(&keeper->mutex, NULL);
    (void)pthread_cond_init(&keeper->work, NULL);
    if (start_thread(keeper) == 0)
        return keeper;
    keeper_destroy(keeper);
    return NULL;
}

int keeper_open(struct keeper **keeper, struct log *log, const struct config *config, char *error,
                size_t error_size)
{
    int failed = config_quarantines(config) ? quarantine_prepare(config->quarantine_dir.ptr) : 0;
    if (failed != 0) {
        (void)snprintf(error, error_size, "quarantine: cannot use %s: %s",
                       config->quarantine_dir.ptr, strerror(failed));
        return -1;
    }
    if (*keeper == NULL)
        *keeper = create(log);
    if (*keeper == NULL)
        (void)snprintf(error, error_size, "quarantine: no thread or memory for it");
    return *keeper != NULL ? 0 : -1;
}

void keeper_stop(struct keeper *keeper)
{
    if (keeper == NULL || !keeper->started)
        return;
    (void)pthread_mutex_lock(&keeper->mutex);
    keeper->stopping = true;
    (void)pthread_mutex_unlock(&keeper->mutex);
    (void)pthread_cond_signal(&keeper->work);
    (void)pthread_join(keeper->thread, NULL);
    keeper->started = false;
}

void keeper_destroy(struct keeper *keeper)
{
    if (keeper == NULL)
        return;
    keeper_stop(keeper);
    (void)pthread_cond_destroy(&keeper->work);
    (void)pthread_mutex_destroy(&keeper->mutex);
    free(keeper);
}

/* Whether it was taken. A removal makes room and is always taken while the thread runs. */
static bool queue(struct keeper *keeper, struct keeper_job *job)
{
    (void)pthread_mutex_lock(&keeper->mutex);
    bool taken = !keeper->stopping && (job->removal || keeper->count < KEEPER_JOBS_MAX);
    if (taken) {
        *keeper->last = job;
        keeper->last = &job->next;
        keeper->count++;
    }
    (void)pthread_mutex_unlock(&keeper->mutex);
    if (taken)
        (void)pthread_cond_signal(&keeper->work);
    return taken;
}

static struct keeper_job *make_job(struct keeper *keeper, struct config *config, struct slice id)
{
    struct keeper_job *job = id.len < QUARANTINE_ID_MAX ? calloc(1, sizeof *job) : NULL;
    if (job == NULL)
        return NULL;
    job->keeper = keeper;
    job->config = config_ref(config);
    memcpy(job->id, id.ptr, id.len);
    bytes_init(&job->line, SIZE_MAX);
    bytes_init(&job->header, SIZE_MAX);
    spool_init(&job->spool, 0, NULL);
    return job;
}

/* What holds memory changes hands. */
static void exchange(struct keeper_job *job, struct keeper_order *order)
{
    struct bytes line = job->line, header = job->header;
    struct spool spool = job->spool;
    job->line = order->line;
    job->header = order->header;
    job->spool = order->spool;
    order->line = line;
    order->header = header;
    order->spool = spool;
}

struct keeper_job *keeper_store(struct keeper *keeper, struct keeper_order *order,
                                struct loop *loop, void (*done)(void *ctx), void *ctx)
{
    struct keeper_job *job = make_job(keeper, order->config, order->id);
    if (job == NULL)
        return NULL;
    job->start = order->start;
    job->loop = loop;
    job->done = done;
    job->ctx = ctx;
    exchange(job, order);
    if (queue(keeper, job))
        return job;
    exchange(job, order);
    free_job(job);
    return NULL;
}

bool keeper_done(const struct keeper_job *job)
{
    return job->ended;
}

int keeper_take(struct keeper_job *job, struct spool *spool)
{
    int error = job->error;
    spool_fini(spool);
    *spool = job->spool;
    spool_init(&job->spool, 0, NULL);
    free_job(job);
    return error;
}

void keeper_cancel(struct keeper_job *job)
{
    if (job == NULL)
        return;
    job->cancelled = true;
    if (job->ended)
        ended(job);
}

void keeper_remove(struct keeper *keeper, struct config *config, struct slice id)
{
    struct keeper_job *job = make_job(keeper, config, id);
    if (job == NULL)
        return;
    job->removal = true;
    if (queue(keeper, job))
        return;
    drop(keeper, config, job->id); /* at the very end: there is no thread any more */
    free_job(job);
}
