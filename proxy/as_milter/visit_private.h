/* visit_private: what the files of a visit share. */
#ifndef PROXY_AS_MILTER_VISIT_PRIVATE_H
#define PROXY_AS_MILTER_VISIT_PRIVATE_H

#include "filters/base/must_use.h"
#include "filters/eval/eval.h"
#include "proxy/as_milter/visit.h"
#include "proxy/net/spool.h"
#include "proxy/smtp/dot.h"

#define VISIT_ID_MAX      24
#define VISIT_NAME_MAX    1024 /* bytes of a HELO name, a login, a macro that is kept */
#define VISIT_BLOCK_BYTES 2048
#define VISIT_ARENA_BYTES (16U << 20) /* of one message: envelope, header, changes */

enum guest_state { GUEST_ACCEPTED, GUEST_REFUSED, GUEST_DISCARDED };

/* A recipient. */
struct guest {
    struct slice address, raw; /* without brackets; as the MTA told it */
    struct slice redirect, by; /* where a rule has sent it at RCPT, and which; ptr NULL: nowhere */
    struct slice reply;        /* first line of ours, or what the MTA said of it */
    enum guest_state state;
};

/* The message under way, all zero when there is none. */
struct visit_message {
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
    struct guest *guests;
    size_t guest_count, guest_capacity, accepted_count, discarded_count;

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

struct visit {
    struct service *service;
    struct visit *next, **link; /* among the service's */
    struct config *config;      /* a reference */
    const struct policy *policy;
    struct eval *eval;
    struct pattern_scratch *scratch;
    struct demands agreed;
    bool leading_space;

    char id[VISIT_ID_MAX];
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

    struct visit_message m;
};

#define OUT_OF_MEMORY "452 4.3.1 Out of memory\r\n"

/* visit_judge(visit, event): has the policy judge; notes a delay, the logs, and a verdict that is
 * more than "continue". */
MUST_USE struct verdict visit_judge(struct visit *visit, const struct event *event);

/* visit_answer(verdict): what the MTA is told. */
struct visit_answer visit_answer(const struct verdict *verdict);

/* visit_fail(visit, failure, wire): the message is refused by ourselves; ${failure} lives as long
 * as the message, ${wire} is static. */
struct visit_answer visit_fail(struct visit *visit, const char *failure, struct slice wire);

/* visit_starve(): what the MTA is told when memory is out before the message has begun. */
struct visit_answer visit_starve(void);

/* visit_adopt(visit): before a MAIL: takes over a newer configuration, if what was agreed with the
 * MTA will do for it. 0, or -1 when memory is out. */
MUST_USE int visit_adopt(struct visit *visit);

/* visit_forget(visit): gives back all that the message under way holds. */
void visit_forget(struct visit *visit);

/* visit_macro(macros, name): its value, empty when it has none; as long as the callback. */
struct slice visit_macro(const struct macros *macros, const char *name);

/* visit_content_data_due(visit): the recipients are complete: feeds that once. CONTINUE if it was
 * fed before. */
MUST_USE struct verdict visit_content_data_due(struct visit *visit);

/* visit_draft_make(visit, draft, body): the message as the rules have left it, for the final rules;
 * it lives as long as the message. 0, or -1 when an edit cannot be made. visit_draft_edits(visit,
 * list): all that rules and final rules have changed, in order, behind what is in ${list}; 0, or -1
 * when the arena is full. */
MUST_USE int visit_draft_make(struct visit *visit, struct draft *draft, struct slice body);
MUST_USE int visit_draft_edits(struct visit *visit, struct edit_list *list);

/* visit_told(visit): answers the questions of the rules, with what the MTA has told. */
void visit_told(struct visit *visit);
/* visit_heard(visit, verdict): notes the logs, and a verdict that is more than "continue". */
void visit_heard(struct visit *visit, const struct verdict *verdict);

/* visit_account_verdict(visit, verdict): what the record will say was decided.
 * visit_account_message(visit), visit_account_session(visit, reason): writes the record, once. */
void visit_account_verdict(struct visit *visit, const struct verdict *verdict);
void visit_account_message(struct visit *visit);
void visit_account_session(struct visit *visit, const char *reason);

#endif
