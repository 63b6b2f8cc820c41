/* keeper: see keeper.h. */
#include "proxy/depot/keeper.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "conf/config.h"
#include "proxy/depot/stock.h"
#include "proxy/process/thread.h"

#define POST_AGAIN_MS 10 /* when memory was out */

enum task { TASK_STORE, TASK_CONFIRM, TASK_REMOVE };

struct keeper_job {
    struct keeper_job *next;
    struct keeper *keeper;
    struct config *config; /* a reference */
    const struct depot_conf *depot;
    char id[DEPOT_ID_MAX];
    struct bytes line, header;
    struct spool spool;
    size_t start;
    bool pending;
    enum task task;
    bool alone; /* nobody is to be told */
    int error;
    bool left;
    int lock; /* of a pending one that is stored; -1 */
    uint64_t bytes;
    struct loop *loop;
    void (*done)(void *ctx);
    void *ctx;
    /* the loop's thread's own */
    bool ended; /* the task */
    bool parted;
    enum keeper_fate fate; /* once parted */
};

struct keeper {
    struct log *log;
    pthread_t thread;
    bool started;
    struct stock quarantine, archive; /* the thread's own */
    pthread_mutex_t mutex;            /* guards all below */
    pthread_cond_t work;
    struct keeper_job *first, **last;
    size_t count;
    bool stopping;
    struct config *config; /* that says what is too old; a reference, or NULL */
    uint64_t sweep_ms;     /* when that is looked for next */
};

static void free_job(struct keeper_job *job)
{
    bytes_fini(&job->line);
    bytes_fini(&job->header);
    spool_fini(&job->spool);
    if (job->lock >= 0)
        (void)close(job->lock);
    config_unref(job->config);
    free(job);
}

/* --- the thread --- */

static const char *place(const struct keeper_job *job)
{
    return job->depot->directory.ptr;
}

static struct stock *stock_of(const struct keeper_job *job)
{
    bool archive = job->depot == &job->config->archive;
    return archive ? &job->keeper->archive : &job->keeper->quarantine;
}

static uint64_t now_ms(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static void complain(const struct keeper_job *job, const char *what, int error)
{
    log_write(job->keeper->log, LOG_LEVEL_ERROR, "%s: %s %s in %s: %s", job->depot->name.ptr,
              job->id, what, place(job), strerror(error));
}

static int store_job(struct keeper_job *job)
{
    struct slice view;
    if (spool_view(&job->spool, &view) != 0)
        return job->spool.error;
    const struct slice pieces[] = {bytes_slice(&job->line), bytes_slice(&job->header),
                                   slice_from(view, job->start)};
    struct depot_deposit deposit = {.id = job->id,
                                    .pieces = pieces,
                                    .count = sizeof pieces / sizeof pieces[0],
                                    .pending = job->pending};
    for (size_t i = 0; i < deposit.count; i++)
        job->bytes += pieces[i].len;
    int error = stock_room(stock_of(job), job->config, job->depot, job->bytes, now_ms());
    if (error != 0)
        return error;
    error = depot_store(place(job), &deposit);
    job->lock = deposit.lock;
    job->left = deposit.left;
    if (error != 0)
        stock_less(stock_of(job), job->bytes);
    return error;
}

static void work_store(struct keeper_job *job)
{
    job->error = store_job(job);
    if (job->error != 0)
        complain(job,
                 job->left ? "was not acknowledged and could not be removed again, and lies"
                           : "cannot be stored",
                 job->error);
}

static void work_confirm(struct keeper_job *job)
{
    int error = depot_confirm(place(job), job->id);
    if (error != 0)
        complain(job, "was acknowledged and could not be confirmed", error);
}

static void work_remove(struct keeper_job *job)
{
    int error = depot_remove(place(job), job->id);
    if (error == 0)
        stock_less(stock_of(job), job->bytes);
    if (error != 0 && error != ENOENT)
        complain(job, "was not acknowledged and cannot be removed, and lies", error);
}

static void work_task(struct keeper_job *job)
{
    switch (job->task) {
    case TASK_STORE: work_store(job); break;
    case TASK_CONFIRM: work_confirm(job); break;
    case TASK_REMOVE: work_remove(job); break;
    }
}

/* On the loop's thread. */
static void task_ended(void *ctx)
{
    struct keeper_job *job = ctx;
    job->ended = true;
    if (job->parted)
        keeper_part(job, job->fate);
    else
        job->done(job->ctx);
}

/* A session waits for it: it must get through. Where the loop has ended the session has, too, and
 * the process will: the job is left to that. */
static void tell_session(struct keeper_job *job)
{
    const struct timespec pause = {.tv_nsec = POST_AGAIN_MS * 1000000L};
    while (loop_post(job->loop, task_ended, job) != 0 && !loop_ended(job->loop))
        (void)nanosleep(&pause, NULL);
}

static void work_job(struct keeper_job *job)
{
    bool alone = job->alone;
    work_task(job);
    if (alone)
        free_job(job);
    else
        tell_session(job);
}

/* --- what is too old --- */

static void sweep_one(struct keeper *keeper, const struct depot_conf *depot)
{
    size_t removed;
    int error = stock_sweep(depot, (int64_t)time(NULL), &removed);
    if (removed > 0)
        log_write(keeper->log, LOG_LEVEL_INFO, "%s: %zu older than max_age removed from %s",
                  depot->name.ptr, removed, depot->directory.ptr);
    if (error != 0)
        log_write(keeper->log, LOG_LEVEL_ERROR, "%s: cannot look for what is too old in %s: %s",
                  depot->name.ptr, depot->directory.ptr, strerror(error));
}

/* With the mutex held, which is let go meanwhile. */
static void sweep(struct keeper *keeper)
{
    struct config *config = config_ref(keeper->config);
    keeper->sweep_ms = now_ms() + STOCK_SWEEP_MS;
    (void)pthread_mutex_unlock(&keeper->mutex);
    sweep_one(keeper, &config->quarantine);
    sweep_one(keeper, &config->archive);
    config_unref(config);
    (void)pthread_mutex_lock(&keeper->mutex);
}

/* Until there is a job, the end, or the time to sweep. */
static void wait_for_work(struct keeper *keeper)
{
    if (keeper->config == NULL) {
        (void)pthread_cond_wait(&keeper->work, &keeper->mutex);
        return;
    }
    const struct timespec until = {.tv_sec = (time_t)(keeper->sweep_ms / 1000),
                                   .tv_nsec = (long)(keeper->sweep_ms % 1000) * 1000000};
    (void)pthread_cond_timedwait(&keeper->work, &keeper->mutex, &until);
}

/* The next job, or NULL: there is none, and there will be none. */
static struct keeper_job *next_job(struct keeper *keeper)
{
    (void)pthread_mutex_lock(&keeper->mutex);
    while (keeper->first == NULL && !keeper->stopping) {
        if (keeper->config != NULL && now_ms() >= keeper->sweep_ms)
            sweep(keeper);
        else
            wait_for_work(keeper);
    }
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

static void *work_jobs(void *ctx)
{
    struct keeper *keeper = ctx;
    for (struct keeper_job *job; (job = next_job(keeper)) != NULL;)
        work_job(job);
    return NULL;
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
    pthread_condattr_t monotonic;
    (void)pthread_condattr_init(&monotonic);
    (void)pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&keeper->work, &monotonic);
    (void)pthread_condattr_destroy(&monotonic);
    keeper->started = thread_start(&keeper->thread, work_jobs, keeper) == 0;
    if (keeper->started)
        return keeper;
    keeper_destroy(keeper);
    return NULL;
}

/* What the gateway before us has left undecided: nobody but a person can say now. */
static void report_orphans(struct log *log, const struct depot_conf *depot)
{
    const char *dir = depot->directory.ptr;
    size_t count = dir != NULL ? depot_orphans(dir) : 0;
    if (count > 0)
        log_write(log, LOG_LEVEL_WARNING,
                  "%s: %zu unconfirmed in %s: a gateway died before it could tell whether "
                  "their messages were accepted; see postern %s list",
                  depot->name.ptr, count, dir, depot->name.ptr);
}

/* Makes the directory, if it is ${used}. 0, or -1 and a sentence. */
static int prepare(const struct depot_conf *depot, bool used, char *error, size_t error_size)
{
    int failed = used ? depot_prepare(depot->directory.ptr) : 0;
    if (failed != 0)
        (void)snprintf(error, error_size, "%s: cannot use %s: %s", depot->name.ptr,
                       depot->directory.ptr, strerror(failed));
    return failed == 0 ? 0 : -1;
}

int keeper_open(struct keeper **keeper, struct log *log, const struct config *config, char *error,
                size_t error_size)
{
    if (prepare(&config->quarantine, config_quarantines(config), error, error_size) != 0 ||
        prepare(&config->archive, config_archives(config), error, error_size) != 0)
        return -1;
    if (*keeper != NULL)
        return 0;
    *keeper = create(log);
    report_orphans(log, &config->quarantine);
    report_orphans(log, &config->archive);
    if (*keeper == NULL)
        (void)snprintf(error, error_size, "quarantine: no thread or memory for it");
    return *keeper != NULL ? 0 : -1;
}

void keeper_follow(struct keeper *keeper, struct config *config)
{
    (void)pthread_mutex_lock(&keeper->mutex);
    struct config *old = keeper->config;
    keeper->config = config_ref(config);
    keeper->sweep_ms = 0;
    (void)pthread_mutex_unlock(&keeper->mutex);
    (void)pthread_cond_signal(&keeper->work);
    config_unref(old);
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
    config_unref(keeper->config);
    free(keeper);
}

/* Whether it was taken. What settles one that is stored makes room and is always taken while the
 * thread runs. */
static bool queue(struct keeper *keeper, struct keeper_job *job)
{
    (void)pthread_mutex_lock(&keeper->mutex);
    bool taken = !keeper->stopping && (job->task != TASK_STORE || keeper->count < KEEPER_JOBS_MAX);
    if (taken) {
        job->next = NULL;
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
    struct keeper_job *job = id.len < DEPOT_ID_MAX ? calloc(1, sizeof *job) : NULL;
    if (job == NULL)
        return NULL;
    job->keeper = keeper;
    job->lock = -1;
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
    job->depot = order->depot;
    job->start = order->start;
    job->pending = order->pending;
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
    spool_fini(spool);
    *spool = job->spool;
    spool_init(&job->spool, 0, NULL);
    bytes_fini(&job->line);
    bytes_fini(&job->header);
    return job->error;
}

bool keeper_left(const struct keeper_job *job)
{
    return job->left;
}

static bool is_stored(const struct keeper_job *job)
{
    return job->ended && job->task == TASK_STORE && job->error == 0;
}

/* Whether its fate is a matter for the disk, and not settled yet. */
static bool settle(struct keeper_job *job, enum keeper_fate fate, bool alone)
{
    if (!is_stored(job) || fate == KEEPER_LEAVE || (fate == KEEPER_KEEP && !job->pending))
        return false;
    job->task = fate == KEEPER_KEEP ? TASK_CONFIRM : TASK_REMOVE;
    job->ended = false;
    job->alone = alone;
    return true;
}

void keeper_settle(struct keeper_job *job, enum keeper_fate fate)
{
    if (!settle(job, fate, false) || queue(job->keeper, job))
        return;
    work_task(job); /* at the very end: there is no thread any more */
    job->ended = true;
}

void keeper_part(struct keeper_job *job, enum keeper_fate fate)
{
    if (job == NULL)
        return;
    if (!job->ended) { /* when it is */
        job->parted = true;
        job->fate = fate;
        return;
    }
    if (!settle(job, fate, true)) {
        free_job(job);
    } else if (!queue(job->keeper, job)) {
        work_task(job);
        free_job(job);
    }
}
