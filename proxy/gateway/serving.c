/* serving: see serving.h. */
#include "proxy/gateway/serving.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "conf/config.h"
#include "conf/listener_conf.h"
#include "filters/base/endpoint.h"
#include "filters/base/slice.h"

struct serving {
    atomic_uint references;
    struct config *config; /* a reference */
    size_t count;
    const struct listener_conf *listeners[]; /* of ${config}, by socket; NULL: none yet */
};

/* --- life --- */

static struct serving *make(struct config *config, size_t sockets)
{
    struct serving *serving =
        calloc(1, sizeof *serving + sockets * sizeof(const struct listener_conf *));
    if (serving == NULL)
        return NULL;
    atomic_init(&serving->references, 1);
    serving->config = config_ref(config);
    serving->count = sockets;
    return serving;
}

struct serving *serving_create(struct config *opened)
{
    struct serving *serving = make(opened, opened->listener_count);
    for (size_t i = 0; serving != NULL && i < serving->count; i++)
        serving->listeners[i] = &opened->listeners[i];
    return serving;
}

struct serving *serving_ref(struct serving *serving)
{
    atomic_fetch_add_explicit(&serving->references, 1, memory_order_relaxed);
    return serving;
}

void serving_unref(struct serving *serving)
{
    if (serving == NULL ||
        atomic_fetch_sub_explicit(&serving->references, 1, memory_order_acq_rel) > 1)
        return;
    config_unref(serving->config);
    free(serving);
}

/* --- questions --- */

struct config *serving_config(const struct serving *serving)
{
    return serving->config;
}

const struct listener_conf *serving_listener(const struct serving *serving, size_t socket)
{
    return serving->listeners[socket];
}

bool serving_has(const struct serving *serving, const struct listener_conf *listener)
{
    for (size_t i = 0; i < serving->count; i++)
        if (serving->listeners[i] == listener)
            return true;
    return false;
}

/* --- a newer configuration --- */

/* A socket, as it is matched. */
struct bound {
    const struct listener_conf *opened; /* whose address it has */
    const struct listener_conf *now;    /* whose name it has */
};

typedef bool alike(const struct bound *bound, const struct listener_conf *candidate);

static bool same_address(const struct bound *bound, const struct listener_conf *candidate)
{
    return endpoint_equal(&bound->opened->endpoint, &candidate->endpoint);
}

static bool same_name(const struct bound *bound, const struct listener_conf *candidate)
{
    return slice_equal(bound->now->name, candidate->name);
}

/* Where the system chooses the port, several have one address, and the name tells them apart. */
static bool same_both(const struct bound *bound, const struct listener_conf *candidate)
{
    return same_address(bound, candidate) && same_name(bound, candidate);
}

/* A listener that no socket serves yet, or NULL. */
static const struct listener_conf *find(const struct serving *serving, const struct bound *bound,
                                        alike *is)
{
    for (size_t i = 0; i < serving->config->listener_count; i++) {
        const struct listener_conf *candidate = &serving->config->listeners[i];
        if (is(bound, candidate) && !serving_has(serving, candidate))
            return candidate;
    }
    return NULL;
}

/* The surest likeness first, for all of them, so that none takes what is another's. */
static void match(struct serving *serving, const struct serving *now, const struct config *opened)
{
    static alike *const LIKENESS[] = {same_both, same_address, same_name};
    for (size_t k = 0; k < sizeof LIKENESS / sizeof LIKENESS[0]; k++)
        for (size_t i = 0; i < serving->count; i++) {
            const struct bound bound = {&opened->listeners[i], now->listeners[i]};
            if (serving->listeners[i] == NULL)
                serving->listeners[i] = find(serving, &bound, LIKENESS[k]);
        }
}

/* Whether socket ${i} can serve what was found for it; if not, a sentence. */
static bool judge(const struct serving *serving, const struct serving *now,
                  const struct config *opened, size_t i, char *error, size_t error_size)
{
    const struct listener_conf *is = serving->listeners[i];
    if (is != NULL)
        return listener_conf_keeps(&opened->listeners[i], is, error, error_size);
    (void)snprintf(error, error_size,
                   "listener '%.*s' is open on %.*s, and the new file has none of that address or "
                   "name: only a restart closes it",
                   SLICE_ARG(now->listeners[i]->name),
                   SLICE_ARG(opened->listeners[i].endpoint.text));
    return false;
}

struct serving *serving_next(const struct serving *now, const struct config *opened,
                             struct config *next, char *error, size_t error_size)
{
    struct serving *serving = make(next, now->count);
    if (serving == NULL) {
        (void)snprintf(error, error_size, "out of memory");
        return NULL;
    }
    match(serving, now, opened);
    for (size_t i = 0; i < serving->count; i++)
        if (!judge(serving, now, opened, i, error, error_size)) {
            serving_unref(serving);
            return NULL;
        }
    return serving;
}
