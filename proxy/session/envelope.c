#include "proxy/session/envelope.h"

#include "conf/config.h"
#include "filters/base/mailbox.h"
#include "proxy/session/adopt.h"
#include "proxy/session/client.h"
#include "proxy/session/ending.h"
#include "proxy/session/judging.h"
#include "proxy/session/line.h"
#include "proxy/session/lmtp.h"
#include "proxy/session/offer.h"
#include "proxy/session/outcome.h"
#include "proxy/session/parting.h"
#include "proxy/session/relay.h"
#include "proxy/session/rewriting.h"
#include "proxy/session/route.h"
#include "proxy/session/state.h"

static void mail_answered(struct session *s)
{
    if (!relay_opened(s))
        return;
    const struct reply *reply = upstream_reply(s->upstream);
    if (reply->code / 100 == 2) {
        s->tx.envelope.open = true;
        s->tx.upstream_open = true;
        relay_say_on(s);
        return;
    }
    outcome_upstream_refused(s);
    relay_say_on(s);
    if (s->phase != PHASE_END)
        ending_reset(s);
}

static void xforward_answered(struct session *s)
{
    if (relay_opened(s))
        relay_ask(s, s->tx.envelope.mail_wire, mail_answered);
}

static void refuse_mail(struct session *s, const char *wire)
{
    outcome_party(s, VERDICT_TEMPFAIL, PARTY_GATEWAY, SLICE("the route"));
    outcome_reply(s, reply_static(slice_str(wire)).code, slice_str(wire));
    line_answer(s, wire);
    if (s->phase != PHASE_END)
        ending_reset(s);
}

/* Whether the upstream offers no less than the client was told, or, where a rule has routed the
 * message, what this one uses. If not, the client has been told. */
static bool mail_fits(struct session *s)
{
    if (s->tx.route == NULL)
        return relay_offer_holds(s);
    if (!offer_lacks(s, NULL))
        return true;
    refuse_mail(s, ROUTE_LACKS);
    return false;
}

static void mail_opened(struct session *s)
{
    if (!relay_opened(s) || !mail_fits(s))
        return;
    /* XFORWARD only informs: whatever the upstream answers, the MAIL follows. */
    if (!relay_introduce(s, xforward_answered))
        xforward_answered(s);
}

static void mail_forward(struct session *s)
{
    const struct upstream_conf *wanted = route_wanted(s);
    const char *refused = route_refused(s, wanted);
    if (refused != NULL) {
        refuse_mail(s, refused);
        return;
    }
    route_follow(s, wanted);
    relay_reach(s, mail_opened);
}

static void mail_judged(struct session *s, const struct verdict *verdict)
{
    struct transaction *t = &s->tx;
    if (verdict_refuses(verdict->kind) && s->under.listener->refuse_at == REFUSE_RCPT) {
        t->envelope.deferred = *verdict;
        t->envelope.open = true;
        line_answer(s, "250 2.1.0 Ok\r\n");
    } else if (verdict_refuses(verdict->kind)) {
        outcome_verdict(s, verdict);
        outcome_reply(s, verdict->reply.code, verdict->reply.wire);
        line_answer_verdict(s, verdict);
        if (s->phase != PHASE_END)
            ending_reset(s);
    } else if (verdict->kind == VERDICT_DISCARD) {
        outcome_verdict(s, verdict);
        t->envelope.discard = true;
        t->envelope.open = true;
        line_answer(s, "250 2.1.0 Ok\r\n");
    } else {
        mail_forward(s);
    }
}

static const char *path_problem(enum path_result result, bool mail)
{
    switch (result) {
    case PATH_OK: return NULL;
    case PATH_SYNTAX:
        return mail ? "501 5.5.4 Syntax: MAIL FROM:<address>\r\n"
                    : "501 5.5.4 Syntax: RCPT TO:<address>\r\n";
    case PATH_ADDRESS:
        return mail ? "501 5.1.7 Bad sender address syntax\r\n"
                    : "501 5.1.3 Bad recipient address syntax\r\n";
    case PATH_UTF8: return "553 5.6.7 Address needs SMTPUTF8\r\n";
    case PATH_PARAMS: return "501 5.5.4 Bad parameters\r\n";
    }
    return NULL;
}

static const char *param_problem(enum param_result result)
{
    switch (result) {
    case PARAM_OK: return NULL;
    case PARAM_VALUE: return "501 5.5.4 Bad parameter value\r\n";
    case PARAM_UNKNOWN: return "555 5.5.4 Parameter not supported\r\n";
    case PARAM_SIZE: return "552 5.3.4 Message too big\r\n";
    }
    return NULL;
}

/* Parses the argument of MAIL or RCPT. Returns what is wrong with it, a whole reply, or NULL. */
static const char *parse_path(struct session *s, const struct command *command,
                              struct command_path *path, int64_t *size)
{
    bool mail = command->verb == VERB_MAIL;
    bool utf8 = (s->offered.extensions & EXTENSION_SMTPUTF8) != 0;
    const char *problem =
        path_problem(command_parse_path(command->argument, mail ? SLICE("FROM:") : SLICE("TO:"),
                                        mail ? utf8 : s->tx.envelope.utf8, path),
                     mail);
    if (problem == NULL && mail)
        extension_drop_auth(path, &s->offered);
    if (problem == NULL)
        problem = param_problem(extension_check_params(command->verb, path, &s->offered, size));
    return problem;
}

static bool is_binary(const struct command_path *path)
{
    const struct command_param *body = command_path_param(path, SLICE("BODY"));
    return body != NULL && slice_equal_case(body->value, SLICE("BINARYMIME"));
}

static void begin_transaction(struct session *s)
{
    s->tx.envelope.number = ++s->transactions;
    s->tx.envelope.begin_ms = loop_now_ms(s->host->loop);
    s->tx.envelope.begin_us = s->begin_us + (int64_t)(s->tx.envelope.begin_ms - s->begin_ms) * 1000;
}

void envelope_mail(struct session *s, const struct command *command)
{
    struct command_path path;
    int64_t size = EVENT_SIZE_UNKNOWN;
    const char *problem = s->tx.envelope.open ? "503 5.5.1 A transaction is open already\r\n"
                                              : parse_path(s, command, &path, &size);
    if (s->hello.must_greet && !s->hello.greeted)
        problem = "503 5.5.1 Need EHLO first\r\n";
    if (problem != NULL) {
        line_answer(s, problem);
        return;
    }
    if (adopt_newest(s) != 0 || transaction_begin(&s->tx, &path) != 0) {
        line_answer(s, "452 4.3.1 Out of memory\r\n");
        transaction_reset(&s->tx, &s->under.config->limits);
        return;
    }
    begin_transaction(s);
    s->tx.envelope.declared_size = size;
    s->tx.envelope.binary = is_binary(&path);
    s->tx.envelope.utf8 = command_path_param(&path, SLICE("SMTPUTF8")) != NULL;
    struct event event = {.kind = EVENT_MAIL};
    event.u.mail.sender = s->tx.envelope.sender;
    event.u.mail.declared_size = size;
    event.u.mail.utf8 = s->tx.envelope.utf8;
    event.u.mail.tls = client_tls(s);
    judging_begin(s, &event, mail_judged);
}

/* --- RCPT --- */

static struct recipient *last_recipient(struct session *s)
{
    return &s->tx.envelope.recipients[s->tx.envelope.recipient_count - 1];
}

/* Everybody has heard that the upstream does not want it. */
static void rcpt_refusal_told(struct session *s, const struct verdict *verdict)
{
    (void)verdict;
    line_next(s);
}

/* The client is told first: what the upstream has said may be gone when the others have heard. */
static void rcpt_relay_refusal(struct session *s)
{
    struct event event = {.kind = EVENT_RCPT_REFUSED};
    event.u.rcpt.recipient = last_recipient(s)->told;
    outcome_upstream_refused(s);
    relay_say_on(s);
    if (s->phase == PHASE_COMMAND)
        judging_begin(s, &event, rcpt_refusal_told);
}

static void rcpt_answered(struct session *s)
{
    if (!relay_opened(s))
        return;
    const struct reply *reply = upstream_reply(s->upstream);
    bool accepted = reply->code / 100 == 2;
    transaction_settle(&s->tx, last_recipient(s), accepted ? RECIPIENT_ACCEPTED : RECIPIENT_REFUSED,
                       reply->wire);
    if (accepted)
        relay_say_on(s);
    else
        rcpt_relay_refusal(s);
}

static void rcpt_discarded(struct session *s)
{
    static const char reply[] = "250 2.1.5 Ok\r\n";
    transaction_settle(&s->tx, last_recipient(s), RECIPIENT_DISCARDED, slice_str(reply));
    line_answer(s, reply);
}

static void rcpt_quarantined(struct session *s, const struct verdict *verdict)
{
    static const char reply[] = "250 2.1.5 Ok\r\n";
    struct recipient *recipient = last_recipient(s);
    recipient->by = verdict->by;
    recipient->reason = verdict->reason;
    transaction_settle(&s->tx, recipient, RECIPIENT_QUARANTINED, slice_str(reply));
    line_answer(s, reply);
}

/* --- where to --- */

/* The rules had accepted it. */
static void rcpt_refuse_ours(struct session *s, struct slice wire, bool put_off)
{
    struct event event = {.kind = EVENT_RCPT_REFUSED};
    event.u.rcpt.recipient = last_recipient(s)->told;
    transaction_settle(&s->tx, last_recipient(s), RECIPIENT_REFUSED, wire);
    if (put_off)
        connection_say(s->connection, wire);
    else
        client_say(s, wire.ptr);
    line_next(s);
    if (s->phase == PHASE_COMMAND)
        judging_begin(s, &event, rcpt_refusal_told);
}

static void rcpt_fail_route(struct session *s, struct slice wire)
{
    outcome_party(s, VERDICT_TEMPFAIL, PARTY_GATEWAY, SLICE("the route"));
    outcome_reply(s, 451, wire);
    rcpt_refuse_ours(s, wire, false);
}

static void rcpt_mail_answered(struct session *s)
{
    const struct reply *reply = upstream_reply(s->upstream);
    if (upstream_status(s->upstream) != UPSTREAM_READY) {
        outcome_upstream_failed(s, upstream_failure(s->upstream));
        rcpt_refuse_ours(s, SLICE(ROUTE_AWAY), false);
    } else if (reply->code / 100 != 2) { /* it is this one's answer */
        transaction_settle(&s->tx, last_recipient(s), RECIPIENT_REFUSED, reply->wire);
        rcpt_relay_refusal(s);
    } else {
        s->tx.upstream_open = true;
        relay_ask(s, last_recipient(s)->wire, rcpt_answered);
    }
}

static void rcpt_introduced(struct session *s)
{
    if (upstream_status(s->upstream) == UPSTREAM_READY)
        relay_ask(s, s->tx.envelope.mail_wire, rcpt_mail_answered);
    else
        rcpt_mail_answered(s);
}

static void rcpt_opened(struct session *s)
{
    if (upstream_status(s->upstream) != UPSTREAM_READY)
        rcpt_mail_answered(s);
    else if (offer_lacks(s, last_recipient(s)))
        rcpt_fail_route(s, SLICE(ROUTE_LACKS));
    else if (!relay_introduce(s, rcpt_introduced))
        rcpt_introduced(s);
}

/* The envelope begins again at another upstream; nobody has been accepted by the one before. */
static void rcpt_move(struct session *s, const struct upstream_conf *wanted)
{
    const char *refused = route_refused(s, wanted);
    if (refused != NULL) {
        rcpt_fail_route(s, slice_str(refused));
        return;
    }
    parting_leave(s);
    s->tx.upstream_open = false;
    route_follow(s, wanted);
    relay_open(s, rcpt_opened);
}

/* The client has done nothing wrong, and may come with it in another message. */
static void rcpt_elsewhere(struct session *s)
{
    if (client_put_off(s))
        ending_say(s, CLIENT_JUNK);
    else
        rcpt_refuse_ours(s, SLICE("452 4.5.3 One destination at a time\r\n"), true);
}

static void rcpt_send(struct session *s)
{
    const struct upstream_conf *wanted = route_wanted_last(s);
    bool there = wanted == route_now(s);
    if (!there && s->tx.envelope.accepted_count > 0)
        rcpt_elsewhere(s);
    else if (there && s->tx.upstream_open && s->tx.route != NULL &&
             offer_lacks(s, last_recipient(s)))
        rcpt_fail_route(s, SLICE(ROUTE_LACKS));
    else if (there && s->tx.upstream_open)
        relay_ask(s, last_recipient(s)->wire, rcpt_answered);
    else
        rcpt_move(s, wanted);
}

/* Whether the upstream has taken the recipient by another name already. Only a redirect makes it
 * so: one that is named twice is told twice. */
static bool is_told(const struct transaction *t, const struct recipient *recipient)
{
    bool moved = !slice_equal(recipient->told, recipient->address);
    for (const struct recipient *r = t->envelope.recipients; r < recipient; r++) {
        bool either = moved || !slice_equal(r->told, r->address);
        if (either && r->state == RECIPIENT_ACCEPTED && mailbox_same(r->told, recipient->told))
            return true;
    }
    return false;
}

static void rcpt_forward(struct session *s, const struct verdict *verdict)
{
    static const char reply[] = "250 2.1.5 Ok\r\n";
    struct recipient *recipient = last_recipient(s);
    if (verdict->redirect.ptr != NULL) {
        recipient->by = verdict->by;
        if (rewriting_redirect(s, recipient, verdict->redirect) != 0) {
            ending_say(s, CLIENT_OUT_OF_MEMORY);
            return;
        }
    }
    recipient->shared = is_told(&s->tx, recipient);
    if (!recipient->shared) {
        rcpt_send(s);
        return;
    }
    transaction_settle(&s->tx, recipient, RECIPIENT_ACCEPTED, slice_str(reply));
    line_answer(s, reply);
}

static void rcpt_judged(struct session *s, const struct verdict *verdict)
{
    if (verdict_refuses(verdict->kind)) {
        outcome_verdict(s, verdict);
        outcome_reply(s, verdict->reply.code, verdict->reply.wire);
        transaction_settle(&s->tx, last_recipient(s), RECIPIENT_REFUSED, verdict->reply.wire);
        line_answer_verdict(s, verdict);
    } else if (s->tx.envelope.discard || verdict->kind == VERDICT_DISCARD) {
        if (verdict->scope != SCOPE_RECIPIENT)
            s->tx.envelope.discard = true;
        outcome_verdict(s, verdict);
        rcpt_discarded(s);
    } else if (verdict->kind == VERDICT_QUARANTINE && verdict->scope == SCOPE_RECIPIENT) {
        outcome_verdict(s, verdict);
        rcpt_quarantined(s, verdict);
    } else {
        rcpt_forward(s, verdict);
    }
}

static void rcpt_judge(struct session *s)
{
    struct event event = {.kind = EVENT_RCPT};
    event.u.rcpt.recipient = last_recipient(s)->address;
    judging_begin(s, &event, rcpt_judged);
}

/* What was decided with the MAIL; the first who hears it has to wait for it. */
static void rcpt_deferred(struct session *s)
{
    struct verdict verdict = s->tx.envelope.deferred;
    s->tx.envelope.deferred.delay_ms = 0;
    (void)judging_decide(s, &verdict, rcpt_judged);
}

/* No rule is asked: what the address names last is not what they would judge. */
static void rcpt_refuse_routed(struct session *s, const struct command_path *path)
{
    static const struct slice reply = SLICE_INIT(ROUTED_REPLY);
    struct recipient *recipient = transaction_add(&s->tx, path);
    if (recipient == NULL) {
        line_answer(s, "452 4.3.1 Out of memory\r\n");
        return;
    }
    outcome_party(s, VERDICT_REJECT, PARTY_GATEWAY, SLICE(ROUTED_REASON));
    outcome_reply(s, 550, reply);
    transaction_settle(&s->tx, recipient, RECIPIENT_REFUSED, reply);
    line_answer(s, ROUTED_REPLY);
}

/* The client has done nothing wrong: with twenty recipients it must not run into limits.errors. */
static void put_off_rcpt(struct session *s)
{
    if (client_put_off(s)) {
        ending_say(s, CLIENT_JUNK);
        return;
    }
    connection_say(s->connection, SLICE("452 4.5.3 One recipient at a time\r\n"));
    line_next(s);
}

void envelope_rcpt(struct session *s, const struct command *command)
{
    struct transaction *t = &s->tx;
    struct command_path path;
    const char *problem = t->envelope.open ? NULL : "503 5.5.1 Need MAIL first\r\n";
    if (t->content.chunking)
        problem = "503 5.5.1 The message has begun\r\n";
    if (problem == NULL && t->envelope.accepted_count + t->envelope.discarded_count >=
                               s->under.config->limits.recipients)
        problem = "452 4.5.3 Too many recipients\r\n";
    if (problem == NULL)
        problem = parse_path(s, command, &path, NULL);
    if (problem == NULL && s->under.listener->routed_addresses == ROUTED_REJECT &&
        mailbox_routes(path.address)) {
        rcpt_refuse_routed(s, &path);
        return;
    }
    if (problem == NULL && lmtp_crowded(s, t->envelope.accepted_count + 1)) {
        put_off_rcpt(s);
        return;
    }
    if (problem == NULL && transaction_add(t, &path) == NULL)
        problem = "452 4.3.1 Out of memory\r\n";
    if (problem != NULL)
        line_answer(s, problem);
    else if (t->envelope.deferred.kind != VERDICT_CONTINUE)
        rcpt_deferred(s);
    else
        rcpt_judge(s);
}
