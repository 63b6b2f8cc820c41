/* mime: see mime.h. */
#include "filters/mime/mime.h"

#include <stdlib.h>

#include "filters/message/header.h"
#include "filters/mime/mime_private.h"

static const struct slice LINE_END = SLICE_INIT("\r\n");
#define EMPTY_LINE_BYTES 2

/* --- what it is read with --- */

struct reading {
    struct arena *arena;
    struct allowance *allowance;
    size_t head_bytes; /* of the stream, in front of the body */
    size_t body_bytes;
    struct mime_part *parts;
    size_t part_count, parts_max;
    unsigned depth_max;
    struct content_doubt *doubts;
    gint64 *offsets; /* of each doubt, in the stream; -1: of no place */
    size_t doubt_count;
};

struct warning {
    GMimeParserWarning code;
    const char *why;
    bool of_content; /* only about a field "Content-..." */
};

/* The others are about texts and addresses, or about what is said twice and means the same. */
static const struct warning WARNINGS[] = {
    {GMIME_WARN_INVALID_CONTENT_TYPE, "a Content-Type that is none", false},
    {GMIME_WARN_MALFORMED_MULTIPART, "a multipart ends where one around it goes on", false},
    {GMIME_WARN_TRUNCATED_MESSAGE, "a multipart without an end", false},
    {GMIME_WARN_MALFORMED_MESSAGE, "a header breaks off", false},
    {GMIME_CRIT_INVALID_HEADER_NAME, "a line in a part's header is no field", false},
    {GMIME_CRIT_CONFLICTING_HEADER, "two fields of a name that differ", true},
    {GMIME_CRIT_CONFLICTING_PARAMETER, "two parameters of a name that differ", false},
    {GMIME_CRIT_MULTIPART_WITHOUT_BOUNDARY, "a multipart without a boundary", false},
    {GMIME_WARN_INVALID_PARAMETER, "a parameter that is none", false},
    {GMIME_CRIT_NESTING_OVERFLOW, "nested too deep", false},
    {GMIME_WARN_PART_WITHOUT_CONTENT, "a part's header without an empty line", false},
    {GMIME_CRIT_PART_WITHOUT_HEADERS_OR_CONTENT, "a part without anything", false},
};

static const struct warning *find_warning(GMimeParserWarning code)
{
    for (size_t i = 0; i < sizeof(WARNINGS) / sizeof(WARNINGS[0]); i++)
        if (WARNINGS[i].code == code)
            return &WARNINGS[i];
    return NULL;
}

/* GMime says some once for each octet of a field. */
static void take_warning(gint64 offset, GMimeParserWarning code, const gchar *item, gpointer data)
{
    struct reading *reading = (struct reading *)data;
    const struct warning *warning = find_warning(code);
    size_t count = reading->doubt_count;

    if (warning == NULL || count == MIME_DOUBTS_MAX)
        return;
    if (warning->of_content && !slice_starts_case(slice_str(item), SLICE("Content-")))
        return;
    if (count > 0 && reading->doubts[count - 1].why == warning->why &&
        reading->offsets[count - 1] == offset)
        return;
    reading->doubts[count] = (struct content_doubt){warning->why, CONTENT_NO_PART};
    reading->offsets[count] = offset;
    reading->doubt_count++;
}

/* --- the tree --- */

/* A container on the way down. */
struct frame {
    GMimeObject *object;
    int next; /* its next child */
    uint32_t part;
};

/* The next part in ${frame}'s; NULL: there is none. *${message}: whose root it is. */
static GMimeObject *next_child(struct frame *frame, GMimeMessage **message)
{
    int at = frame->next++;

    *message = NULL;
    if (GMIME_IS_MULTIPART(frame->object))
        return at < g_mime_multipart_get_count((GMimeMultipart *)frame->object)
                   ? g_mime_multipart_get_part((GMimeMultipart *)frame->object, at)
                   : NULL;
    if (at == 0 && GMIME_IS_MESSAGE_PART(frame->object))
        *message = g_mime_message_part_get_message((GMimeMessagePart *)frame->object);
    return *message != NULL ? g_mime_message_get_mime_part(*message) : NULL;
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Where an empty line was not, none can be past it. */
static void keep_inside(struct mime_part *part, size_t body_bytes)
{
    part->content_end = least(part->content_end, body_bytes);
    part->content_start = least(part->content_start, part->content_end);
    part->header_start = least(part->header_start, part->content_start);
}

static enum content_result take_part(struct reading *reading, GMimeObject *object,
                                     GMimeMessage *message, uint32_t parent)
{
    unsigned depth = parent == CONTENT_NO_PART ? 0 : reading->parts[parent].depth + 1;
    struct mime_part *part = &reading->parts[reading->part_count];

    if (reading->part_count == reading->parts_max || depth > reading->depth_max)
        return CONTENT_LIMIT;
    *part = (struct mime_part){.parent = parent, .depth = depth};
    mime_part_take(part, object, message, reading->head_bytes, reading->arena);
    keep_inside(part, reading->body_bytes);
    reading->part_count++;
    return arena_failed(reading->arena) ? CONTENT_MEMORY : CONTENT_READ;
}

/* A container ends where its last part does. One without fields begins where its first does. */
static void end_containers(struct reading *reading)
{
    for (size_t i = reading->part_count; i-- > 1;) {
        const struct mime_part *part = &reading->parts[i];
        struct mime_part *parent = &reading->parts[part->parent];

        if (parent->content_end < part->content_end)
            parent->content_end = part->content_end;
        if (part->parent > 0 && parent->header_start == 0 &&
            part->header_start > EMPTY_LINE_BYTES) {
            parent->content_start = part->header_start;
            parent->header_start = part->header_start - EMPTY_LINE_BYTES;
        }
    }
}

static enum content_result take_tree(struct reading *reading, GMimeObject *root)
{
    struct frame *frames =
        (struct frame *)arena_alloc(reading->arena, (reading->depth_max + 1) * sizeof(*frames));
    size_t level = 0;
    enum content_result result;

    if (frames == NULL)
        return CONTENT_MEMORY;
    result = take_part(reading, root, NULL, CONTENT_NO_PART);
    frames[0] = (struct frame){.object = root};
    for (;;) {
        GMimeMessage *message;
        GMimeObject *child;

        if (result != CONTENT_READ)
            return result;
        child = next_child(&frames[level], &message);
        if (child == NULL && level-- == 0)
            break;
        if (child == NULL)
            continue;
        result = take_part(reading, child, message, frames[level].part);
        if (result == CONTENT_READ && reading->parts[reading->part_count - 1].kind != MIME_LEAF)
            frames[++level] =
                (struct frame){.object = child, .part = (uint32_t)reading->part_count - 1};
    }
    end_containers(reading);
    return CONTENT_READ;
}

/* A doubt is about the last part that begins at or before its place. */
static void place_doubts(struct reading *reading)
{
    for (size_t i = 0; i < reading->doubt_count; i++) {
        size_t at = mime_in_body(reading->offsets[i], reading->head_bytes);

        for (size_t k = 0; reading->offsets[i] >= 0 && k < reading->part_count; k++)
            if (reading->parts[k].header_start <= at)
                reading->doubts[i].part = (uint32_t)k;
    }
}

/* --- the message --- */

/* Whether a field is one to everybody, and about content. */
static bool field_counts(const struct field *field)
{
    struct slice after;

    if (!slice_starts_case(field->name, SLICE("Content-")) ||
        !slice_starts(field->raw, field->name))
        return false;
    after = slice_trim_start(slice_from(field->raw, field->name.len));
    return after.len > 0 && after.ptr[0] == ':';
}

/* The stream's pieces: those fields, an empty line, the body. */
static struct slice *lay_out(const struct header *header, struct slice body,
                             struct reading *reading, size_t *count)
{
    struct slice *pieces =
        (struct slice *)arena_alloc(reading->arena, (2 * header->count + 2) * sizeof(*pieces));

    *count = 0;
    for (size_t i = 0; pieces != NULL && i < header->count; i++) {
        struct slice raw = header->fields[i].raw;

        if (!field_counts(&header->fields[i]))
            continue;
        pieces[(*count)++] = raw;
        if (raw.ptr[raw.len - 1] != '\n')
            pieces[(*count)++] = LINE_END;
    }
    if (pieces == NULL)
        return NULL;
    pieces[(*count)++] = LINE_END;
    for (size_t i = 0; i < *count; i++)
        reading->head_bytes += pieces[i].len;
    pieces[(*count)++] = body;
    return pieces;
}

static enum content_result parse(struct reading *reading, const struct slice *pieces,
                                 size_t piece_count)
{
    GMimeStream *stream = mime_stream(pieces, piece_count, reading->allowance);
    GMimeParserOptions *options = g_mime_parser_options_new();
    enum content_result result = CONTENT_READ;
    GMimeParser *parser;
    GMimeObject *root;

    parser = g_mime_parser_new_with_stream(stream);
    g_mime_parser_options_set_warning_callback(options, take_warning, reading);
    root = g_mime_parser_construct_part(parser, options);
    if (reading->allowance->ended)
        result = CONTENT_OVER;
    else if (root != NULL)
        result = take_tree(reading, root);
    if (root != NULL)
        g_object_unref(root);
    g_object_unref(parser);
    g_object_unref(stream);
    g_mime_parser_options_free(options);
    return result;
}

/* --- memory --- */

#define PART_BYTES      2048
#define FIELD_BYTES     512
#define PARAMETER_BYTES 384
#define HEADER_FACTOR   16 /* of an octet of a header */
#define BODY_FACTOR     4  /* of an octet of the body */
#define FIXED_BYTES     65536
#define MEMORY_MOST     ((size_t)1 << 36) /* more is never there */

/* Adds ${count} times ${each} to *${sum}, or as much as there are numbers. */
static void add_bytes(size_t *sum, size_t count, size_t each)
{
    size_t product;

    if (__builtin_mul_overflow(count, each, &product) || __builtin_add_overflow(*sum, product, sum))
        *sum = SIZE_MAX;
}

/* The most bytes that GMime takes for such a message. Measured: a part takes
 * 1.4 KB, a field 510 bytes, a parameter 300, each octet of a header 2.3 beside (more where
 * charsets are converted), and what stands in front of or behind a multipart's parts is kept twice,
 * in a buffer that doubles: a message of 50 MB that is all preamble takes 100 MB, one that is all
 * one part's content nothing. */
static size_t memory_of(const struct mime_bounds *bounds)
{
    size_t sum = FIXED_BYTES;

    add_bytes(&sum, bounds->parts, PART_BYTES);
    add_bytes(&sum, bounds->fields, FIELD_BYTES);
    add_bytes(&sum, bounds->parameters, PARAMETER_BYTES);
    add_bytes(&sum, bounds->header_bytes, HEADER_FACTOR);
    add_bytes(&sum, bounds->body_bytes, BODY_FACTOR);
    return sum;
}

static bool memory_is_there(size_t bytes)
{
    void *volatile room; /* volatile: or the compiler need not ask */
    bool there;

    if (bytes > MEMORY_MOST)
        return false;
    room = malloc(bytes);
    there = room != NULL;

    free(room);
    return there;
}

/* --- the door --- */

static int reading_begin(struct reading *reading, const struct mime_bounds *bounds)
{
    reading->parts_max = bounds->parts < CONTENT_NO_PART ? bounds->parts : CONTENT_NO_PART - 1;
    reading->parts = (struct mime_part *)arena_alloc(reading->arena, (reading->parts_max + 1) *
                                                                         sizeof(*reading->parts));
    reading->doubts = (struct content_doubt *)arena_alloc(
        reading->arena, MIME_DOUBTS_MAX * sizeof(*reading->doubts));
    reading->offsets =
        (gint64 *)arena_alloc(reading->arena, MIME_DOUBTS_MAX * sizeof(*reading->offsets));
    return reading->parts != NULL && reading->doubts != NULL && reading->offsets != NULL ? 0 : -1;
}

enum content_result mime_read(const struct header *header, struct slice body,
                              const struct mime_bounds *bounds, unsigned depth,
                              struct allowance *allowance, struct arena *arena, struct mime *mime)
{
    struct reading reading = {.arena = arena, .allowance = allowance, .body_bytes = body.len};
    enum content_result result;
    struct slice *pieces;
    size_t piece_count;

    if (bounds->fields > MIME_FIELDS_MAX)
        return CONTENT_LIMIT;
    reading.depth_max = depth < MIME_DEPTH_MAX ? depth : MIME_DEPTH_MAX;
    if (reading_begin(&reading, bounds) != 0)
        return CONTENT_MEMORY;
    pieces = lay_out(header, body, &reading, &piece_count);
    if (pieces == NULL || !memory_is_there(memory_of(bounds)))
        return CONTENT_MEMORY;
    result = parse(&reading, pieces, piece_count);
    if (result != CONTENT_READ)
        return result;
    place_doubts(&reading);
    *mime = (struct mime){reading.parts, reading.part_count, reading.doubts, reading.doubt_count};
    return CONTENT_READ;
}
