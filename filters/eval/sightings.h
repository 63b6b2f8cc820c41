/* sightings: where in the values of a field the patterns of a set may match (leaf_sets.h): found in
 * one pass when the first leaf of the set is asked, for all of them, and kept for the message.
 *
 * Whoever asks a leaf goes from seen value to seen value with a struct seeing. What is not seen
 * does not match; what is seen is for the leaf's own tests to judge.
 */
#ifndef FILTERS_EVAL_SIGHTINGS_H
#define FILTERS_EVAL_SIGHTINGS_H

#include "filters/eval/facts.h"

/* Kept of a leaf, and of all in a set; where one more would be, everything counts as seen. */
#define SIGHTINGS_LEAF 1024
#define SIGHTINGS_MAX  16384
#define SIGHTING_BYTES 4096 /* of a value that one sighting of a pattern speaks for */

/* sightings_make(e, leaf, at, pausable): finds what is to be seen for the set of ${leaf}, unless
 * that is done. TRUTH_OPEN when all is known; TRUTH_FAILED when the time is out; TRUTH_STOP, and
 * e->stop says why: it goes on when called again. The time is charged to the message, to no rule.
 */
enum truth sightings_make(struct eval *e, const struct leaf *leaf, const struct standpoint *at,
                          bool pausable);

/* sightings_begin(e, leaf): before the first value. */
struct seeing sightings_begin(const struct eval *e, const struct leaf *leaf);

/* sightings_go(e, leaf, seeing, cursor): moves *${cursor}, which is at some value, to the next one
 * from there on in which something is seen. false: there is none. */
bool sightings_go(const struct eval *e, const struct leaf *leaf, struct seeing *seeing,
                  size_t *cursor);

/* sightings_here(e, leaf, seeing, cursor): whether something is seen in the value at ${cursor}.
 * sightings_pass(seeing, cursor): that value is done. */
bool sightings_here(const struct eval *e, const struct leaf *leaf, struct seeing *seeing,
                    size_t cursor);
void sightings_pass(struct seeing *seeing, size_t cursor);

/* sightings_start(leaf, seeing, test, offset): where, from ${offset} on, a match of that test may
 * begin next in the value that is seen; SLICE_NOT_FOUND: nowhere. */
size_t sightings_start(const struct leaf *leaf, const struct seeing *seeing, uint32_t test,
                       size_t offset);

#endif
