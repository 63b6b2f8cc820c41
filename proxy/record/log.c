/* log: see log.h. */
#include "proxy/record/log.h"

#include "conf/log_conf.h"
#include "filters/base/diag.h"
#include "filters/base/utf8.h"
#include "proxy/record/stamp.h"
#include "proxy/record/writer.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <syslog.h>
#include <unistd.h>

#define LINE_MAX_BYTES 4096 /* of one line; what is longer ends in "..." */
#define CUT_MARK       "..."
#define ESCAPE_BYTES   4 /* of "\x0a" */

/* How the lines of a target begin. */
enum prefix {
    PREFIX_NONE,     /* syslog has time and priority of its own */
    PREFIX_TIME,     /* for a terminal or file */
    PREFIX_PRIORITY, /* "<6>": the journal reads it off our stderr (sd-daemon(3)) */
};

struct log {
    struct writer *writer;
    _Atomic int prefix; /* enum prefix */
    _Atomic int level;  /* enum log_level */
};

struct line {
    char text[LINE_MAX_BYTES + sizeof(CUT_MARK)];
    size_t len;
    bool cut;
};

static const struct {
    const char *name;
    int priority;
} levels[] = {
    [LOG_LEVEL_ERROR] = {"error", LOG_ERR},
    [LOG_LEVEL_WARNING] = {"warning", LOG_WARNING},
    [LOG_LEVEL_INFO] = {"info", LOG_INFO},
    [LOG_LEVEL_DEBUG] = {"debug", LOG_DEBUG},
};

/* -- escaping -- */

static bool is_plain(char c)
{
    return c >= ' ' && c <= '~';
}

static void write_escape(char *at, char c)
{
    static const char digits[] = "0123456789abcdef";
    unsigned char byte = (unsigned char)c;
    at[0] = '\\';
    at[1] = 'x';
    at[2] = digits[byte >> 4];
    at[3] = digits[byte & 15];
}

/* character_length(s): how many bytes at the front of ${s} may be shown as they are: a character of
 * printable ASCII or of UTF-8 that deceives nobody. 0: the first byte is to be escaped. */
static size_t character_length(struct slice s)
{
    if (is_plain(*s.ptr))
        return 1;
    size_t length = utf8_length(s);
    return length > 1 && !utf8_deceives(slice_first(s, length)) ? length : 0;
}

/* show(s, length, at, room): writes the character of ${length} bytes at the front of ${s}, or with
 * 0 its first byte's escape. Returns how many bytes it took; 0: there was no room. */
static size_t show(struct slice s, size_t length, char *at, size_t room)
{
    size_t size = length > 0 ? length : ESCAPE_BYTES;
    if (size > room)
        return 0;
    if (length > 0)
        memcpy(at, s.ptr, length);
    else
        write_escape(at, *s.ptr);
    return size;
}

static void line_append(struct line *line, struct slice text)
{
    while (text.len > 0 && !line->cut) {
        size_t length = character_length(text);
        size_t size = show(text, length, line->text + line->len, LINE_MAX_BYTES - line->len);
        if (size == 0) {
            line->cut = true;
            memcpy(line->text + line->len, CUT_MARK, sizeof(CUT_MARK) - 1);
            size = sizeof(CUT_MARK) - 1;
        }
        line->len += size;
        text = slice_from(text, length > 0 ? length : 1);
    }
}

const char *log_quote(struct slice s, char out[LOG_QUOTE_MAX])
{
    const size_t limit = LOG_QUOTE_MAX - sizeof(CUT_MARK);
    size_t len = 0;
    while (s.len > 0) {
        size_t length = utf8_shown_byte(s) ? 0 : character_length(s);
        size_t size = show(s, length, out + len, limit - len);
        if (size == 0) {
            memcpy(out + len, CUT_MARK, sizeof(CUT_MARK));
            return out;
        }
        len += size;
        s = slice_from(s, length > 0 ? length : 1);
    }
    out[len] = '\0';
    return out;
}

/* -- lines -- */

static void append_time(struct line *line)
{
    char text[STAMP_BYTES_MAX];
    line_append(line, stamp_text(stamp_now_us(), text));
    line_append(line, SLICE(" "));
}

static void append_prefix(struct line *line, enum prefix prefix, enum log_level level)
{
    switch (prefix) {
    case PREFIX_NONE: break;
    case PREFIX_TIME: append_time(line); break;
    case PREFIX_PRIORITY: {
        const char text[] = {'<', (char)('0' + levels[level].priority), '>'};
        line_append(line, slice_make(text, sizeof(text)));
        break;
    }
    }
    line_append(line, slice_str(levels[level].name));
    line_append(line, SLICE(": "));
}

void log_write(struct log *log, enum log_level level, const char *format, ...)
{
    if (log == NULL || (int)level > atomic_load_explicit(&log->level, memory_order_relaxed))
        return;
    char text[LINE_MAX_BYTES + 1];
    va_list args;
    va_start(args, format);
    int len = vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    if (len < 0)
        return;

    struct line line = {.len = 0};
    append_prefix(&line, (enum prefix)atomic_load(&log->prefix), level);
    /* What vsnprintf had no room for is more than a line holds with its prefix, so the mark comes
     * by itself. */
    line_append(&line, slice_first(slice_make(text, (size_t)len), LINE_MAX_BYTES));
    writer_line(log->writer, levels[level].priority, slice_make(line.text, line.len));
}

static size_t write_lost(uint64_t count, char *out, size_t size)
{
    int len = snprintf(out, size, "warning: %" PRIu64 " log line%s lost", count,
                       count == 1 ? " was" : "s were");
    return len > 0 ? (size_t)len : 0;
}

/* -- the target -- */

/* Whether our stderr is the journal's: it says so by device and inode (systemd.exec(5)). */
static bool is_journal(void)
{
    const char *stream = getenv("JOURNAL_STREAM");
    char own[64];
    struct stat status;
    if (stream == NULL || fstat(STDERR_FILENO, &status) != 0)
        return false;
    (void)snprintf(own, sizeof(own), "%ju:%ju", (uintmax_t)status.st_dev, (uintmax_t)status.st_ino);
    return strcmp(stream, own) == 0;
}

static enum writer_target choose_target(struct slice to, enum prefix *prefix)
{
    *prefix = PREFIX_TIME;
    if (slice_equal(to, SLICE("syslog"))) {
        *prefix = PREFIX_NONE;
        return WRITER_SYSLOG;
    }
    if (!slice_equal(to, SLICE("stderr")))
        return WRITER_FILE;
    if (is_journal())
        *prefix = PREFIX_PRIORITY;
    return WRITER_STDERR;
}

static void adopt(struct log *log, enum prefix prefix, enum log_level level)
{
    atomic_store(&log->prefix, (int)prefix);
    atomic_store(&log->level, (int)level);
}

struct log *log_create(const struct log_conf *conf, char *error, size_t error_size)
{
    static const struct writer_loss loss = {.line = write_lost};
    enum prefix prefix;
    enum writer_target target = choose_target(conf->to, &prefix);
    struct log *log = calloc(1, sizeof(*log));
    if (log == NULL) {
        (void)snprintf(error, error_size, "out of memory");
        return NULL;
    }
    log->writer = writer_create(target, conf->to.ptr, &loss, error, error_size);
    if (log->writer == NULL) {
        free(log);
        return NULL;
    }
    adopt(log, prefix, conf->level);
    return log;
}

int log_configure(struct log *log, const struct log_conf *conf, char *error, size_t error_size)
{
    enum prefix prefix;
    enum writer_target target = choose_target(conf->to, &prefix);
    if (writer_switch(log->writer, target, conf->to.ptr, error, error_size) != 0)
        return -1;
    adopt(log, prefix, conf->level);
    return 0;
}

void log_destroy(struct log *log)
{
    if (log == NULL)
        return;
    (void)writer_destroy(log->writer); /* there is nobody else to tell */
    free(log);
}

static enum log_level level_of(enum diag_level level)
{
    switch (level) {
    case DIAG_NOTE: return LOG_LEVEL_INFO;
    case DIAG_WARNING: return LOG_LEVEL_WARNING;
    case DIAG_ERROR: break;
    }
    return LOG_LEVEL_ERROR;
}

void log_report(struct log *log, const struct diag *diag)
{
    for (const struct problem *p = diag->first; p != NULL; p = p->next) {
        if (p->place.line > 0)
            log_write(log, level_of(p->level), "%s:%u: %.*s", p->place.file, p->place.line,
                      SLICE_ARG(p->text));
        else
            log_write(log, level_of(p->level), "%.*s", SLICE_ARG(p->text));
    }
}
