/* The session as its own files share it: session.c (life, step), session_upstream.c (what it does
 * with its upstream), greeting.c (connect judged, our greeting), introduction.c (who the client
 * is), naming.c (what it is called), macros.c (what milters are told of it), interception.c (whom
 * it wanted to reach), starttls.c, auth.c, verbs.c and envelope.c (commands), content.c (messages
 * coming in), awake.c (their upstream meanwhile), rewriting.c (as edited), parameters.c (of edits),
 * delivery.c (messages going out), quarantine.c (messages set aside), chunking.c (both by BDAT),
 * lmtp.c (the replies at their end), passthrough.c (TLS that is not ours), account.c (the audit
 * record). Nobody else includes this. */
#ifndef PROXY_SESSION_SESSION_PRIVATE_H
#define PROXY_SESSION_SESSION_PRIVATE_H

#include "filters/base/hostname.h"
#include "filters/base/must_use.h"
#include "proxy/inspect/inspect.h"
#include "proxy/inspect/turns.h"
#include "proxy/net/client_name.h"
#include "proxy/net/connection.h"
#include "proxy/session/awake.h"
#include "proxy/session/host.h"
#include "proxy/session/lmtp.h"
#include "proxy/session/session.h"
#include "proxy/session/transaction.h"
#include "proxy/smtp/attributes.h"
#include "proxy/smtp/extension.h"
#include "proxy/upstream/upstream.h"

enum phase {
    PHASE_HEADER,
    PHASE_SECURE,
    PHASE_COMMAND,
    PHASE_JUDGE,
    PHASE_NAME,
    PHASE_DELAY,
    PHASE_OPEN,
    PHASE_ANSWER,
    PHASE_AUTH,
    PHASE_CONTENT,
    PHASE_STORE,
    PHASE_SETTLE,
    PHASE_SEND,
    PHASE_PASSTHROUGH,
    PHASE_END,
};

#define SESSION_ID_MAX 24
#define HELO_MAX       255
#define HOPS_MAX       100 /* Received fields; more is a loop (RFC 5321, 6.3; R52) */
#define COMMAND_GARBAGE_MAX                                                                        \
    65536 /* octets of one command line before the session is closed (C02) */

/* What is known of the client's name. */
#define NAMING_UNKNOWN "unknown" /* it has none; as rules see it */
struct naming {
    enum { NAMING_UNASKED, NAMING_ASKED, NAMING_KNOWN } state;
    enum client_name result;           /* known */
    struct client_name_lookup *lookup; /* asked */
    struct bytes name;                 /* found; else empty */
};

/* Where a client wanted to go that was intercepted. */
struct original {
    struct endpoint endpoint;
    char text[ADDRESS_TEXT_MAX]; /* the endpoint's */
};

struct session {
    struct session *next, *prev; /* in the host's list */
    struct host *host;
    struct config *config;                /* as of the last MAIL; a reference */
    size_t socket;                        /* the listening one it came by */
    const struct listener_conf *listener; /* of ${config} */
    struct address client;                /* as XCLIENT said, else ${peer} */
    struct address peer;                  /* as a PROXY header said, else the socket's */
    struct address local;      /* where it connected to, likewise; ADDRESS_NONE: ask the socket */
    struct original *original; /* NULL: its listener does not intercept */
    struct address counted;    /* whom the gateway counts it as */
    bool lingers;              /* the connection is counted on, though it is over */
    struct naming naming;      /* of ${client} */
    struct attributes *forwarded; /* what XFORWARD said of this transaction; NULL: nothing */
    struct connection *connection;
    struct upstream *upstream; /* NULL until first needed */
    struct passage *passage;   /* NULL unless client and upstream speak TLS past us */
    struct inspect *inspect;
    struct macros *macros;    /* what milters are told; NULL until there is one */
    struct loop_timer *timer; /* the end of a delay, or of patience with a disk */
    struct loop_timer *awake; /* within content: when the upstream is to hear something again */
    struct turn turn;         /* of being judged */
    char id[SESSION_ID_MAX];
    int64_t begin_us;
    uint64_t begin_ms;

    enum phase phase;
    bool timer_fired;
    bool awake_due; /* ... it is now */
    struct event
        event; /* under judgement in JUDGE; its slices live in the transaction or in ${line} */
    struct verdict verdict; /* waiting out its delay in DELAY */
    void (*decided)(struct session *s, const struct verdict *verdict); /* after JUDGE and DELAY */
    void (*ready)(struct session *s);   /* after OPEN, ANSWER, SECURE */
    void (*named)(struct session *s);   /* after NAME */
    void (*welcome)(struct session *s); /* after a connection that was judged late */

    struct line_scan scan;
    bool auth_line;     /* the line under way begins with AUTH */
    struct bytes line;  /* the command in flight */
    struct bytes helo;  /* as last given */
    bool lmtp;          /* it speaks LMTP, as its listener did when it came */
    bool esmtp;         /* ... by EHLO or LHLO */
    bool greeted;       /* ... and accepted */
    bool must_greet;    /* MAIL needs a greeting before it: there was a STARTTLS (RFC 3207, 4.2) */
    bool announced;     /* its peer began with a PROXY header */
    bool probed;        /* ... that names no client but itself, as a balancer's own checks do */
    bool heard;         /* the client itself has sent something */
    bool welcomed;      /* the first greeting was said */
    bool connect_waits; /* for EHLO or MAIL: XCLIENT may come before */
    bool turned_away;   /* refused at connect: 503 to all but QUIT */
    bool quit;          /* the client has said its last word */
    bool authenticated; /* the upstream has accepted a login: s->sasl knows whose */
    struct sasl sasl;
    bool draining;
    bool data_refused; /* ... and no known command has come since */
    bool auth_begun;   /* likewise: what comes may be meant as its secret */
    bool resetting;    /* the RSET we sent upstream is not answered yet */
    struct capabilities offered;
    unsigned errors, junk, put_off; /* since the last message */
    unsigned transactions;          /* begun so far */
    bool recorded;                  /* its own audit record is written */
    enum verdict_kind last_verdict; /* the last decision, for a session without transactions */
    enum party last_party;
    enum stage last_stage;
    struct slice last_decider; /* static or the policy's */
    struct transaction tx;
};

/* session.c */

/* session_wake(session): something happened: moves the session as far as it goes. The callback of
 * everything it waits for; never called from inside a step. */
void session_wake(void *session);

/* session_reply(s, reply): sends a reply, ours or the upstream's, and counts errors. */
void session_reply(struct session *s, const struct reply *reply);
/* session_say(s, "250 2.0.0 Ok\r\n"): the same for a fixed reply of ours. */
void session_say(struct session *s, const char *wire);
#define SESSION_GOING_DOWN "421 4.3.2 The service is going down, try again later\r\n"
/* session_say_close(s, wire): the same, then ends the session. */
void session_say_close(struct session *s, const char *wire);
#define OUT_OF_MEMORY "421 4.3.0 Out of memory\r\n"
/* session_drop(s, reason): ends it at once, in any state, with an audit record; no dot goes
 * upstream. ${reason} is static. The step destroys it. */
void session_drop(struct session *s, const char *reason);
/* session_finish(s): ends the session after what is queued for the client is sent. */
void session_finish(struct session *s);
/* session_line_missing(s): no whole line is there: looks whether one can still come.
 * session_line_overlong(s, consumed): eats a part of an overlong one; whether to look again. */
void session_line_missing(struct session *s);
bool session_line_overlong(struct session *s, size_t consumed);
/* session_command(s): the next command may come; the last one's line is wiped. */
void session_command(struct session *s);
/* session_reset(s): the end of a transaction, whatever the way out: the record, the engine, the
 * upstream, the data. */
void session_reset(struct session *s);

/* session_judge.c */

/* session_judge(s, event, decided): has the policy judge; ${decided} gets the verdict, after its
 * delay. */
void session_judge(struct session *s, const struct event *event,
                   void (*decided)(struct session *s, const struct verdict *verdict));
/* session_await_judge(s, decided): the same for what it is judging already. */
void session_await_judge(struct session *s,
                         void (*decided)(struct session *s, const struct verdict *verdict));
/* session_decide(s, verdict, decided): ${decided} gets this verdict, after its delay; false when
 * that is waited for. */
bool session_decide(struct session *s, const struct verdict *verdict,
                    void (*decided)(struct session *s, const struct verdict *verdict));
/* session_step_judge(s), session_step_delay(s): PHASE_JUDGE, PHASE_DELAY; false when they must
 * wait.
 */
bool session_step_judge(struct session *s);
bool session_step_delay(struct session *s);

/* session_adopt.c */

/* session_adopt(s): takes over the newest configuration, if there is a newer one. 0, or -1 when
 * memory is out. */
MUST_USE int session_adopt(struct session *s);

/* session_upstream.c */

/* session_open(s, ready): connects to the upstream; ${ready} looks at its status. Once a login was
 * accepted there is no other upstream for this client: ends the session then. */
void session_open(struct session *s, void (*ready)(struct session *s));
/* session_keeps_upstream(s): whether the connection to the upstream, of a session that has one, can
 * be kept for another session, after an RSET if a transaction is open there.
 * session_part_upstream(s): the end: keeps it so, or closes it. */
bool session_keeps_upstream(const struct session *s);
void session_part_upstream(struct session *s);
/* session_await(s, ready): waits until the upstream owes us no reply; ${ready} looks at its status.
 */
void session_await(struct session *s, void (*ready)(struct session *s));
/* session_ask(s, wire, ready): sends the upstream a command and waits for its reply. */
void session_ask(struct session *s, struct slice wire, void (*ready)(struct session *s));
/* session_upstream_usable(s): whether the upstream is there and idle; a broken or half-reset one is
 * closed. */
bool session_upstream_usable(struct session *s);
/* session_reset_upstream(s): takes back what the upstream holds of the transaction, by RSET or by
 * closing. */
void session_reset_upstream(struct session *s);
/* session_offer(s): what the upstream's capabilities allow us to offer this client. */
struct capabilities session_offer(const struct session *s);
/* session_offer_holds(s): whether the upstream, which may be connected anew, still offers what the
 * client was offered (PROTOCOL K07); else the client has been told and the session is ended. */
bool session_offer_holds(struct session *s);
/* session_ask_xforward(s, ready): asks XFORWARD if the upstream is to be told that way. Returns
 * whether it did. */
bool session_ask_xforward(struct session *s, void (*ready)(struct session *s));
/* session_ehlo_name(s): what we call ourselves upstream: the client's name, or our own when it gave
 * none. */
struct slice session_ehlo_name(const struct session *s);

/* greeting.c */

/* greeting_begin(s): the peer is known: the connect rules, then the greeting. */
void greeting_begin(struct session *s);
/* greeting_judge(s, decided): judges the connection of s->client. */
void greeting_judge(struct session *s,
                    void (*decided)(struct session *s, const struct verdict *verdict));
/* greeting_say(s, verdict): says our greeting, or that refusal in place of one. */
void greeting_say(struct session *s, const struct verdict *verdict);
/* greeting_judge_late(s, go_on): judges the connection that has waited for an XCLIENT; ${go_on}
 * follows unless it is refused. */
void greeting_judge_late(struct session *s, void (*go_on)(struct session *s));

/* introduction.c */

/* introduction_await(s): the peer must begin with a PROXY header. introduction_step(s):
 * PHASE_HEADER; false when it must wait. */
void introduction_await(struct session *s);
bool introduction_step(struct session *s);
/* introduction_unasked(s): whether the peer begins with a PROXY header that is not expected from it
 * (any more), which is logged: what it says is not for us (PROTOCOL X01). */
bool introduction_unasked(const struct session *s);
/* introduction_offer(s, offered): adds XCLIENT and XFORWARD to what a listed peer is offered. */
void introduction_offer(const struct session *s, struct capabilities *offered);
/* introduction_xclient(s, command), introduction_xforward(s, command): the commands. */
void introduction_xclient(struct session *s, const struct command *command);
void introduction_xforward(struct session *s, const struct command *command);
/* introduction_forget(s): what XFORWARD said; at the end of a transaction. */
void introduction_forget(struct session *s);

/* interception.c */

/* interception_begin(s): finds out where the client of a transparent listener wanted to go. false:
 * that is not known, or is ourselves; the session is over. true also without interception.
 * interception_steer(s): has s->upstream go there; false likewise. interception_forget(s): at the
 * end of the session. */
bool interception_begin(struct session *s);
bool interception_steer(struct session *s);
void interception_forget(struct session *s);

/* naming.c */

/* naming_begin(s): s->client is the client: begins to look up its name if the record or the
 * upstream want it. naming_told(s, told): what XCLIENT said of it, or of another client; 0, or -1
 * when memory is out.
 * naming_forget(s): what is known, or under way; at the end of a session. */
void naming_begin(struct session *s);
MUST_USE int naming_told(struct session *s, const struct attributes *told);
void naming_forget(struct session *s);
/* naming_await(s, named): waits until the name is known or known not to be; ${named} goes on.
 * naming_step(s): PHASE_NAME; false when it must wait. */
void naming_await(struct session *s, void (*named)(struct session *s));
bool naming_step(struct session *s);
/* naming_name(s): the name, NAMING_UNKNOWN when there is none, empty when nobody knows or has
 * asked; lives as long as the session. naming_upstream_wants(s): whether the upstream is told.
 * naming_identify(s, identity): what it is told. */
struct slice naming_name(const struct session *s);
bool naming_upstream_wants(const struct session *s);
void naming_identify(const struct session *s, struct identity *identity);
/* naming_asked(s): whether the policy waits for an answer; judging goes on when there is one.
 * naming_answer(s): tells it what is known already. */
bool naming_asked(struct session *s);
void naming_answer(struct session *s);

/* macros.c */

/* macros_inspect(s, config, policy): who judges the session by that policy; NULL when memory is
 * out. macros_forget(s): at the end of the session. */
struct inspect *macros_inspect(struct session *s, struct config *config,
                               const struct policy *policy);
void macros_forget(struct session *s);

/* verbs.c */

/* verbs_run(s): runs the command in s->line; leaves s->phase where it goes on. */
void verbs_run(struct session *s);
/* What a verb hears that is known but not to be had (R25). */
#define VERBS_NOT_HERE "502 5.5.1 Command not implemented\r\n"
#define VERBS_JUNK     "421 4.7.0 Too many commands without a message\r\n"

/* verbs_answer(s, wire): says a fixed reply of ours; the next command may come. */
void verbs_answer(struct session *s, const char *wire);
/* verbs_answer_verdict(s, verdict): says a refusal of the policy; a disconnect ends the session. */
void verbs_answer_verdict(struct session *s, const struct verdict *verdict);
/* verbs_relay(s): says what the upstream said; its 421 ends the session on both sides (R35). */
void verbs_relay(struct session *s);
/* verbs_upstream_opened(s): whether the upstream takes commands; else the client has been told. */
bool verbs_upstream_opened(struct session *s);

/* starttls.c */

/* starttls_run(s, command): the command. starttls_offered(s): whether EHLO offers it.
 * starttls_demanded(s, verb): whether the listener wants TLS before that command (530). */
void starttls_run(struct session *s, const struct command *command);
/* starttls_pipelined(s): whether the client has said more behind STARTTLS; the session is ended
 * then. */
bool starttls_pipelined(struct session *s);
bool starttls_offered(const struct session *s);
bool starttls_demanded(const struct session *s, enum verb verb);
/* starttls_facts(s): what the policy is told of the client's TLS; lives as long as the connection.
 */
struct event_tls starttls_facts(const struct session *s);
/* starttls_implicit(s, secured): begins with a handshake; ${secured} is called after it.
 * starttls_step(s): PHASE_SECURE; false when it must wait. starttls_failed(s): the handshake has
 * failed: ends the session. */
void starttls_implicit(struct session *s, void (*secured)(struct session *s));
bool starttls_step(struct session *s);
void starttls_failed(struct session *s);

/* passthrough.c */

/* passthrough_run(s): a STARTTLS to which nothing is to be objected goes upstream.
 * passthrough_step(s): PHASE_PASSTHROUGH; false when it must wait. passthrough_end(s): closes the
 * upstream's side behind what is queued for it; no passage: nothing. */
void passthrough_run(struct session *s);
bool passthrough_step(struct session *s);
void passthrough_end(struct session *s);
/* passthrough_describe(s, record): what the session's record says of a passage. */
void passthrough_describe(const struct session *s, struct audit_record *record);

/* envelope.c */

/* envelope_mail(s, command), envelope_rcpt(s, command): the commands. */
void envelope_mail(struct session *s, const struct command *command);
void envelope_rcpt(struct session *s, const struct command *command);

/* auth.c */

#define AUTH_LINE_TOO_LONG "500 5.5.6 Authentication exchange line is too long\r\n"
#define AUTH_LOST          "421 4.4.2 The mail server went away, log in again\r\n"

/* auth_run(s, command): the command. auth_step(s): PHASE_AUTH; false when it must wait. */
void auth_run(struct session *s, const struct command *command);
bool auth_step(struct session *s);
/* auth_restrict(s, offer): takes AUTH off what is offered when the listener does not allow it
 * (now). auth_withheld(s): after EHLO: logs it when the upstream's connection is the reason. */
void auth_restrict(const struct session *s, struct capabilities *offer);
void auth_withheld(const struct session *s);
/* auth_forget(s): nobody has logged in; for a session that ends or starts anew with another client.
 */
void auth_forget(struct session *s);
/* auth_lost(s): ends a session whose upstream went away after it had accepted a login. */
void auth_lost(struct session *s);

/* content.c */

/* content_begin(s, mode): the client's content follows. content_step(s): PHASE_CONTENT; false when
 * it must wait. */
void content_begin(struct session *s, enum content_mode mode);
bool content_step(struct session *s);
/* content_refuse(s, verdict): a verdict other than continue or accept: read to the end, then say
 * it. */
void content_refuse(struct session *s, const struct verdict *verdict);
/* content_fail(s, failure, party, wire): the same for a failure of ours or the upstream's; ${wire}
 * is copied. content_fail_because(s, failure, why, party, wire): with more to say of it in log and
 * record. */
void content_fail(struct session *s, const char *failure, enum party party, struct slice wire);
void content_fail_because(struct session *s, const char *failure, struct slice why,
                          enum party party, struct slice wire);
/* content_spool_failed(s): content_fail for that. content_drain_limit(s): how many octets of a
 * refused message are read before we hang up. */
void content_spool_failed(struct session *s);
uint64_t content_drain_limit(const struct session *s);
/* content_gone(s): the upstream, which should be taking content, is not: what it has decided. */
void content_gone(struct session *s);
/* content_finish(s): says the decided reply and ends the transaction; before that it waits, for a
 * moment, until a copy in the quarantine is confirmed or removed. content_settle_step(s):
 * PHASE_SETTLE, false when it must wait; content_hurry(s): it must not any longer. */
void content_finish(struct session *s);
bool content_settle_step(struct session *s);
void content_hurry(struct session *s);
/* content_judge(s): the client wants to send content: the policy's word on it, then the content.
 * content_data(s): the DATA command. */
void content_judge(struct session *s);
void content_data(struct session *s);

/* quarantine.c */

/* quarantine_wanted(s, verdict): whether the quarantine gets the message, or a copy of it for
 * recipients that were taken off, as far as is known; it must be held then. quarantine_due(s,
 * verdict): the same when all is known. */
bool quarantine_wanted(struct session *s, const struct verdict *verdict);
bool quarantine_due(struct session *s, const struct verdict *verdict);
/* quarantine_begin(s, verdict): the message is complete, and the verdict on it no refusal: stores
 * it, then says so or, where it also goes upstream, hands it over. quarantine_step(s): PHASE_STORE;
 * false when it must wait. */
void quarantine_begin(struct session *s, const struct verdict *verdict);
bool quarantine_step(struct session *s);
/* quarantine_whole(t): whether nothing of a message that is kept goes upstream.
 * quarantine_acknowledged(s): whether a stored message stays. quarantine_reset(s): the end of the
 * transaction: what does not stay is removed. */
bool quarantine_whole(const struct transaction *t);
bool quarantine_acknowledged(const struct session *s);
void quarantine_reset(struct session *s);

/* rewriting.c */

/* rewriting_begin(s): the recipients are complete: begins the draft, which the policy edits. 0, or
 * -1 when memory is out. */
MUST_USE int rewriting_begin(struct session *s);
/* rewriting_redirect(s, recipient, address): a rule has sent it to ${address} at RCPT: what the
 * upstream is told of it; 0, or -1 when memory is out. rewriting_redirects(s, edits): appends what
 * such rules have done, for the record. 0, or -1 when ${edits} has failed. */
MUST_USE int rewriting_redirect(struct session *s, struct recipient *recipient,
                                struct slice address);
MUST_USE int rewriting_redirects(struct session *s, struct edit_list *edits);
/* rewriting_header(s): when all is edited: the header as it goes out, in delivery.header; nothing
 * where the received one does. rewriting_envelope(s), after it: the commands of the envelope, and
 * whether they must be said again. 0, or -1 when an edit cannot be made or memory is out. */
MUST_USE int rewriting_header(struct session *s);
MUST_USE int rewriting_envelope(struct session *s);
/* rewriting_content(s, content): the content to be sent from transaction_content_start on. 0, or -1
 * when the spool fails. */
MUST_USE int rewriting_content(struct session *s, struct slice *content);

/* parameters.c */

/* parameters_keep(s, verb, wanted): of the parameters that an edit gives to MAIL or RCPT those that
 * the upstream takes and that are an edit's to give, each after a blank; logs which are left out.
 * Empty: none, or memory is out. */
struct slice parameters_keep(struct session *s, enum verb verb, struct slice wanted);

/* delivery.c */

/* delivery_plan(s): when all is edited: puts the envelope and the header as edited into
 * s->tx.delivery. 0, or -1 when an edit cannot be made or memory is out. */
MUST_USE int delivery_plan(struct session *s);
/* delivery_begin(s): the verdict is in: hands the message over, saying the envelope again when it
 * changed. */
void delivery_begin(struct session *s);
/* delivery_ask(s, go_on): the same before the client was told to send its content: ${go_on} gets
 * the upstream's 354, or what the client is refused it with. */
void delivery_ask(struct session *s, void (*go_on)(struct session *s, const struct reply *reply));
/* delivery_send(s): PHASE_SEND; false when the upstream must drain first. */
bool delivery_send(struct session *s);
/* delivery_end(s): the content is out: the dot, and its reply. */
void delivery_end(struct session *s);

/* delivery_stop(s): the service ends while the reply to the dot is awaited: says that nobody knows
 * (RFC 1047), as to U05 and U06, and ends the session. */
void delivery_stop(struct session *s);

/* delivery_last(s): the last of the message goes out: ${dot} ends it, or nothing when it was a last
 * chunk. delivery_client_left(s): whether the client has gone before; the session is dropped then.
 */
void delivery_last(struct session *s, struct slice dot);
bool delivery_client_left(struct session *s);

/* account.c */

/* account_transaction(s): writes the transaction's audit record, once. account_session(s, reason):
 * the session's, if it had no transaction. */
void account_transaction(struct session *s);
void account_session(struct session *s, const char *reason);
/* account_verdict(s, verdict): notes a verdict as what became of the transaction; account_party(s,
 * ...) a decision without one. */
void account_verdict(struct session *s, const struct verdict *verdict);
void account_party(struct session *s, enum verdict_kind kind, enum party party,
                   struct slice decider);
/* account_upstream(s, kind): a decision of the session's upstream, by its name.
 * account_upstream_failed(s, failure): that it could not be had, or made no sense: a tempfail;
 * ${failure}, copied, goes into the record. The caller logs it. */
void account_upstream(struct session *s, enum verdict_kind kind);
void account_upstream_failed(struct session *s, const char *failure);
/* account_upstream_refused(s): its last reply, a refusal, is what became of the transaction. */
void account_upstream_refused(struct session *s);
/* account_failure(s, failure, why, party, wire): a failure as what became of the transaction, and
 * its reply: it is logged and goes into the record, with ${why} if there is more to say. Both are
 * copied, but the ${failure} of others than the upstream, which must be static. */
void account_failure(struct session *s, const char *failure, struct slice why, enum party party,
                     struct slice wire);
/* account_accepted(s): the upstream took the message; a rule that accepted it keeps the word. */
void account_accepted(struct session *s);
/* account_reply(s, code, wire): notes the final reply; ${wire} is copied. */
void account_reply(struct session *s, int code, struct slice wire);
/* account_field(t, name): the decoded value of the first header field of that name; empty: none. */
struct slice account_field(struct transaction *t, struct slice name);
/* account_logs(s): writes what `log` actions said since the last time. */
void account_logs(struct session *s);

#endif
