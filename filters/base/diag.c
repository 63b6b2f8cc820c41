/* diag: see diag.h. */
#include "filters/base/diag.h"

#include <stdarg.h>
#include <stdio.h>

#include "filters/base/bytes.h"
#include "filters/base/utf8.h"

#define DIAG_BLOCK_BYTES 4096
#define DIAG_LIMIT_BYTES (4 * 1024 * 1024)
#define DIAG_TEXT_MAX    2048 /* bytes of one problem's text, NUL included; the rest is cut */
#define DIAG_LINE_MAX    (4 * DIAG_TEXT_MAX + 4096)

void diag_init(struct diag *d)
{
    *d = (struct diag){.errors = 0};
    arena_init(&d->arena, DIAG_BLOCK_BYTES, DIAG_LIMIT_BYTES);
}

void diag_fini(struct diag *d)
{
    arena_fini(&d->arena);
    diag_init(d);
}

/* Whether the character at the front of ${s}, ${length} bytes long, may reach a terminal. */
static bool printable(struct slice s, size_t length)
{
    if (length == 1)
        return *s.ptr >= ' ' && *s.ptr <= '~';
    return length > 0 && !utf8_deceives(slice_first(s, length));
}

static struct slice escape(struct arena *arena, struct slice s)
{
    struct bytes out;
    struct slice copy, whole;

    bytes_init(&out, 4 * s.len); /* "\xNN" for each */
    for (size_t at = 0, length; at<s.len; at += length> 0 ? length : 1) {
        struct slice rest = slice_from(s, at);

        length = utf8_length(rest);
        if (printable(rest, length)) {
            bytes_append(&out, slice_first(rest, length));
            continue;
        }
        for (size_t i = 0; i < (length > 0 ? length : 1); i++)
            bytes_format(&out, "\\x%02X", (unsigned)(unsigned char)rest.ptr[i]);
    }
    copy = bytes_take(&out, &whole) == 0 ? arena_copy(arena, whole) : SLICE_NONE;
    bytes_fini(&out);
    return copy;
}

static size_t *counter(struct diag *d, enum diag_level level)
{
    switch (level) {
    case DIAG_NOTE: return &d->notes;
    case DIAG_WARNING: return &d->warnings;
    case DIAG_ERROR: return &d->errors;
    }
    return &d->errors;
}

/* What arena and DIAG_PROBLEMS_MAX do not hold is counted and no more. */
static void keep(struct diag *d, const struct problem *problem)
{
    struct problem *kept = arena_alloc(&d->arena, sizeof(*kept));

    if (kept == NULL)
        return;
    *kept = *problem;
    if (problem->place.file != NULL)
        kept->place.file = arena_copy(&d->arena, slice_str(problem->place.file)).ptr;
    kept->text = escape(&d->arena, problem->text);
    if (kept->text.ptr == NULL)
        return;
    if (d->last != NULL)
        d->last->next = kept;
    else
        d->first = kept;
    d->last = kept;
}

void diag_add(struct diag *d, enum diag_level level, struct place place, const char *format, ...)
{
    char text[DIAG_TEXT_MAX];
    struct problem problem = {.level = level, .place = place};
    va_list args;
    int len;

    if (++*counter(d, level) > DIAG_PROBLEMS_MAX)
        return; /* many warnings must not hide an error */
    va_start(args, format);
    len = vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    if (len < 0)
        len = 0;
    problem.text = utf8_cut(slice_make(text, (size_t)len), sizeof(text) - 1);
    keep(d, &problem);
}

static const char *level_name(enum diag_level level)
{
    switch (level) {
    case DIAG_NOTE: return "note";
    case DIAG_WARNING: return "warning";
    case DIAG_ERROR: return "error";
    }
    return "error";
}

static void format_line(struct bytes *line, const struct problem *problem)
{
    const struct place *place = &problem->place;

    bytes_renew(line);
    if (place->file != NULL && place->line > 0)
        bytes_format(line, "%s:%u: ", place->file, place->line);
    else if (place->file != NULL)
        bytes_format(line, "%s: ", place->file);
    bytes_format(line, "%s: ", level_name(problem->level));
    bytes_append(line, problem->text);
}

void diag_print(const struct diag *d, void (*write)(void *ctx, struct slice line), void *ctx)
{
    size_t total = d->errors + d->warnings + d->notes;
    size_t kept = 0;
    struct bytes line;
    struct slice whole;

    bytes_init(&line, DIAG_LINE_MAX);
    for (const struct problem *p = d->first; p != NULL; p = p->next) {
        format_line(&line, p);
        if (bytes_take(&line, &whole) != 0)
            continue; /* counted below */
        write(ctx, whole);
        kept++;
    }
    if (kept < total) {
        bytes_renew(&line);
        bytes_format(&line, "note: %zu more problems are not shown", total - kept);
        if (bytes_take(&line, &whole) == 0)
            write(ctx, whole);
    }
    bytes_fini(&line);
}
