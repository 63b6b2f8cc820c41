/* stranger: what somebody from outside would try at a policy: who he says he is, where he comes
 * from, and where he wants to send to. Made of names that nobody has, and of those that the policy
 * itself names, since whoever knows a domain can write it into a sender.
 */
#ifndef PROXY_EXPLAIN_STRANGER_H
#define PROXY_EXPLAIN_STRANGER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "filters/base/address.h"
#include "filters/base/slice.h"

struct config;
struct policy;

#define STRANGER_NAMES_MAX   20
#define STRANGER_DOMAINS_MAX 3
#define STRANGER_CLIENTS     3

struct stranger_names {
    struct slice items[STRANGER_NAMES_MAX];
    size_t count;
};

struct stranger {
    struct arena *arena;
    uint64_t facts;                /* bit 1 << field_id for each field that some rule asks for */
    struct stranger_names senders; /* the first is nobody's, the second the null sender */
    struct stranger_names helos;   /* the first is nobody's */
    struct stranger_names own;     /* domains that the policy names */
    struct stranger_names loose;   /* those of them that a pattern or wildcard for recipients has */
    struct stranger_names near;    /* nobody's domains that such a one may take for them */
    struct stranger_names elsewhere; /* domains that it does not: nobody's, some or none */
    struct address v4, v6;           /* clients that no list or range of the policy holds */
    bool failed;                     /* memory is out, something may be missing */
};

/* stranger_make(stranger, config, policy, arena): for the rules in force. Texts are in ${arena} or
 * live as long as the configuration. */
void stranger_make(struct stranger *stranger, const struct config *config,
                   const struct policy *policy, struct arena *arena);

#endif
