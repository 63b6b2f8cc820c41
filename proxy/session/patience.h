/* patience: how long one part of a session waits. Each has its own: what one waits for is never
 * taken for what another does. */
#ifndef PROXY_SESSION_PATIENCE_H
#define PROXY_SESSION_PATIENCE_H

#include <stdbool.h>
#include <stdint.h>

#include "filters/base/must_use.h"

struct loop;
struct loop_timer;

/* All zero: it does not wait, and has no timer yet. */
struct patience {
    struct loop_timer *timer;
    void (*wake)(void *ctx);
    void *ctx;
    bool over;
};

/* patience_init(p, loop, wake, ctx): a timer for it: ${wake} is called when the time is over. 0, or
 * -1 when memory is out. patience_fini(p): at the end; legal on zeroed memory. */
MUST_USE int patience_init(struct patience *p, struct loop *loop, void (*wake)(void *ctx),
                           void *ctx);
void patience_fini(struct patience *p);

/* patience_begin(p, ms): it waits from now on; ${p->over} says when it has done so for that long.
 * patience_end(p): no more. Both after patience_init. */
void patience_begin(struct patience *p, uint64_t ms);
void patience_end(struct patience *p);

#endif
