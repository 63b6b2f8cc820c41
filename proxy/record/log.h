/* log: what the operator should know, one line each, escaped.
 *
 * What comes from the wire goes through log_quote; the format is always a literal of ours. Whatever
 * is printed, one call is one line. Thread-safe; never waits for the target (writer.h).
 */
#ifndef PROXY_RECORD_LOG_H
#define PROXY_RECORD_LOG_H

#include "conf/log_conf.h"
#include "filters/base/must_use.h"

struct diag;
struct log;

#define LOG_DESCRIPTORS 2   /* beside its file: the next one, for a reload; syslog(3)'s socket */
#define LOG_QUOTE_MAX   256 /* bytes of one quoted slice, escapes included, NUL too */

/* log_create(conf, error, error_size): opens the target and starts its writer. NULL and a sentence
 * on failure. */
struct log *log_create(const struct log_conf *conf, char *error, size_t error_size);
void log_destroy(struct log *log); /* NULL: nothing */

/* log_configure(log, conf, error, error_size): a reloaded configuration: its level, and its target,
 * opened anew in any case (log rotation). Returns 0, or -1 and a sentence: the target cannot be
 * opened, and all stays as it was. */
MUST_USE int log_configure(struct log *log, const struct log_conf *conf, char *error,
                           size_t error_size);

/* log_write(log, level, format, ...): writes `level: text` (time is the target's business: journald
 * and syslog add it; a file or terminal gets an ISO 8601 time before it). What
 * log_quote escapes is escaped here too. NULL log: nothing. */
void log_write(struct log *log, enum log_level level, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* log_report(log, diag): what was found in a configuration, a line each, with its place. */
void log_report(struct log *log, const struct diag *diag);

/* log_quote(s, out): ${s} for a person: what is printable as it is, in UTF-8; controls, bytes of no
 * character and characters that deceive (utf8_deceives) as \xNN, byte for byte, and so the
 * backslash of what looks like that; cut with "...". Returns ${out}. */
const char *log_quote(struct slice s, char out[LOG_QUOTE_MAX]);

#endif
