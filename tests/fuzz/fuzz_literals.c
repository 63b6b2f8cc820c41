/* fuzz_literals: what is cut out of a pattern, and what PCRE2 matches with it.
 *
 * The bytes are a pattern and a text, as they stand or as they choose them from a grammar. Beyond
 * not crashing: where the pattern matches, one of its literals begins, and no farther behind the
 * match's start than was said.
 */
#include <stdlib.h>

#include "filters/match/pattern_set.h"
#include "tests/unit/filters/match/pattern_make.h"

#define SOURCE_MAX 4096
#define TEXT_MAX   16384

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition)
{
    if (!condition)
        abort();
}

/* Where the first literal is from the match's start on; SIZE_MAX: nowhere. */
struct first {
    size_t start, at;
};

static void see(void *ctx, size_t at, uint32_t number)
{
    struct first *first = ctx;

    (void)number;
    if (at >= first->start && at < first->at)
        first->at = at;
}

static bool has(struct slice text, const char *what)
{
    for (size_t i = 0; i < text.len; i++)
        if (slice_starts(slice_from(text, i), slice_str(what)))
            return true;
    return false;
}

static void check_match(const struct pattern_set *set, struct slice source, struct slice subject,
                        const struct pattern_match *match)
{
    bool bounded = pattern_set_ahead(set, 0) != SIZE_MAX && !has(source, "\\K");
    struct first first = {.at = SIZE_MAX};

    if (bounded)
        first.start = (size_t)(match->groups[0].ptr - subject.ptr);
    pattern_set_scan(set, subject, 0, SIZE_MAX, see, &first);
    require(first.at != SIZE_MAX);
    require(!bounded || first.at - first.start <= pattern_set_ahead(set, 0));
}

static void check(const struct pattern *pattern, struct slice source, struct slice subject)
{
    struct pattern_scratch *scratch = pattern_scratch_create();
    struct pattern_cursor cursor = {.offset = 0};
    struct pattern_match match;
    enum pattern_result result;
    struct pattern_set *set;
    struct arena arena;

    arena_init(&arena, 4096, SIZE_MAX);
    set = pattern_set_create(&pattern, 1, &arena);
    require(set != NULL && scratch != NULL);
    do
        result = pattern_search(pattern, scratch, subject, &cursor, &match);
    while (result == PATTERN_MORE);
    if (result == PATTERN_YES && pattern_set_holds(set, 0))
        check_match(set, source, subject, &match);
    arena_fini(&arena);
    pattern_scratch_destroy(scratch);
}

/* The pattern and the text as they stand: the one up to the first NUL. */
static void take(const uint8_t *data, size_t size, struct bytes *source, struct bytes *subject)
{
    struct slice all = slice_make((const char *)data, size);
    size_t end = slice_find(all, '\0');

    bytes_append(source, slice_first(all, end));
    if (end != SLICE_NOT_FOUND)
        bytes_append(subject, slice_from(all, end + 1));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct pattern_maker maker = {.data = data, .size = size};
    struct bytes source, subject;
    struct pattern *pattern;
    char error[256];
    bool plain = pattern_make_choice(&maker, 2) == 0;
    unsigned flags = pattern_make_flags(&maker);

    bytes_init(&source, SOURCE_MAX);
    bytes_init(&subject, TEXT_MAX);
    if (plain) {
        take(maker.data, maker.size, &source, &subject);
    } else {
        pattern_make(&maker, &source);
        pattern_make_subject(&maker, bytes_slice(&source), &subject);
    }
    if (bytes_end(&source) == 0 && bytes_end(&subject) == 0) {
        pattern = pattern_create(bytes_slice(&source), flags, error, sizeof(error));
        if (pattern != NULL)
            check(pattern, bytes_slice(&source), bytes_slice(&subject));
        pattern_destroy(pattern);
    }
    bytes_fini(&source);
    bytes_fini(&subject);
    return 0;
}
