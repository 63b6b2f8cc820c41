/* source: see source.h. The little scanner here knows strings, comments, names and numbers as
 * libconfig does, so that an @include or a number inside a string or comment is none. */
#include "conf/read/source.h"

#include <stdlib.h>

#include "conf/file.h"

struct scan { /* of one file */
    struct slice rest;
    struct place place; /* of the front of ${rest} */
    unsigned depth;
    bool line_start; /* nothing but blanks since the line began */
};

static int read_file(struct source *source, struct place from, const char *path, unsigned depth);

/* Returns -1, and says why. */
static int too_large(const struct source *source, const char *path)
{
    diag_add(source->diag, DIAG_ERROR, (struct place){path, 0},
             "the configuration is larger than %d MiB, or memory is out",
             SOURCE_BYTES_MAX / 1024 / 1024);
    return -1;
}

static int span_add(struct source *source, struct place start)
{
    if (source->span_count == source->span_capacity) {
        size_t capacity = source->span_capacity > 0 ? source->span_capacity * 2 : 8;
        struct source_span *spans = arena_alloc(source->arena, capacity * sizeof(*spans));

        if (spans == NULL)
            return too_large(source, start.file);
        if (source->span_count > 0)
            memcpy(spans, source->spans, source->span_count * sizeof(*spans));
        source->spans = spans;
        source->span_capacity = capacity;
    }
    source->spans[source->span_count++] = (struct source_span){source->line, start};
    return 0;
}

static void put(struct source *source, struct slice bytes)
{
    bytes_append(&source->text, bytes); /* bytes_end is asked in the end */
    for (size_t i = 0; i < bytes.len; i++)
        source->line += bytes.ptr[i] == '\n';
}

/* Moves ${length} bytes from the file to the text. */
static void take(struct source *source, struct scan *scan, size_t length)
{
    struct slice token = slice_first(scan->rest, length);
    unsigned before = source->line;

    put(source, token);
    scan->place.line += source->line - before;
    scan->rest = slice_from(scan->rest, length);
}

static bool is_name_start(char c)
{
    return ascii_is_letter(c) || c == '*';
}

static bool is_name(char c)
{
    return is_name_start(c) || ascii_is_digit(c) || c == '-' || c == '_';
}

static bool is_in_line(char c)
{
    return c != '\n';
}

/* How many bytes at the front of ${s} ${is} holds for. */
static size_t run_length(struct slice s, bool (*is)(char))
{
    size_t length = 0;

    while (length < s.len && is(s.ptr[length]))
        length++;
    return length;
}

/* The length of what begins at the front of ${s} and ends with ${end}; all of ${s} without such an
 * end. */
static size_t length_until(struct slice s, size_t skip, struct slice end)
{
    for (size_t i = skip; i + end.len <= s.len; i++)
        if (memcmp(s.ptr + i, end.ptr, end.len) == 0)
            return i + end.len;
    return s.len;
}

/* One that never ends would hide all that follows, and libconfig does not mind. */
static size_t comment_length(const struct source *source, const struct scan *scan)
{
    const struct slice end = SLICE("*/");
    size_t length = length_until(scan->rest, 2, end);

    if (length < 4 || !slice_equal(slice_from(slice_first(scan->rest, length), length - 2), end))
        diag_add(source->diag, DIAG_ERROR, scan->place,
                 "the comment that begins here never ends: '*/' is missing");
    return length;
}

static size_t string_length(struct source *source, const struct scan *scan)
{
    struct slice s = scan->rest;
    size_t i = 1;

    for (; i < s.len && s.ptr[i] != '"'; i++) {
        if (s.ptr[i] != '\\' || i + 1 == s.len)
            continue;
        if (slice_starts_case(slice_from(s, i), SLICE("\\x00")))
            diag_add(
                source->diag, DIAG_ERROR, scan->place,
                "\\x00 ends a string early: in a pattern write \\x{0}, elsewhere leave it out");
        i++;
    }
    source->open_string = source->open_string || i >= s.len;
    return i < s.len ? i + 1 : s.len;
}

/* Whether ${digits} is a whole number that libconfig would wrap around. */
static bool number_wraps(struct slice digits, bool negative)
{
    bool hex = digits.len > 2 && slice_starts_case(digits, SLICE("0x"));
    size_t count = run_length(digits, ascii_is_digit);
    unsigned long long value;
    char text[32];

    if (!hex && count < digits.len)
        return false; /* a suffix L, an exponent, or an error that libconfig will find */
    if (digits.len >= sizeof(text))
        return true;
    memcpy(text, digits.ptr, digits.len);
    text[digits.len] = '\0';
    value = strtoull(text, NULL, hex ? 16 : 10);
    return value > (negative ? (unsigned long long)INT32_MAX + 1 : INT32_MAX);
}

/* A number at the front: digits, then perhaps a fraction. */
static size_t number_length(const struct source *source, const struct scan *scan)
{
    bool sign = !ascii_is_digit(*scan->rest.ptr);
    struct slice s = slice_from(scan->rest, sign ? 1 : 0);
    size_t length = run_length(s, ascii_is_alnum);

    if (length < s.len && s.ptr[length] == '.')
        return (sign ? 1 : 0) + length + 1 + run_length(slice_from(s, length + 1), ascii_is_alnum);
    if (number_wraps(slice_first(s, length), sign && *scan->rest.ptr == '-'))
        diag_add(source->diag, DIAG_ERROR, scan->place,
                 "%.*s is too large for a number in this file: write it as a string, \"%.*s\"",
                 (int)length, s.ptr, (int)length, s.ptr);
    return (sign ? 1 : 0) + length;
}

/* The file's name when `@include "name"` stands at the front, its length in ${length}; else ptr
 * NULL. */
static struct slice include_name(struct slice s, size_t *length)
{
    struct slice after = slice_from(s, sizeof("@include") - 1);
    struct slice quoted = slice_trim_start(after);
    size_t end;

    if (!slice_starts(s, SLICE("@include")) || quoted.len == after.len ||
        !slice_starts(quoted, SLICE("\"")))
        return SLICE_NONE;
    quoted = slice_from(quoted, 1);
    end = slice_find(quoted, '"');
    if (end == SLICE_NOT_FOUND)
        return SLICE_NONE;
    *length = (size_t)(quoted.ptr - s.ptr) + end + 1;
    return slice_first(quoted, end);
}

/* Puts the named file in the place of the directive; the rest of its line follows after the file.
 */
static int include(struct source *source, struct scan *scan, struct slice name, size_t length)
{
    struct slice path = file_beside(source->arena, slice_str(scan->place.file), name);

    if (path.ptr == NULL)
        return too_large(source, scan->place.file);
    if (scan->depth == SOURCE_INCLUDE_MAX) {
        diag_add(source->diag, DIAG_ERROR, scan->place,
                 "@include nests deeper than %d files: does a file include itself?",
                 SOURCE_INCLUDE_MAX);
        return -1;
    }
    put(source, SLICE("\n"));
    if (read_file(source, scan->place, path.ptr, scan->depth + 1) < 0)
        return -1;
    put(source, SLICE("\n"));
    scan->rest = slice_from(scan->rest, length);
    return span_add(source, scan->place);
}

/* Takes one token, or one byte that begins none. */
static int step(struct source *source, struct scan *scan)
{
    struct slice rest = scan->rest;
    char c = *rest.ptr;
    size_t length = 1;
    struct slice name;

    if (scan->line_start && c == '@' && (name = include_name(rest, &length)).ptr != NULL)
        return include(source, scan, name, length);
    scan->line_start = c == '\n' || (scan->line_start && (c == ' ' || c == '\t'));
    if (c == '"')
        length = string_length(source, scan);
    else if (c == '#' || slice_starts(rest, SLICE("//")))
        length = run_length(rest, is_in_line);
    else if (slice_starts(rest, SLICE("/*")))
        length = comment_length(source, scan);
    else if (is_name_start(c))
        length = run_length(rest, is_name);
    else if (ascii_is_digit(c) ||
             ((c == '-' || c == '+') && rest.len > 1 && ascii_is_digit(rest.ptr[1])))
        length = number_length(source, scan);
    take(source, scan, length > 0 ? length : 1);
    return 0;
}

static int scan_file(struct source *source, struct slice content, const char *path, unsigned depth)
{
    struct scan scan = {.rest = content, .place = {path, 1}, .depth = depth, .line_start = true};

    if (slice_starts(scan.rest, SLICE("\xEF\xBB\xBF"))) /* some editors begin with a mark */
        scan.rest = slice_from(scan.rest, 3);
    if (slice_find(scan.rest, '\0') != SLICE_NOT_FOUND) {
        diag_add(source->diag, DIAG_ERROR, (struct place){path, 0},
                 "a NUL byte stands in this file: it is no configuration");
        return -1;
    }
    if (span_add(source, scan.place) < 0)
        return -1;
    while (scan.rest.len > 0)
        if (step(source, &scan) < 0)
            return -1;
    return 0;
}

/* ${from} is where the file was named; without line for the first. */
static int read_file(struct source *source, struct place from, const char *path, unsigned depth)
{
    struct bytes content;
    struct slice whole;
    const char *error;
    int result = -1;

    bytes_init(&content, SOURCE_BYTES_MAX);
    error = file_read(path, &content);
    if (error != NULL || bytes_take(&content, &whole) != 0)
        diag_add(source->diag, DIAG_ERROR, from, "cannot read '%s': %s", path, error);
    else
        result = scan_file(source, whole, path, depth);
    bytes_fini(&content);
    return result;
}

int source_read(struct source *source, const char *path, struct arena *arena, struct diag *diag)
{
    struct slice name = arena_copy(arena, slice_str(path));

    *source = (struct source){.line = 1, .arena = arena, .diag = diag};
    bytes_init(&source->text, SOURCE_BYTES_MAX + 1);
    if (name.ptr == NULL)
        return too_large(source, path);
    if (read_file(source, (struct place){NULL, 0}, name.ptr, 0) < 0)
        return -1;
    /* libconfig takes a comment without a line end for an error. */
    bytes_append(&source->text, SLICE("\n\0"));
    return bytes_end(&source->text) == 0 ? 0 : too_large(source, path);
}

void source_fini(struct source *source)
{
    bytes_fini(&source->text);
}

struct place source_place(const struct source *source, unsigned line)
{
    size_t i = source->span_count;

    while (i > 1 && source->spans[i - 1].first > line)
        i--;
    if (i == 0)
        return (struct place){NULL, 0};
    return (struct place){source->spans[i - 1].start.file,
                          source->spans[i - 1].start.line + (line - source->spans[i - 1].first)};
}
