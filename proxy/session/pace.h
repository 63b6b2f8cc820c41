/* pace: how long a client may take to send content (PROTOCOL Z03).
 *
 * A time to wait that is used up by waiting for the client and earned again by what it sends: each
 * octet earns what it takes at the lowest rate, and no more than the whole time can be saved up.
 * Who keeps that rate is never out of time, who pauses may do so for the whole time, and who sends
 * an octet now and then is out of it as soon as one who sends nothing. Only waiting for the client
 * counts, not what others take. Time comes in; pure.
 */
#ifndef PROXY_SESSION_PACE_H
#define PROXY_SESSION_PACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pace {
    uint64_t limit_ms; /* the whole time */
    uint64_t left_ms;
    uint64_t since_ms; /* when the waiting under way began */
    uint64_t rest;     /* octets x 1000 that have earned no whole millisecond yet */
    unsigned rate;     /* octets a second; 0: each octet earns all of it */
    bool waiting;
};

/* pace_begin(p, limit_ms, rate): content begins; the whole time is there. */
void pace_begin(struct pace *p, uint64_t limit_ms, unsigned rate);

/* pace_wait(p, now_ms): the client has to send now. Returns how long to wait, at least 1 ms. */
uint64_t pace_wait(struct pace *p, uint64_t now_ms);

/* pace_resume(p, now_ms, octets): waiting is over, because so many octets came or, with 0, because
 * something else goes first. Nothing when nobody waits but for what the octets earn. */
void pace_resume(struct pace *p, uint64_t now_ms, size_t octets);

/* pace_silent(p, now_ms): whether nothing came for the whole time; else, when time is out, what
 * came was too little. */
bool pace_silent(const struct pace *p, uint64_t now_ms);

#endif
