/* targets: where one opening of an upstream may lead, and what was tried of it. A name is one
 * target until its turn comes; then its addresses take its place.
 */
#ifndef PROXY_UPSTREAM_TARGETS_H
#define PROXY_UPSTREAM_TARGETS_H

#include "filters/base/endpoint.h"
#include "filters/base/must_use.h"
#include "proxy/upstream/rest.h"

struct upstream_conf;

#define TARGETS_MAX 32 /* after names have become addresses; more are left out */

struct target {
    struct endpoint endpoint; /* of a name: its address with port, and that as text */
    bool tried;
    bool by_name; /* an address of a name */
    char text[ADDRESS_TEXT_MAX];
};

struct targets {
    struct target *items;
    size_t count;
};

/* targets_begin(t, conf): all of ${conf}, which must outlive them, none tried. 0, or -1 when memory
 * is out. targets_only(t, endpoint): the same with this one alone. targets_fini(t) frees; it may
 * follow {0}. */
MUST_USE int targets_begin(struct targets *t, const struct upstream_conf *conf);
MUST_USE int targets_only(struct targets *t, const struct endpoint *endpoint);
void targets_fini(struct targets *t);

/* targets_choose(t, rests, now_ms): the next one to try, which counts as tried now; those that rest
 * come last, when all others have failed. ${rests} NULL: none does. NULL: there is none. */
struct target *targets_choose(struct targets *t, const struct rest_table *rests, uint64_t now_ms);

/* targets_unknown(target): whether it is a name, whose addresses are not known yet. */
bool targets_unknown(const struct target *target);

/* targets_expand(t, target, addresses, count): puts the addresses of a name in its place, not
 * tried; without any the name stays. Other targets have moved then. 0, or -1 when memory is out. */
MUST_USE int targets_expand(struct targets *t, const struct target *target,
                            const struct address *addresses, size_t count);

#endif
