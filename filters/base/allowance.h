/* allowance: how long somebody may go on reading what may be long: until time is over, or nobody
 * waits for the result any more. Who works says how much he has done; now and then that asks
 * whether to go on.
 */
#ifndef FILTERS_BASE_ALLOWANCE_H
#define FILTERS_BASE_ALLOWANCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ALLOWANCE_BYTES 32768 /* of work between two questions */

struct allowance {
    bool (*over)(void *ctx); /* called from the thread that works; NULL: there is no end */
    void *ctx;
    uint64_t spent; /* steps in all: bytes looked at, made or moved */
    uint64_t asked; /* ... when it was asked last */
    bool ended;     /* it was over: it is so for good */
};

/* allowance_spend(allowance, steps): ${steps} more were done. False when nothing more may be: what
 * is not finished has failed then. */
static inline bool allowance_spend(struct allowance *allowance, size_t steps)
{
    allowance->spent += steps;
    if (allowance->spent - allowance->asked < ALLOWANCE_BYTES || allowance->over == NULL)
        return !allowance->ended;
    allowance->asked = allowance->spent;
    allowance->ended = allowance->ended || allowance->over(allowance->ctx);
    return !allowance->ended;
}

#endif
