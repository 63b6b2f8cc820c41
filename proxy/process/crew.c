/* crew: see crew.h. */
#include "proxy/process/crew.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "proxy/net/loop.h"
#include "proxy/process/thread.h"

enum progress {
    JOB_WAITS,
    JOB_RUNS,
    JOB_ENDED, /* the loop was told, or nobody is to be */
};

struct crew_job {
    struct crew *crew;
    struct crew_order order;
    atomic_bool given_up;
    /* guarded by the crew's lock */
    enum progress progress;
    struct crew_job *next, **link; /* of those that wait, or of those that the loop is told of */
    pthread_cond_t let_go;         /* it runs no more */
    struct loop_task told;
    /* the loop's thread's own */
    bool heard; /* the loop has come to it */
};

struct crew {
    pthread_mutex_t lock; /* guards all below */
    pthread_cond_t work;
    struct crew_job *first, **last; /* that wait */
    struct crew_job *telling;       /* on their way to a loop */
    size_t waiting;
    unsigned idle, thread_count, thread_max;
    bool stopping;
    pthread_t threads[];
};

static void free_job(struct crew_job *job)
{
    (void)pthread_cond_destroy(&job->let_go);
    free(job);
}

/* --- lists, under the lock --- */

static void enqueue(struct crew *crew, struct crew_job *job)
{
    job->next = NULL;
    job->link = crew->last;
    *crew->last = job;
    crew->last = &job->next;
    crew->waiting++;
}

static void unlink_job(struct crew_job *job)
{
    *job->link = job->next;
    if (job->next != NULL)
        job->next->link = job->link;
    job->link = NULL;
}

static void dequeue(struct crew *crew, struct crew_job *job)
{
    if (job->next == NULL)
        crew->last = job->link;
    unlink_job(job);
    crew->waiting--;
}

/* --- the threads --- */

/* On the loop's thread. */
static void heard(void *ctx)
{
    struct crew_job *job = ctx;
    struct crew *crew = job->crew;
    (void)pthread_mutex_lock(&crew->lock);
    unlink_job(job);
    (void)pthread_mutex_unlock(&crew->lock);
    job->heard = true;
    if (atomic_load(&job->given_up))
        free_job(job);
    else
        job->order.done(job->order.ctx);
}

/* Under the lock: who parts with it meanwhile must know whether the loop will hear of it. */
static void end_job(struct crew *crew, struct crew_job *job)
{
    job->progress = JOB_ENDED;
    if (atomic_load(&job->given_up)) {
        (void)pthread_cond_signal(&job->let_go);
        return;
    }
    job->next = crew->telling;
    job->link = &crew->telling;
    if (job->next != NULL)
        job->next->link = &job->next;
    crew->telling = job;
    job->told = (struct loop_task){.run = heard, .ctx = job};
    (void)loop_post_task(job->order.loop, &job->told); /* a loop that has ended: nobody waits */
}

static struct crew_job *next_job(struct crew *crew)
{
    crew->idle++;
    while (crew->first == NULL && !crew->stopping)
        (void)pthread_cond_wait(&crew->work, &crew->lock);
    crew->idle--;
    struct crew_job *job = crew->first;
    if (job == NULL)
        return NULL;
    dequeue(crew, job);
    job->progress = JOB_RUNS;
    return job;
}

static void *work_jobs(void *ctx)
{
    struct crew *crew = ctx;
    (void)pthread_mutex_lock(&crew->lock);
    for (struct crew_job *job; (job = next_job(crew)) != NULL;) {
        (void)pthread_mutex_unlock(&crew->lock);
        job->order.work(job, job->order.ctx);
        (void)pthread_mutex_lock(&crew->lock);
        end_job(crew, job);
    }
    (void)pthread_mutex_unlock(&crew->lock);
    return NULL;
}

/* Another thread, if all that there are have something to do. Without memory for it those must do.
 */
static void hire(struct crew *crew)
{
    if (crew->waiting <= crew->idle || crew->thread_count == crew->thread_max)
        return;
    if (thread_start(&crew->threads[crew->thread_count], work_jobs, crew) == 0)
        crew->thread_count++;
}

/* --- the face --- */

struct crew *crew_create(unsigned threads_max)
{
    struct crew *crew = calloc(1, sizeof *crew + threads_max * sizeof crew->threads[0]);
    if (crew == NULL)
        return NULL;
    crew->thread_max = threads_max;
    crew->last = &crew->first;
    (void)pthread_mutex_init(&crew->lock, NULL);
    (void)pthread_cond_init(&crew->work, NULL);
    return crew;
}

void crew_destroy(struct crew *crew)
{
    if (crew == NULL)
        return;
    (void)pthread_mutex_lock(&crew->lock);
    crew->stopping = true;
    (void)pthread_cond_broadcast(&crew->work);
    (void)pthread_mutex_unlock(&crew->lock);
    for (unsigned i = 0; i < crew->thread_count; i++)
        (void)pthread_join(crew->threads[i], NULL);
    for (struct crew_job *job;
         (job = crew->telling) != NULL;) { /* to loops that never came to it */
        unlink_job(job);
        free_job(job);
    }
    (void)pthread_cond_destroy(&crew->work);
    (void)pthread_mutex_destroy(&crew->lock);
    free(crew);
}

static struct crew_job *make_job(struct crew *crew, const struct crew_order *order)
{
    struct crew_job *job = calloc(1, sizeof *job);
    if (job == NULL)
        return NULL;
    job->crew = crew;
    job->order = *order;
    atomic_init(&job->given_up, false);
    (void)pthread_cond_init(&job->let_go, NULL);
    return job;
}

struct crew_job *crew_begin(struct crew *crew, const struct crew_order *order)
{
    struct crew_job *job = make_job(crew, order);
    if (job == NULL)
        return NULL;
    (void)pthread_mutex_lock(&crew->lock);
    bool taken = crew->waiting < CREW_WAITING_MAX;
    if (taken) {
        enqueue(crew, job);
        hire(crew);
        taken = crew->thread_count > 0;
        if (!taken)
            dequeue(crew, job);
    }
    (void)pthread_mutex_unlock(&crew->lock);
    if (taken) {
        (void)pthread_cond_signal(&crew->work);
        return job;
    }
    free_job(job);
    return NULL;
}

bool crew_given_up(const struct crew_job *job)
{
    return atomic_load(&job->given_up);
}

/* Returns whether the job is to be freed here, and not when the loop comes to it. */
static bool give_up(struct crew *crew, struct crew_job *job)
{
    atomic_store(&job->given_up, true);
    if (job->progress == JOB_ENDED)
        return job->heard;
    if (job->progress == JOB_WAITS)
        dequeue(crew, job);
    while (job->progress == JOB_RUNS)
        (void)pthread_cond_wait(&job->let_go, &crew->lock);
    return true;
}

void crew_part(struct crew_job *job)
{
    if (job == NULL)
        return;
    struct crew *crew = job->crew;
    (void)pthread_mutex_lock(&crew->lock);
    bool mine = give_up(crew, job);
    (void)pthread_mutex_unlock(&crew->lock);
    if (mine)
        free_job(job);
}
