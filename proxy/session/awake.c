#include "proxy/session/awake.h"

#include "proxy/session/state.h"

static void upstream_waited(void *ctx)
{
    struct session *s = ctx;
    s->awake_due = true;
    s->wake(s);
}

int awake_create(struct session *s)
{
    s->awake = loop_timer_create(s->host->loop, upstream_waited, s);
    return s->awake != NULL ? 0 : -1;
}

void awake_begin(struct session *s)
{
    s->awake_due = false;
    loop_timer_set(s->awake, s->config->timeouts.noop_ms);
}

void awake_end(struct session *s)
{
    s->awake_due = false;
    loop_timer_cancel(s->awake);
}

bool awake_now(struct session *s)
{
    if (!s->awake_due)
        return false;
    awake_begin(s);
    if (s->upstream == NULL || upstream_status(s->upstream) != UPSTREAM_READY)
        return false;
    upstream_check(s->upstream);
    return upstream_status(s->upstream) == UPSTREAM_READY;
}

void awake_noop(struct session *s)
{
    if (awake_now(s))
        upstream_command(s->upstream, SLICE("NOOP\r\n"));
}
