/* route: where the message under way goes: to the listener's upstream, or where a rule has routed
 * it. A message has one route, that of its first accepted recipient; the next one starts anew.
 */
#ifndef PROXY_SESSION_ROUTE_H
#define PROXY_SESSION_ROUTE_H

#include <stdbool.h>

struct session;
struct upstream_conf;

/* route_now(s): where it goes, as far as that was followed. Never NULL. */
const struct upstream_conf *route_now(const struct session *s);
/* route_wanted(s): where the rules send it now. route_wanted_last(s): ... the recipient that they
 * have heard of last. */
const struct upstream_conf *route_wanted(const struct session *s);
const struct upstream_conf *route_wanted_last(const struct session *s);
/* route_follow(s, upstream): it goes there from now on. */
void route_follow(struct session *s, const struct upstream_conf *upstream);
/* route_here(s): whether the session's connection, if there is one, leads where it goes. */
bool route_here(const struct session *s);
/* route_refused(s): why it must not go anywhere but to the listener's upstream: a client has logged
 * in there. A whole reply, or NULL. */
const char *route_refused(const struct session *s, const struct upstream_conf *upstream);
#define ROUTE_AWAY "451 4.4.1 The mail server for this recipient is not available\r\n"
#define ROUTE_LACKS                                                                                \
    "451 4.3.0 The mail server for this recipient does not offer what the message needs\r\n"

#endif
