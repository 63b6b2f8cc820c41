#include "proxy/session/hello.h"

#include "conf/config.h"
#include "proxy/session/client.h"
#include "proxy/session/ending.h"
#include "proxy/session/judging.h"
#include "proxy/session/line.h"
#include "proxy/session/lmtp.h"
#include "proxy/session/offer.h"
#include "proxy/session/origin.h"
#include "proxy/session/outcome.h"
#include "proxy/session/relay.h"
#include "proxy/session/state.h"
#include "proxy/smtp/reply_reader.h"

#define NAME_MAX_BYTES 255

void hello_create(struct session *s)
{
    bytes_init(&s->hello.name, NAME_MAX_BYTES);
}

void hello_destroy(struct session *s)
{
    bytes_fini(&s->hello.name);
}

int hello_told(struct session *s, struct slice name)
{
    s->hello.greeted = false;
    offer_forget(s);
    bytes_renew(&s->hello.name);
    command_helo_append(&s->hello.name, name);
    return bytes_end(&s->hello.name);
}

void hello_speaks(struct session *s, bool esmtp)
{
    s->hello.esmtp = esmtp;
}

void hello_again(struct session *s)
{
    bytes_renew(&s->hello.name);
    s->hello.esmtp = s->hello.greeted = false;
    s->hello.must_greet = true;
    offer_forget(s);
}

static void hello_opened(struct session *s)
{
    if (!relay_opened(s))
        return;
    s->hello.greeted = true;
    offer_make(s);
    offer_login_withheld(s);
    struct bytes reply;
    struct slice wire;
    bytes_init(&reply, REPLY_READ_MAX);
    if (extension_write_reply(&reply, s->under.config->hostname, &s->offered) == 0 &&
        bytes_take(&reply, &wire) == 0) {
        connection_say(s->connection, wire);
        line_next(s);
    } else {
        ending_say(s, CLIENT_OUT_OF_MEMORY);
    }
    bytes_fini(&reply);
}

static void hello_upstream_idle(struct session *s)
{
    if (relay_usable(s))
        relay_greet(s, hello_opened);
    else
        relay_open(s, hello_opened);
}

static void hello_judged(struct session *s, const struct verdict *verdict)
{
    if (verdict_refuses(verdict->kind) && s->under.listener->refuse_at == REFUSE_EARLY) {
        outcome_verdict(s, verdict);
        outcome_reply(s, verdict->reply.code, verdict->reply.wire);
        line_answer_verdict(s, verdict);
    } else if (s->upstream != NULL) {
        relay_await(s, hello_upstream_idle);
    } else {
        relay_open(s, hello_opened);
    }
}

void hello_run(struct session *s, const struct command *command)
{
    if (!lmtp_greeting(s, command->verb)) { /* R106 */
        line_answer(s, s->lmtp ? "500 5.5.1 This is LMTP, say LHLO\r\n" : CLIENT_NOT_RECOGNIZED);
        return;
    }
    if (!command_helo_valid(command->argument)) {
        line_answer(s, s->lmtp ? "501 5.5.4 Syntax: LHLO and a name\r\n"
                               : "501 5.5.4 Syntax: HELO or EHLO, and a name\r\n");
        return;
    }
    ending_reset(s);
    hello_speaks(s, command->verb != VERB_HELO);
    if (hello_told(s, command->argument) != 0) {
        ending_say(s, CLIENT_OUT_OF_MEMORY);
        return;
    }
    struct event event = {.kind = EVENT_HELO};
    event.u.helo.name = origin_helo(s);
    judging_begin(s, &event, hello_judged);
}
