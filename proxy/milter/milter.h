/* milter: our side of one milter for one SMTP session (MILTER 1 to 8).
 *
 * It is told what happens as events and answers with a verdict; at the end of a message its
 * changes are a list of edits. It connects at the first event, and one connection serves all
 * messages of the session. A milter is not trusted: what does not fit the protocol, or is not
 * allowed to it, fails the milter, and its on_failure is the verdict. Changes are only handed out
 * when its final answer is there, so that a milter lost on the way changes nothing (PROTOCOL ML05).
 *
 * Every call returns at once. While milter_busy an answer is awaited, and nothing but milter_busy,
 * milter_reset and milter_destroy may be called; ${wake} is called when that is over, never from
 * inside a call. What events, facts and content point to must stay where it is until then.
 */
#ifndef PROXY_MILTER_MILTER_H
#define PROXY_MILTER_MILTER_H

#include "filters/edit.h"
#include "filters/message/header.h"
#include "proxy/milter/milter_facts.h"
#include "proxy/milter/wire/packet.h"
#include "proxy/net/loop.h"
#include "proxy/record/log.h"

#define MILTER_DESCRIPTORS 2 /* its connection, the file of its new body */

struct event;
struct limits;
struct milter;
struct milter_conf;

/* What goes over the wire, for tools that show it. Called while it happens, from within calls too:
 * nothing of the milter may be called back. Slices live as long as the call. */
struct milter_trace {
    void (*said)(void *ctx, struct packet packet);
    void (*heard)(void *ctx, struct packet packet); /* not judged yet; a new body is in pieces */
    /* What came and is no packet, or was not ${asked} for; all that is unread. */
    void (*garbage)(void *ctx, struct slice input, bool asked);
    void *ctx;
};

/* Whose fault a failure is. */
enum milter_fault {
    MILTER_FAULT_NONE,
    MILTER_FAULT_UNREACHABLE,
    MILTER_FAULT_SILENT,   /* no answer in time */
    MILTER_FAULT_LOST,     /* it has left */
    MILTER_FAULT_PROTOCOL, /* what it said */
    MILTER_FAULT_MESSAGE,  /* what was to be told does not fit the protocol */
};

struct milter_setup {
    struct loop *loop;
    const struct milter_conf *conf; /* must outlive the milter, as the limits must */
    const struct limits *limits;    /* message_bytes of a new body, memory and file it is kept in */
    struct log *log;                /* NULL: none */
    void (*wake)(void *ctx);
    void *ctx;
    uint32_t version;                 /* offered; 0: the newest there is */
    const struct milter_trace *trace; /* NULL: nobody looks. Must outlive the milter */
};

#define MILTER_MEMORY_MAX (16U * 1024 * 1024) /* octets of the edits of one message */

/* milter_create(setup): an unconnected one, or NULL when out of memory. milter_destroy(m): says
 * QUIT if it can, and closes. NULL: nothing. */
struct milter *milter_create(const struct milter_setup *setup);
void milter_destroy(struct milter *m);

/* milter_feed(m, event, facts): one of EVENT_CONNECT, HELO, AUTH (which milters are not told),
 * MAIL, RCPT, DATA, in the order of an SMTP session; or RCPT_REFUSED in place of RCPT, for milters
 * that want to hear of those. Connects when need be; EVENT_CONNECT begins a new session. Both
 * arguments must stay until it is not busy. */
void milter_feed(struct milter *m, const struct event *event, const struct milter_facts *facts);

/* milter_unknown(m, line): a command that is none, without its line end. Its verdict is that of
 * the command alone, whatever its scope. Returns whether the milter is told: one that is not
 * connected, or has settled the message or the session, is not, and its verdict stays. */
bool milter_unknown(struct milter *m, struct slice line);

/* milter_message(m, header, body, facts, budget_ms): the whole message, after EVENT_DATA: header
 * fields, body, and their end. As from Postfix, what stands from a line on that is no field is body
 * to it. The milter has ${budget_ms} for all of it, however often it says
 * that it makes progress. */
void milter_message(struct milter *m, const struct header *header, struct slice body,
                    const struct milter_facts *facts, uint64_t budget_ms);

/* milter_reset(m): the message is over, whichever way; to be called after each, also before the end
 * of data, and also while busy. Tells the milter if it does not know (ABORT, once), and forgives a
 * failure. Edits and message verdicts are gone. */
void milter_reset(struct milter *m);

/* milter_busy(m): an answer is awaited. */
bool milter_busy(const struct milter *m);

/* milter_needs_replay(m): the next event makes a new connection; all events of the session and the
 * message must be fed again, from EVENT_CONNECT on. True before the first. */
bool milter_needs_replay(const struct milter *m);

/* milter_settled(m): it has accepted, refused, discarded or failed, and will not be asked more of
 * this message. */
bool milter_settled(const struct milter *m);

/* milter_verdict(m): the answer to what was fed last. CONTINUE; ACCEPT: the milter wants no more
 * of this message (or, said at connect or helo, of the session), and later events get the same
 * answer; a refusal, with scope session from connect and helo, recipient from RCPT, else message;
 * DISCARD. With ${failure} FAILURE_MILTER it is the milter's on_failure: CONTINUE is then a message
 * that goes unchecked, QUARANTINE one that is to be kept. The party is the milter; slices live
 * until milter_reset. */
struct verdict milter_verdict(const struct milter *m);

/* milter_edits(m): after milter_message, what the milter changes, in order; empty unless the
 * verdict is CONTINUE or ACCEPT. Header values are as rewrite_apply wants them, addresses without
 * brackets. Its slices, the new body too, live until milter_reset or the next MAIL. */
const struct edit_list *milter_edits(const struct milter *m);

/* milter_failure(m): why it has failed, until milter_reset; NULL: it has not. */
const char *milter_failure(const struct milter *m);

/* milter_fault(m): what kind of failure that is. */
enum milter_fault milter_fault(const struct milter *m);

/* milter_spent_ms(m): how long it has been waited for since milter_reset. */
uint64_t milter_spent_ms(const struct milter *m);

#endif
