/* pattern_search: what a search may cost, and how it is kept to that.
 *
 * One call of the library cannot be stopped from outside. Its match limit counts some steps of one
 * start offset, anew at the next, and none of the bytes that a class or a dot runs over meanwhile.
 * So the product of all three is bounded: a slice of so many start offsets, with so few steps each,
 * on so much of the subject that a step can run over. A slice that keeps to that, as nearly all do,
 * costs nothing extra.
 *
 * On a long subject only a window is shown, and the library says when it came to the window's end
 * (partial matching), so that what it finds before is as on the whole subject.
 *
 * Start offsets of which a slice could not make an end are hard. One that only has much to run over
 * is tried alone, on all that it may look at. For the others the guarded code takes over. It calls
 * back at each item of the pattern, and what was done since is counted: items and the
 * bytes between them. After GUARD_WORK the call is broken off, to go on at the start offset under
 * way; when that one alone took it all, it is PATTERN_LIMIT.
 */
#include <stdlib.h>

#include "filters/base/utf8.h"
#include "filters/match/pattern_library.h"
#include "filters/match/pattern_private.h"

#define SLICE_WORK     ((size_t)1 << 24) /* start offsets x steps x bytes of one slice */
#define SLICE_STEPS    8                 /* of each start offset at least */
#define SLICE_ITEMS    ((size_t)1 << 25) /* start offsets x bytes of the pattern */
#define GUARD_WORK     ((size_t)1 << 23) /* of one guarded call: some ten milliseconds */
#define GUARD_ITEM     4                 /* work of one item, in bytes passed over */
#define GUARD_REPEAT   16                /* bytes of a fixed repeat that cost as one */
#define WINDOW_BYTES   512               /* of start offsets, and as much to look at behind */
#define SHORT_BYTES    ((size_t)256)     /* of a subject that needs no measuring */
#define NEAR_BYTES     65536             /* a pattern that reaches no farther has larger windows */
#define SLOWER         2                 /* times that counted work takes without JIT */
#define HEAP_LIMIT_KIB 20480             /* of an interpreted match */
#define JIT_STACK_MIN  (32 * 1024)
#define JIT_STACK_MAX  (1024 * 1024)
#define BROKEN_KEPT    ((size_t)1 << 20) /* bytes of a text that stands for a broken subject */

/* What the guarded code has done in the call under way. */
struct guard {
    size_t work, allowed;
    size_t start, at; /* offsets of the start offset under way, and of the last item */
    size_t item_cost, byte_cost;
    bool refers_back;
};

struct pattern_scratch {
    pcre2_match_context *context;
    pcre2_match_data *data;
    pcre2_jit_stack *stack;
    struct guard guard;
    struct pattern_subject broken; /* the last subject that was no well-formed UTF-8 */
    uint64_t made;                 /* such subjects so far */
};

/* --- counting --------------------------------------------------------------------------------- */

static size_t distance(size_t a, size_t b)
{
    return a > b ? a - b : b - a;
}

/* What comparing with a group can take. */
static size_t longest_group(const pcre2_callout_block *block)
{
    size_t longest = 0;

    for (uint32_t i = 1; i < block->capture_top; i++) {
        const size_t *ends = &block->offset_vector[2 * (size_t)i];

        if (ends[0] != PCRE2_UNSET && distance(ends[0], ends[1]) > longest)
            longest = distance(ends[0], ends[1]);
    }
    return longest;
}

/* For pcre2_set_callout. */
static int count_item(pcre2_callout_block *block, void *ctx)
{
    struct guard *guard = ctx;

    if (block->start_match != guard->start)
        guard->at = guard->start = block->start_match;
    guard->work +=
        guard->item_cost + guard->byte_cost * distance(block->current_position, guard->at);
    guard->at = block->current_position;
    if (guard->refers_back)
        guard->work += longest_group(block);
    return guard->work > guard->allowed ? PCRE2_ERROR_CALLOUT : 0;
}

struct pattern_scratch *pattern_scratch_create(void)
{
    struct pattern_scratch *scratch = calloc(1, sizeof(*scratch));

    if (scratch == NULL)
        return NULL;
    bytes_init(&scratch->broken.text, SIZE_MAX);
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
    (void)pcre2_set_callout(scratch->context, count_item, &scratch->guard);
    return scratch;
}

void pattern_scratch_destroy(struct pattern_scratch *scratch)
{
    if (scratch == NULL)
        return;
    pcre2_jit_stack_free(scratch->stack);
    pcre2_match_data_free(scratch->data);
    pcre2_match_context_free(scratch->context);
    bytes_fini(&scratch->broken.text);
    free(scratch);
}

/* --- one call --------------------------------------------------------------------------------- */

/* A search under way, and its next call. */
struct search {
    const struct pattern *pattern;
    struct pattern_scratch *scratch;
    struct slice subject;
    uint32_t options;         /* the library's, of a match */
    size_t first, last, next; /* start offsets: of this call, and the one after */
    size_t end;               /* of what is shown of the subject */
};

static uint32_t full_steps(size_t subject_len)
{
    if (subject_len > UINT32_MAX / 8)
        return UINT32_MAX;
    return subject_len > PATTERN_STEPS_MIN / 8 ? 8 * (uint32_t)subject_len : PATTERN_STEPS_MIN;
}

/* Whether ${at} is between a CR and its LF. */
static bool inside_newline(struct slice subject, size_t at)
{
    return at > 0 && at < subject.len && subject.ptr[at] == '\n' && subject.ptr[at - 1] == '\r';
}

/* ${at} or, where that is inside a character, the end of it. */
static size_t after_character(const struct search *search, size_t at)
{
    struct slice subject = search->subject;

    for (int i = 0; i < 3 && search->pattern->utf && at < subject.len; i++) {
        if (((unsigned char)subject.ptr[at] & 0xC0) != 0x80)
            break;
        at++;
    }
    return at;
}

/* Where a slice of ${count} start offsets ends, and the next one begins: not inside a character;
 * and the place between CR and LF is in neither, for the library does not begin there unless the
 * pattern names one of them, but with JIT it does when that is the last offset allowed. */
static void set_borders(struct search *search, size_t count)
{
    const struct pattern *pattern = search->pattern;
    struct slice subject = search->subject;
    size_t next = after_character(search, search->first + count);

    search->last = next - 1;
    if (!pattern->names_newline && inside_newline(subject, next))
        next++;
    else if (!pattern->names_newline && inside_newline(subject, next - 1) && count > 1)
        search->last--;
    /* The end is a start offset too, of the last slice. */
    if (next >= subject.len || pattern->anchored)
        search->last = subject.len;
    search->next = pattern->anchored ? subject.len + 1 : next;
}

/* Shows the subject up to ${end} or a little more. */
static void set_end(struct search *search, size_t end)
{
    size_t len = search->subject.len;

    if (end < len && search->subject.ptr[end - 1] == '\r')
        end++;
    if (end < len)
        end = after_character(search, end);
    search->end = end < len ? end : len;
}

static int call_library(const struct search *search, const struct pattern_code *code,
                        uint32_t steps)
{
    struct pattern_scratch *scratch = search->scratch;
    const char *bytes = search->subject.ptr != NULL ? search->subject.ptr : "";
    uint32_t options = search->options | PCRE2_NO_UTF_CHECK |
                       (search->end < search->subject.len ? PCRE2_PARTIAL_HARD : 0);

    (void)pcre2_set_match_limit(scratch->context, steps);
    (void)pcre2_set_offset_limit(scratch->context, search->last);
    if (code->jit) {
        /* What pcre2_match would call after checks that do not concern us. */
        int result = pcre2_jit_match(code->code, (PCRE2_SPTR)bytes, search->end, search->first,
                                     options, scratch->data, scratch->context);
        if (result != PCRE2_ERROR_JIT_BADOPTION)
            return result;
    }
    return pcre2_match(code->code, (PCRE2_SPTR)bytes, search->end, search->first, options,
                       scratch->data, scratch->context);
}

/* Unicode properties are looked up in tables. */
static size_t byte_cost(const struct pattern *pattern)
{
    return pattern->unicode ? 2 : 1;
}

/* --- slices ----------------------------------------------------------------------------------- */

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* How large the next slice is. */
struct measure {
    size_t count; /* start offsets; the subject's end counts as one too */
    size_t ahead; /* bytes that are shown behind the last of them */
    uint32_t steps;
};

static struct measure measure(const struct search *search)
{
    const struct pattern *pattern = search->pattern;
    size_t work = pattern->whole.jit ? SLICE_WORK : SLICE_WORK / SLOWER;
    size_t left = search->subject.len - search->first + 1;
    bool near = pattern->reach <= NEAR_BYTES;
    bool window = left > (near ? NEAR_BYTES : 2 * WINDOW_BYTES);
    size_t reach = smaller(near ? pattern->reach : 2 * WINDOW_BYTES, left);
    struct measure m = {.count =
                            smaller(window && !near ? WINDOW_BYTES : PATTERN_SLICE_BYTES, left),
                        .ahead = window ? (near ? pattern->reach : WINDOW_BYTES) : left};

    m.count = smaller(m.count, work / SLICE_STEPS / reach);
    m.count = smaller(m.count, SLICE_ITEMS / (pattern->source_len + 1));
    if (pattern->anchored)
        m.count = 1;
    m.steps = (uint32_t)smaller(work / m.count / reach, full_steps(search->subject.len));
    return m;
}

/* The rest of a short subject, as most are, in one call. */
static int run_short(struct search *search)
{
    search->last = search->end = search->subject.len;
    search->next = search->subject.len + 1;
    return call_library(search, &search->pattern->whole, SLICE_WORK / (SHORT_BYTES * SHORT_BYTES));
}

/* Runs one slice. */
static int run_slice(struct search *search)
{
    const struct pattern_code *code;
    struct measure m;

    if (search->subject.len - search->first < SHORT_BYTES)
        return run_short(search);
    m = measure(search);
    set_borders(search, m.count);
    set_end(search, search->first + m.count + m.ahead);
    code = pattern_code_of(search->pattern,
                           search->end < search->subject.len ? PATTERN_WINDOW : PATTERN_WHOLE);
    return code != NULL ? call_library(search, code, m.steps) : PCRE2_ERROR_NOMEMORY;
}

/* Runs a single start offset on all that it may look at, with the steps that all can run over that.
 * It is what a simple pattern needs on a long run of what it repeats. */
static int run_single(struct search *search)
{
    const struct pattern_code *code = pattern_code_of(search->pattern, PATTERN_WINDOW);
    size_t steps = GUARD_WORK / byte_cost(search->pattern) / (search->end - search->first + 1);

    if (code == NULL)
        return PCRE2_ERROR_NOMEMORY;
    set_borders(search, 1);
    return call_library(search, code, (uint32_t)steps + 1);
}

/* Runs the start offsets up to ${hard_end}, or as many of them as there is work for. */
static int run_guarded(struct search *search, size_t hard_end)
{
    const struct pattern *pattern = search->pattern;
    const struct pattern_code *code = pattern_code_of(pattern, PATTERN_GUARDED);

    if (code == NULL)
        return PCRE2_ERROR_NOMEMORY;
    set_borders(search, hard_end - search->first);
    search->scratch->guard = (struct guard){
        .allowed = code->jit ? GUARD_WORK : GUARD_WORK / SLOWER,
        .start = search->first,
        .at = search->first,
        .item_cost = GUARD_ITEM + pattern->repeat / GUARD_REPEAT,
        .byte_cost = byte_cost(pattern),
        .refers_back = pattern->refers_back,
    };
    return call_library(search, code, full_steps(search->subject.len));
}

static int run_hard(struct search *search, size_t hard_end)
{
    int result = PCRE2_ERROR_MATCHLIMIT;

    set_end(search, smaller(search->first + PATTERN_REACH_MAX, search->subject.len));
    if (search->end - search->first > 2 * WINDOW_BYTES)
        result = run_single(search);
    return result == PCRE2_ERROR_MATCHLIMIT ? run_guarded(search, hard_end) : result;
}

/* --- searching -------------------------------------------------------------------------------- */

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

/* The search goes on at ${offset}, before which nothing matches. */
static enum pattern_result go_on(struct pattern_cursor *cursor, size_t offset)
{
    if (offset > cursor->offset)
        cursor->not_empty = false; /* it was said of the first start offset */
    cursor->offset = offset;
    return PATTERN_MORE;
}

/* Neither a match nor none: a slice that failed, as a rule by its match limit, has to be guarded; a
 * guarded one goes on at the start offset that is under way, unless that one is over its limit. */
static enum pattern_result unsettled(struct search *search, int result,
                                     struct pattern_cursor *cursor, bool guarded)
{
    size_t start = search->first;

    if (guarded && result == PCRE2_ERROR_CALLOUT)
        start = search->scratch->guard.start;
    else if (!guarded && result == PCRE2_ERROR_PARTIAL)
        start = pcre2_get_ovector_pointer(search->scratch->data)[0];
    else if (guarded)
        return PATTERN_LIMIT;
    if (start < search->first || start >= search->next || (guarded && start == search->first))
        return PATTERN_LIMIT;
    cursor->hard_end = search->next;
    return go_on(cursor, start);
}

static enum pattern_result search_text(const struct pattern *pattern,
                                       struct pattern_scratch *scratch, struct slice subject,
                                       struct pattern_cursor *cursor, struct pattern_match *match)
{
    struct search search = {.pattern = pattern,
                            .scratch = scratch,
                            .subject = subject,
                            .first = cursor->offset,
                            .options = cursor->not_empty ? PCRE2_NOTEMPTY_ATSTART : 0};
    bool guarded = cursor->offset < cursor->hard_end;
    int result;

    if (cursor->offset > subject.len)
        return PATTERN_NO;
    result = guarded ? run_hard(&search, cursor->hard_end) : run_slice(&search);
    if (result >= 0) {
        if (match != NULL)
            take_groups(&search, result, match);
        return PATTERN_YES;
    }
    if (result != PCRE2_ERROR_NOMATCH)
        return unsettled(&search, result, cursor, guarded);
    if (search.last >= subject.len)
        return PATTERN_NO;
    return go_on(cursor, search.next);
}

/* Inside no character: one has at most three bytes that continue it. And not between CR and LF,
 * where the library begins only when it is told to. */
void pattern_cursor_skip(struct pattern_cursor *cursor, struct slice subject, size_t offset)
{
    for (int i = 0; i < 3 && offset > 0 && offset < subject.len; i++) {
        if (((unsigned char)subject.ptr[offset] & 0xC0) != 0x80)
            break;
        offset--;
    }
    if (inside_newline(subject, offset))
        offset--;
    if (offset > cursor->offset)
        (void)go_on(cursor, offset);
}

/* --- subjects that are no well-formed UTF-8 --------------------------------------------------- */

/* The text that stands for ${subject}: the one that is there, unless another search has come in
 * between. ptr NULL when memory is out. */
static struct slice text_of(struct pattern_scratch *scratch, struct slice subject,
                            struct pattern_cursor *cursor)
{
    if (cursor->made != 0 && cursor->made == scratch->made)
        return bytes_slice(&scratch->broken.text);
    cursor->made = ++scratch->made;
    if (pattern_subject_make(&scratch->broken, subject) != 0)
        return SLICE_NONE;
    return bytes_slice(&scratch->broken.text);
}

/* A large one is not kept for a later search of the same. */
static void forget_text(struct pattern_scratch *scratch)
{
    if (scratch->broken.text.len <= BROKEN_KEPT)
        return;
    bytes_fini(&scratch->broken.text);
    scratch->made++;
}

/* Where in the text, or in the subject, the hard start offsets end of a cursor that is in the
 * other; 0 when it is past them. The place at its offset is kept, for the search goes on from
 * there. */
static size_t hard_in_text(const struct pattern_subject *broken, const struct pattern_cursor *raw)
{
    struct pattern_subject ahead = *broken;

    return raw->hard_end > raw->offset ? pattern_subject_text_at(&ahead, raw->hard_end) : 0;
}

static size_t hard_in_subject(const struct pattern_subject *broken,
                              const struct pattern_cursor *in_text)
{
    struct pattern_subject ahead = *broken;

    return in_text->hard_end > in_text->offset ? pattern_subject_raw_at(&ahead, in_text->hard_end)
                                               : 0;
}

/* Searches the text, and tells of the subject: places and groups are turned from the one into the
 * other and back. Few are broken: what this needs the others shall not pay for. */
__attribute__((noinline)) static enum pattern_result
search_broken(const struct pattern *pattern, struct pattern_scratch *scratch, struct slice subject,
              struct pattern_cursor *cursor, struct pattern_match *match)
{
    struct slice text = text_of(scratch, subject, cursor);
    struct pattern_subject *broken = &scratch->broken;
    struct pattern_cursor in_text = *cursor;
    enum pattern_result result;

    if (text.ptr == NULL)
        return PATTERN_LIMIT;
    in_text.offset = pattern_subject_text_at(broken, cursor->offset);
    in_text.hard_end = hard_in_text(broken, cursor);
    result = search_text(pattern, scratch, text, &in_text, match);
    cursor->offset = pattern_subject_raw_at(broken, in_text.offset);
    cursor->hard_end = hard_in_subject(broken, &in_text);
    cursor->not_empty = in_text.not_empty;
    for (size_t i = 0; result == PATTERN_YES && match != NULL && i < match->count; i++)
        match->groups[i] = pattern_subject_raw(broken, match->groups[i]);
    if (result != PATTERN_MORE)
        forget_text(scratch);
    return result;
}

enum pattern_result pattern_search(const struct pattern *pattern, struct pattern_scratch *scratch,
                                   struct slice subject, struct pattern_cursor *cursor,
                                   struct pattern_match *match)
{
    if (pattern->utf && !cursor->judged) {
        cursor->judged = true;
        cursor->broken = !utf8_valid(subject);
    }
    if (cursor->broken)
        return search_broken(pattern, scratch, subject, cursor, match);
    return search_text(pattern, scratch, subject, cursor, match);
}
