/* confusables: what a text looks like: the skeleton of Unicode's UTS 39, section 4, for names of
 * domains.
 *
 * Two texts with one skeleton can be taken for one another: Cyrillic and Latin letters of one
 * shape, "rn" and "m", "1" and "l". A name has no case, so the skeleton has none; but a capital
 * "I" looks like an "l", and where it is written so it counts as one.
 */
#ifndef FILTERS_MATCH_CONFUSABLES_H
#define FILTERS_MATCH_CONFUSABLES_H

#include "filters/base/bytes.h"
#include "filters/base/must_use.h"

/* confusables_fold(text, out): appends the skeleton of ${text}, which is in NFC, to ${out}. Bytes
 * that are no UTF-8 stay. 0, or -1 when memory is out or ${out} is full. Linear. */
MUST_USE int confusables_fold(struct slice text, struct bytes *out);

#endif
