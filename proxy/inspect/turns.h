/* turns: who is judged next, where one loop judges for many sessions.
 *
 * Judging pauses every few milliseconds (TURNS_JUDGING_NS). Who has paused stands in line, and so
 * does who comes when the loop's turn is full already: first come, first served, as many as one
 * turn has time for. So the loop gets round soon, however many messages there are to judge, and
 * what is quick never waits for them.
 */
#ifndef PROXY_INSPECT_TURNS_H
#define PROXY_INSPECT_TURNS_H

#include <stddef.h>

#include "filters/base/must_use.h"
#include "proxy/net/loop.h"

#define TURNS_JUDGING_NS 4000000 /* of judging one, before others get their turn */

/* One who is judged. All zero but for ${run} and ${ctx}: not in line. */
struct turn {
    void (*run)(void *ctx); /* called when the turn has come */
    void *ctx;
    struct turn *next, **link; /* link: what points here; NULL: not in line */
    bool called;
};

/* The line of one loop. */
struct turns {
    struct loop *loop;
    struct loop_timer *timer;
    struct turn *first, **last;
    size_t count;
};

/* turns_init(turns, loop): an empty line. 0, or -1 when memory is out. turns_fini(turns): nobody is
 * in it any more; legal on zeroed memory. */
MUST_USE int turns_init(struct turns *turns, struct loop *loop);
void turns_fini(struct turns *turns);

/* turns_may(turns, turn): whether it may be judged now, a few milliseconds long: its turn has come,
 * or there is time for it in this turn of the loop. If not it stands in line. */
bool turns_may(struct turns *turns, struct turn *turn);

/* turns_wait(turns, turn): it stands in line, at the end unless it is there. turns_leave(turns,
 * turn): not any more; one that is not in line: nothing. */
void turns_wait(struct turns *turns, struct turn *turn);
void turns_leave(struct turns *turns, struct turn *turn);

#endif
