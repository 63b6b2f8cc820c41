/* loop: see loop.h.
 *
 * libevent runs one turn at a time (EVLOOP_ONCE), so that we know where a turn begins: the cached
 * time is forgotten there. Its own cached time is the coarse clock or the wall clock, neither of
 * which will do.
 */
#include "proxy/net/loop_private.h"

#include <assert.h>
#include <errno.h>
#include <event2/event.h>
#include <event2/event_struct.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

struct loop {
    struct event_base *base;
    bool stopped;
    uint64_t now_ms; /* 0: nobody asked in this turn */
    char *read_buffer;
    char *spares[LOOP_SPARES_MAX];
    size_t spare_count;
    struct loop_told *told;
    struct loop_orphan *orphans;
    atomic_uint orphan_count; /* read by others */

    pthread_mutex_t post_mutex; /* guards the three below */
    struct loop_task *first_posted, **last_posted;
    atomic_bool ended; /* nothing is taken any more */
    int post_fd;       /* an eventfd: written when the queue was empty */
    struct loop_io post_io;
};

struct loop_watch {
    struct loop_io io;
    void (*ready)(void *ctx);
    void *ctx;
};

/* -- libevent's events -- */

static_assert(sizeof(struct event) <= LOOP_IO_BYTES, "LOOP_IO_BYTES is too small for libevent");
static_assert(_Alignof(struct event) <= _Alignof(struct loop_io), "loop_io is not aligned enough");
static_assert(LOOP_TOLD == EV_TIMEOUT && LOOP_READ == EV_READ && LOOP_WRITE == EV_WRITE &&
                  LOOP_PERSIST == EV_PERSIST,
              "the flags are not libevent's");

static struct event *event_of(struct loop_io *io)
{
    return (struct event *)(void *)io->event.bytes;
}

int loop_io_init(struct loop_io *io, struct loop *loop, int fd, int what,
                 void (*ready)(int fd, short what, void *ctx), void *ctx)
{
    return event_assign(event_of(io), loop->base, fd, (short)what, ready, ctx);
}

int loop_io_start(struct loop_io *io)
{
    return event_add(event_of(io), NULL);
}

void loop_io_stop(struct loop_io *io)
{
    (void)event_del(event_of(io)); /* fails only for what was never assigned */
}

void loop_tell(struct loop *loop, struct loop_told *told, struct loop_io *io)
{
    if (told->link != NULL)
        return;
    *told = (struct loop_told){.next = loop->told, .link = &loop->told, .io = io};
    if (told->next != NULL)
        told->next->link = &told->next;
    loop->told = told;
}

void loop_untell(struct loop_told *told)
{
    if (told->link == NULL)
        return;
    *told->link = told->next;
    if (told->next != NULL)
        told->next->link = told->link;
    told->link = NULL;
}

/* libevent serves what is made active at once, before it looks at any socket. */
static void tell_all(struct loop *loop)
{
    while (loop->told != NULL) {
        struct loop_told *told = loop->told;
        loop_untell(told);
        event_active(event_of(told->io), EV_TIMEOUT, 0);
    }
}

/* -- posting -- */

static struct loop_task *take_posted(struct loop *loop)
{
    (void)pthread_mutex_lock(&loop->post_mutex);
    struct loop_task *first = loop->first_posted;
    loop->first_posted = NULL;
    loop->last_posted = &loop->first_posted;
    (void)pthread_mutex_unlock(&loop->post_mutex);
    return first;
}

/* What these post in turn waits for the next turn, so that I/O comes in between. */
static void run_taken(struct loop_task *posted)
{
    while (posted != NULL) {
        struct loop_task *next = posted->next;
        bool allocated = posted->allocated;
        posted->run(posted->ctx); /* may be the end of what is not ours */
        if (allocated)
            free(posted);
        posted = next;
    }
}

static void run_posted(int fd, short what, void *arg)
{
    struct loop *loop = arg;
    (void)what;

    uint64_t count;
    if (read(fd, &count, sizeof(count)) < 0 && errno != EAGAIN && errno != EINTR)
        loop_stop(loop);
    run_taken(take_posted(loop));
}

void loop_end(struct loop *loop)
{
    (void)pthread_mutex_lock(&loop->post_mutex);
    atomic_store(&loop->ended, true);
    (void)pthread_mutex_unlock(&loop->post_mutex);
    run_taken(take_posted(loop));
}

bool loop_ended(const struct loop *loop)
{
    return atomic_load(&loop->ended);
}

bool loop_post_task(struct loop *loop, struct loop_task *task)
{
    task->next = NULL;
    (void)pthread_mutex_lock(&loop->post_mutex);
    if (atomic_load(&loop->ended)) {
        (void)pthread_mutex_unlock(&loop->post_mutex);
        return false;
    }
    bool was_empty = loop->first_posted == NULL;
    *loop->last_posted = task;
    loop->last_posted = &task->next;
    /* Written under the lock: the loop may be gone as soon as the other side has run this. */
    if (was_empty) {
        const uint64_t one = 1;
        while (write(loop->post_fd, &one, sizeof(one)) < 0 && errno == EINTR)
            ;
    }
    (void)pthread_mutex_unlock(&loop->post_mutex);
    return true;
}

int loop_post(struct loop *loop, void (*run)(void *ctx), void *ctx)
{
    struct loop_task *task = malloc(sizeof(*task));
    if (task == NULL)
        return -1;
    *task = (struct loop_task){.run = run, .ctx = ctx, .allocated = true};
    if (loop_post_task(loop, task))
        return 0;
    free(task);
    return -1;
}

/* -- the loop -- */

static struct event_base *make_base(void)
{
    struct event_config *config = event_config_new();
    if (config == NULL)
        return NULL;
    /* One thread runs the base, and the environment has no say in how. */
    (void)event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK | EVENT_BASE_FLAG_IGNORE_ENV);
    struct event_base *base = event_base_new_with_config(config);
    event_config_free(config);
    return base;
}

static int open_post(struct loop *loop)
{
    loop->last_posted = &loop->first_posted;
    if (pthread_mutex_init(&loop->post_mutex, NULL) != 0)
        return -1;
    loop->post_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (loop->post_fd < 0)
        goto err0;
    if (loop_io_init(&loop->post_io, loop, loop->post_fd, LOOP_READ | LOOP_PERSIST, run_posted,
                     loop) != 0 ||
        loop_io_start(&loop->post_io) != 0)
        goto err1;
    return 0;

err1:
    (void)close(loop->post_fd);
err0:
    (void)pthread_mutex_destroy(&loop->post_mutex);
    return -1;
}

struct loop *loop_create(void)
{
    struct loop *loop = calloc(1, sizeof(*loop));
    if (loop == NULL)
        return NULL;
    loop->read_buffer = malloc(LOOP_READ_BYTES);
    if (loop->read_buffer == NULL)
        goto err0;
    loop->base = make_base();
    if (loop->base == NULL)
        goto err1;
    if (open_post(loop) != 0)
        goto err2;
    return loop;

err2:
    event_base_free(loop->base);
err1:
    free(loop->read_buffer);
err0:
    free(loop);
    return NULL;
}

void loop_destroy(struct loop *loop)
{
    if (loop == NULL)
        return;
    while (loop->orphans != NULL)
        loop->orphans->abandon(loop->orphans);
    for (struct loop_task *posted = take_posted(loop); posted != NULL;) {
        struct loop_task *next = posted->next;
        if (posted->allocated)
            free(posted);
        posted = next;
    }
    loop_io_stop(&loop->post_io);
    (void)close(loop->post_fd);
    (void)pthread_mutex_destroy(&loop->post_mutex);
    event_base_free(loop->base);
    while (loop->spare_count > 0)
        free(loop->spares[--loop->spare_count]);
    free(loop->read_buffer);
    free(loop);
}

int loop_run(struct loop *loop)
{
    int result = 0;
    while (!loop->stopped && result == 0) {
        loop->now_ms = 0;
        tell_all(loop);
        if (event_base_loop(loop->base, EVLOOP_ONCE) != 0)
            result = -1;
    }
    loop->stopped = false;
    return result;
}

void loop_stop(struct loop *loop)
{
    loop->stopped = true;
    (void)event_base_loopbreak(loop->base);
}

uint64_t loop_clock_ns(void *unused)
{
    (void)unused;
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now); /* cannot fail with a clock that exists */
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

uint64_t loop_now_ms(struct loop *loop)
{
    if (loop->now_ms == 0)
        loop->now_ms = loop_clock_ns(NULL) / 1000000;
    return loop->now_ms;
}

bool loop_turn_full(struct loop *loop)
{
    uint64_t begin_ms = loop_now_ms(loop);
    return loop_clock_ns(NULL) / 1000000 - begin_ms >= LOOP_TURN_MS;
}

char *loop_read_buffer(struct loop *loop)
{
    return loop->read_buffer;
}

/* -- blocks and orphans -- */

char *loop_block_take(struct loop *loop)
{
    if (loop->spare_count > 0)
        return loop->spares[--loop->spare_count];
    return malloc(LOOP_BLOCK_BYTES);
}

void loop_block_give(struct loop *loop, char *block)
{
    if (loop->spare_count < LOOP_SPARES_MAX)
        loop->spares[loop->spare_count++] = block;
    else
        free(block);
}

void loop_orphan_join(struct loop *loop, struct loop_orphan *orphan)
{
    orphan->next = loop->orphans;
    orphan->link = &loop->orphans;
    atomic_fetch_add(&loop->orphan_count, 1);
    if (orphan->next != NULL)
        orphan->next->link = &orphan->next;
    loop->orphans = orphan;
}

void loop_orphan_leave(struct loop *loop, struct loop_orphan *orphan)
{
    if (orphan->link == NULL)
        return;
    *orphan->link = orphan->next;
    if (orphan->next != NULL)
        orphan->next->link = orphan->link;
    orphan->link = NULL;
    atomic_fetch_sub(&loop->orphan_count, 1);
}

unsigned loop_orphans(const struct loop *loop)
{
    return atomic_load(&loop->orphan_count);
}

/* -- timers -- */

static void schedule(struct loop_timer *timer, uint64_t due_ms)
{
    uint64_t now_ms = loop_now_ms(timer->loop);
    uint64_t delay_ms = due_ms > now_ms ? due_ms - now_ms : 0;
    struct timeval delay = {
        .tv_sec = (time_t)(delay_ms / 1000),
        .tv_usec = (suseconds_t)(delay_ms % 1000 * 1000),
    };
    /* Fails when memory is out. A deadline must not be lost: it is looked at in every turn of the
     * loop until it can be scheduled, or is due. */
    if (event_add(event_of(&timer->io), &delay) != 0)
        event_active(event_of(&timer->io), EV_TIMEOUT, 0);
    timer->scheduled_ms = due_ms;
}

static void timer_fired(int fd, short what, void *arg)
{
    struct loop_timer *timer = arg;
    (void)fd;
    (void)what;

    timer->scheduled_ms = 0;
    if (timer->due_ms == 0)
        return;
    /* It was moved later, or the coarse clock erred. */
    if (loop_now_ms(timer->loop) < timer->due_ms) {
        schedule(timer, timer->due_ms);
        return;
    }
    timer->due_ms = 0;
    timer->fire(timer->ctx);
}

void loop_timer_init(struct loop_timer *timer, struct loop *loop, void (*fire)(void *ctx),
                     void *ctx)
{
    *timer = (struct loop_timer){.loop = loop, .fire = fire, .ctx = ctx};
    int assigned = loop_io_init(&timer->io, loop, -1, 0, timer_fired, timer);
    assert(assigned == 0); /* fails for signals only */
}

void loop_timer_fini(struct loop_timer *timer)
{
    if (timer->scheduled_ms != 0)
        loop_io_stop(&timer->io);
    timer->scheduled_ms = timer->due_ms = 0;
}

struct loop_timer *loop_timer_create(struct loop *loop, void (*fire)(void *ctx), void *ctx)
{
    struct loop_timer *timer = malloc(sizeof(*timer));
    if (timer != NULL)
        loop_timer_init(timer, loop, fire, ctx);
    return timer;
}

void loop_timer_set(struct loop_timer *timer, uint64_t delay_ms)
{
    timer->due_ms = loop_now_ms(timer->loop) + delay_ms;
    if (timer->scheduled_ms == 0 || timer->scheduled_ms > timer->due_ms)
        schedule(timer, timer->due_ms);
}

void loop_timer_cancel(struct loop_timer *timer)
{
    timer->due_ms = 0; /* its event comes for nothing, once; most timers are set again before */
}

void loop_timer_destroy(struct loop_timer *timer)
{
    if (timer == NULL)
        return;
    loop_timer_fini(timer);
    free(timer);
}

/* -- watches -- */

static void watch_ready(int fd, short what, void *arg)
{
    struct loop_watch *watch = arg;
    (void)fd;
    (void)what;
    watch->ready(watch->ctx); /* may destroy the watch */
}

static struct loop_watch *make_watch(struct loop *loop, int fd, int what, void (*ready)(void *ctx),
                                     void *ctx)
{
    struct loop_watch *watch = calloc(1, sizeof(*watch));
    if (watch == NULL)
        return NULL;
    watch->ready = ready;
    watch->ctx = ctx;
    if (loop_io_init(&watch->io, loop, fd, what, watch_ready, watch) != 0 ||
        loop_io_start(&watch->io) != 0) {
        free(watch);
        return NULL;
    }
    return watch;
}

struct loop_watch *loop_watch_create(struct loop *loop, int fd, void (*ready)(void *ctx), void *ctx)
{
    return make_watch(loop, fd, EV_READ | EV_PERSIST, ready, ctx);
}

struct loop_watch *loop_signal_create(struct loop *loop, int signo, void (*caught)(void *ctx),
                                      void *ctx)
{
    return make_watch(loop, signo, EV_SIGNAL | EV_PERSIST, caught, ctx);
}

void loop_watch_pause(struct loop_watch *watch)
{
    loop_io_stop(&watch->io);
}

int loop_watch_resume(struct loop_watch *watch)
{
    return loop_io_start(&watch->io);
}

void loop_watch_destroy(struct loop_watch *watch)
{
    if (watch == NULL)
        return;
    loop_io_stop(&watch->io);
    free(watch);
}
