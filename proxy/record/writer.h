/* writer: one thread that writes lines, so that a slow disk or pipe never stalls mail.
 *
 * Lines go through a bounded queue; when it is full a line is dropped and counted, and the count is
 * written as a line of its own once there is room again. A full disk is waited for, as long as the
 * queue has room; a broken pipe is not. Used by the audit and the log.
 */
#ifndef PROXY_RECORD_WRITER_H
#define PROXY_RECORD_WRITER_H

#include "filters/base/must_use.h"
#include "filters/base/slice.h"

struct writer;

/* How a writer tells of lines that were lost. */
struct writer_loss {
    /* Makes the line that reports ${count} lost lines, written to the target once it takes lines
     * again: in ${out}, without line end; returns its length. */
    size_t (*line)(uint64_t count, char *out, size_t size);
    /* Tells somebody else meanwhile: when lines begin to wait for room on a disk, at the first that
     * is lost, and then at most once in WRITER_TELL_MS; ${count} were lost in all, lately because
     * of ${error}, an errno, or 0: the target was too slow. On the writer's thread, never after
     * writer_destroy was called; must not call back. NULL: there is nobody. */
    void (*tell)(void *ctx, uint64_t count, int error);
    void *ctx;
};

#define WRITER_TELL_MS 60000

#define WRITER_QUEUE_BYTES (8U << 20)
#define WRITER_GATHER_MS                                                                           \
    5 /* a first line waits so long for others, so that many share one system call */

enum writer_target { WRITER_STDOUT, WRITER_STDERR, WRITER_FILE, WRITER_SYSLOG };

/* writer_create(target, path, loss, error, error_size): opens the target (a file: append, created
 * 0640) and starts the thread. ${loss} is copied. NULL and a sentence in ${error} on failure. */
struct writer *writer_create(enum writer_target target, const char *path,
                             const struct writer_loss *loss, char *error, size_t error_size);

/* writer_switch(w, target, path, error, error_size): opens this target, a file anew even if it is
 * the same (log rotation), and has it used from the next batch of lines on. Returns 0, or -1 and a
 * sentence, and all stays as it was. The file is opened before it returns. Any thread. */
MUST_USE int writer_switch(struct writer *w, enum writer_target target, const char *path,
                           char *error, size_t error_size);

/* writer_destroy(w): writes what is queued (for at most WRITER_DRAIN_MS), stops the thread, closes.
 * Returns how many lines were lost of which the target has not been told, or 1 if the system holds
 * the thread: nobody knows then. NULL: nothing, and 0. */
uint64_t writer_destroy(struct writer *w);
#define WRITER_DRAIN_MS 2000

/* writer_line(w, priority, line): queues one line without its end; ${line} must not hold one.
 * ${priority} is syslog's and matters only there. Never blocks on I/O. Any thread. */
void writer_line(struct writer *w, int priority, struct slice line);

/* writer_lost(w): lines dropped since creation. writer_count_lost(w): one more, lost before it came
 * here. */
uint64_t writer_lost(const struct writer *w);
void writer_count_lost(struct writer *w);

#endif
