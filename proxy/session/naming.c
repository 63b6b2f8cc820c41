#include "proxy/session/naming.h"
#include "proxy/session/route.h"

#include "conf/config.h"
#include "filters/base/hostname.h"
#include "proxy/session/state.h"

/* 0, or -1 when memory is out: nobody knows the name then. */
static int set(struct naming *n, enum client_name result, struct slice name)
{
    n->state = NAMING_KNOWN;
    n->result = result;
    bytes_fini(&n->name);
    bytes_init(&n->name, HOSTNAME_MAX_BYTES);
    if (result != CLIENT_NAME_FOUND || bytes_set(&n->name, name) == 0)
        return 0;
    n->result = CLIENT_NAME_FAILED;
    return -1;
}

static void name_looked_up(void *ctx, enum client_name result, struct slice name)
{
    struct session *s = ctx;
    s->naming.lookup = NULL;
    if (set(&s->naming, result, name) != 0)
        log_write(s->host->log, LOG_LEVEL_WARNING,
                  "session %s: the client's name is lost: out of memory", s->id);
    if (s->phase == PHASE_NAME)
        s->wake(s);
}

static void start(struct session *s)
{
    struct client_name_ask ask = {s->under.config->resolver.timeout_ms, name_looked_up, s};
    s->naming.state = NAMING_ASKED;
    s->naming.lookup = client_name_start(s->host->loop, s->host->resolver, &s->who.client, &ask);
    if (s->naming.lookup == NULL) {
        s->naming.state = NAMING_KNOWN;
        s->naming.result = CLIENT_NAME_FAILED;
    }
}

bool naming_upstream_wants(const struct session *s)
{
    enum identify how = route_now(s)->identify;
    return how == IDENTIFY_XCLIENT || how == IDENTIFY_XFORWARD;
}

void naming_begin(struct session *s)
{
    if (s->naming.state == NAMING_UNASKED &&
        (s->under.config->resolver.client_names || naming_upstream_wants(s)))
        start(s);
}

void naming_forget(struct session *s)
{
    client_name_cancel(s->naming.lookup);
    bytes_fini(&s->naming.name);
    s->naming = (struct naming){.state = NAMING_UNASKED};
}

int naming_told(struct session *s, const struct attributes *told)
{
    struct slice name = attributes_slice(&told->name);
    if (told->given & (IDENTITY_ADDR | IDENTITY_NAME))
        naming_forget(s);
    if ((told->given & IDENTITY_NAME) == 0)
        return 0;
    if (name.len > 0 && !slice_equal_case(name, SLICE(NAMING_UNKNOWN)))
        return set(&s->naming, CLIENT_NAME_FOUND, name);
    return set(&s->naming, told->name_later ? CLIENT_NAME_FAILED : CLIENT_NAME_NONE, SLICE_NONE);
}

void naming_await(struct session *s, void (*named)(struct session *s))
{
    if (s->naming.state == NAMING_UNASKED)
        start(s);
    s->naming.named = named;
    state_wait(s, PHASE_NAME);
}

bool naming_step(struct session *s)
{
    if (s->naming.state != NAMING_KNOWN)
        return false;
    s->naming.named(s);
    return true;
}

struct slice naming_name(const struct session *s)
{
    const struct naming *n = &s->naming;
    if (n->state != NAMING_KNOWN || n->result == CLIENT_NAME_FAILED)
        return SLICE_NONE;
    return n->result == CLIENT_NAME_FOUND ? bytes_slice(&n->name) : SLICE(NAMING_UNKNOWN);
}

void naming_identify(const struct session *s, struct identity *identity)
{
    const struct naming *n = &s->naming;
    if (n->state != NAMING_KNOWN)
        return;
    identity->name_later = n->result == CLIENT_NAME_FAILED;
    identity->name = bytes_slice(&n->name);
}

/* --- the policy's question --- */

void naming_answer(struct session *s)
{
    if (s->naming.state != NAMING_KNOWN)
        return;
    char client[ADDRESS_TEXT_MAX];
    struct question question = question_client_name(&s->who.client, client);
    struct answer answer = {.failed = s->naming.result == CLIENT_NAME_FAILED,
                            .text = naming_name(s)};
    inspect_answer(s->under.inspect, &question, &answer);
}

static void asked_name_known(struct session *s)
{
    naming_answer(s);
    state_wait(s, PHASE_JUDGE);
}

bool naming_asked(struct session *s)
{
    const struct question *asked = inspect_questions(s->under.inspect);
    if (asked == NULL)
        return false;
    switch (asked->kind) {
    case QUESTION_CLIENT_NAME: naming_await(s, asked_name_known); break;
    case QUESTION_CONTENT: return false; /* inspect has the message */
    }
    return true;
}
