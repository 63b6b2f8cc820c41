#include "proxy/session/origin.h"

#include <stdlib.h>

#include "conf/config.h"
#include "proxy/session/client.h"
#include "proxy/session/naming.h"
#include "proxy/session/route.h"
#include "proxy/session/state.h"

struct slice origin_helo(const struct session *s)
{
    return bytes_slice(&s->hello.name);
}

struct slice origin_name(const struct session *s)
{
    return s->hello.name.len > 0 ? origin_helo(s) : s->under.config->hostname;
}

struct identity origin_identity(const struct session *s)
{
    struct identity identity = {.client = s->who.client,
                                .server = client_local(s),
                                .helo = origin_helo(s),
                                .esmtp = s->hello.esmtp};
    enum identify how = route_now(s)->identify;
    bool wanted = how == IDENTIFY_PROXY_V1 || how == IDENTIFY_PROXY_V2;
    naming_identify(s, &identity);
    if (wanted && identity.server.family == ADDRESS_NONE)
        identity.server = connection_local(s->connection);
    return identity;
}

/* For an upstream that only logs it: the client itself, or, behind a filter or server that has said
 * whose mail this is, that one. */
struct identity origin_behind(const struct session *s)
{
    struct identity identity = origin_identity(s);
    const struct attributes *told = s->forwarded;
    if (told == NULL)
        return identity;
    identity.client = told->address; /* none, where it was not told: the peer is not the origin */
    identity.helo = attributes_slice(&told->helo);
    identity.name = attributes_slice(&told->name);
    identity.name_later = told->name_later;
    identity.local = told->local;
    if (told->given & IDENTITY_PROTO)
        identity.esmtp = told->esmtp;
    return identity;
}

int origin_keep(struct session *s, const struct attributes *told)
{
    if (s->forwarded == NULL)
        s->forwarded = malloc(sizeof *s->forwarded);
    if (s->forwarded == NULL)
        return -1;
    *s->forwarded = *told;
    return 0;
}

void origin_forget(struct session *s)
{
    free(s->forwarded);
    s->forwarded = NULL;
}
