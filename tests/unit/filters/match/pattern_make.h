/* pattern_make: random patterns and subjects, of bytes that choose them: for the tests and the fuzz
 * target that compare what is cut out of a pattern with what PCRE2 matches. */
#ifndef TESTS_UNIT_FILTERS_MATCH_PATTERN_MAKE_H
#define TESTS_UNIT_FILTERS_MATCH_PATTERN_MAKE_H

#include "filters/base/bytes.h"

/* What chooses: bytes from outside while there are any, then zeroes; or endlessly, of a seed. */
struct pattern_maker {
    const uint8_t *data;
    size_t size;
    uint64_t seed; /* 0: ${data} chooses */
};

unsigned pattern_make_choice(struct pattern_maker *maker, unsigned below);

/* pattern_make(maker, out): appends a pattern; as a rule it compiles.
 * pattern_make_flags(maker): for it. */
void pattern_make(struct pattern_maker *maker, struct bytes *out);
unsigned pattern_make_flags(struct pattern_maker *maker);

/* pattern_make_subject(maker, pattern, out): appends a text of pieces that patterns are made of, of
 * parts of ${pattern}, and of what is no UTF-8. */
void pattern_make_subject(struct pattern_maker *maker, struct slice pattern, struct bytes *out);

#endif
