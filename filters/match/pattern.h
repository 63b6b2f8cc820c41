/* pattern: PCRE2, with limits. Only pattern.c and pattern_search.c know the library.
 *
 * A pattern is compiled with JIT where it compiles, and is immutable after that. A search goes in
 * slices of start offsets (PCRE2_USE_OFFSET_LIMIT), at most 4 KiB of them, and fewer where the
 * pattern is hard or the subject long. A call takes some ten milliseconds at worst, whatever the
 * subject; between two of them the caller looks at the clock.
 */
#ifndef FILTERS_MATCH_PATTERN_H
#define FILTERS_MATCH_PATTERN_H

#include "filters/base/bytes.h"
#include "filters/base/must_use.h"
#include "filters/match/literals.h"

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
    PATTERN_MORE,  /* this slice is done without a match; call again with the same cursor */
    PATTERN_LIMIT, /* a limit was hit: neither match nor no match is known */
};

#define PATTERN_LENGTH_MAX  65536   /* bytes of a pattern's source */
#define PATTERN_CAPTURES    10      /* $0..$9 */
#define PATTERN_SLICE_BYTES 4096    /* start offsets of one slice */
#define PATTERN_STEPS_MIN   1000000 /* the match limit is the larger of this and 8 x the subject */
#define PATTERN_REACH_MAX   ((size_t)4 << 20) /* bytes that one start offset may look at */

struct pattern_match {
    size_t count; /* groups set, at most PATTERN_CAPTURES; group 0 is the whole match */
    struct slice groups[PATTERN_CAPTURES]; /* of the subject; unset ones are empty with ptr NULL */
};

/* pattern_split(text, source, flags): takes "/re/flags" apart. Returns 1 when ${text} begins with a
 * slash and ends in a slash and letters of "imsxu", 0 when it is no pattern (a plain string), -1
 * when it looks like one but a flag is unknown. */
MUST_USE int pattern_split(struct slice text, struct slice *source, unsigned *flags);

/* pattern_create(source, flags, error, error_size): compiles. The control characters 07 to 0D in
 * ${source} are turned back into their escapes first (libconfig unescaped them; postern.conf(5),
 * "The escape trap"). Returns NULL and a sentence with the offset in ${error}. Never lets a pattern
 * raise limits or use \C; \G and backtracking verbs are refused. PATTERN_UNICODE is nothing with
 * PATTERN_BYTES. */
struct pattern *pattern_create(struct slice source, unsigned flags, char *error, size_t error_size);
void pattern_destroy(struct pattern *pattern);

/* pattern_has_jit(pattern): false when JIT was not to be had for it; worth a warning at start. */
bool pattern_has_jit(const struct pattern *pattern);

/* pattern_group_count(pattern): its capture groups, group 0 not counted. */
unsigned pattern_group_count(const struct pattern *pattern);

/* pattern_literals(pattern, out): what stands in every text that matches it: as literals_cut. */
MUST_USE int pattern_literals(const struct pattern *pattern, struct literals *out);

/* pattern_scratch_create(): NULL when out of memory. */
struct pattern_scratch *pattern_scratch_create(void);
void pattern_scratch_destroy(struct pattern_scratch *scratch);

/* Where a search is; all zero at the subject's start. After a match the caller may set it to where
 * the next one is looked for. */
struct pattern_cursor {
    size_t offset;       /* the next start offset */
    size_t hard_end;     /* pattern_search's own: up to here start offsets are hard */
    bool not_empty;      /* an empty match at ${offset} does not count */
    bool judged, broken; /* pattern_search's own: whether the subject is well-formed UTF-8 */
    uint64_t made;       /* likewise: which of the scratch's texts stands for a broken one */
};

/* pattern_cursor_again(cursor): the start of the same subject, for another pattern of texts: what
 * is known of the subject is not looked at again. */
static inline struct pattern_cursor pattern_cursor_again(const struct pattern_cursor *cursor)
{
    return (struct pattern_cursor){
        .judged = cursor->judged, .broken = cursor->broken, .made = cursor->made};
}

/* pattern_cursor_clean(cursor): says that the subject is well-formed UTF-8, which who has it may
 * have found out once for many searches. */
static inline void pattern_cursor_clean(struct pattern_cursor *cursor)
{
    cursor->judged = true;
}

/* pattern_cursor_skip(cursor, subject, offset): says that no match begins before ${offset}, where
 * the search goes on, or a little before, as the start of a character. Not back. */
void pattern_cursor_skip(struct pattern_cursor *cursor, struct slice subject, size_t offset);

/* pattern_search(pattern, scratch, subject, cursor, match): searches one slice of ${subject} and
 * moves the cursor on. On PATTERN_YES fills ${match} (may be NULL), whose groups point into
 * ${subject}. PATTERN_LIMIT: one start offset took more steps than the limit, or had to look at
 * more than PATTERN_REACH_MAX bytes, or memory was out. Without PATTERN_BYTES each byte of invalid
 * UTF-8 is U+FFFD to the pattern. */
enum pattern_result pattern_search(const struct pattern *pattern, struct pattern_scratch *scratch,
                                   struct slice subject, struct pattern_cursor *cursor,
                                   struct pattern_match *match);

/* Every match of a pattern replaced, slice by slice. */
struct pattern_replacing {
    const struct pattern *pattern;
    struct slice subject;
    struct pattern_cursor cursor;
    size_t copied; /* bytes of the subject that are in the text already */
    size_t count;  /* matches replaced */
    struct bytes text;
};

/* Appends what is put in for a match to ${out}. 0, or -1 on failure, also with out->failed. */
typedef int pattern_expand(void *ctx, const struct pattern_match *match, struct bytes *out);

/* pattern_replace_begin(replacing, pattern, subject, limit_bytes): begins; ${subject} must stay.
 * The text may have ${limit_bytes}. pattern_replace_end(replacing): gives it back; legal on zeroed
 * memory, and twice. */
void pattern_replace_begin(struct pattern_replacing *replacing, const struct pattern *pattern,
                           struct slice subject, size_t limit_bytes);
void pattern_replace_end(struct pattern_replacing *replacing);

/* pattern_replace(replacing, scratch, expand, ctx): one slice, or one match. PATTERN_MORE: call
 * again. PATTERN_YES: all is done, and ${replacing}->text says the result until
 * pattern_replace_end. PATTERN_NO: nothing matches. PATTERN_LIMIT: as pattern_search; also when the
 * text is too long, ${expand} fails, or after PATTERN_REPLACE_MAX matches. */
enum pattern_result pattern_replace(struct pattern_replacing *replacing,
                                    struct pattern_scratch *scratch, pattern_expand *expand,
                                    void *ctx);

#define PATTERN_REPLACE_MAX 100000

#endif
