#include "proxy/session/parting.h"

#include "conf/config.h"
#include "proxy/net/tls_store.h"
#include "proxy/session/state.h"

bool parting_keeps(const struct session *s)
{
    const struct host *host = s->host;
    if (host->draining || !upstream_keepable(s->upstream))
        return false;
    if (upstream_status(s->upstream) == UPSTREAM_WAITING && !s->resetting)
        return false;
    const struct upstream_conf *conf = upstream_conf(s->upstream);
    return upstream_current(s->upstream, host->config, tls_store_upstream(host->tls, conf));
}

void parting_end(struct session *s)
{
    if (s->upstream == NULL)
        return;
    upstream_check(s->upstream);
    if (parting_keeps(s)) {
        pool_put(s->host->pool, s->upstream, s->host->config->timeouts.keepalive_ms);
    } else {
        upstream_quit(s->upstream);
        upstream_destroy(s->upstream);
    }
    s->upstream = NULL;
}

void parting_leave(struct session *s)
{
    if (s->upstream != NULL && parting_keeps(s))
        parting_reset(s);
    parting_end(s);
}

void parting_settled(struct session *s)
{
    s->resetting = false;
}

void parting_quit(struct session *s)
{
    if (s->upstream != NULL)
        upstream_quit(s->upstream);
    s->resetting = false;
}

void parting_reset(struct session *s)
{
    if (s->upstream == NULL || !s->tx.upstream_open)
        return;
    if (upstream_status(s->upstream) == UPSTREAM_READY) {
        upstream_command(s->upstream, SLICE("RSET\r\n"));
        s->resetting = true;
    } else if (!s->resetting) {
        /* Something of this transaction is still under way there; only a close takes it back. */
        upstream_abort(s->upstream);
    }
}
