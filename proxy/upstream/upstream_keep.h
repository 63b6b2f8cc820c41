/* upstream_keep: how a connection has been used, and what that leaves for others. */
#ifndef PROXY_UPSTREAM_UPSTREAM_KEEP_H
#define PROXY_UPSTREAM_UPSTREAM_KEEP_H

#include <stdbool.h>
#include <stdint.h>

struct upstream;

/* How a connection has been used, as servers count it. */
struct upstream_wear {
    uint64_t born_ms;
    unsigned mails;    /* MAIL commands */
    unsigned before;   /* ... of owners before this one */
    unsigned commands; /* answered since the last message it took */
    bool refused;      /* one of these, by a 4xx or 5xx */
    bool login;        /* AUTH was begun, whatever came of it */
    bool partial;      /* the content under way is a chunk with others to follow */
};

/* upstream_keep_replied(u): counts the reply that was just taken, in the phase it was awaited in.
 */
void upstream_keep_replied(struct upstream *u);

/* upstream_keep_limits(u): after EHLO on a connection that was taken over: takes what others have
 * used off MAILMAX (RFC 9422); false: nothing is left of it. */
bool upstream_keep_limits(struct upstream *u);

#endif
