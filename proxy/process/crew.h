/* crew: a few threads beside the loops, for work on one message that takes longer than others may
 * wait.
 *
 * Who waits for it goes on with everything else and is told on his own loop. What waits is bounded:
 * when there is more, he hears so at once. A thread is hired when there is work and all are busy,
 * up to a number; who never has such work never has the threads.
 */
#ifndef PROXY_PROCESS_CREW_H
#define PROXY_PROCESS_CREW_H

#include <stdbool.h>

struct crew;
struct crew_job;
struct loop;

#define CREW_WAITING_MAX 256 /* jobs that no thread has taken yet */

struct crew_order {
    void (*work)(struct crew_job *job, void *ctx); /* on a thread of the crew */
    struct loop *loop;
    void (*done)(void *ctx); /* on ${loop}'s thread, later */
    void *ctx;
};

/* crew_create(threads_max): one without threads yet; NULL when memory is out. crew_destroy(crew):
 * when all jobs were parted with; their loops may be gone. NULL: nothing. */
struct crew *crew_create(unsigned threads_max);
void crew_destroy(struct crew *crew);

/* crew_begin(crew, order): has the work done. A job that ends with crew_part, or NULL: too much
 * waits, or there is no thread or memory for it. On the loop's thread, as crew_part. */
struct crew_job *crew_begin(struct crew *crew, const struct crew_order *order);

/* crew_given_up(job): whether its owner has parted with it: the work shall end soon, for he waits
 * until it does. From the work. */
bool crew_given_up(const struct crew_job *job);

/* crew_part(job): its owner leaves it, in any state. When this returns nobody touches what the work
 * is about any more, and ${done} is not called. NULL: nothing. */
void crew_part(struct crew_job *job);

#endif
