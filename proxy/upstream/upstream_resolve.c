/* How an upstream that is given by name is found: from the worker's cache, or by a lookup. */
#include "proxy/upstream/upstream_resolve.h"

#include "conf/config.h"
#include "proxy/upstream/upstream_link.h"
#include "proxy/upstream/upstream_state.h"

/* Mail that comes straight back would go round; at load nobody knew where the name leads (PROTOCOL
 * U10). */
static size_t leave_out_ourselves(struct upstream *u, struct endpoint to,
                                  const struct cached_name *found,
                                  struct address out[RESOLVER_ADDRESSES_MAX])
{
    size_t count = 0;
    for (size_t i = 0; i < found->count; i++) {
        uint16_t port = to.address.port;
        to.address = found->addresses[i];
        to.address.port = port;
        if (!config_leads_here(u->config, &to))
            out[count++] = found->addresses[i];
    }
    return count;
}

/* Whether there is somewhere to go; else it is lost. */
static bool lead_to(struct upstream *u, const struct cached_name *found)
{
    struct address addresses[RESOLVER_ADDRESSES_MAX];
    size_t count = leave_out_ourselves(u, u->target->endpoint, found, addresses);
    if (count == 0)
        upstream_link_lose(u, "the upstream's name leads to a listener of this gateway");
    else if (targets_expand(&u->targets, u->target, addresses, count) != 0)
        upstream_link_lose(u, "out of memory");
    else
        return true;
    return false;
}

static void on_resolved(void *ctx, const struct resolver_answer *answer)
{
    struct upstream *u = ctx;
    u->query = NULL;
    const struct cached_name *found =
        name_cache_take(u->names_known, u->target->endpoint.host, answer, loop_now_ms(u->loop));
    if (found != NULL)
        (void)lead_to(u, found);
    else if (answer->result == RESOLVER_NONE)
        upstream_link_lose(u, "the upstream's name has no address");
    else
        upstream_link_lose(u, "the upstream's name could not be looked up");
    u->turn(u);
}

bool upstream_resolve(struct upstream *u)
{
    struct slice host = u->target->endpoint.host;
    struct resolver_ask ask = {u->config->timeouts.connect_ms, on_resolved, u};
    const struct cached_name *known =
        u->names_known != NULL ? name_cache_fresh(u->names_known, host, loop_now_ms(u->loop))
                               : NULL;
    if (known != NULL)
        return lead_to(u, known);
    u->phase = PHASE_RESOLVE;
    if (u->resolver != NULL)
        u->query = resolver_addresses(u->resolver, host, ADDRESS_NONE, &ask);
    if (u->query == NULL)
        upstream_link_lose(u, "the upstream's name could not be looked up");
    return false;
}
