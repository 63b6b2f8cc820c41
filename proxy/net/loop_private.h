/* loop_private: what the files of proxy/net share about a loop. Nobody else includes it.
 *
 * Timers that can be embedded, so that a connection needs no allocation for its deadline; blocks of
 * memory that pass from one connection to the next, so that a command costs no malloc; and the list
 * of connections that nobody owns any more but that are not closed yet.
 */
#ifndef PROXY_NET_LOOP_PRIVATE_H
#define PROXY_NET_LOOP_PRIVATE_H

#include "proxy/net/loop.h"

#include <event2/event.h>
#include <event2/event_struct.h>
#include <stddef.h>

struct loop_timer {
    struct event event;
    struct loop *loop;
    void (*fire)(void *ctx);
    void *ctx;
    uint64_t due_ms;       /* 0: not set */
    uint64_t scheduled_ms; /* when the event comes, never after due_ms unless that is 0; 0: no event
                              is pending */
};

/* loop_timer_init(timer, loop, fire, ctx), loop_timer_fini(timer): for a timer that is part of
 * something. */
void loop_timer_init(struct loop_timer *timer, struct loop *loop, void (*fire)(void *ctx),
                     void *ctx);
void loop_timer_fini(struct loop_timer *timer);

/* loop_base(loop): for event_assign. */
struct event_base *loop_base(struct loop *loop);

#define LOOP_BLOCK_BYTES 4096
#define LOOP_SPARES_MAX  16

/* loop_block_take(loop): LOOP_BLOCK_BYTES of memory, or NULL. It is malloc's: free and realloc may
 * have it, too. loop_block_give(loop, block): gives back what loop_block_take gave. */
char *loop_block_take(struct loop *loop);
void loop_block_give(struct loop *loop, char *block);

/* Something that ends by itself and that nobody else holds; loop_destroy calls ${abandon}, which
 * must leave. */
struct loop_orphan {
    struct loop_orphan *next, **link; /* link: what points here; NULL: not in the list */
    void (*abandon)(struct loop_orphan *orphan);
};

void loop_orphan_join(struct loop *loop, struct loop_orphan *orphan);
void loop_orphan_leave(struct loop_orphan *orphan); /* not in the list: nothing */

#endif
