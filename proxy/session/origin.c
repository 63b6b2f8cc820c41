#include "proxy/session/origin.h"

#include <stdlib.h>

#include "proxy/session/naming.h"
#include "proxy/session/state.h"

struct slice origin_name(const struct session *s)
{
    return s->helo.len > 0 ? bytes_slice(&s->helo) : s->config->hostname;
}

struct identity origin_identity(const struct session *s)
{
    struct identity identity = {
        .client = s->client, .server = s->local, .helo = bytes_slice(&s->helo), .esmtp = s->esmtp};
    enum identify how = s->listener->upstream->identify;
    bool wanted = how == IDENTIFY_PROXY_V1 || how == IDENTIFY_PROXY_V2;
    naming_identify(s, &identity);
    if (wanted && s->local.family == ADDRESS_NONE)
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

void origin_forget(struct session *s)
{
    free(s->forwarded);
    s->forwarded = NULL;
}
