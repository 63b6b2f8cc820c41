/* audit: the record of every transaction, one JSON object a line (postern(8), "AUDIT RECORD").
 *
 * The session fills the plain struct below and hands it over once; formatting is pure
 * (audit_format) and writing is the writer thread's. Nothing a client sends can break a line.
 */
#ifndef PROXY_RECORD_AUDIT_H
#define PROXY_RECORD_AUDIT_H

#include "filters/base/must_use.h"
#include "filters/edit.h"
#include "filters/eval/eval.h"
#include "filters/verdict.h"
#include "proxy/record/log.h"

struct audit_recipient {
    struct slice address;
    struct slice reply; /* first line of the reply to its RCPT, without CRLF */
};

/* What a trusted peer said by XFORWARD of the client before it. */
struct audit_forwarded {
    struct address address; /* with port; ADDRESS_NONE: not said */
    struct slice name, helo;
};

/* What a milter said of the message last, and how long it was waited for. */
struct audit_milter {
    struct slice name, verdict;
    uint64_t ms;
    const char *failure; /* among the failures; NULL: it has not failed */
};

struct audit_record {
    int64_t time_us;                   /* of the record's beginning, since the epoch */
    struct slice session, transaction; /* ids; transaction empty: the session had none */
    struct slice listener, policy;
    struct address client;
    struct slice client_name; /* or "unknown"; empty: left out */
    struct slice helo;
    const struct audit_forwarded *forwarded; /* NULL: left out */
    struct slice tls_version, tls_cipher;    /* of the client's connection; empty: plain */
    bool passthrough; /* it spoke TLS with the upstream past us: so many bytes each way */
    uint64_t client_bytes, upstream_bytes;
    struct slice auth; /* the login the upstream accepted, empty when it is not known whose */
    bool has_auth;     /* somebody has logged in; false writes null */
    bool contested;    /* it is not known because the client asked to act as another: */
    struct slice auth_verified, auth_asked; /* ... who was verified, and as whom; empty: unread */
    struct slice sender;
    bool has_sender; /* a MAIL was heard; false writes null */
    const struct audit_recipient *recipients;
    size_t recipient_count;
    uint64_t size_bytes;
    struct slice message_id, subject, from; /* decoded; empty: left out */
    bool header_ambiguous;                  /* readers split the header differently */
    struct slice verdict;                   /* "accept", "reject", ..., "abort", "passthrough" */
    struct slice stage;
    enum party decided_by; /* PARTY_NONE: null */
    struct slice decider;  /* rule's or milter's name, upstream's name, or the gateway's reason */
    struct slice reply;    /* the final reply's first line, without CRLF */
    struct slice quarantine_id, quarantine_reason; /* of what was stored; empty: nothing was */
    struct slice upstream_name;         /* where a rule has routed the message; empty: nowhere */
    struct slice archive_id;            /* of the copy that was kept; likewise */
    bool archive_unconfirmed;           /* nobody knows whether its message has arrived */
    const struct eval_report *report;   /* NULL: nothing was judged */
    const struct edit_list *edits;      /* as applied; NULL or empty: none */
    const struct audit_milter *milters; /* those that were asked */
    size_t milter_count;
    const struct slice
        *failures; /* "regex: rule-name", "milter: name: ...", "upstream: ...", "spool: ..." */
    size_t failure_count;
    struct slice upstream_address, upstream_reply, upstream_queue_id; /* empty: none was asked */
    bool incomplete;     /* memory was out for a part of it */
    bool unacknowledged; /* the upstream accepted, the client did not hear it */
    uint64_t duration_ms;
};

struct audit;
struct audit_conf;

/* Bytes of one line; what has no room is counted, not listed. journald splits a line of 48 KiB
 * (journald.conf(5), LineMax). */
#define AUDIT_DESCRIPTORS 1 /* beside its file: the next one, for a reload */

#define AUDIT_LINE_MAX (48 * 1024 - 2)

/* audit_create(conf, log, error, error_size): opens the target ("-": stdout). NULL and a sentence
 * on failure. A random key for hashed fields is drawn here, so hashes can be compared within one
 * run. ${log} must outlive the audit; it hears of lost records: of the first, and then at most once
 * a minute (WRITER_TELL_MS), how many there were. NULL: nobody does. */
struct audit *audit_create(const struct audit_conf *conf, struct log *log, char *error,
                           size_t error_size);

/* audit_destroy(audit): writes what is queued first. Records that were lost, and of which the
 * audit could not be told, are counted in the log. NULL: nothing. */
void audit_destroy(struct audit *audit);

/* audit_write(audit, record): formats and queues; any thread; copies all it needs. */
void audit_write(struct audit *audit, const struct audit_record *record);

/* audit_configure(audit, conf, error, error_size): a reloaded configuration: its privacy settings,
 * and its target, opened anew in any case (log rotation). Returns 0, or -1 and a sentence: the
 * target cannot be opened, and all stays as it was. Any thread. */
MUST_USE int audit_configure(struct audit *audit, const struct audit_conf *conf, char *error,
                             size_t error_size);

#define AUDIT_KEY_BYTES 16

/* audit_format(record, conf, key, out): the line without its end, appended to ${out}; pure. ${key}
 * is that of hashed fields. 0, or -1 when memory or ${out}'s limit is reached. In audit_format.c.
 */
MUST_USE int audit_format(const struct audit_record *record, const struct audit_conf *conf,
                          const unsigned char key[AUDIT_KEY_BYTES], struct bytes *out);

/* audit_fit(value, limit_bytes): the beginning of ${value}, whole characters, that takes at most
 * ${limit_bytes} in JSON. In audit_fit.c. */
struct slice audit_fit(struct slice value, size_t limit_bytes);

/* audit_secret(record, conf, text): whether ${text} names an address of ${record} that ${conf}
 * conceals. audit_secret_recipient(record, conf, recipient): likewise the reply to ${recipient},
 * which may name others by an address, too. audit_secret_codes(reply): such a reply without its
 * text. In audit_secret.c. */
bool audit_secret(const struct audit_record *record, const struct audit_conf *conf,
                  struct slice text);
bool audit_secret_recipient(const struct audit_record *record, const struct audit_conf *conf,
                            const struct audit_recipient *recipient);
struct slice audit_secret_codes(struct slice reply);

/* audit_queue_id(reply): what an upstream's reply to the dot names as its queue id ("250 2.0.0 Ok:
 * queued as 4F2A", Exim's "id=...", OpenSMTPD's and sendmail's forms), empty when none is found. A
 * slice of ${reply}. In audit_queue_id.c. */
struct slice audit_queue_id(struct slice reply);

#endif
