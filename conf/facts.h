/* facts: what a message alone does not say about itself: who sent it where from. Samples and
 * `explain` set them by name. */
#ifndef CONF_FACTS_H
#define CONF_FACTS_H

#include "filters/event.h"

struct facts {
    struct address client;
    struct slice listener; /* its name */
    struct slice helo;     /* empty: none given */
    int64_t declared_size; /* SIZE= of MAIL, or EVENT_SIZE_UNKNOWN */
};

#define FACTS_CLIENT "192.0.2.1" /* when none is set: an address that nobody has (RFC 5737) */

/* facts_init(facts): FACTS_CLIENT, nothing else. */
void facts_init(struct facts *facts);

/* facts_set(facts, name, value): sets client, client_port, listener, helo or size. ${value} must
 * live as long as the facts. Returns NULL, or what is wrong with it: FACTS_UNKNOWN when ${name} is
 * no such fact, FACTS_LATER when a later version will know it, else a sentence part of what it must
 * be. */
const char *facts_set(struct facts *facts, struct slice name, struct slice value);

extern const char FACTS_UNKNOWN[],
    FACTS_LATER[]; /* told apart by their addresses; are sentence parts too */

#endif
