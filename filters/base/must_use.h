/* must_use: an answer that nobody may throw away.
 *
 * What a lost answer loses here is a fact, and a rule that judges without it lets pass what it
 * should refuse. gcc refuses a caller that ignores such an answer even behind a cast to void; clang
 * takes the cast, so tests/lint/answers refuses it in the text.
 */
#ifndef FILTERS_BASE_MUST_USE_H
#define FILTERS_BASE_MUST_USE_H

/* MUST_USE: before a prototype: its caller looks at what it returns. */
#define MUST_USE __attribute__((warn_unused_result))

#endif
