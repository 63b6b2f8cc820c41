/* mta_state: what the files of an MTA's session share. */
#ifndef PROXY_AS_MILTER_MTA_STATE_H
#define PROXY_AS_MILTER_MTA_STATE_H

#include "filters/base/must_use.h"
#include "filters/eval/eval.h"
#include "proxy/as_milter/mta_session.h"
#include "proxy/net/spool.h"
#include "proxy/smtp/dot.h"

#define MTA_ID_MAX      24
#define MTA_NAME_MAX    1024 /* bytes of a HELO name, a login, a macro that is kept */
#define MTA_BLOCK_BYTES 2048
#define MTA_ARENA_BYTES (16U << 20) /* of one message: envelope, header, changes */

enum mta_recipient_state { MTA_RECIPIENT_ACCEPTED, MTA_RECIPIENT_REFUSED, MTA_RECIPIENT_DISCARDED };

/* A recipient. */
struct mta_recipient {
    struct slice address, raw; /* without brackets; as the MTA told it */
    struct slice redirect, by; /* where a rule has sent it at RCPT, and which; ptr NULL: nowhere */
    struct slice reply;        /* first line of ours, or what the MTA said of it */
    enum mta_recipient_state state;
};

/* The message under way, all zero when there is none. */
struct mta_message {
    struct arena arena;
    bool begun;    /* MAIL was heard: there will be a record */
    bool over;     /* the MTA has been told its fate, or is about to be */
    bool recorded; /* what is left is only kept for the reply */
    bool settled;  /* the message's fate is decided, not only some recipient's */
    bool data_fed, header_fed;
    int64_t begin_us;
    uint64_t begin_ns;
    struct slice sender, queue_id;
    struct event_tls tls; /* of its MAIL */
    int64_t declared_size;
    struct mta_recipient *recipients;
    size_t recipient_count, recipient_capacity, accepted_count, discarded_count;

    struct bytes block; /* the header as it comes in */
    size_t block_bytes; /* its size, also past the limit */
    struct header header;
    bool header_known;
    struct spool spool;
    struct dot_reader reader;
    uint64_t body_bytes;
    struct change_list changes;
    struct verdict pending; /* a refusal that waits for a moment at which it can be said */

    struct verdict verdict; /* the last word so far */
    struct slice decider;
    struct slice reply; /* first line of the final one */
    struct slice failure;
};

struct mta_session {
    struct service *service;
    struct mta_session *next, **link; /* among the service's */
    struct config *config;            /* a reference */
    const struct policy *policy;
    struct eval *eval;
    struct pattern_scratch *scratch;
    struct demands agreed;
    bool leading_space;

    char id[MTA_ID_MAX];
    int64_t begin_us;
    uint64_t begin_ns;
    bool connected;
    struct address client;
    struct bytes listener, client_name, helo, login, tls_version, tls_cipher;
    bool has_login;
    bool lost; /* something of the connection or of the greeting was not kept: no mail until another
                */
    bool name_failed; /* the MTA could not find out the client's name */
    unsigned messages;
    bool recorded; /* the session, as one without messages */
    struct verdict last;
    struct slice last_decider; /* lives as long as the policy, or is static */
    char last_reply[REPLY_LINE_MAX];

    struct mta_message m;
};

#define OUT_OF_MEMORY "452 4.3.1 Out of memory\r\n"

/* mta_session_judge(session, event): has the policy judge; notes a delay, the logs, and a verdict
 * that is more than "continue". */
MUST_USE struct verdict mta_session_judge(struct mta_session *session, const struct event *event);

/* mta_session_answer(verdict): what the MTA is told. */
struct mta_answer mta_session_answer(const struct verdict *verdict);

/* mta_session_fail(session, failure, wire): the message is refused by ourselves; ${failure} lives
 * as long as the message, ${wire} is static. */
struct mta_answer mta_session_fail(struct mta_session *session, const char *failure,
                                   struct slice wire);

/* mta_session_starve(): what the MTA is told when memory is out before the message has begun. */
struct mta_answer mta_session_starve(void);

/* mta_session_adopt(session): before a MAIL: takes over a newer configuration, if what was agreed
 * with the MTA will do for it. 0, or -1 when memory is out. */
MUST_USE int mta_session_adopt(struct mta_session *session);

/* mta_session_forget(session): gives back all that the message under way holds. */
void mta_session_forget(struct mta_session *session);

/* mta_session_macro(macros, name): its value, empty when it has none; as long as the callback. */
struct slice mta_session_macro(const struct macros *macros, const char *name);

/* mta_content_data_due(session): the recipients are complete: feeds that once. CONTINUE if it was
 * fed before. */
MUST_USE struct verdict mta_content_data_due(struct mta_session *session);

/* mta_draft_make(session, draft, body): the message as the rules have left it, for the final rules;
 * it lives as long as the message. 0, or -1 when an edit cannot be made. mta_draft_edits(session,
 * list): all that rules and final rules have changed, in order, behind what is in ${list}; 0, or -1
 * when the arena is full. */
MUST_USE int mta_draft_make(struct mta_session *session, struct draft *draft, struct slice body);
MUST_USE int mta_draft_edits(struct mta_session *session, struct edit_list *list);

/* mta_session_told(session): answers the questions of the rules, with what the MTA has told. */
void mta_session_told(struct mta_session *session);
/* mta_session_heard(session, verdict): notes the logs, and a verdict that is more than "continue".
 */
void mta_session_heard(struct mta_session *session, const struct verdict *verdict);

/* mta_record_verdict(session, verdict): what the record will say was decided.
 * mta_record_message(session), mta_record_session(session, reason): writes the record, once. */
void mta_record_verdict(struct mta_session *session, const struct verdict *verdict);
void mta_record_message(struct mta_session *session);
void mta_record_session(struct mta_session *session, const char *reason);

#endif
