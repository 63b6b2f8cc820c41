#include "proxy/inspect/turns.h"

/* Calls up those who stand in line now, each once, while this turn of the loop has time; the first
 * in any case. */
static void call_up(void *ctx)
{
    struct turns *turns = ctx;
    size_t left = turns->count;
    while (left > 0 && turns->first != NULL) {
        struct turn *turn = turns->first;
        turns_leave(turns, turn);
        turn->called = true;
        turn->run(turn->ctx); /* may be the end of it */
        left = loop_turn_full(turns->loop) ? 0 : left - 1;
    }
    if (turns->first != NULL)
        loop_timer_set(turns->timer, 0);
}

int turns_init(struct turns *turns, struct loop *loop)
{
    *turns = (struct turns){.loop = loop, .last = &turns->first};
    turns->timer = loop_timer_create(loop, call_up, turns);
    return turns->timer != NULL ? 0 : -1;
}

void turns_fini(struct turns *turns)
{
    loop_timer_destroy(turns->timer);
    turns->timer = NULL;
}

bool turns_may(struct turns *turns, struct turn *turn)
{
    bool called = turn->called;
    turn->called = false;
    if (called || (turn->link == NULL && !loop_turn_full(turns->loop)))
        return true;
    turns_wait(turns, turn);
    return false;
}

void turns_wait(struct turns *turns, struct turn *turn)
{
    if (turn->link != NULL)
        return;
    turn->next = NULL;
    turn->link = turns->last;
    *turns->last = turn;
    turns->last = &turn->next;
    turns->count++;
    loop_timer_set(turns->timer, 0);
}

void turns_leave(struct turns *turns, struct turn *turn)
{
    if (turn->link == NULL)
        return;
    *turn->link = turn->next;
    if (turn->next != NULL)
        turn->next->link = turn->link;
    else
        turns->last = turn->link;
    turn->link = NULL;
    turns->count--;
}
