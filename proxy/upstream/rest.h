/* rest: the upstream addresses that failed a moment ago, of one worker: its sessions pass them over
 * for a while. Bounded: when it is full, the rest that ends first gives way.
 */
#ifndef PROXY_UPSTREAM_REST_H
#define PROXY_UPSTREAM_REST_H

#include "filters/base/slice.h"
#include "proxy/record/log.h"

#define UPSTREAM_REST_MS 30000
#define REST_MAX         64  /* addresses */
#define REST_TEXT_MAX    128 /* bytes; a longer one is not rested */

struct rest {
    char text[REST_TEXT_MAX]; /* as written in the configuration; a reload may free that */
    size_t len;
    uint64_t until_ms; /* 0: free */
};

struct rest_table {
    struct log *log; /* NULL: silent */
    struct rest items[REST_MAX];
};

/* rest_begin(t, text, why, now_ms): the address ${text} failed: it rests for UPSTREAM_REST_MS from
 * now on. The log is told ${why} unless it rested already. */
void rest_begin(struct rest_table *t, struct slice text, const char *why, uint64_t now_ms);
/* rest_end(t, text): it has answered. */
void rest_end(struct rest_table *t, struct slice text);
/* rest_active(t, text, now_ms): whether it rests. */
bool rest_active(const struct rest_table *t, struct slice text, uint64_t now_ms);

#endif
