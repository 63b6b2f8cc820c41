/* pattern: see pattern.h.
 *
 * What a search may cost. The library counts steps anew at each start offset, so its match limit
 * bounds one start offset only: at 1.5 ns a step, 10^6 steps at each of 4096 offsets would be six
 * seconds in which nobody looks at the clock. So the product is bounded instead: a slice of n start
 * offsets runs with SLICE_STEPS / n steps at most. When that stops it, fewer offsets are tried with
 * more steps each, down to a single one with the full limit; only that one's stop is PATTERN_LIMIT.
 * Easy patterns never notice, and a slice of a hard one is over after some ten milliseconds.
 *
 * Steps do not count bytes that a class or a dot runs over, so a slice also has fewer offsets where
 * much of the subject is left for each of them to run over (SLICE_REACH).
 */
#include "filters/pattern.h"

#include "filters/pattern_private.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <stdio.h>
#include <stdlib.h>

#define SLICE_STEPS      8000000           /* steps of one slice, over all its start offsets */
#define SLICE_NARROWING  16                /* so many times fewer offsets at the next try */
#define SLICE_REACH      ((size_t)1 << 27) /* start offsets times bytes left of the subject */
#define SLICE_LEAST      64                /* start offsets, however long the subject */
#define SLOWER           12                /* times that a step takes without JIT */
#define SLOWER_SLICES    8                 /* ... and what a subject may be cut into then */
#define NARROWED_MAX     64    /* slices that had to be narrowed, in pattern_search_all */
#define NEST_MAX         250   /* parentheses in parentheses */
#define HEAP_LIMIT_KIB   20480 /* of an interpreted match */
#define JIT_STACK_MIN    (32 * 1024)
#define JIT_STACK_MAX    (1024 * 1024)
#define LIBRARY_TEXT_MAX 256 /* of an error */

struct pattern {
    pcre2_code *code;
    unsigned groups;
    bool utf;
    bool jit;
    bool anchored;      /* can match at the subject's start only */
    bool names_newline; /* CR or LF stand in it as such */
};

struct pattern_scratch {
    pcre2_match_context *context;
    pcre2_match_data *data;
    pcre2_jit_stack *stack;
};

/* --- compiling ------------------------------------------------------------------------------ */

static unsigned flag_of(char letter)
{
    switch (letter) {
    case 'i': return PATTERN_CASELESS;
    case 'm': return PATTERN_MULTILINE;
    case 's': return PATTERN_DOTALL;
    case 'x': return PATTERN_EXTENDED;
    case 'u': return PATTERN_UNICODE;
    }
    return 0;
}

static bool only_letters(struct slice s)
{
    for (size_t i = 0; i < s.len; i++)
        if (slice_lower(s.ptr[i]) < 'a' || slice_lower(s.ptr[i]) > 'z')
            return false;
    return true;
}

int pattern_split(struct slice text, struct slice *source, unsigned *flags)
{
    size_t slash = slice_find_last(text, '/');
    struct slice letters;

    if (text.len == 0 || text.ptr[0] != '/' || slash == 0)
        return 0;
    letters = slice_from(text, slash + 1);
    if (!only_letters(letters))
        return 0;
    *source = slice_make(text.ptr + 1, slash - 1);
    *flags = 0;
    for (size_t i = 0; i < letters.len; i++) {
        if (flag_of(letters.ptr[i]) == 0)
            return -1;
        *flags |= flag_of(letters.ptr[i]);
    }
    return 1;
}

static uint32_t library_options(unsigned flags)
{
    uint32_t options = PCRE2_NEVER_BACKSLASH_C | PCRE2_USE_OFFSET_LIMIT;

    /* Raw fields are no text: Unicode properties of single bytes would be Latin-1's. */
    if ((flags & PATTERN_BYTES) != 0)
        options |= PCRE2_NEVER_UTF;
    else
        options |=
            PCRE2_UTF | PCRE2_MATCH_INVALID_UTF | ((flags & PATTERN_UNICODE) != 0 ? PCRE2_UCP : 0);
    options |= (flags & PATTERN_CASELESS) != 0 ? PCRE2_CASELESS : 0;
    options |= (flags & PATTERN_MULTILINE) != 0 ? PCRE2_MULTILINE : 0;
    options |= (flags & PATTERN_DOTALL) != 0 ? PCRE2_DOTALL : 0;
    options |= (flags & PATTERN_EXTENDED) != 0 ? PCRE2_EXTENDED : 0;
    return options;
}

/* The compiled code, or NULL with the library's error number and the offset. */
static pcre2_code *compile(const struct pattern_source *source, uint32_t options, int *number,
                           size_t *offset)
{
    pcre2_compile_context *context = pcre2_compile_context_create(NULL);
    pcre2_code *code;

    *number = PCRE2_ERROR_NOMEMORY;
    *offset = 0;
    if (context == NULL)
        return NULL;
    /* The calls below fail only for values the library does not know. */
    (void)pcre2_set_newline(context, PCRE2_NEWLINE_ANYCRLF);
    (void)pcre2_set_parens_nest_limit(context, NEST_MAX);
    (void)pcre2_set_max_pattern_length(context, 2 * PATTERN_LENGTH_MAX);
    code = pcre2_compile((PCRE2_SPTR)source->text, source->len, options, number, offset, context);
    pcre2_compile_context_free(context);
    return code;
}

static void say_error(char *error, size_t error_size, int number, size_t offset)
{
    PCRE2_UCHAR text[LIBRARY_TEXT_MAX];

    if (pcre2_get_error_message(number, text, sizeof(text)) < 0)
        text[0] = '\0';
    (void)snprintf(error, error_size, "%s at offset %zu", (const char *)text, offset);
}

static bool ask(const pcre2_code *code, uint32_t what, void *value)
{
    return pcre2_pattern_info(code, what, value) == 0;
}

/* Takes over ${code}, also when it returns NULL. */
static struct pattern *wrap(pcre2_code *code)
{
    struct pattern *pattern = calloc(1, sizeof(*pattern));
    uint32_t groups = 0, options = 0, newline = 0;
    size_t jit_size = 0;

    if (pattern == NULL) {
        pcre2_code_free(code);
        return NULL;
    }
    pattern->code = code;
    if (ask(code, PCRE2_INFO_CAPTURECOUNT, &groups))
        pattern->groups = groups;
    if (ask(code, PCRE2_INFO_ALLOPTIONS, &options)) {
        pattern->utf = (options & PCRE2_UTF) != 0;
        pattern->anchored = (options & PCRE2_ANCHORED) != 0;
    }
    if (ask(code, PCRE2_INFO_HASCRORLF, &newline))
        pattern->names_newline = newline != 0;
    /* "(*NO_JIT)" in the pattern makes this a success without result, so the size decides. */
    (void)pcre2_jit_compile(code, PCRE2_JIT_COMPLETE);
    pattern->jit = ask(code, PCRE2_INFO_JITSIZE, &jit_size) && jit_size > 0;
    return pattern;
}

static struct pattern *create(struct slice in, struct pattern_source *source, unsigned flags,
                              char *error, size_t error_size)
{
    struct pattern *pattern;
    pcre2_code *code;
    int number;
    size_t offset;

    (void)pattern_source_restore(in, source, SIZE_MAX);
    /* A slice begins in the middle of the subject, and \G would take that for a match's end. */
    if (source->continues) {
        (void)snprintf(error, error_size, "\\G is not supported: write \\A for the start");
        return NULL;
    }
    code = compile(source, library_options(flags), &number, &offset);
    if (code == NULL) {
        say_error(error, error_size, number, pattern_source_restore(in, source, offset));
        return NULL;
    }
    pattern = wrap(code);
    if (pattern == NULL)
        (void)snprintf(error, error_size, "out of memory");
    return pattern;
}

struct pattern *pattern_create(struct slice source, unsigned flags, char *error, size_t error_size)
{
    struct pattern_source restored = {0};
    struct pattern *pattern;

    if (source.len > PATTERN_LENGTH_MAX) {
        (void)snprintf(error, error_size, "it is longer than %d bytes", PATTERN_LENGTH_MAX);
        return NULL;
    }
    restored.text = malloc(2 * source.len + 1);
    if (restored.text == NULL) {
        (void)snprintf(error, error_size, "out of memory");
        return NULL;
    }
    pattern = create(source, &restored, flags, error, error_size);
    free(restored.text);
    return pattern;
}

void pattern_destroy(struct pattern *pattern)
{
    if (pattern == NULL)
        return;
    pcre2_code_free(pattern->code);
    free(pattern);
}

bool pattern_has_jit(const struct pattern *pattern)
{
    return pattern->jit;
}

unsigned pattern_group_count(const struct pattern *pattern)
{
    return pattern->groups;
}

struct pattern_scratch *pattern_scratch_create(void)
{
    struct pattern_scratch *scratch = calloc(1, sizeof(*scratch));

    if (scratch == NULL)
        return NULL;
    scratch->context = pcre2_match_context_create(NULL);
    scratch->data = pcre2_match_data_create(PATTERN_CAPTURES, NULL);
    scratch->stack = pcre2_jit_stack_create(JIT_STACK_MIN, JIT_STACK_MAX, NULL);
    /* No stack is no failure: it is what a library without JIT gives. */
    if (scratch->context == NULL || scratch->data == NULL) {
        pattern_scratch_destroy(scratch);
        return NULL;
    }
    pcre2_jit_stack_assign(scratch->context, NULL, scratch->stack);
    (void)pcre2_set_heap_limit(scratch->context, HEAP_LIMIT_KIB);
    return scratch;
}

void pattern_scratch_destroy(struct pattern_scratch *scratch)
{
    if (scratch == NULL)
        return;
    pcre2_jit_stack_free(scratch->stack);
    pcre2_match_data_free(scratch->data);
    pcre2_match_context_free(scratch->context);
    free(scratch);
}

/* --- searching ------------------------------------------------------------------------------ */

/* A search under way, and the start offsets of its next slice. */
struct search {
    const struct pattern *pattern;
    struct pattern_scratch *scratch;
    struct slice subject;
    uint32_t options; /* the library's, of a match */
    size_t first, last, next;
    bool narrowed; /* the last slice needed more than one try */
};

static uint32_t full_steps(size_t subject_len)
{
    if (subject_len > UINT32_MAX / 8)
        return UINT32_MAX;
    return subject_len > PATTERN_STEPS_MIN / 8 ? 8 * (uint32_t)subject_len : PATTERN_STEPS_MIN;
}

/* How many start offsets the next slice has; the subject's end counts as one too. */
static size_t slice_offsets(const struct search *search)
{
    size_t left = search->subject.len - search->first + 1;
    size_t count = SLICE_REACH / left;

    if (count > PATTERN_SLICE_BYTES)
        count = PATTERN_SLICE_BYTES;
    if (count < SLICE_LEAST)
        count = SLICE_LEAST;
    /* Without JIT each call checks the rest of the subject for valid UTF-8. */
    if (!search->pattern->jit && count < search->subject.len / SLOWER_SLICES)
        count = search->subject.len / SLOWER_SLICES;
    return count < left ? count : left;
}

/* Whether ${at} is between a CR and its LF. */
static bool inside_newline(struct slice subject, size_t at)
{
    return at > 0 && at < subject.len && subject.ptr[at] == '\n' && subject.ptr[at - 1] == '\r';
}

/* Where a slice of ${count} start offsets ends, and the next one begins: not inside a character;
 * and the place between CR and LF is in neither, for the library does not begin there unless the
 * pattern names one of them, but with JIT it does when that is the last offset allowed. */
static void set_borders(struct search *search, size_t count)
{
    const struct pattern *pattern = search->pattern;
    struct slice subject = search->subject;
    size_t next = search->first + count;

    for (int i = 0; i < 3 && pattern->utf && next < subject.len; i++) {
        if (((unsigned char)subject.ptr[next] & 0xC0) != 0x80)
            break;
        next++;
    }
    search->last = next - 1;
    if (!pattern->names_newline && inside_newline(subject, next))
        next++;
    else if (!pattern->names_newline && inside_newline(subject, next - 1) && count > 1)
        search->last--;
    /* An empty match at the end is looked for from before it: only so does the library see what the
     * end looks like when invalid UTF-8 stands there. */
    if (next >= subject.len)
        search->last = subject.len;
    search->next = next;
}

static int call_library(const struct search *search, uint32_t steps)
{
    struct pattern_scratch *scratch = search->scratch;
    const char *bytes = search->subject.ptr != NULL ? search->subject.ptr : "";

    (void)pcre2_set_match_limit(scratch->context, steps);
    (void)pcre2_set_offset_limit(scratch->context, search->last);
    if (search->pattern->jit) {
        /* What pcre2_match would call after checks that do not concern us: our subjects need not be
         * valid UTF-8. */
        int result =
            pcre2_jit_match(search->pattern->code, (PCRE2_SPTR)bytes, search->subject.len,
                            search->first, search->options, scratch->data, scratch->context);
        if (result != PCRE2_ERROR_JIT_BADOPTION)
            return result;
    }
    return pcre2_match(search->pattern->code, (PCRE2_SPTR)bytes, search->subject.len, search->first,
                       search->options, scratch->data, scratch->context);
}

/* Runs one slice; on PCRE2_ERROR_NOMATCH search->last is as far as it came. */
static int run_slice(struct search *search)
{
    size_t slice_steps = search->pattern->jit ? SLICE_STEPS : SLICE_STEPS / SLOWER;
    uint32_t full = full_steps(search->subject.len);
    size_t count = slice_offsets(search);
    uint32_t steps;
    int result;

    search->narrowed = false;
    if (search->pattern->anchored) {
        search->last = search->subject.len;
        return call_library(search, full);
    }
    for (;;) {
        steps = (uint32_t)(slice_steps / count);
        if (count == 1 || steps > full)
            steps = full;
        set_borders(search, count);
        result = call_library(search, steps);
        if (result != PCRE2_ERROR_MATCHLIMIT || steps == full)
            return result;
        search->narrowed = true;
        count = count > SLICE_NARROWING ? count / SLICE_NARROWING : 1;
    }
}

/* ${result} is the library's: the highest group set and one, or 0 when there are more than we have
 * room for. */
static void take_groups(const struct search *search, int result, struct pattern_match *match)
{
    const size_t *ends = pcre2_get_ovector_pointer(search->scratch->data);
    const char *bytes = search->subject.ptr != NULL ? search->subject.ptr : "";

    match->count = result > 0 ? (size_t)result : PATTERN_CAPTURES;
    for (size_t i = 0; i < match->count; i++) {
        if (ends[2 * i] == PCRE2_UNSET)
            match->groups[i] = SLICE_NONE;
        else
            match->groups[i] = slice_make(bytes + ends[2 * i], ends[2 * i + 1] - ends[2 * i]);
    }
}

static enum pattern_result search_slice(struct search *search, struct pattern_match *match)
{
    int result = run_slice(search);

    if (result >= 0) {
        if (match != NULL)
            take_groups(search, result, match);
        return PATTERN_YES;
    }
    if (result != PCRE2_ERROR_NOMATCH)
        return PATTERN_LIMIT;
    if (search->last >= search->subject.len)
        return PATTERN_NO;
    search->first = search->next;
    search->options = 0; /* they were for the first start offset */
    return PATTERN_MORE;
}

enum pattern_result pattern_search(const struct pattern *pattern, struct pattern_scratch *scratch,
                                   struct slice subject, size_t *offset,
                                   struct pattern_match *match)
{
    struct search search = {
        .pattern = pattern, .scratch = scratch, .subject = subject, .first = *offset};
    enum pattern_result result;

    if (*offset > subject.len)
        return PATTERN_NO;
    result = search_slice(&search, match);
    *offset = search.first;
    return result;
}

static enum pattern_result search_all(struct search *search, struct pattern_match *match)
{
    enum pattern_result result;
    int narrowed = 0;

    do {
        result = search_slice(search, match);
        if (search->narrowed && ++narrowed > NARROWED_MAX)
            return PATTERN_LIMIT;
    } while (result == PATTERN_MORE);
    return result;
}

enum pattern_result pattern_search_next(const struct pattern_cursor *cursor,
                                        struct pattern_match *match)
{
    struct search search = {.pattern = cursor->pattern,
                            .scratch = cursor->scratch,
                            .subject = cursor->subject,
                            .first = cursor->offset,
                            .options = cursor->not_empty ? PCRE2_NOTEMPTY_ATSTART : 0};

    return search_all(&search, match);
}

enum pattern_result pattern_search_all(const struct pattern *pattern,
                                       struct pattern_scratch *scratch, struct slice subject,
                                       struct pattern_match *match)
{
    struct search search = {.pattern = pattern, .scratch = scratch, .subject = subject};

    return search_all(&search, match);
}
