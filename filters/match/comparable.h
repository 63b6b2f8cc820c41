/* comparable: a mail address or a domain in the forms in which rules compare it (postern-rules(7),
 * "Conditions"; postern.conf(5), "lists").
 *
 * What a client writes in several ways and a server behind us takes for one mailbox must not pass a
 * rule in one of them. So patterns see an address unquoted; texts, wildcards and list entries
 * are compared with both spellings of an international domain besides. For all but a few addresses
 * the three forms are the address itself.
 */
#ifndef FILTERS_MATCH_COMPARABLE_H
#define FILTERS_MATCH_COMPARABLE_H

#include "filters/base/bytes.h"
#include "filters/base/must_use.h"
#include "filters/base/slice.h"

struct comparable {
    struct slice text;    /* mailbox_plain(), the domain spelled as on the wire */
    struct slice ascii;   /* the same, its domain's labels as A-labels */
    struct slice unicode; /* ... as U-labels */
    size_t domain;        /* where it begins, in each of them; behind the end if there is none */
};

/* comparable_text(text): of a value that is no address: as it is in all forms, without a
 * domain. */
static inline struct comparable comparable_text(struct slice text)
{
    return (struct comparable){text, text, text, text.len};
}

/* comparable_address(address, room, out): the forms of ${address}, which is without brackets, may
 * be empty or invalid, and is left alone in its domain when that is longer than any can be. They
 * stand in ${address} or, where they differ from it, in ${room}, which is appended to. Returns 0,
 * or -1 when memory is out. */
MUST_USE int comparable_address(struct slice address, struct bytes *room, struct comparable *out);

/* comparable_domain(address): the forms of the domain of the address whose forms these are: slices
 * of them, empty for an address without a domain. */
struct comparable comparable_domain(const struct comparable *address);

/* comparable_moved(c, from, to): the same forms when the bytes of ${from}, in which some of them
 * may stand, have been copied to ${to}. */
struct comparable comparable_moved(const struct comparable *c, struct slice from, const char *to);

#endif
