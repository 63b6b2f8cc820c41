#include "proxy/upstream/rest.h"

#include <string.h>

static size_t find(const struct rest_table *t, struct slice text)
{
    size_t i = 0;
    while (i < REST_MAX && (t->items[i].until_ms == 0 ||
                            !slice_equal((struct slice){t->items[i].text, t->items[i].len}, text)))
        i++;
    return i;
}

/* A free place has no end: it is the first to go. */
static size_t find_place(const struct rest_table *t)
{
    size_t first = 0;
    for (size_t i = 1; i < REST_MAX; i++)
        if (t->items[i].until_ms < t->items[first].until_ms)
            first = i;
    return first;
}

void rest_begin(struct rest_table *t, struct slice text, const char *why, uint64_t now_ms)
{
    if (text.len == 0 || text.len > REST_TEXT_MAX)
        return;
    if (!rest_active(t, text, now_ms))
        log_write(t->log, LOG_LEVEL_WARNING, "upstream address %.*s rests for %d s: %s",
                  SLICE_ARG(text), UPSTREAM_REST_MS / 1000, why);
    size_t i = find(t, text);
    if (i == REST_MAX)
        i = find_place(t);
    memcpy(t->items[i].text, text.ptr, text.len);
    t->items[i].len = text.len;
    t->items[i].until_ms = now_ms + UPSTREAM_REST_MS;
}

void rest_end(struct rest_table *t, struct slice text)
{
    size_t i = find(t, text);
    if (i < REST_MAX)
        t->items[i].until_ms = 0;
}

bool rest_active(const struct rest_table *t, struct slice text, uint64_t now_ms)
{
    size_t i = find(t, text);
    return i < REST_MAX && now_ms < t->items[i].until_ms;
}
