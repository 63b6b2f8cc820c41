/* stock: how much a depot holds, and what of it has had its time.
 *
 * Several processes share a depot, so what is known of it is looked at anew from time to time, and
 * before anything is refused for want of room. It blocks, and belongs to one thread.
 */
#ifndef PROXY_DEPOT_STOCK_H
#define PROXY_DEPOT_STOCK_H

#include "conf/depot_conf.h"
#include "filters/base/must_use.h"

#define STOCK_KNOWN_MS   60000  /* what was counted counts for so long, */
#define STOCK_DOUBTED_MS 1000   /* ... and for so long while it says that there is no room */
#define STOCK_SWEEP_MS   600000 /* between two looks for what is too old */

/* All zero: nothing is known. */
struct stock {
    const void *of;     /* the configuration that it was counted for */
    uint64_t bytes;     /* in all its files */
    uint64_t looked_ms; /* when they were counted; monotonic */
};

/* stock_room(stock, of, depot, bytes, now_ms): whether ${bytes} more go in, which are then counted
 * as being there. 0; EDQUOT: they would go over max_size; or errno. */
MUST_USE int stock_room(struct stock *stock, const void *of, const struct depot_conf *depot,
                        uint64_t bytes, uint64_t now_ms);

/* stock_less(stock, bytes): they are gone again. */
void stock_less(struct stock *stock, uint64_t bytes);

/* stock_sweep(depot, now_s, removed): removes what is older than max_age, but not what somebody has
 * locked or nobody has confirmed; ${now_s} since 1970. *${removed} is their number. 0 or errno. */
MUST_USE int stock_sweep(const struct depot_conf *depot, int64_t now_s, size_t *removed);

#endif
