/* descriptors: the budget of file descriptors (PROTOCOL Z05).
 *
 * A session is let in only if all it may ever open at once can be had: its client, its upstream,
 * its spool file, and its milters with the new bodies they may send. Nothing is opened for that in
 * advance; the main thread counts sessions exactly, and everything else that opens descriptors says
 * in its header how many (..._DESCRIPTORS), and has its place in the budget. So a client that was
 * greeted never hears that there are too many others.
 */
#ifndef PROXY_GATEWAY_DESCRIPTORS_H
#define PROXY_GATEWAY_DESCRIPTORS_H

#include <stdbool.h>

struct config;

struct descriptors {
    unsigned allowed; /* to the process */
    unsigned others;  /* of these kept for all that is no session */
    unsigned one;     /* session needs so many */
};

/* descriptors_opened(): how many are open now, those that were inherited included. */
unsigned descriptors_opened(void);

/* descriptors_fit(config, workers, opened): the budget beside so many that were open before the
 * workers were made. Raises what the process is allowed to what limits.connections needs, as far as
 * that can be done. */
struct descriptors descriptors_fit(const struct config *config, unsigned workers, unsigned opened);

/* descriptors_sessions(d): how many sessions there is room for, when no connection lingers. */
unsigned descriptors_sessions(const struct descriptors *d);

/* descriptors_room(d, sessions, lingering): whether there is room for one session more beside so
 * many, and so many connections of ended ones that are not closed yet. */
bool descriptors_room(const struct descriptors *d, unsigned sessions, unsigned lingering);

#endif
