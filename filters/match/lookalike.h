/* lookalike: domains that could be taken for one of a list (postern-rules(7), `lookalike`).
 *
 * Registrable domains are compared (registrable.h), in their Unicode form and without case. One
 * imitates another, but for those that are in the list themselves, when both have one skeleton
 * (confusables.h), or when their public suffix is the same and the label before it is one
 * insertion, deletion, substitution of a character or swap of two neighbours away from one of
 * LOOKALIKE_LABEL_MIN characters or more.
 *
 * Two labels are one such edit apart only if leaving out one character of each, or of one of them,
 * or of none, makes them the same. So each label is found by all of its shortened forms: asking
 * takes as long as the label asked about is, however many domains there are, and a domain of a
 * dozen characters takes some hundred octets.
 */
#ifndef FILTERS_MATCH_LOOKALIKE_H
#define FILTERS_MATCH_LOOKALIKE_H

#include "filters/base/must_use.h"
#include "filters/base/slice.h"

#define LOOKALIKE_LABEL_MIN 6 /* characters; of shorter ones nearly all are one edit apart */

struct lookalikes;

/* lookalikes_create(): with no domain; NULL when memory is out. lookalikes_destroy(NULL) does
 * nothing. */
struct lookalikes *lookalikes_create(void);
void lookalikes_destroy(struct lookalikes *all);

/* lookalikes_bytes(all): the memory that it takes. */
size_t lookalikes_bytes(const struct lookalikes *all);

/* lookalikes_add(all, name, item): adds the registrable domain of ${name}, in any spelling, if it
 * has one and none is there yet. ${item}, what it came from, is the caller's. 0, or -1 when memory
 * is out. */
MUST_USE int lookalikes_add(struct lookalikes *all, struct slice name, const void *item);

/* lookalikes_seal(all): all domains are there; from now on they can be asked for. 0, or -1 when
 * memory is out. */
MUST_USE int lookalikes_seal(struct lookalikes *all);

/* A domain that is imitated. */
struct imitated {
    struct slice domain; /* registrable, in its Unicode form; lives as long as all */
    const void *item;
};

/* lookalikes_find(all, name, imitated): whether ${name}, a host name in its Unicode form, letter
 * case as it is shown, imitates one of them: 1, and the one that was added first is *${imitated};
 * 0; or -1 when memory is out. */
MUST_USE int lookalikes_find(const struct lookalikes *all, struct slice name,
                             struct imitated *imitated);

#endif
