/* loop_private: what the files of proxy/net share about a loop. Nobody else includes it.
 *
 * libevent's own names stay inside loop.c, the one file that includes it: its struct event would
 * meet ours (filters/event.h) here.
 *
 * Timers that can be embedded, so that a connection needs no allocation for its deadline; blocks of
 * memory that pass from one connection to the next, so that a command costs no malloc; and the list
 * of connections that nobody owns any more but that are not closed yet.
 */
#ifndef PROXY_NET_LOOP_PRIVATE_H
#define PROXY_NET_LOOP_PRIVATE_H

#include "filters/base/must_use.h"
#include "proxy/net/loop.h"

#include <stddef.h>

/* Room for one of libevent's events, so that it can be part of something. All zero: not in use. */
#define LOOP_IO_BYTES 128
struct loop_io {
    union {
        void *align;
        unsigned char bytes[LOOP_IO_BYTES];
    } event;
};

/* What an event is for and what it is told. Values of libevent's flags. */
#define LOOP_TOLD    0x01 /* loop_tell */
#define LOOP_READ    0x02
#define LOOP_WRITE   0x04
#define LOOP_PERSIST 0x10 /* stays until loop_io_stop */

/* loop_io_init(io, loop, fd, what, ready, ctx): prepares; ${what} is LOOP_READ or LOOP_WRITE, with
 * LOOP_PERSIST or not. 0 or -1. */
MUST_USE int loop_io_init(struct loop_io *io, struct loop *loop, int fd, int what,
                          void (*ready)(int fd, short what, void *ctx), void *ctx);

/* loop_io_start(io): begins to watch. 0 or -1. loop_io_stop(io): ends that, and drops what was not
 * told yet. */
MUST_USE int loop_io_start(struct loop_io *io);
void loop_io_stop(struct loop_io *io);

/* What is to be told in the next turn. All zero: nothing. */
struct loop_told {
    struct loop_told *next, **link; /* link: what points here; NULL: not in the list */
    struct loop_io *io;
};

/* loop_tell(loop, told, io): has ${ready} of ${io} called with LOOP_TOLD in the next turn, started
 * or not. So one that has itself told again each time takes turns with the others: sockets are
 * looked at and time goes on in between. loop_untell(told): takes it back, if its turn has not
 * begun; after that, loop_io_stop does. */
void loop_tell(struct loop *loop, struct loop_told *told, struct loop_io *io);
void loop_untell(struct loop_told *told);

struct loop_timer {
    struct loop_io io;
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
void loop_orphan_leave(struct loop *loop,
                       struct loop_orphan *orphan); /* not in the list: nothing */

#endif
