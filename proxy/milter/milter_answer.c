/* milter_answer: see milter_answer.h. */
#include "proxy/milter/milter_answer.h"

#include "conf/milter_conf.h"
#include "proxy/milter/milter_negotiate.h"
#include "proxy/milter/milter_state.h"

#define DISCONNECT_CODE 421

static bool greets(const struct milter *m)
{
    return m->command == PACKET_COMMAND_CONNECT || m->command == PACKET_COMMAND_HELO;
}

/* The answer to one command is there; nothing is decided by it. */
static void take_continue(struct milter *m)
{
    m->awaiting = false;
    if (m->job.kind != MILTER_JOB_MESSAGE)
        milter_job_pass(m);
    else
        connection_deadline(m->connection, 0);
}

/* ${verdict} ends the milter's part in the message, or in the session. */
static void settle(struct milter *m, struct verdict verdict)
{
    bool session = verdict.scope == SCOPE_SESSION || greets(m);

    milter_job_done(m, verdict);
    m->stance = session ? MILTER_DONE_SESSION : MILTER_DONE_MESSAGE;
    if (session)
        milter_link_hang_up(m);
}

static void refuse(struct milter *m, enum verdict_kind kind, struct reply reply)
{
    bool told = m->job.kind == MILTER_JOB_EVENT && m->job.event->kind == EVENT_RCPT_REFUSED;
    enum verdict_scope scope = SCOPE_MESSAGE;

    if (greets(m) || kind == VERDICT_DISCONNECT)
        scope = SCOPE_SESSION;
    else if (m->command == PACKET_COMMAND_RCPT)
        scope = SCOPE_RECIPIENT;
    if (told && scope == SCOPE_RECIPIENT)
        take_continue(m); /* it is refused already */
    else if (scope == SCOPE_RECIPIENT ||
             (m->job.kind == MILTER_JOB_UNKNOWN && scope != SCOPE_SESSION))
        milter_job_done(m, verdict_refusal(kind, scope, reply));
    else
        settle(m, verdict_refusal(kind, scope, reply));
}

static void take_replycode(struct milter *m, struct slice text)
{
    struct reply reply;
    struct arena *arena = greets(m) ? &m->session : &m->message;
    const char *wrong = packet_replycode_parse(text, arena, &reply);

    if (wrong != NULL)
        milter_job_fail(m, MILTER_FAULT_PROTOCOL, wrong);
    else if (reply.code == DISCONNECT_CODE)
        refuse(m, VERDICT_DISCONNECT, reply);
    else
        refuse(m, reply.code < 500 ? VERDICT_TEMPFAIL : VERDICT_REJECT, reply);
}

static void take_discard(struct milter *m)
{
    if (greets(m) || m->job.kind == MILTER_JOB_UNKNOWN) {
        log_write(m->log, LOG_LEVEL_WARNING,
                  "milter %.*s: it discards before there is a message: ignored",
                  SLICE_ARG(m->conf->name));
        take_continue(m);
    } else {
        settle(m, (struct verdict){.kind = VERDICT_DISCARD, .scope = SCOPE_MESSAGE});
    }
}

static void take_accept(struct milter *m)
{
    enum verdict_scope scope = greets(m) ? SCOPE_SESSION : SCOPE_MESSAGE;

    if (m->job.kind == MILTER_JOB_UNKNOWN)
        take_continue(m);
    else
        settle(m, (struct verdict){.kind = VERDICT_ACCEPT, .scope = scope});
}

static void take_skip(struct milter *m)
{
    if ((m->options.steps & PACKET_STEP_SKIP) == 0) {
        milter_job_fail(m, MILTER_FAULT_PROTOCOL, "it wants to skip, which was not agreed");
        return;
    }
    if (m->command == PACKET_COMMAND_BODYEOB) {
        milter_job_fail(m, MILTER_FAULT_PROTOCOL, "it skips the end of the message");
        return;
    }
    m->skipping = (int)m->command;
    take_continue(m);
}

/* --- the end of the message --- */

/* Its last word: the changes hold if it lets the message through. */
static void end_message(struct milter *m, enum packet_reply_kind kind)
{
    bool passes = kind == PACKET_REPLY_CONTINUE || kind == PACKET_REPLY_ACCEPT;
    const char *wrong = passes ? milter_edits_finish(m) : NULL;

    if (wrong != NULL) {
        milter_job_fail(m, MILTER_FAULT_PROTOCOL, wrong);
        return;
    }
    m->transaction = false;
    if (!passes)
        milter_edits_drop(m);
    else if (kind == PACKET_REPLY_CONTINUE)
        milter_job_pass(m);
}

static bool is_final(enum packet_reply_kind kind)
{
    switch (kind) {
    case PACKET_REPLY_CONTINUE:
    case PACKET_REPLY_ACCEPT:
    case PACKET_REPLY_REJECT:
    case PACKET_REPLY_TEMPFAIL:
    case PACKET_REPLY_DISCARD:
    case PACKET_REPLY_REPLYCODE:
    case PACKET_REPLY_SHUTDOWN:
    case PACKET_REPLY_CONN_FAIL: return true;
    case PACKET_REPLY_ADD_RECIPIENT:
    case PACKET_REPLY_REMOVE_RECIPIENT:
    case PACKET_REPLY_ADD_RECIPIENT_PARAMS:
    case PACKET_REPLY_REPLACE_BODY:
    case PACKET_REPLY_CHANGE_SENDER:
    case PACKET_REPLY_ADD_HEADER:
    case PACKET_REPLY_INSERT_HEADER:
    case PACKET_REPLY_CHANGE_HEADER:
    case PACKET_REPLY_OPTNEG:
    case PACKET_REPLY_PROGRESS:
    case PACKET_REPLY_QUARANTINE:
    case PACKET_REPLY_SKIP: break;
    }
    return false;
}

static void take_edit(struct milter *m, const struct packet_reply *reply)
{
    const char *wrong = m->command == PACKET_COMMAND_BODYEOB
                            ? milter_edits_take(m, reply)
                            : "it changes the message before its end";

    if (wrong != NULL)
        milter_job_fail(m, MILTER_FAULT_PROTOCOL, wrong);
    else
        milter_link_wait(m, m->conf->content_timeout_ms);
}

static void take_progress(struct milter *m)
{
    milter_link_wait(m, m->job.kind == MILTER_JOB_MESSAGE ? m->conf->content_timeout_ms
                                                          : m->conf->command_timeout_ms);
}

static void take_reply(struct milter *m, const struct packet_reply *reply)
{
    const struct reply standard = {0, SLICE_NONE};

    switch (reply->kind) {
    case PACKET_REPLY_CONTINUE: take_continue(m); break;
    case PACKET_REPLY_ACCEPT: take_accept(m); break;
    case PACKET_REPLY_REJECT: refuse(m, VERDICT_REJECT, standard); break;
    case PACKET_REPLY_TEMPFAIL: refuse(m, VERDICT_TEMPFAIL, standard); break;
    case PACKET_REPLY_DISCARD: take_discard(m); break;
    case PACKET_REPLY_REPLYCODE: take_replycode(m, reply->value); break;
    case PACKET_REPLY_SHUTDOWN:
    case PACKET_REPLY_CONN_FAIL: refuse(m, VERDICT_DISCONNECT, standard); break;
    case PACKET_REPLY_PROGRESS: take_progress(m); break;
    case PACKET_REPLY_SKIP: take_skip(m); break;
    case PACKET_REPLY_OPTNEG:
        milter_job_fail(m, MILTER_FAULT_PROTOCOL, "it negotiates once more");
        break;
    case PACKET_REPLY_ADD_RECIPIENT:
    case PACKET_REPLY_REMOVE_RECIPIENT:
    case PACKET_REPLY_ADD_RECIPIENT_PARAMS:
    case PACKET_REPLY_REPLACE_BODY:
    case PACKET_REPLY_CHANGE_SENDER:
    case PACKET_REPLY_ADD_HEADER:
    case PACKET_REPLY_INSERT_HEADER:
    case PACKET_REPLY_CHANGE_HEADER:
    case PACKET_REPLY_QUARANTINE: take_edit(m, reply); break;
    }
}

void milter_answer_take(struct milter *m, struct packet packet)
{
    struct packet_reply reply;
    const char *wrong = packet_reply_parse(packet, &reply);

    if (wrong == NULL && m->phase == MILTER_NEGOTIATING && reply.kind != PACKET_REPLY_OPTNEG)
        wrong = "it answers the offer with something else";
    if (wrong != NULL) {
        milter_job_fail(m, MILTER_FAULT_PROTOCOL, wrong);
        return;
    }
    if (m->phase == MILTER_NEGOTIATING) {
        milter_negotiate_end(m, &reply.options);
        return;
    }
    if (m->command == PACKET_COMMAND_BODYEOB && is_final(reply.kind))
        end_message(m, reply.kind);
    if (m->job.kind != MILTER_JOB_NONE)
        take_reply(m, &reply);
}
