/* pattern: PCRE2, with limits. The only file that knows the library.
 *
 * A pattern is compiled once, with JIT where it compiles, and is immutable after that. A search
 * goes in slices of at most 4 KiB of start offsets (PCRE2_USE_OFFSET_LIMIT), because the match
 * limit starts anew at each start offset and alone protects nobody; between slices the caller looks
 * at the clock. A slice takes some ten milliseconds at worst: it becomes smaller where the pattern
 * is hard or the subject long. Without JIT slices are larger, for each costs a look at the whole
 * subject.
 */
#ifndef FILTERS_PATTERN_H
#define FILTERS_PATTERN_H

#include "filters/base/arena.h"
#include "filters/base/must_use.h"

struct pattern;

/* Match data and JIT stack, for one thread at a time; holds nothing between calls, so all evals of
 * one thread may share one. */
struct pattern_scratch;

enum pattern_flags {
    PATTERN_CASELESS = 1,  /* i */
    PATTERN_MULTILINE = 2, /* m */
    PATTERN_DOTALL = 4,    /* s */
    PATTERN_EXTENDED = 8,  /* x */
    PATTERN_UNICODE = 16,  /* u: Unicode properties for \w \d and case */
    PATTERN_BYTES = 32,    /* a raw field: bytes, not UTF-8 */
};

enum pattern_result {
    PATTERN_NO,
    PATTERN_YES,
    PATTERN_MORE,  /* this slice is done without a match; call again with the same ${offset} */
    PATTERN_LIMIT, /* a limit was hit: neither match nor no match is known */
};

#define PATTERN_LENGTH_MAX  65536   /* bytes of a pattern's source */
#define PATTERN_CAPTURES    10      /* $0..$9 */
#define PATTERN_SLICE_BYTES 4096    /* start offsets of one slice */
#define PATTERN_STEPS_MIN   1000000 /* the match limit is the larger of this and 8 x the subject */

struct pattern_match {
    size_t count; /* groups set, at most PATTERN_CAPTURES; group 0 is the whole match */
    struct slice groups[PATTERN_CAPTURES]; /* of the subject; unset ones are empty with ptr NULL */
};

/* pattern_split(text, source, flags): takes "/re/flags" apart. Returns 1 when ${text} begins with a
 * slash and ends in a slash and letters of "imsxu", 0 when it is no pattern (a plain string), -1
 * when it looks like one but a flag is unknown. */
MUST_USE int pattern_split(struct slice text, struct slice *source, unsigned *flags);

/* pattern_create(source, flags, error, error_size): compiles. The control characters 07 to 0D in
 * ${source} are turned back into their escapes first (libconfig unescaped them; RULES.md, the
 * escape trap). Returns NULL and a sentence with the offset in ${error}. Never lets a pattern raise
 * limits or use \C; \G is refused. PATTERN_UNICODE is nothing with PATTERN_BYTES. */
struct pattern *pattern_create(struct slice source, unsigned flags, char *error, size_t error_size);
void pattern_destroy(struct pattern *pattern);

/* pattern_has_jit(pattern): false when JIT was not to be had for it; worth a warning at start. */
bool pattern_has_jit(const struct pattern *pattern);

/* pattern_group_count(pattern): its capture groups, group 0 not counted. */
unsigned pattern_group_count(const struct pattern *pattern);

/* pattern_scratch_create(): NULL when out of memory. */
struct pattern_scratch *pattern_scratch_create(void);
void pattern_scratch_destroy(struct pattern_scratch *scratch);

/* pattern_search(pattern, scratch, subject, offset, match): searches one slice of ${subject} from
 * start offset
 * *${offset} (0 at first) and moves it on. On PATTERN_YES fills ${match} (may be NULL), whose
 * groups point into
 * ${subject}. Invalid UTF-8 matches nothing and breaks nothing. */
enum pattern_result pattern_search(const struct pattern *pattern, struct pattern_scratch *scratch,
                                   struct slice subject, size_t *offset,
                                   struct pattern_match *match);

/* pattern_search_all(pattern, scratch, subject, match): the same to the end of ${subject} in one
 * call, for short subjects that nobody watches the clock for: never PATTERN_MORE, and PATTERN_LIMIT
 * too where too many slices are hard ones. */
enum pattern_result pattern_search_all(const struct pattern *pattern,
                                       struct pattern_scratch *scratch, struct slice subject,
                                       struct pattern_match *match);

/* pattern_replace(pattern, scratch, subject, expand, ctx, arena, out): ${subject} with every match
 * replaced by what ${expand} returns for it, into the arena. ${expand} returns a slice (ptr NULL on
 * failure). Returns PATTERN_YES when something was replaced, PATTERN_NO, or PATTERN_LIMIT (also
 * when the arena is full or after PATTERN_REPLACE_MAX replacements); each search is one of
 * pattern_search_all. */
enum pattern_result pattern_replace(const struct pattern *pattern, struct pattern_scratch *scratch,
                                    struct slice subject,
                                    struct slice (*expand)(void *ctx,
                                                           const struct pattern_match *match),
                                    void *ctx, struct arena *arena, struct slice *out);

#define PATTERN_REPLACE_MAX 1000

#endif
