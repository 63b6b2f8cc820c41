#include "proxy/session/greeting.h"

#include <stdio.h>

#include "conf/config.h"
#include "proxy/session/client.h"
#include "proxy/session/ending.h"
#include "proxy/session/judging.h"
#include "proxy/session/line.h"
#include "proxy/session/naming.h"
#include "proxy/session/outcome.h"
#include "proxy/session/starttls.h"
#include "proxy/session/state.h"

static void greet_with_refusal(struct session *s, const struct verdict *verdict)
{
    struct reply reply = verdict_greeting(verdict, &s->tx.arena);
    if (reply.code == 0) /* there was no memory for it */
        reply = reply_static(verdict->kind == VERDICT_REJECT ? SLICE("554 5.7.1 Not here\r\n")
                                                             : SLICE(CLIENT_OUT_OF_MEMORY));
    client_reply(s, &reply);
    outcome_reply(s, reply.code, reply.wire);
}

/* Whether the client has spoken before it was greeted, as robots do that read no replies (PROTOCOL
 * C06). Old scripts on a listener that allows their line ends do it too, and behind a balancer the
 * header and what follows it come together. */
static bool spoke_early(const struct session *s)
{
    return !s->greeting.welcomed && !s->who.announced &&
           s->under.listener->bare_newline != NEWLINE_ALLOW &&
           connection_input(s->connection).len > 0;
}

void greeting_say(struct session *s, const struct verdict *verdict)
{
    bool refused = verdict_refuses(verdict->kind) && s->under.listener->refuse_at == REFUSE_EARLY;
    if (!refused && spoke_early(s)) {
        (void)line_proxy_header(s); /* says that it is one */
        outcome_party(s, VERDICT_REJECT, PARTY_GATEWAY, SLICE("spoke before the greeting"));
        ending_say(s, "554 5.5.1 Wait for the greeting\r\n");
        return;
    }
    if (!refused) {
        s->greeting.welcomed = true;
        char greeting[REPLY_LINE_MAX];
        int len = snprintf(greeting, sizeof greeting, "220 %.*s %s\r\n",
                           SLICE_ARG(s->under.config->hostname), s->lmtp ? "LMTP" : "ESMTP");
        connection_say(s->connection, slice_make(greeting, (size_t)len));
        line_next(s);
        return;
    }
    outcome_verdict(s, verdict);
    greet_with_refusal(s, verdict);
    s->greeting.refused = true;
    if (verdict->kind == VERDICT_REJECT)
        line_next(s);
    else
        ending_finish(s);
}

void greeting_judge(struct session *s,
                    void (*decided)(struct session *s, const struct verdict *verdict))
{
    s->greeting.waits = false;
    naming_begin(s);
    struct event event = {.kind = EVENT_CONNECT};
    event.u.connect.client = s->who.client;
    event.u.connect.listener = s->under.listener->name;
    event.u.connect.tls = client_tls(s);
    judging_begin(s, &event, decided);
}

static void late_connect_judged(struct session *s, const struct verdict *verdict)
{
    if (verdict_refuses(verdict->kind) && s->under.listener->refuse_at == REFUSE_EARLY)
        greeting_say(s, verdict);
    else
        s->greeting.go_on(s);
}

void greeting_judge_late(struct session *s, void (*go_on)(struct session *s))
{
    s->greeting.go_on = go_on;
    greeting_judge(s, late_connect_judged);
}

static void peer_secured(struct session *s)
{
    const struct verdict nobody_yet = {.kind = VERDICT_CONTINUE};
    s->greeting.waits = peers_have(&s->under.listener->xclient, &s->who.peer);
    if (s->greeting.waits)
        greeting_say(s, &nobody_yet);
    else
        greeting_judge(s, greeting_say);
}

void greeting_begin(struct session *s)
{
    if (s->under.listener->tls.mode == TLS_IMPLICIT)
        starttls_implicit(s, peer_secured);
    else
        peer_secured(s);
}
