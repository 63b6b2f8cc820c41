/* mta_state: an MTA's session as its own files share it; nobody else includes this.
 *
 * From the roof down, each file calling only those below it:
 *   mta_session        birth, client, greeting, death
 *   mta_envelope       MAIL, RCPT, DATA
 *   mta_content        header, body, the end
 *   mta_adopt          the policy, and a newer one
 *   mta_message        the message under way: none, and none any more
 *   mta_judging        has the policy judge, answers
 *   mta_record, mta_draft      what the audit is told; the message as the rules have left it
 *   service            what all sessions share
 */
#ifndef PROXY_AS_MILTER_MTA_STATE_H
#define PROXY_AS_MILTER_MTA_STATE_H

#include "conf/reading.h"
#include "filters/eval/eval.h"
#include "proxy/as_milter/changes.h"
#include "proxy/as_milter/demands.h"
#include "proxy/as_milter/mta_macros.h"
#include "proxy/as_milter/service.h"
#include "proxy/net/spool.h"
#include "proxy/smtp/dot.h"

#define MTA_ID_MAX      24
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
    struct readings readings; /* what it says */
    struct change_list changes;
    struct verdict pending; /* a refusal that waits for a moment at which it can be said */

    struct verdict verdict; /* the last word so far */
    struct slice decider;
    struct slice reply; /* first line of the final one */
    struct slice failure;
};

struct mta_session {
    struct service *service;
    struct service_member member;
    struct config *config; /* a reference */
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

#endif
