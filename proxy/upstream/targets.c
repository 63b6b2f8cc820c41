#include "proxy/upstream/targets.h"

#include <stdlib.h>

#include "conf/upstream_conf.h"

static int begin(struct targets *t, const struct endpoint *endpoints, size_t count)
{
    targets_fini(t);
    t->items = calloc(count, sizeof *t->items);
    if (t->items == NULL)
        return -1;
    t->count = count;
    for (size_t i = 0; i < count; i++)
        t->items[i].endpoint = endpoints[i];
    return 0;
}

int targets_begin(struct targets *t, const struct upstream_conf *conf)
{
    return begin(t, conf->endpoints, conf->endpoint_count);
}

int targets_only(struct targets *t, const struct endpoint *endpoint)
{
    return begin(t, endpoint, 1);
}

void targets_fini(struct targets *t)
{
    free(t->items);
    *t = (struct targets){.items = NULL};
}

static bool rested(const struct target *target, const struct rest_table *rests, uint64_t now_ms)
{
    return rests != NULL && rest_active(rests, target->endpoint.text, now_ms);
}

struct target *targets_choose(struct targets *t, const struct rest_table *rests, uint64_t now_ms)
{
    struct target *chosen = NULL;
    for (size_t i = t->count; i-- > 0;) {
        struct target *target = &t->items[i];
        if (target->tried)
            continue;
        if (chosen == NULL || !rested(target, rests, now_ms) || rested(chosen, rests, now_ms))
            chosen = target;
    }
    if (chosen != NULL)
        chosen->tried = true;
    return chosen;
}

bool targets_unknown(const struct target *target)
{
    return target->endpoint.host.len > 0 && !target->by_name;
}

static void fill(struct target *target, const struct target *name, const struct address *address)
{
    *target = (struct target){.endpoint = name->endpoint, .by_name = true};
    target->endpoint.address = *address;
    target->endpoint.address.port = name->endpoint.address.port;
    (void)address_port_text(&target->endpoint.address, target->text);
}

/* Their texts stand in the targets, which have moved. */
static void mend_texts(struct targets *t)
{
    for (size_t i = 0; i < t->count; i++)
        if (t->items[i].by_name)
            t->items[i].endpoint.text = slice_str(t->items[i].text);
}

int targets_expand(struct targets *t, const struct target *target, const struct address *addresses,
                   size_t count)
{
    size_t at = (size_t)(target - t->items);
    size_t room = TARGETS_MAX - t->count + 1;
    size_t added = count < room ? count : room;
    if (added == 0)
        return 0;
    struct target *items = calloc(t->count - 1 + added, sizeof *items);
    if (items == NULL)
        return -1;
    memcpy(items, t->items, at * sizeof *items);
    for (size_t i = 0; i < added; i++)
        fill(&items[at + i], target, &addresses[i]);
    memcpy(items + at + added, target + 1, (t->count - at - 1) * sizeof *items);
    free(t->items);
    t->items = items;
    t->count += added - 1;
    mend_texts(t);
    return 0;
}
