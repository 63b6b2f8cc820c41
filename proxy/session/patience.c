#include "proxy/session/patience.h"

#include <stddef.h>

#include "proxy/net/loop.h"

static void time_over(void *ctx)
{
    struct patience *p = ctx;
    p->over = true;
    p->wake(p->ctx);
}

int patience_init(struct patience *p, struct loop *loop, void (*wake)(void *ctx), void *ctx)
{
    if (p->timer == NULL)
        *p = (struct patience){
            .timer = loop_timer_create(loop, time_over, p), .wake = wake, .ctx = ctx};
    return p->timer != NULL ? 0 : -1;
}

void patience_fini(struct patience *p)
{
    loop_timer_destroy(p->timer);
    *p = (struct patience){.timer = NULL};
}

void patience_begin(struct patience *p, uint64_t ms)
{
    p->over = false;
    loop_timer_set(p->timer, ms);
}

void patience_end(struct patience *p)
{
    p->over = false;
    loop_timer_cancel(p->timer);
}
