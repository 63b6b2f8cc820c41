/* audit: see audit.h. The line is made in the caller's thread, where the record's slices live; the
 * writer's thread only writes.
 */
#include "proxy/record/audit.h"

#include "conf/audit_conf.h"
#include "proxy/record/stamp.h"
#include "proxy/record/writer.h"

#include <errno.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <syslog.h>

#define LINE_FIRST 1024 /* most lines fit, so that the buffer grows once */

struct audit {
    struct writer *writer;
    struct log *log;
    unsigned char key[AUDIT_KEY_BYTES];
    _Atomic int subject, recipients, sender; /* enum privacy */
};

static size_t write_lost(uint64_t count, char *out, size_t size)
{
    char time[STAMP_BYTES_MAX];
    struct slice text = stamp_text(stamp_now_us(), time);
    int len = snprintf(out, size, "{\"time\":\"%.*s\",\"lost_records\":%" PRIu64 "}",
                       SLICE_ARG(text), count);
    return len > 0 ? (size_t)len : 0;
}

/* While the gateway runs, since an audit that cannot be written cannot tell so itself. */
static void tell_lost(void *ctx, uint64_t count, int error)
{
    const struct audit *audit = ctx;
    if (count == 0) {
        log_write(audit->log, LOG_LEVEL_ERROR, "audit: records wait: %s", strerror(error));
        return;
    }
    log_write(audit->log, LOG_LEVEL_ERROR, "audit: %" PRIu64 " record%s lost: %s", count,
              count == 1 ? " was" : "s were",
              error != 0 ? strerror(error) : "it is written too slowly");
}

static enum writer_target choose_target(struct slice file)
{
    if (slice_equal(file, SLICE("-")))
        return WRITER_STDOUT;
    return slice_equal(file, SLICE("syslog")) ? WRITER_SYSLOG : WRITER_FILE;
}

static void adopt(struct audit *audit, const struct audit_conf *conf)
{
    atomic_store(&audit->subject, (int)conf->subject);
    atomic_store(&audit->recipients, (int)conf->recipients);
    atomic_store(&audit->sender, (int)conf->sender);
}

struct audit *audit_create(const struct audit_conf *conf, struct log *log, char *error,
                           size_t error_size)
{
    struct audit *audit = calloc(1, sizeof(*audit));
    const struct writer_loss loss = {.line = write_lost, .tell = tell_lost, .ctx = audit};
    if (audit == NULL) {
        (void)snprintf(error, error_size, "out of memory");
        return NULL;
    }
    if (getrandom(audit->key, sizeof(audit->key), 0) != (ssize_t)sizeof(audit->key)) {
        (void)snprintf(error, error_size, "no random key for the audit: %s", strerror(errno));
        goto err0;
    }
    audit->log = log;
    adopt(audit, conf);
    audit->writer =
        writer_create(choose_target(conf->file), conf->file.ptr, &loss, error, error_size);
    if (audit->writer == NULL)
        goto err0;
    return audit;

err0:
    free(audit);
    return NULL;
}

void audit_destroy(struct audit *audit)
{
    if (audit == NULL)
        return;
    struct log *log = audit->log;
    uint64_t lost = writer_destroy(audit->writer);
    free(audit);
    if (lost > 0)
        log_write(log, LOG_LEVEL_ERROR, "audit: at least %" PRIu64 " record%s could not be written",
                  lost, lost == 1 ? "" : "s");
}

int audit_configure(struct audit *audit, const struct audit_conf *conf, char *error,
                    size_t error_size)
{
    if (writer_switch(audit->writer, choose_target(conf->file), conf->file.ptr, error,
                      error_size) != 0)
        return -1;
    adopt(audit, conf);
    return 0;
}

void audit_write(struct audit *audit, const struct audit_record *record)
{
    const struct audit_conf privacy = {
        .subject = (enum privacy)atomic_load(&audit->subject),
        .recipients = (enum privacy)atomic_load(&audit->recipients),
        .sender = (enum privacy)atomic_load(&audit->sender),
    };
    struct bytes line;
    struct slice whole;
    bytes_init(&line, AUDIT_LINE_MAX);
    if (bytes_reserve(&line, LINE_FIRST) != NULL &&
        audit_format(record, &privacy, audit->key, &line) == 0 && bytes_take(&line, &whole) == 0)
        writer_line(audit->writer, LOG_INFO, whole);
    else
        writer_count_lost(audit->writer);
    bytes_fini(&line);
}
