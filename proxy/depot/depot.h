/* depot: a store of messages: the quarantine, of those that a rule or a milter has set aside until
 * a person decides.
 *
 * One file a message: a line of JSON, which says all that is known of it, then the message as it
 * would have gone upstream (CRLF line ends, no dots stuffed). A file is written in tmp/, brought to
 * the disk with fsync and only then linked into mail/, so that what stands there is whole, whatever
 * dies when, and several processes can share the directory without speaking to each other. The
 * directories are 0700, the files 0600.
 *
 * A copy of a message that also goes upstream stands in pending/ until the upstream has answered,
 * and its owner holds a lock on it (flock(2)) meanwhile: one without a lock is unconfirmed, for its
 * owner died before it knew.
 *
 * All of it blocks: not for an event loop's thread. depot_read.h is the other half.
 */
#ifndef PROXY_DEPOT_DEPOT_H
#define PROXY_DEPOT_DEPOT_H

#include "filters/base/address.h"
#include "filters/base/bytes.h"
#include "filters/base/must_use.h"
#include "filters/verdict.h"

#define DEPOT_ID_MAX      96 /* with its NUL */
#define DEPOT_VERSION     1  /* of the record */
#define DEPOT_STALE_HOURS 36 /* a file of tmp/ is left over from a crash then, as in a Maildir */

struct depot_recipient {
    struct slice address; /* without brackets */
    struct slice params;  /* of RCPT, as sent: "NOTIFY=NEVER ORCPT=..."; empty: none */
    struct slice by;      /* the rule that took it off; empty: the message's */
    struct slice reason;  /* likewise */
};

struct depot_record {
    struct slice id;
    int64_t time_us; /* since 1970 */
    struct slice listener, policy;
    struct slice upstream; /* its name: where the message would have gone */
    struct slice
        destination; /* address and port in its place on a transparent listener, or empty */
    struct address client;
    struct slice helo;
    struct slice auth;   /* the login; ptr NULL: none */
    struct slice sender; /* without brackets */
    struct slice params; /* of MAIL, without SIZE and AUTH */
    const struct depot_recipient *recipients;
    size_t recipient_count;
    enum party party; /* who decided: a rule or a milter */
    struct slice by, reason;
    struct slice subject, from, message_id; /* decoded */
    uint64_t size_bytes;                    /* of the message */
};

/* depot_format(record, out): appends the line of JSON with its line end. 0, or -1 with
 * out->failed. */
MUST_USE int depot_format(const struct depot_record *record, struct bytes *out);

/* depot_id_valid(id): whether it can be the name of a message: letters, digits, ".", "-", not
 * a "." at the front, and shorter than DEPOT_ID_MAX. */
bool depot_id_valid(struct slice id);

/* depot_prepare(dir): makes the directory, what is above it and what belongs into it, where
 * they are missing. Returns 0 or errno. */
MUST_USE int depot_prepare(const char *dir);

/* A message to be stored. */
struct depot_deposit {
    const char *id;
    const struct slice *pieces; /* its line and its bytes */
    size_t count;
    bool pending; /* in pending/ */
    int lock;     /* set: of a pending one that was stored: the caller closes it; else -1 */
    bool left;    /* set: it failed, and what was written of it could not be removed again */
};

/* depot_store(dir, deposit): stores a new message. Once it has returned 0 the message survives
 * a crash of the machine. Else errno, and nothing is left of it unless ${left}: ENOSPC and EDQUOT
 * when the disk is full, EEXIST when there is one of that name. Prepares the directory and clears
 * it of what is stale. */
MUST_USE int depot_store(const char *dir, struct depot_deposit *deposit);

/* depot_confirm(dir, id): a pending message is one like the others from now on, for good once
 * it has returned 0. Else errno. */
MUST_USE int depot_confirm(const char *dir, const char *id);

/* depot_orphans(dir): how many in pending/ are unconfirmed. */
size_t depot_orphans(const char *dir);

/* depot_replace(dir, id, pieces, count): stores a message in the place of the one of that
 * name, with its owner. The old one is there whole or the new one. 0 or errno. */
MUST_USE int depot_replace(const char *dir, const char *id, const struct slice *pieces,
                           size_t count);

/* depot_remove(dir, id): removes a message, for good once it has returned 0. Else errno. */
MUST_USE int depot_remove(const char *dir, const char *id);

#endif
