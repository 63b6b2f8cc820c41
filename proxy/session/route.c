#include "proxy/session/route.h"

#include "conf/config.h"
#include "conf/upstream_conf.h"
#include "proxy/session/state.h"

static const struct upstream_conf *named(const struct session *s, struct slice name)
{
    const struct upstream_conf *upstream =
        name.len > 0 ? config_upstream(s->under.config, name) : NULL;
    return upstream != NULL ? upstream : s->under.listener->upstream;
}

const struct upstream_conf *route_now(const struct session *s)
{
    return s->tx.route != NULL ? s->tx.route : s->under.listener->upstream;
}

const struct upstream_conf *route_wanted(const struct session *s)
{
    return named(s, inspect_route(s->under.inspect, false));
}

const struct upstream_conf *route_wanted_last(const struct session *s)
{
    return named(s, inspect_route(s->under.inspect, true));
}

void route_follow(struct session *s, const struct upstream_conf *upstream)
{
    s->tx.route = upstream != s->under.listener->upstream ? upstream : NULL;
}

/* By name, for a reload makes all of them anew. */
bool route_here(const struct session *s)
{
    const struct upstream_conf *there = s->upstream != NULL ? upstream_conf(s->upstream) : NULL;
    return there == NULL || slice_equal(there->name, route_now(s)->name);
}

const char *route_refused(const struct session *s, const struct upstream_conf *upstream)
{
    bool ours = slice_equal(upstream->name, s->under.listener->upstream->name);
    return s->login.accepted && !ours
               ? "451 4.3.0 After a login mail for this recipient cannot be sent on\r\n"
               : NULL;
}
