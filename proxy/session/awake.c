/* awake: see awake.h. The timer is nobody else's: whatever else a session waits for meanwhile, the
 * upstream's patience runs on. */
#include "proxy/session/session_private.h"

static void due(void *ctx)
{
    struct session *s = ctx;
    s->awake_due = true;
    session_wake(s);
}

int awake_create(struct session *s)
{
    s->awake = loop_timer_create(s->host->loop, due, s);
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
