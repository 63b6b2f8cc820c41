#include "proxy/session/pace.h"

void pace_begin(struct pace *p, uint64_t limit_ms, unsigned rate)
{
    *p = (struct pace){.limit_ms = limit_ms, .left_ms = limit_ms, .rate = rate};
}

uint64_t pace_wait(struct pace *p, uint64_t now_ms)
{
    if (!p->waiting)
        p->since_ms = now_ms;
    p->waiting = true;
    return p->left_ms > 0 ? p->left_ms : 1;
}

static void earn(struct pace *p, size_t octets)
{
    uint64_t earned = p->limit_ms;
    if (p->rate > 0 && octets < p->limit_ms * p->rate / 1000 + 1) {
        uint64_t worth = (uint64_t)octets * 1000 + p->rest;
        earned = worth / p->rate;
        p->rest = worth % p->rate;
    }
    p->left_ms = earned < p->limit_ms - p->left_ms ? p->left_ms + earned : p->limit_ms;
}

void pace_resume(struct pace *p, uint64_t now_ms, size_t octets)
{
    if (p->waiting) {
        uint64_t waited_ms = now_ms - p->since_ms;
        p->left_ms = waited_ms < p->left_ms ? p->left_ms - waited_ms : 0;
    }
    p->waiting = false;
    if (octets > 0)
        earn(p, octets);
}

bool pace_silent(const struct pace *p, uint64_t now_ms)
{
    return p->waiting && now_ms - p->since_ms >= p->limit_ms;
}
