/* pattern: see pattern.h. Compiling; what a search may cost is told in pattern_search.c. */
#include "filters/match/pattern.h"

#include <stdio.h>
#include <stdlib.h>

#include "filters/match/pattern_library.h"
#include "filters/match/pattern_private.h"

#define NEST_MAX         250 /* parentheses in parentheses */
#define LIBRARY_TEXT_MAX 256 /* of an error */

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
        if (ascii_lower(s.ptr[i]) < 'a' || ascii_lower(s.ptr[i]) > 'z')
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

/* Raw fields are no text: Unicode properties of single bytes would be Latin-1's. A text is always
 * well-formed when it is searched; that the library may take others as well is a second rail. It
 * must do without where PCRE2 10.42, with JIT, has \S \W \D match no character beyond ASCII then.
 */
static uint32_t text_options(struct slice source, unsigned flags)
{
    if ((flags & PATTERN_BYTES) != 0)
        return PCRE2_NEVER_UTF;
    if ((flags & PATTERN_UNICODE) != 0)
        return PCRE2_UTF | PCRE2_MATCH_INVALID_UTF | PCRE2_UCP;
    return PCRE2_UTF | (pattern_source_negates(source) ? 0 : PCRE2_MATCH_INVALID_UTF);
}

static uint32_t library_options(struct slice source, unsigned flags)
{
    uint32_t options = PCRE2_NEVER_BACKSLASH_C | PCRE2_USE_OFFSET_LIMIT;

    options |= text_options(source, flags);
    options |= (flags & PATTERN_CASELESS) != 0 ? PCRE2_CASELESS : 0;
    options |= (flags & PATTERN_MULTILINE) != 0 ? PCRE2_MULTILINE : 0;
    options |= (flags & PATTERN_DOTALL) != 0 ? PCRE2_DOTALL : 0;
    options |= (flags & PATTERN_EXTENDED) != 0 ? PCRE2_EXTENDED : 0;
    return options;
}

/* The compiled code, or NULL with the library's error number and the offset. */
static pcre2_code *compile(struct slice source, uint32_t options, int *number, size_t *offset)
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
    code = pcre2_compile((PCRE2_SPTR)source.ptr, source.len, options, number, offset, context);
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

static void say_refused(char *error, size_t error_size, struct slice what)
{
    if (what.ptr[0] == '\\')
        (void)snprintf(error, error_size, "\\G is not supported: write \\A for the start");
    else
        (void)snprintf(error, error_size, "backtracking verbs are not supported: %.*s)",
                       SLICE_ARG(what));
}

static bool ask(const pcre2_code *code, uint32_t what, void *value)
{
    return pcre2_pattern_info(code, what, value) == 0;
}

/* Whether JIT was to be had. "(*NO_JIT)" in the pattern makes compiling a success without result,
 * so the size decides. */
static bool compile_further(pcre2_code *code, uint32_t modes)
{
    size_t size = 0;

    (void)pcre2_jit_compile(code, modes);
    return ask(code, PCRE2_INFO_JITSIZE, &size) && size > 0;
}

static void learn(struct pattern *pattern)
{
    const pcre2_code *code = pattern->whole.code;
    struct pattern_extent extent = pattern_extent(slice_make(pattern->source, pattern->source_len));
    uint32_t options = 0, newline = 0, reference = 0;

    (void)ask(code, PCRE2_INFO_CAPTURECOUNT, &pattern->groups); /* else it stays 0 */
    (void)ask(code, PCRE2_INFO_ALLOPTIONS, &options);
    (void)ask(code, PCRE2_INFO_HASCRORLF, &newline);
    (void)ask(code, PCRE2_INFO_BACKREFMAX, &reference);
    pattern->utf = (options & PCRE2_UTF) != 0;
    pattern->unicode = (options & PCRE2_UCP) != 0;
    pattern->anchored = (options & PCRE2_ANCHORED) != 0;
    pattern->names_newline = newline != 0;
    pattern->refers_back = reference > 0;
    pattern->reach = pattern->refers_back ? SIZE_MAX : extent.reach;
    pattern->repeat = extent.repeat;
}

/* Takes over ${code} and ${source}, also when it returns NULL. */
static struct pattern *wrap(pcre2_code *code, uint32_t options, struct pattern_source *source)
{
    struct pattern *pattern = calloc(1, sizeof(*pattern));
    struct pattern_later *later = calloc(1, sizeof(*later));

    if (pattern == NULL || later == NULL) {
        pcre2_code_free(code);
        free(source->text);
        free(pattern);
        free(later);
        return NULL;
    }
    *pattern = (struct pattern){.whole = {code, compile_further(code, PCRE2_JIT_COMPLETE)},
                                .later = later,
                                .source = source->text,
                                .source_len = source->len,
                                .options = options};
    learn(pattern);
    return pattern;
}

/* Takes over the source's text, also when it returns NULL. */
static struct pattern *create(struct slice in, struct pattern_source *source, unsigned flags,
                              char *error, size_t error_size)
{
    struct pattern *pattern = NULL;
    struct slice text, refused;
    uint32_t options;
    pcre2_code *code;
    int number;
    size_t offset;

    (void)pattern_source_restore(in, source, SIZE_MAX);
    text = slice_make(source->text, source->len);
    refused = pattern_source_refused(text);
    if (refused.len > 0) {
        say_refused(error, error_size, refused);
        free(source->text);
        return NULL;
    }
    options = library_options(text, flags);
    code = compile(text, options, &number, &offset);
    if (code == NULL) {
        say_error(error, error_size, number, pattern_source_restore(in, source, offset));
        free(source->text);
        return NULL;
    }
    pattern = wrap(code, options, source);
    if (pattern == NULL)
        (void)snprintf(error, error_size, "out of memory");
    return pattern;
}

struct pattern *pattern_create(struct slice source, unsigned flags, char *error, size_t error_size)
{
    struct pattern_source restored = {0};

    if (source.len > PATTERN_LENGTH_MAX) {
        (void)snprintf(error, error_size, "it is longer than %d bytes", PATTERN_LENGTH_MAX);
        return NULL;
    }
    restored.text = malloc(2 * source.len + 1);
    if (restored.text == NULL) {
        (void)snprintf(error, error_size, "out of memory");
        return NULL;
    }
    return create(source, &restored, flags, error, error_size);
}

static void free_code(struct pattern_code *code)
{
    if (code != NULL)
        pcre2_code_free(code->code);
    free(code);
}

void pattern_destroy(struct pattern *pattern)
{
    if (pattern == NULL)
        return;
    for (size_t i = 0; i < PATTERN_WAYS; i++)
        free_code(atomic_load(&pattern->later->codes[i]));
    pcre2_code_free(pattern->whole.code);
    free(pattern->later);
    free(pattern->source);
    free(pattern);
}

bool pattern_has_jit(const struct pattern *pattern)
{
    return pattern->whole.jit;
}

unsigned pattern_group_count(const struct pattern *pattern)
{
    return pattern->groups;
}

int pattern_literals(const struct pattern *pattern, struct literals *out)
{
    unsigned flags = pattern->utf ? 0 : PATTERN_BYTES;

    flags |= (pattern->options & PCRE2_CASELESS) != 0 ? PATTERN_CASELESS : 0;
    flags |= (pattern->options & PCRE2_EXTENDED) != 0 ? PATTERN_EXTENDED : 0;
    return literals_cut(slice_make(pattern->source, pattern->source_len), flags, out);
}

/* --- when needed ------------------------------------------------------------------------------ */

static struct pattern_code *make_code(const struct pattern *pattern, enum pattern_way way)
{
    struct pattern_code *made = calloc(1, sizeof(*made));
    uint32_t options = pattern->options | (way == PATTERN_GUARDED ? PCRE2_AUTO_CALLOUT : 0);
    int number;
    size_t offset;

    if (made == NULL)
        return NULL;
    made->code =
        compile(slice_make(pattern->source, pattern->source_len), options, &number, &offset);
    if (made->code == NULL) {
        free(made);
        return NULL;
    }
    made->jit = compile_further(made->code, PCRE2_JIT_COMPLETE | PCRE2_JIT_PARTIAL_HARD);
    return made;
}

const struct pattern_code *pattern_code_of(const struct pattern *pattern, enum pattern_way way)
{
    struct pattern_code *code, *made;

    if (way == PATTERN_WHOLE)
        return &pattern->whole;
    code = atomic_load(&pattern->later->codes[way]);
    if (code != NULL)
        return code;
    made = make_code(pattern, way);
    if (made == NULL || atomic_compare_exchange_strong(&pattern->later->codes[way], &code, made))
        return made;
    free_code(made); /* another thread was first */
    return code;
}
