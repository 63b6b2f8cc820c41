#include "proxy/net/client_name.h"

#include "filters/base/hostname.h"

#include <stdlib.h>

struct client_name_lookup {
    struct loop *loop;
    struct resolver *resolver;
    struct resolver_query *query; /* under way */
    struct address client;
    struct client_name_ask ask;
    uint64_t end_ms;
    char names[RESOLVER_NAMES_MAX][HOSTNAME_MAX_BYTES];
    size_t lens[RESOLVER_NAMES_MAX];
    size_t count, tried;
    bool failed; /* of some name nobody knows whether it is the client's */
};

static struct slice candidate(const struct client_name_lookup *l, size_t i)
{
    return slice_make(l->names[i], l->lens[i]);
}

static void lookup_over(struct client_name_lookup *l, enum client_name result, struct slice name)
{
    l->ask.done(l->ask.ctx, result, name);
    free(l);
}

static uint64_t left_ms(const struct client_name_lookup *l)
{
    uint64_t now_ms = loop_now_ms(l->loop);
    return l->end_ms > now_ms ? l->end_ms - now_ms : 0;
}

static void confirm_next(struct client_name_lookup *l);

static bool confirms(const struct client_name_lookup *l, const struct resolver_answer *answer)
{
    for (size_t i = 0; i < answer->address_count; i++)
        if (address_equal(&answer->addresses[i], &l->client))
            return true;
    return false;
}

static void addresses_known(void *ctx, const struct resolver_answer *answer)
{
    struct client_name_lookup *l = ctx;
    l->query = NULL;
    if (confirms(l, answer)) {
        lookup_over(l, CLIENT_NAME_FOUND, candidate(l, l->tried - 1));
        return;
    }
    l->failed = l->failed || answer->result == RESOLVER_FAILED;
    confirm_next(l);
}

static void confirm_next(struct client_name_lookup *l)
{
    if (l->tried == l->count) {
        lookup_over(l, l->failed ? CLIENT_NAME_FAILED : CLIENT_NAME_NONE, SLICE_NONE);
        return;
    }
    struct resolver_ask ask = {left_ms(l), addresses_known, l};
    l->query = resolver_addresses(l->resolver, candidate(l, l->tried++), l->client.family, &ask);
    if (l->query == NULL)
        lookup_over(l, CLIENT_NAME_FAILED, SLICE_NONE);
}

static void names_known(void *ctx, const struct resolver_answer *answer)
{
    struct client_name_lookup *l = ctx;
    l->query = NULL;
    l->failed = answer->result == RESOLVER_FAILED;
    for (size_t i = 0; i < answer->name_count; i++) {
        struct slice name = answer->names[i];
        if (!hostname_valid(name))
            continue;
        memcpy(l->names[l->count], name.ptr, name.len);
        l->lens[l->count++] = name.len;
    }
    confirm_next(l);
}

struct client_name_lookup *client_name_start(struct loop *loop, struct resolver *r,
                                             const struct address *client,
                                             const struct client_name_ask *ask)
{
    struct client_name_lookup *l = calloc(1, sizeof *l);
    if (l == NULL)
        return NULL;
    l->loop = loop;
    l->resolver = r;
    l->client = *client;
    l->ask = *ask;
    l->end_ms = loop_now_ms(loop) + ask->deadline_ms;
    struct resolver_ask names = {ask->deadline_ms, names_known, l};
    l->query = resolver_names(r, client, &names);
    if (l->query != NULL)
        return l;
    free(l);
    return NULL;
}

void client_name_cancel(struct client_name_lookup *lookup)
{
    if (lookup == NULL)
        return;
    resolver_cancel(lookup->query);
    free(lookup);
}
