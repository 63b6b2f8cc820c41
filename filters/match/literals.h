/* literals: what must stand in a text for a pattern to match it: cut out of the pattern's source
 * (pcre2pattern(3), of 10.42), so that many patterns can be looked for in one pass and PCRE2 be
 * asked about few.
 *
 * The reader is a conservative one: what it is not sure of has no literal. Of a pattern it says a
 * set of literals of which one at least is in every text that the pattern matches, taking letter
 * case as none: a literal is compared folded, LITERAL_FOLD set in every byte of it and of the text.
 * That makes more of the text alike than is, and never less: ASCII letters of both cases, for one.
 * What else PCRE2 takes for the same letter without case are literals of their own (U+017F for s,
 * U+212A for k), or cut around.
 */
#ifndef FILTERS_MATCH_LITERALS_H
#define FILTERS_MATCH_LITERALS_H

#include "filters/base/must_use.h"
#include "filters/base/slice.h"

#define LITERAL_BYTES 8    /* the longest; of longer texts the rarest part is taken */
#define LITERAL_MIN   3    /* the shortest: what is shorter is in nearly every text */
#define LITERAL_FOLD  0x20 /* or-ed to each byte, of a literal and of what it is compared with */
#define LITERALS_MAX  256  /* of one pattern */

/* Folded; bytes behind the length are 0, which no folded byte is. */
struct literal {
    unsigned char bytes[LITERAL_BYTES];
    unsigned length;
};

struct literals {
    size_t count;
    size_t ahead; /* bytes from where a match is begun to where its literal begins, at most;
                   * SIZE_MAX: any number, or the literal may be before it */
    struct literal items[LITERALS_MAX];
};

/* literals_cut(source, flags, out): reads a pattern's restored text, which compiles with ${flags}
 * (enum pattern_flags). Returns 1 with its literals, 0 when there are none that it must have, -1
 * when memory is out. Linear in ${source}. A literal is looked for in the text as it arrived: a
 * byte that is invalid UTF-8, for which U+FFFD is searched, is in none. */
MUST_USE int literals_cut(struct slice source, unsigned flags, struct literals *out);

#endif
