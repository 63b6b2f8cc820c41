#include "proxy/session/awake.h"

#include "conf/config.h"
#include "proxy/session/state.h"

int awake_create(struct session *s)
{
    return patience_init(&s->awake, s->host->loop, s->wake, s);
}

void awake_destroy(struct session *s)
{
    patience_fini(&s->awake);
}

void awake_begin(struct session *s)
{
    patience_begin(&s->awake, s->under.config->timeouts.noop_ms);
}

void awake_end(struct session *s)
{
    patience_end(&s->awake);
}

bool awake_now(struct session *s)
{
    if (!s->awake.over)
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
