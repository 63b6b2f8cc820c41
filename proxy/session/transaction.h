/* transaction: one message on its way: envelope, content, and what became of it. Plain data and its
 * one reset.
 *
 * Everything in it that is not a fixed field lives in its arena or its spool and is gone with
 * transaction_reset, which is called on every way out (PROTOCOL D5).
 */
#ifndef PROXY_SESSION_TRANSACTION_H
#define PROXY_SESSION_TRANSACTION_H

#include "filters/base/must_use.h"
#include "filters/message/draft.h"
#include "filters/verdict.h"
#include "proxy/net/spool.h"
#include "proxy/session/pace.h"
#include "proxy/smtp/chunk.h"
#include "proxy/smtp/command.h"
#include "proxy/smtp/dot.h"

#define TRANSACTION_BLOCK_BYTES 2048
#define TRANSACTION_ARENA_BYTES (16U << 20)

struct keeper_job;
struct limits;
struct upstream_conf;
struct session;

enum recipient_state {
    RECIPIENT_ACCEPTED,    /* the upstream has it */
    RECIPIENT_REFUSED,     /* by a rule or the upstream */
    RECIPIENT_DISCARDED,   /* the client was told 250, the upstream was not asked */
    RECIPIENT_QUARANTINED, /* likewise; the quarantine gets a copy for it */
};

struct recipient {
    struct slice address; /* as the client named it */
    struct slice told;    /* as the upstream knows it: another one where a rule has redirected it */
    struct slice wire;    /* the RCPT command as sent upstream, CRLF included */
    bool shared; /* a redirect has made it one that the upstream has already: it is told once */
    struct slice reply; /* first line of the reply to it; at the end, in LMTP, of ${final} */
    struct reply final; /* in LMTP: what became of the message for it; code 0: as for all */
    enum recipient_state state;
    struct slice by, reason; /* of a QUARANTINED one: the rule, and why; of a redirected one the
                              * rule; they live until eval_reset */
};

/* What happens to content as it comes in. */
enum content_mode {
    CONTENT_GATHER, /* into the spool, until the header is complete */
    CONTENT_HOLD,   /* into the spool, until the message is complete */
    CONTENT_STREAM, /* to the upstream */
    CONTENT_DRAIN,  /* nowhere: the reply is decided and waits for the end */
};

/* The message, or a copy of it, in a depot. */
struct kept {
    bool wanted;
    struct keeper_job *job; /* NULL: nothing goes there */
    struct slice id;
    bool stored;
};

struct transaction {
    struct arena arena;
    struct spool spool; /* the content as it came, but for what has gone on */
    struct draft draft; /* from the end of the recipients on */
    struct envelope {
        bool open;    /* MAIL was answered 250 */
        bool begun;   /* MAIL was heard: there will be an audit record */
        bool utf8;    /* MAIL had SMTPUTF8 */
        bool binary;  /* MAIL had BODY=BINARYMIME */
        bool discard; /* a rule discards the message: swallow it */
        unsigned number;
        int64_t begin_us;
        uint64_t begin_ms;
        struct slice sender;
        int64_t declared_size;    /* SIZE= of MAIL, or EVENT_SIZE_UNKNOWN */
        struct slice mail_wire;   /* the MAIL command, CRLF included */
        struct slice body_params; /* BODY= and SMTPUTF8 of it, for a replay with another sender */
        struct recipient *recipients;
        size_t recipient_count, capacity;
        size_t accepted_count;
        size_t discarded_count;   /* taken off, and told 250 */
        size_t quarantined_count; /* ... of these, for the quarantine */
        struct verdict
            deferred; /* refuse_at = "rcpt": said to each RCPT; kind CONTINUE when there is none */
    } envelope;
    const struct upstream_conf *route; /* where a rule has sent it; NULL: the listener's upstream */
    bool upstream_open;                /* the upstream has answered this MAIL with 250 */

    struct incoming {
        enum content_mode mode;
        struct pace pace; /* of the client that sends it */
        struct dot_reader reader;
        bool chunking;     /* it comes by BDAT */
        bool fail_at_last; /* ... and its refusal is said to the last chunk only */
        struct chunk_reader chunk;
        uint64_t bytes;
        struct header_scan scan;
        struct header_end header_end;
        struct header header;
        bool header_known;
        uint64_t dot_ms; /* when the client's end of data was read */
    } content;

    struct plan {    /* the message as it goes out */
        bool replay; /* the envelope must be said (again) first */
        struct slice mail_wire;
        struct slice *rcpt_wires;
        struct slice *rcpt_addresses;
        size_t rcpt_count;
        struct bytes header; /* as rewritten; empty when untouched */
        bool received;       /* a Received field of ours is in the draft, if it is to be there */
    } plan;
    struct delivery { /* handing it to the upstream */
        int step;
        size_t index;
        bool reopened; /* we connected anew for it */
        /* The client has had no 354 yet: goes on with what the upstream says to DATA, or is said in
         * its place; else NULL. */
        void (*go_on)(struct session *s, const struct reply *reply);
        struct dot_writer writer;
        size_t sent; /* content bytes handed over */
        bool header_sent;
        bool chunking;   /* it goes by BDAT */
        bool last_chunk; /* ... and this is the last */
        bool dot_sent;   /* the upstream has our end of data and owes the last word */
    } delivery;
    bool client_gone; /* ... and the client left before it came */
    struct answers {  /* the upstream's to the end of data: SMTP one, LMTP one each */
        struct reply *replies;
        size_t count; /* so far */
        bool told;    /* an LMTP client has heard of some recipient that all is well */
    } answers;

    struct keeping { /* what goes into the depots */
        struct kept quarantine, archive;
        struct kept *current;   /* that is being stored */
        struct slice reason;    /* of the one in the quarantine */
        struct verdict verdict; /* on the message; CONTINUE, ACCEPT: it also goes upstream */
    } keeping;
    struct settling {
        bool waits; /* the reply is decided and waits until copies are confirmed or removed, too */
        bool done;  /* ... and has waited enough */
    } settling;

    struct outcome { /* what became of it, for the reply and the audit */
        struct verdict verdict;
        struct slice decider;
        struct slice reply; /* all lines of the final reply */
        int reply_code;
        bool settled;     /* the message's fate is decided, not only some recipient's */
        bool unknown;     /* the upstream was lost after its dot */
        bool close_after; /* the final reply is followed by a close */
        struct slice upstream_reply;
        struct slice failure;
    } outcome;
    bool recorded; /* its audit record is written */
};

/* transaction_init(t, limits): closed and empty. ${limits} must outlive it (or be replaced by
 * transaction_reset's). */
void transaction_init(struct transaction *t, const struct limits *limits);

/* transaction_reset(t, limits): forgets everything; back to transaction_init. All memory is given
 * back. */
void transaction_reset(struct transaction *t, const struct limits *limits);

/* transaction_begin(t, path): keeps the sender and its MAIL command. 0, or -1 when memory is out.
 */
MUST_USE int transaction_begin(struct transaction *t, const struct command_path *path);

/* transaction_add(t, path): adds a recipient, REFUSED until said otherwise. NULL when memory is
 * out. Pointers from earlier calls are stale after it. */
struct recipient *transaction_add(struct transaction *t, const struct command_path *path);

/* transaction_settle(t, recipient, state, reply): what became of it; ${reply} is copied (first
 * line). */
void transaction_settle(struct transaction *t, struct recipient *recipient,
                        enum recipient_state state, struct slice reply);

/* transaction_body(t, view): what follows the header in ${view}, the whole content. */
struct slice transaction_body(const struct transaction *t, struct slice view);

/* transaction_content_start(t): where what is to be sent begins in the content, as received or
 * replaced: past the original header when a rewritten one goes before it. */
size_t transaction_content_start(const struct transaction *t);

/* transaction_kept_whole(t): whether nothing of a message that is kept goes upstream. */
bool transaction_kept_whole(const struct transaction *t);

/* transaction_stream(t): the content goes on to the upstream as it comes. transaction_drain(t): it
 * goes nowhere, and what has come is forgotten. */
void transaction_stream(struct transaction *t);
void transaction_drain(struct transaction *t);

#endif
