/* upstream_link: see upstream_link.h. */
#include "proxy/upstream/upstream_link.h"

#include <stdio.h>

#include "conf/config.h"
#include "proxy/upstream/upstream_state.h"

void upstream_link_close(struct upstream *u)
{
    outgoing_remove(&u->mark);
    resolver_cancel(u->query);
    u->query = NULL;
    connection_destroy(u->connection);
    u->connection = NULL;
}

void upstream_link_fail(struct upstream *u, enum upstream_phase phase, const char *failure)
{
    if (u->connection != NULL)
        u->cut_short = connection_unsent(u->connection);
    upstream_link_close(u);
    if (u->phase == PHASE_STARTTLS) /* garbage, silence or an end in place of an answer */
        u->leg.lost = true;
    u->phase = phase;
    u->failure = failure;
}

void upstream_link_lose(struct upstream *u, const char *failure)
{
    upstream_link_fail(u, PHASE_LOST, failure);
}

void upstream_link_lose_because(struct upstream *u, const char *failure, const char *why)
{
    (void)snprintf(u->reason, sizeof u->reason, "%s%s%s", failure, *why != '\0' ? ": " : "", why);
    upstream_link_lose(u, u->reason);
}

/* A kept connection that has died unnoticed must not cost its client much. */
static uint64_t patience_ms(const struct upstream *u)
{
    uint64_t set = u->config->timeouts.command_ms;
    return u->reused && set > UPSTREAM_REUSE_MS ? UPSTREAM_REUSE_MS : set;
}

void upstream_link_say(struct upstream *u, enum upstream_phase phase, struct slice wire)
{
    if (u->connection == NULL) { /* it went away before; the owner learns now */
        u->phase = PHASE_LOST;
        return;
    }
    u->phase = phase;
    u->reply = (struct reply){0};
    u->early = false;
    if (connection_input(u->connection).len > 0)
        upstream_link_lose(u, "the upstream sent a reply to no command");
    else if (connection_state(u->connection) != CONNECTION_OPEN)
        upstream_link_lose(u, "the upstream closed the connection");
    else if (connection_write(u->connection, wire) != 0)
        upstream_link_lose(u, "out of memory");
    else
        connection_deadline(u->connection, patience_ms(u));
}

bool upstream_lmtp(const struct upstream *u)
{
    return u->conf != NULL && u->conf->protocol == PROTOCOL_LMTP;
}

const char *upstream_failure(const struct upstream *u)
{
    return u->failure != NULL ? u->failure : "";
}
