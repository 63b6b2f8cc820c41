/* upstream_resolve: how an upstream that is given by name is found. */
#ifndef PROXY_UPSTREAM_UPSTREAM_RESOLVE_H
#define PROXY_UPSTREAM_UPSTREAM_RESOLVE_H

#include <stdbool.h>

struct upstream;

/* upstream_resolve(u): finds the addresses of the target in use, which is a name, and puts them in
 * its place among the targets. True: they are known at once. False: it is in PHASE_RESOLVE until
 * its turn comes, and has found them if the phase is the same then; or it is lost. */
bool upstream_resolve(struct upstream *u);

#endif
