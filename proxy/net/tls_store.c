#include "proxy/net/tls_store.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "conf/config.h"
#include "conf/file.h"
#include "conf/listener_conf.h"
#include "conf/listener_tls.h"
#include "conf/upstream_conf.h"
#include "conf/upstream_tls.h"

struct named_context {
    struct slice name;
    struct tls_context *context;
};

struct tls_store {
    atomic_uint references;
    struct arena arena;
    struct named_context *listeners, *upstreams;
    size_t listener_count, upstream_count;
};

#define ARENA_BLOCK_BYTES 1024
#define ARENA_BYTES_MAX   ((size_t)16 * 1024 * 1024)

/* -- life -- */

/* keep(store, all, count, name, context): takes ${context} over. 0, or -1: there is none. */
static int keep(struct tls_store *store, struct named_context *all, size_t *count,
                struct slice name, struct tls_context *context)
{
    if (context == NULL)
        return -1;
    all[*count].name = arena_copy(&store->arena, name);
    all[*count].context = context;
    return all[(*count)++].name.ptr != NULL ? 0 : -1;
}

/* Whether clients find TLS here. Where it is passed through, they find the upstream's. */
static bool listener_ends_tls(const struct listener_conf *conf)
{
    return conf->tls.mode == TLS_STARTTLS || conf->tls.mode == TLS_IMPLICIT;
}

/* fill(store, config, diag): makes them all, to find everything that is wrong. 0 or -1. */
static int fill(struct tls_store *store, const struct config *config, struct diag *diag)
{
    int failed = 0;
    for (size_t i = 0; i < config->listener_count; i++) {
        const struct listener_conf *conf = &config->listeners[i];
        if (listener_ends_tls(conf))
            failed |= keep(store, store->listeners, &store->listener_count, conf->name,
                           tls_context_listener(conf, diag));
    }
    for (size_t i = 0; i < config->upstream_count; i++) {
        const struct upstream_conf *conf = &config->upstreams[i];
        if (conf->tls.mode != UPSTREAM_TLS_OFF)
            failed |= keep(store, store->upstreams, &store->upstream_count, conf->name,
                           tls_context_upstream(conf, diag));
    }
    return failed;
}

static void warn_of_expiry(const struct tls_store *store, struct diag *diag)
{
    size_t count = tls_store_certificates(store, NULL, 0);
    struct tls_certificate *all = calloc(count + 1, sizeof(*all));
    if (all == NULL)
        return;
    (void)tls_store_certificates(store, all, count);
    for (size_t i = 0; i < count; i++) {
        if (all[i].days_to_wait > 0)
            diag_add(diag, DIAG_WARNING, all[i].place,
                     "certificate \"%.*s\" is not valid yet: its time begins in %ld days",
                     SLICE_ARG(all[i].file), all[i].days_to_wait);
        else if (all[i].days_left < 0)
            diag_add(diag, DIAG_WARNING, all[i].place, "certificate \"%.*s\" has expired",
                     SLICE_ARG(all[i].file));
        else if (all[i].days_left < TLS_EXPIRY_WARNING_DAYS)
            diag_add(diag, DIAG_WARNING, all[i].place, "certificate \"%.*s\" expires in %ld days",
                     SLICE_ARG(all[i].file), all[i].days_left);
    }
    free(all);
}

struct tls_store *tls_store_create(const struct config *config, struct diag *diag)
{
    struct tls_store *store = calloc(1, sizeof(*store));
    if (store == NULL)
        goto err0;
    atomic_init(&store->references, 1);
    arena_init(&store->arena, ARENA_BLOCK_BYTES, ARENA_BYTES_MAX);
    store->listeners =
        arena_alloc(&store->arena, (config->listener_count + 1) * sizeof(*store->listeners));
    store->upstreams =
        arena_alloc(&store->arena, (config->upstream_count + 1) * sizeof(*store->upstreams));
    if (store->listeners == NULL || store->upstreams == NULL)
        goto err1;
    if (fill(store, config, diag) != 0) {
        tls_store_unref(store);
        return NULL;
    }
    warn_of_expiry(store, diag);
    return store;

err1:
    tls_store_unref(store);
err0:
    diag_add(diag, DIAG_ERROR, (struct place){NULL, 0}, "out of memory");
    return NULL;
}

struct tls_store *tls_store_ref(struct tls_store *store)
{
    atomic_fetch_add_explicit(&store->references, 1, memory_order_relaxed);
    return store;
}

void tls_store_unref(struct tls_store *store)
{
    if (store == NULL || atomic_fetch_sub_explicit(&store->references, 1, memory_order_acq_rel) > 1)
        return;
    for (size_t i = 0; i < store->listener_count; i++)
        tls_context_unref(store->listeners[i].context);
    for (size_t i = 0; i < store->upstream_count; i++)
        tls_context_unref(store->upstreams[i].context);
    arena_fini(&store->arena);
    free(store);
}

/* -- questions -- */

static struct tls_context *find(const struct named_context *all, size_t count, struct slice name)
{
    for (size_t i = 0; i < count; i++)
        if (slice_equal(all[i].name, name))
            return all[i].context;
    return NULL;
}

struct tls_context *tls_store_listener(const struct tls_store *store, struct slice name)
{
    return find(store->listeners, store->listener_count, name);
}

struct tls_context *tls_store_upstream(const struct tls_store *store,
                                       const struct upstream_conf *conf)
{
    struct tls_context *context = find(store->upstreams, store->upstream_count, conf->name);
    return context != NULL && tls_context_keeps(context, conf) ? context : NULL;
}

static size_t collect(const struct named_context *all, size_t count, struct tls_certificate *out,
                      size_t max)
{
    size_t total = 0;
    for (size_t i = 0; i < count; i++) {
        size_t own;
        const struct tls_certificate *certificates = tls_context_certificates(all[i].context, &own);
        for (size_t k = 0; k < own; k++, total++)
            if (total < max)
                out[total] = certificates[k];
    }
    return total;
}

size_t tls_store_certificates(const struct tls_store *store, struct tls_certificate *out,
                              size_t max)
{
    size_t first = collect(store->listeners, store->listener_count, out, max);
    size_t room = max > first ? max - first : 0;
    return first +
           collect(store->upstreams, store->upstream_count, room > 0 ? out + first : NULL, room);
}

/* -- the files -- */

static uint64_t mix(uint64_t hash, uint64_t value)
{
    return (hash ^ value) * UINT64_C(0x100000001b3);
}

static uint64_t mix_file(uint64_t hash, struct slice path)
{
    uint64_t mark = path.len > 0 ? file_mark(path.ptr) : 0;

    return mix(hash, mark != 0 ? mark : path.len);
}

static uint64_t mix_pair(uint64_t hash, const struct tls_pair *pair)
{
    return mix_file(mix_file(hash, pair->certificate), pair->key);
}

uint64_t tls_store_mark(const struct config *config)
{
    const uint64_t start = UINT64_C(0xcbf29ce484222325);
    uint64_t hash = start;
    for (size_t i = 0; i < config->listener_count; i++) {
        const struct listener_tls *tls = &config->listeners[i].tls;
        if (!listener_ends_tls(&config->listeners[i]))
            continue;
        hash = mix_file(mix_pair(hash, &tls->pair), tls->client_ca);
        for (size_t k = 0; k < tls->other_count; k++)
            hash = mix_pair(hash, &tls->others[k]);
    }
    for (size_t i = 0; i < config->upstream_count; i++) {
        const struct upstream_tls *tls = &config->upstreams[i].tls;
        if (tls->mode != UPSTREAM_TLS_OFF)
            hash = mix_file(mix_file(mix_file(hash, tls->certificate), tls->key), tls->ca);
    }
    return hash == start ? 0 : hash;
}
