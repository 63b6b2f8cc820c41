/* mime_stream: a message as a stream of GMime's, and GMime made ready. See mime_private.h. */
#include "filters/mime/mime_private.h"

/* What GMime reads, piece by piece, none of them copied together. GMime asks for a stream of its
 * own for each part's content and keeps it; these are only a beginning and an end. */
struct stream {
    GMimeStream base;
    const struct slice *pieces;
    size_t piece_count;
    size_t at;          /* in the first of them */
    size_t field_bytes; /* since a line began that is no fold */
    struct allowance *allowance;
};

struct stream_class {
    GMimeStreamClass base;
};

/* Whether an octet that begins a line could begin a field which GMime would read into: addresses,
 * subjects, dates of a message inside of the message. Nobody asks for those, and it takes time
 * that grows with the square of a list of addresses. What is left are "Co...", delimiters, folds.
 */
static bool begins_other_field(struct slice line)
{
    bool content =
        line.len > 1 && ascii_lower(line.ptr[0]) == 'c' && ascii_lower(line.ptr[1]) == 'o';

    return line.len > 0 && !content && ascii_lower(line.ptr[0]) >= 'a' &&
           ascii_lower(line.ptr[0]) <= 'z';
}

/* What stands where a line is cut. */
static const struct slice NEW_FIELD = SLICE_INIT("\nX:");

/* The first octet of a line. GMime takes a copy of a field's value on the stack, so one that would
 * be longer than MIME_FIELD_MAX ends at a fold, or where it is cut, and another begins. */
static char first_octet(struct stream *stream, struct slice line)
{
    if (ascii_is_blank(line.ptr[0]) && stream->field_bytes < MIME_FIELD_MAX)
        return line.ptr[0];
    stream->field_bytes = 0;
    return ascii_is_blank(line.ptr[0]) || begins_other_field(line) ? 'X' : line.ptr[0];
}

/* Copies ${count} octets of the piece, with other names for such fields: only where a part stands
 * is asked of GMime, never what it says. */
static void copy_renamed(struct stream *stream, size_t count, char *out)
{
    struct slice text = *stream->pieces;
    size_t end = stream->at + count, next;

    memcpy(out, text.ptr + stream->at, count);
    for (size_t line = stream->at; line < end; line = next) {
        size_t found = slice_find(slice_first(slice_from(text, line), end - line), '\n');

        next = found == SLICE_NOT_FOUND ? end : line + found + 1;
        if (line == 0 || text.ptr[line - 1] == '\n') {
            out[line - stream->at] = first_octet(stream, slice_from(text, line));
        } else if (stream->field_bytes >= MIME_FIELD_MAX && next - line > NEW_FIELD.len) {
            memcpy(out + (line - stream->at), NEW_FIELD.ptr, NEW_FIELD.len);
            stream->field_bytes = 0;
        }
        stream->field_bytes += next - line;
    }
}

static ssize_t stream_read(GMimeStream *base, char *buffer, size_t room)
{
    struct stream *stream = (struct stream *)base;
    size_t count;

    while (stream->piece_count > 0 && stream->at == stream->pieces->len) {
        stream->pieces++;
        stream->piece_count--;
        stream->at = 0;
    }
    if (stream->piece_count == 0)
        return 0;
    count = stream->pieces->len - stream->at;
    if (count > room)
        count = room;
    if (!allowance_spend(stream->allowance, count))
        return 0; /* as if the message ended here: what was made of it is thrown away */
    copy_renamed(stream, count, buffer);
    stream->at += count;
    base->position += (gint64)count;
    return (ssize_t)count;
}

static gboolean stream_eos(GMimeStream *base)
{
    const struct stream *stream = (const struct stream *)base;

    return stream->piece_count == 0;
}

static int stream_reset(GMimeStream *base)
{
    (void)base; /* of a part's content, when it is made: it is where it begins */
    return 0;
}

static gint64 stream_tell(GMimeStream *base)
{
    return base->position;
}

static GMimeStream *stream_substream(GMimeStream *base, gint64 start, gint64 end)
{
    GMimeStream *part = (GMimeStream *)g_object_new(G_TYPE_FROM_INSTANCE(base), NULL);

    g_mime_stream_construct(part, start, end);
    return part;
}

static void stream_class_init(gpointer class, gpointer data)
{
    GMimeStreamClass *stream = (GMimeStreamClass *)class;

    (void)data;
    stream->read = stream_read;
    stream->eos = stream_eos;
    stream->reset = stream_reset;
    stream->tell = stream_tell;
    stream->substream = stream_substream;
}

static const GTypeInfo STREAM_TYPE = {
    .class_size = sizeof(struct stream_class),
    .class_init = stream_class_init,
    .instance_size = sizeof(struct stream),
};

/* Readies GMime as a process without a locale: what it asks the environment it asks once, here.
 */
static void ready(void)
{
    char *none[] = {NULL}, **given = environ;

    environ = none;
    g_mime_init();
    environ = given;
}

/* The type of streams; the first call of all readies GMime. glib's own way to do a thing once
 * is the only one here: only behind it is GMime of no thread. */
static GType stream_type(void)
{
    static gsize type;

    if (g_once_init_enter(&type)) {
        ready();
        g_once_init_leave(&type, g_type_register_static(g_mime_stream_get_type(), "PosternStream",
                                                        &STREAM_TYPE, (GTypeFlags)0));
    }
    return (GType)type;
}

void mime_ready(void)
{
    (void)stream_type(); /* only that it is there */
}

GMimeStream *mime_stream(const struct slice *pieces, size_t piece_count,
                         struct allowance *allowance)
{
    struct stream *stream = (struct stream *)g_object_new(stream_type(), NULL);

    g_mime_stream_construct(&stream->base, 0, -1);
    stream->pieces = pieces;
    stream->piece_count = piece_count;
    stream->allowance = allowance;
    return &stream->base;
}
