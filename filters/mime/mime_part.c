/* mime_part: what one of GMime's parts says. See mime_private.h. */
#include "filters/base/utf8.h"
#include "filters/mime/mime_private.h"

#define LINE_END_BYTES 2

/* --- texts --- */

/* Each octet of ${text} as the character of that number. */
static struct slice from_latin1(struct slice text, struct arena *arena)
{
    char *out = text.len <= SIZE_MAX / 2 ? (char *)arena_alloc(arena, 2 * text.len) : NULL;
    size_t len = 0;

    for (size_t i = 0; out != NULL && i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];

        if (c >= 0x80)
            out[len++] = (char)(0xC0 | (c >> 6));
        out[len++] = (char)(c >= 0x80 ? 0x80 | (c & 0x3F) : c);
    }
    return slice_make(out, len);
}

/* GMime leaves octets that are no UTF-8 as they are where no charset is named. */
static struct slice settle(const char *given, struct arena *arena)
{
    struct slice text = slice_str(given);

    if (given == NULL)
        return SLICE_NONE;
    return utf8_valid(text) ? arena_copy(arena, text) : from_latin1(text, arena);
}

static struct slice lower(struct slice text)
{
    char *letters = (char *)(uintptr_t)text.ptr; /* of the arena, and nobody's yet */

    for (size_t i = 0; i < text.len; i++)
        letters[i] = ascii_lower(letters[i]);
    return text;
}

/* --- one part --- */

static struct slice parameter(GMimeParamList *list, const char *name, struct arena *arena)
{
    GMimeParam *param = g_mime_param_list_get_parameter(list, name);

    if (param == NULL)
        return SLICE_NONE;
    return settle(g_mime_param_get_value(param), arena);
}

static void take_type(struct mime_part *part, GMimeObject *object, struct arena *arena)
{
    GMimeContentType *type = g_mime_object_get_content_type(object);
    GMimeParamList *list = g_mime_content_type_get_parameters(type);
    struct slice text = arena_format(arena, "%s/%s", g_mime_content_type_get_media_type(type),
                                     g_mime_content_type_get_media_subtype(type));

    part->type = lower(utf8_valid(text) ? text : from_latin1(text, arena));
    part->typed = g_mime_object_get_header(object, "Content-Type") != NULL;
    part->name = parameter(list, "name", arena);
    part->charset = parameter(list, "charset", arena);
    part->boundary = parameter(list, "boundary", arena);
}

static void take_disposition(struct mime_part *part, GMimeObject *object, struct arena *arena)
{
    GMimeContentDisposition *disposition = g_mime_object_get_content_disposition(object);
    GMimeParamList *list;

    if (disposition == NULL)
        return;
    list = g_mime_content_disposition_get_parameters(disposition);
    part->disposition =
        lower(settle(g_mime_content_disposition_get_disposition(disposition), arena));
    part->filename = parameter(list, "filename", arena);
}

static void take_encoding(struct mime_part *part, GMimeObject *object)
{
    const char *given = g_mime_object_get_header(object, "Content-Transfer-Encoding");
    GMimeContentEncoding encoding = GMIME_CONTENT_ENCODING_DEFAULT;

    if (GMIME_IS_PART(object))
        encoding = g_mime_part_get_content_encoding((GMimePart *)object);
    else if (given != NULL)
        encoding = g_mime_content_encoding_from_string(given);
    switch (encoding) {
    case GMIME_CONTENT_ENCODING_DEFAULT:
        part->encoding = given != NULL ? CONTENT_UNKNOWN : CONTENT_7BIT;
        break;
    case GMIME_CONTENT_ENCODING_7BIT:
    case GMIME_CONTENT_ENCODING_8BIT:
    case GMIME_CONTENT_ENCODING_BINARY: part->encoding = CONTENT_7BIT; break;
    case GMIME_CONTENT_ENCODING_BASE64: part->encoding = CONTENT_BASE64; break;
    case GMIME_CONTENT_ENCODING_QUOTEDPRINTABLE: part->encoding = CONTENT_QUOTED; break;
    case GMIME_CONTENT_ENCODING_UUENCODE: part->encoding = CONTENT_UNKNOWN; part->uuencoded = true;
    }
}

/* --- where it stands --- */

struct extent {
    gint64 start, end; /* in the stream; -1: nothing */
};

/* Widens ${extent} by the fields of ${object}. Their length is that of what GMime kept of them. */
static void add_fields(struct extent *extent, GMimeObject *object)
{
    GMimeHeaderList *list = g_mime_object_get_header_list(object);
    int count = g_mime_header_list_get_count(list);
    GMimeHeader *first, *last;
    gint64 start, end;

    if (count <= 0)
        return;
    first = g_mime_header_list_get_header_at(list, 0);
    last = g_mime_header_list_get_header_at(list, count - 1);
    start = g_mime_header_get_offset(first);
    end = g_mime_header_get_offset(last) + (gint64)(strlen(g_mime_header_get_raw_name(last)) + 1 +
                                                    strlen(g_mime_header_get_raw_value(last)));
    if (extent->start < 0 || start < extent->start)
        extent->start = start;
    if (end > extent->end)
        extent->end = end;
}

static struct extent content_extent(GMimeObject *object, const struct extent *fields)
{
    gint64 after = fields->end < 0 ? -1 : fields->end + LINE_END_BYTES;
    GMimeDataWrapper *content =
        GMIME_IS_PART(object) ? g_mime_part_get_content((GMimePart *)object) : NULL;
    GMimeStream *stream = content != NULL ? g_mime_data_wrapper_get_stream(content) : NULL;

    if (stream == NULL)
        return (struct extent){after, after};
    return (struct extent){stream->bound_start, stream->bound_end};
}

size_t mime_in_body(gint64 offset, size_t head_bytes)
{
    return offset > (gint64)head_bytes ? (size_t)offset - head_bytes : 0;
}

static void take_extents(struct mime_part *part, GMimeObject *object, GMimeMessage *message,
                         size_t head_bytes)
{
    struct extent fields = {-1, -1}, content;

    add_fields(&fields, object);
    if (message != NULL)
        add_fields(&fields, (GMimeObject *)message);
    content = content_extent(object, &fields);
    if (fields.start < 0)
        fields.start = content.start - LINE_END_BYTES;
    part->header_start = mime_in_body(fields.start, head_bytes);
    part->content_start = mime_in_body(content.start, head_bytes);
    part->content_end = mime_in_body(content.end, head_bytes);
}

static enum mime_kind kind_of(GMimeObject *object)
{
    if (GMIME_IS_MULTIPART(object))
        return MIME_MULTIPART;
    return GMIME_IS_MESSAGE_PART(object) ? MIME_MESSAGE : MIME_LEAF;
}

void mime_part_take(struct mime_part *part, GMimeObject *object, GMimeMessage *message,
                    size_t head_bytes, struct arena *arena)
{
    part->kind = kind_of(object);
    take_type(part, object, arena);
    take_disposition(part, object, arena);
    take_encoding(part, object);
    take_extents(part, object, message, head_bytes);
}
