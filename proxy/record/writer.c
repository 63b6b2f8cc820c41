/* writer: see writer.h.
 *
 * Two buffers: callers append to one under the lock, the thread writes the other without it. All
 * blocking is the thread's, and even it never waits without looking up now and then, so that
 * writer_destroy comes to an end.
 */
#include "proxy/record/writer.h"

#include "filters/base/bytes.h"
#include "proxy/process/thread.h"
#include "proxy/record/outlet.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <syslog.h>
#include <time.h>

#define LOST_LINE_MAX 256
#define KEEP_BYTES    65536 /* a buffer that grew larger is given back */
#define LOOK_UP_MS                                                                                 \
    50 /* how long the thread waits at most before it looks whether it is to stop                  \
        */
#define FULL_DISK_MS 500 /* between tries */
#define JOIN_EXTRA_S 1
#define LINE_EXTRA   2 /* bytes a line takes in the queue beside its text */

struct writer {
    struct outlet outlet;
    bool torn; /* what was written last has no line end */
    struct writer_loss loss;
    uint64_t reported;  /* of ${lost}, to the target */
    uint64_t told;      /* ... to somebody else, */
    uint64_t told_ms;   /* ... at this time; 0: never */
    bool full;          /* lines wait for room on its disk */
    int error;          /* of the last write that failed; 0: it waits for room or for a reader */
    struct bytes batch; /* the thread's */

    _Atomic uint64_t lost;
    pthread_t thread;
    pthread_mutex_t mutex; /* guards all below */
    pthread_cond_t work, end;
    struct bytes pending; /* of each line: its priority plus one, the text, a line feed */
    size_t in_flight;     /* bytes of ${batch} */
    struct outlet next;   /* to be used instead, if ... */
    bool switching;
    bool stopping, ended;
    uint64_t stop_at_ms;
};

static uint64_t now_ms(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static void sleep_ms(unsigned ms)
{
    const struct timespec delay = {.tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * 1000000};
    (void)nanosleep(&delay, NULL);
}

static void lock(struct writer *w)
{
    (void)pthread_mutex_lock(&w->mutex);
}

static void unlock(struct writer *w)
{
    (void)pthread_mutex_unlock(&w->mutex);
}

/* Says that lines are being lost, now and then. Under the lock, so that nobody is told any more
 * once writer_destroy was called. */
static void tell_lost(struct writer *w)
{
    uint64_t lost = atomic_load(&w->lost), now = now_ms();
    bool first = lost > 0 && w->told == 0;
    if (w->loss.tell == NULL || (lost == w->told && !w->full))
        return;
    if (w->told_ms != 0 && now - w->told_ms < WRITER_TELL_MS && !first)
        return;
    lock(w);
    if (!w->stopping)
        w->loss.tell(w->loss.ctx, lost, w->error);
    unlock(w);
    w->told = lost;
    w->told_ms = now;
}

/* must_give_up(w): whether it is to stop and the time for that is over. */
static bool must_give_up(struct writer *w)
{
    tell_lost(w); /* it is asked while the target takes nothing */
    lock(w);
    bool over = w->stopping && now_ms() >= w->stop_at_ms;
    unlock(w);
    return over;
}

/* -- writing -- */

static void switch_if_asked(struct writer *w)
{
    struct outlet before = w->outlet;
    lock(w);
    bool asked = w->switching;
    w->switching = false;
    if (asked)
        w->outlet = w->next;
    unlock(w);
    if (!asked)
        return;
    outlet_close(&before);
    w->torn = outlet_torn(&w->outlet); /* now: the one before may have been the same file */
}

/* wait_for_space(w): the disk is full. 0: try again; -1: time is over. */
static int wait_for_space(struct writer *w)
{
    for (unsigned waited = 0; waited < FULL_DISK_MS; waited += LOOK_UP_MS) {
        if (must_give_up(w))
            return -1;
        sleep_ms(LOOK_UP_MS);
    }
    switch_if_asked(w); /* perhaps to a disk with room */
    return 0;
}

/* write_some(w, rest): bytes written, 0 to try again, -1 when it is no use. */
static ssize_t write_some(struct writer *w, struct slice rest)
{
    while (w->outlet.fd >= 0 && !outlet_ready(&w->outlet, LOOK_UP_MS)) {
        if (must_give_up(w))
            return -1;
        switch_if_asked(w); /* away from what is stuck */
    }
    if (w->outlet.fd < 0) /* to syslog, in the middle of these lines */
        return -1;
    ssize_t put = outlet_write(&w->outlet, rest);
    w->error = put < 0 ? errno : 0;
    w->full = put == 0 || w->error == ENOSPC || w->error == EDQUOT;
    if (put > 0) {
        w->torn = rest.ptr[put - 1] != '\n';
        return put;
    }
    if (w->full)
        return wait_for_space(w);
    return w->error == EINTR || w->error == EAGAIN ? 0 : -1;
}

static uint64_t count_lines(struct slice text)
{
    uint64_t count = 0;
    for (size_t end; (end = slice_find(text, '\n')) != SLICE_NOT_FOUND; count++)
        text = slice_from(text, end + 1);
    return count;
}

/* strip_priorities(lines): takes the byte before each line out, in place. */
static void strip_priorities(struct bytes *lines)
{
    struct slice rest = bytes_slice(lines);
    char *to = lines->data;
    for (size_t end; (end = slice_find(rest, '\n')) != SLICE_NOT_FOUND; to += end) {
        memmove(to, rest.ptr + 1, end);
        rest = slice_from(rest, end + 1);
    }
    lines->len = (size_t)(to - lines->data);
}

static void write_syslog(struct slice lines)
{
    while (lines.len > 0) {
        struct slice line = slice_first(lines, slice_find(lines, '\n'));
        outlet_log(line.ptr[0] - 1, slice_from(line, 1));
        lines = slice_from(lines, line.len + 1);
    }
}

/* write_lines(w, lines): returns how many lines were lost. */
static uint64_t write_lines(struct writer *w, struct bytes *lines)
{
    if (w->outlet.target == WRITER_SYSLOG) {
        write_syslog(bytes_slice(lines));
        return 0;
    }
    if (lines->len == 0)
        return 0;
    strip_priorities(lines);
    struct slice rest = bytes_slice(lines);
    while (w->torn)
        if (write_some(w, SLICE("\n")) < 0)
            return count_lines(rest);
    while (rest.len > 0) {
        ssize_t put = write_some(w, rest);
        if (put < 0)
            return count_lines(rest);
        rest = slice_from(rest, (size_t)put);
    }
    return 0;
}

/* append_line(to, priority, line): 0, or -1 when it does not fit. */
static int append_line(struct bytes *to, int priority, struct slice line)
{
    char *room = bytes_reserve(to, line.len + LINE_EXTRA);
    if (room == NULL) {
        bytes_go_on(to); /* who lost the line counts it; the next may be shorter, or come later */
        return -1;
    }
    room[0] = (char)(priority + 1);
    memcpy(room + 1, line.ptr, line.len);
    room[line.len + 1] = '\n';
    bytes_commit(to, line.len + LINE_EXTRA);
    return 0;
}

/* -- the thread -- */

static void report_lost(struct writer *w)
{
    char line[LOST_LINE_MAX];
    uint64_t lost = atomic_load(&w->lost);
    if (lost == w->reported)
        return;
    size_t len = w->loss.line(lost - w->reported, line, sizeof(line));
    bytes_renew(&w->batch);
    if (append_line(&w->batch, LOG_WARNING, slice_make(line, len)) == 0 &&
        write_lines(w, &w->batch) == 0)
        w->reported = lost;
}

/* wait_for_work(w): returns whether to go on. */
static bool wait_for_work(struct writer *w)
{
    lock(w);
    while (w->pending.len == 0 && !w->switching && !w->stopping)
        (void)pthread_cond_wait(&w->work, &w->mutex);
    bool stopping = w->stopping;
    bool empty = w->pending.len == 0;
    unlock(w);
    if (stopping)
        return !empty;
    if (!empty)
        sleep_ms(WRITER_GATHER_MS);
    return true;
}

static void take_batch(struct writer *w)
{
    lock(w);
    struct bytes empty = w->batch;
    w->batch = w->pending;
    w->pending = empty;
    w->in_flight = w->batch.len;
    unlock(w);
}

static void drop_batch(struct writer *w)
{
    if (w->batch.cap > KEEP_BYTES)
        bytes_fini(&w->batch);
    else
        bytes_renew(&w->batch);
    lock(w);
    w->in_flight = 0;
    unlock(w);
}

static void *run(void *arg)
{
    struct writer *w = arg;
    while (wait_for_work(w)) {
        switch_if_asked(w);
        take_batch(w);
        uint64_t lost = write_lines(w, &w->batch);
        atomic_fetch_add(&w->lost, lost);
        tell_lost(w);
        if (lost == 0)
            report_lost(w);
        drop_batch(w);
    }
    lock(w);
    w->ended = true;
    (void)pthread_cond_signal(&w->end);
    unlock(w);
    return NULL;
}

/* -- the face -- */

static void free_writer(struct writer *w)
{
    outlet_close(&w->outlet);
    if (w->switching)
        outlet_close(&w->next);
    bytes_fini(&w->batch);
    bytes_fini(&w->pending);
    (void)pthread_cond_destroy(&w->work);
    (void)pthread_cond_destroy(&w->end);
    (void)pthread_mutex_destroy(&w->mutex);
    free(w);
}

static struct writer *make_writer(const struct writer_loss *loss)
{
    struct writer *w = calloc(1, sizeof(*w));
    if (w == NULL)
        return NULL;
    w->outlet.fd = -1;
    w->loss = *loss;
    bytes_init(&w->batch, WRITER_QUEUE_BYTES);
    bytes_init(&w->pending, WRITER_QUEUE_BYTES);
    /* With these attributes none of it can fail on Linux. */
    pthread_condattr_t monotonic;
    (void)pthread_condattr_init(&monotonic);
    (void)pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    (void)pthread_mutex_init(&w->mutex, NULL);
    (void)pthread_cond_init(&w->work, NULL);
    (void)pthread_cond_init(&w->end, &monotonic);
    (void)pthread_condattr_destroy(&monotonic);
    return w;
}

struct writer *writer_create(enum writer_target target, const char *path,
                             const struct writer_loss *loss, char *error, size_t error_size)
{
    struct writer *w = make_writer(loss);
    if (w == NULL) {
        (void)snprintf(error, error_size, "out of memory");
        return NULL;
    }
    /* Taken over by the thread as the first thing it does, so that syslog is its from the
     * beginning. */
    if (writer_switch(w, target, path, error, error_size) != 0)
        goto err0;
    int code = thread_start(&w->thread, run, w);
    if (code != 0) {
        (void)snprintf(error, error_size, "cannot start a thread: %s", strerror(code));
        goto err0;
    }
    return w;

err0:
    free_writer(w);
    return NULL;
}

int writer_switch(struct writer *w, enum writer_target target, const char *path, char *error,
                  size_t error_size)
{
    struct outlet next;
    if (outlet_open(&next, target, path) != 0) {
        (void)snprintf(error, error_size, "cannot open %s: %s", path, strerror(errno));
        return -1;
    }
    lock(w);
    struct outlet unused = w->next;
    bool was_switching = w->switching;
    w->next = next;
    w->switching = true;
    unlock(w);
    (void)pthread_cond_signal(&w->work);
    if (was_switching)
        outlet_close(&unused);
    return 0;
}

/* wait_for_end(w): whether the thread has come to its end in time. */
static bool wait_for_end(struct writer *w)
{
    struct timespec until;
    (void)clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += WRITER_DRAIN_MS / 1000 + JOIN_EXTRA_S;
    lock(w);
    while (!w->ended && pthread_cond_timedwait(&w->end, &w->mutex, &until) != ETIMEDOUT)
        ;
    bool ended = w->ended;
    unlock(w);
    return ended;
}

uint64_t writer_destroy(struct writer *w)
{
    if (w == NULL)
        return 0;
    lock(w);
    w->stopping = true;
    w->stop_at_ms = now_ms() + WRITER_DRAIN_MS;
    unlock(w);
    (void)pthread_cond_signal(&w->work);
    if (!wait_for_end(w)) {
        (void)pthread_detach(w->thread); /* stuck in the system: its memory must stay */
        return 1;
    }
    (void)pthread_join(w->thread, NULL);
    uint64_t untold = writer_lost(w) - w->reported;
    free_writer(w);
    return untold;
}

void writer_line(struct writer *w, int priority, struct slice line)
{
    if (line.len == 0)
        return;
    lock(w);
    bool first = w->pending.len == 0;
    bool fits = line.len + LINE_EXTRA <= WRITER_QUEUE_BYTES - w->in_flight - w->pending.len;
    if (!fits || append_line(&w->pending, priority, line) != 0)
        atomic_fetch_add(&w->lost, 1);
    unlock(w);
    if (first)
        (void)pthread_cond_signal(&w->work);
}

uint64_t writer_lost(const struct writer *w)
{
    return atomic_load(&w->lost);
}

void writer_count_lost(struct writer *w)
{
    atomic_fetch_add(&w->lost, 1);
}
