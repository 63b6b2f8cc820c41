/* loop: one event loop: descriptors, timers, work to do later. One thread runs it.
 *
 * libevent underneath, its event_base only. Callbacks never run inside the call that started them.
 */
#ifndef PROXY_NET_LOOP_H
#define PROXY_NET_LOOP_H

#include <stdbool.h>
#include <stdint.h>

#include "filters/base/must_use.h"

struct loop;
struct loop_timer;
struct loop_watch;

#define LOOP_READ_BYTES  65536
#define LOOP_DESCRIPTORS 4 /* epoll and two of libevent's own, the eventfd for what is posted */

/* loop_create(): NULL when out of memory or descriptors. loop_destroy(NULL) does nothing; every
 * timer, watch and connection of it must be destroyed before; connections given to
 * connection_finish are closed here. */
struct loop *loop_create(void);
void loop_destroy(struct loop *loop);

/* loop_run(loop): serves until loop_stop. Returns 0, or -1 when the loop broke. */
MUST_USE int loop_run(struct loop *loop);

/* loop_stop(loop): makes loop_run return after the callback under way. From the loop's thread. */
void loop_stop(struct loop *loop);

/* loop_post(loop, run, ctx): has ${run}(${ctx}) called soon on the loop's thread. Any thread;
 * ordered. Returns 0, or -1 when out of memory or after loop_end (nothing will run). What is posted
 * and not run when the loop is destroyed is dropped. */
MUST_USE int loop_post(struct loop *loop, void (*run)(void *ctx), void *ctx);

/* loop_end(loop): after loop_run has said that the loop broke, on its thread: calls what was
 * posted, and has nothing posted any more. loop_ended(loop): whether that was called; any thread.
 */
void loop_end(struct loop *loop);
bool loop_ended(const struct loop *loop);

/* loop_post_task(loop, task): the same for what must get through: ${task} is the caller's, stays
 * his and is not touched until it has begun to run, or the loop is destroyed. Needs no memory;
 * false only after loop_end. */
struct loop_task {
    void (*run)(void *ctx);
    void *ctx;
    struct loop_task *next; /* the loop's */
    bool allocated;         /* likewise */
};
bool loop_post_task(struct loop *loop, struct loop_task *task);

/* loop_orphans(loop): connections given to connection_finish that are not closed yet: descriptors
 * that belong to no session any more. Any thread. */
unsigned loop_orphans(const struct loop *loop);

/* loop_now_ms(loop): monotonic time of this turn, in milliseconds; the clock is read once a turn,
 * by the first who asks. loop_clock_ns(): the clock itself. */
uint64_t loop_now_ms(struct loop *loop);
uint64_t loop_clock_ns(void *unused);

#define LOOP_TURN_MS 15 /* what may wait for the next turn is not begun after that */

/* loop_turn_full(loop): whether this turn has lasted so long. Reads the clock. */
bool loop_turn_full(struct loop *loop);

/* loop_read_buffer(loop): LOOP_READ_BYTES of scratch that every connection of the loop reads into;
 * its content is good for the callback under way only. */
char *loop_read_buffer(struct loop *loop);

/* loop_timer_create(loop, fire, ctx): an idle timer, or NULL. ${fire} may set or destroy it. */
struct loop_timer *loop_timer_create(struct loop *loop, void (*fire)(void *ctx), void *ctx);
/* loop_timer_set(timer, delay_ms): fires once, ${delay_ms} from now, instead of any time set
 * before. Moving a timer later costs nothing: it is noticed when the earlier time comes. */
void loop_timer_set(struct loop_timer *timer, uint64_t delay_ms);
void loop_timer_cancel(struct loop_timer *timer);
void loop_timer_destroy(struct loop_timer *timer); /* NULL: nothing */

/* loop_watch_create(loop, fd, ready, ctx): calls ${ready} whenever ${fd} can be read; the
 * descriptor stays the caller's. For listening sockets and the like; streams are connections. NULL
 * on failure. */
struct loop_watch *loop_watch_create(struct loop *loop, int fd, void (*ready)(void *ctx),
                                     void *ctx);
/* loop_watch_pause(watch): ${ready} is not called until loop_watch_resume, which returns 0, or -1
 * when memory is out: it is paused still. */
void loop_watch_pause(struct loop_watch *watch);
MUST_USE int loop_watch_resume(struct loop_watch *watch);
void loop_watch_destroy(struct loop_watch *watch); /* NULL: nothing */

/* loop_signal_create(loop, signo, caught, ctx): calls ${caught} on the loop's thread after that
 * signal came. */
struct loop_watch *loop_signal_create(struct loop *loop, int signo, void (*caught)(void *ctx),
                                      void *ctx);

#endif
