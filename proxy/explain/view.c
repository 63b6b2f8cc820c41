/* view: see view.h. */
#include "proxy/explain/view.h"

#include "conf/limits.h"
#include "filters/base/utf8.h"
#include "proxy/explain/trial.h"

#define BLOCK_BYTES 65536
#define BYTES_MAX   ((size_t)1 << 30) /* indices of the values of the largest content */

/* --- who it is from --------------------------------------------------------------------------- */

typedef size_t name_reader(struct slice value, struct arena *arena, struct slice *out, size_t max);

static void add_name(struct view_names *names, struct slice name)
{
    for (size_t i = 0; i < names->count; i++)
        if (slice_equal(names->items[i], name))
            return;
    if (names->count < VIEW_VALUES_MAX)
        names->items[names->count++] = name;
    else
        names->more = true;
}

static void read_field(struct view *view, const struct field *field, name_reader *read,
                       struct view_names *names)
{
    struct slice value = header_unfold(field->value, &view->arena);
    struct slice found[VIEW_VALUES_MAX];
    size_t count = value.ptr != NULL ? read(value, &view->arena, found, VIEW_VALUES_MAX) : 0;

    if (count == HEADER_MAILBOXES_FAILED)
        return; /* the arena knows */
    names->unread = names->unread || count == HEADER_MAILBOXES_UNREAD;
    if (count == HEADER_MAILBOXES_UNREAD)
        return;
    names->more = names->more || count > VIEW_VALUES_MAX;
    for (size_t i = 0; i < count && i < VIEW_VALUES_MAX; i++)
        add_name(names, found[i]);
}

static void read_names(struct view *view, struct slice name, name_reader *read,
                       struct view_names *names)
{
    const struct header *header = &view->header;

    for (size_t i = header_find(header, name, 0); i != SLICE_NOT_FOUND;
         i = header_find(header, name, i + 1))
        read_field(view, &header->fields[i], read, names);
}

/* --- its content ------------------------------------------------------------------------------ */

/* Counts how many each part has, and puts them behind each other. 0 or -1. */
static int sort(struct view *view, enum content_fact fact)
{
    const struct content_values *values = &view->content->values[fact];
    size_t parts = view->content->part_count;
    size_t *first = arena_alloc(&view->arena, (parts + 2) * sizeof(*first));
    const struct content_value **sorted =
        arena_alloc(&view->arena, (values->count + 1) * sizeof(*sorted));

    if (first == NULL || sorted == NULL)
        return -1;
    for (size_t i = 0; i < values->count; i++)
        first[values->items[i].part + 2]++;
    for (size_t i = 2; i <= parts; i++)
        first[i] += first[i - 1];
    for (size_t i = 0; i < values->count; i++)
        sorted[first[values->items[i].part + 1]++] = &values->items[i];
    view->first[fact] = first;
    view->sorted[fact] = sorted;
    return 0;
}

static int read_content(struct view *view, struct slice body, const struct limits *limits)
{
    const struct reading_order order = {
        .limits = limits, .header = &view->header, .body = body, .clock_ns = trial_clock_ns};
    struct reading *reading = &view->readings.received;

    reading_make(reading, &order);
    view->content = reading->content;
    view->result = reading->result;
    for (enum content_fact fact = 0; view->content != NULL && fact < CONTENT_FACTS; fact++)
        if (sort(view, fact) != 0)
            return -1;
    return 0;
}

/* --- all of it -------------------------------------------------------------------------------- */

int view_make(struct view *view, struct slice message, const struct limits *limits)
{
    struct header_scan scan = {.scanned = 0};
    struct header_end end = {.fields_end = 0};

    *view = (struct view){.message = message};
    arena_init(&view->arena, BLOCK_BYTES, BYTES_MAX);
    if (header_scan(&scan, message, true, &end) != 1)
        return -1; /* cannot be: it is complete */
    if (header_parse(&view->header, slice_first(message, end.fields_end),
                     end.body_start > end.fields_end, &view->arena) != 0)
        return -1;
    read_names(view, SLICE("From"), header_mailboxes, &view->from_address);
    read_names(view, SLICE("From"), header_names, &view->from_name);
    read_names(view, SLICE("Reply-To"), header_mailboxes, &view->reply_to_address);
    if (arena_failed(&view->arena))
        return -1;
    return read_content(view, slice_from(message, end.body_start), limits);
}

void view_end(struct view *view)
{
    reading_forget(&view->readings);
    arena_fini(&view->arena);
}

int view_field(struct view *view, struct lines *lines, size_t index, struct view_field *out)
{
    const struct field *field = &view->header.fields[index];

    *out = (struct view_field){
        .line = lines_at(lines, field->raw.ptr),
        .name = field->name,
        .value = header_decode_field(field, &view->arena),
        .other = header_decode_generously(field->value, &view->arena),
    };
    if (slice_equal(out->other, out->value))
        out->other = SLICE("");
    return arena_failed(&view->arena) ? -1 : 0;
}

struct view_values view_values(const struct view *view, enum content_fact fact, size_t part)
{
    const size_t *first = &view->first[fact][part];

    return (struct view_values){view->sorted[fact] + first[0], first[1] - first[0]};
}

const char *view_encoding(enum content_encoding encoding)
{
    switch (encoding) {
    case CONTENT_7BIT: return "none";
    case CONTENT_BASE64: return "base64";
    case CONTENT_QUOTED: return "quoted-printable";
    case CONTENT_UNKNOWN: return "unknown";
    }
    return "";
}

const char *view_text_name(enum content_fact fact, enum content_view view)
{
    bool hidden = fact == CONTENT_HIDDEN_TEXT;

    switch (view) {
    case CONTENT_PLAIN: return hidden ? "hidden text" : "text";
    case CONTENT_SOURCE: return "as written";
    case CONTENT_VISIBLE: return "visible text";
    case CONTENT_OTHER: return hidden ? "hidden text in another reading" : "another reading";
    }
    return "";
}

struct slice view_text_cut(const struct content_value *value)
{
    return utf8_cut(value->text,
                    value->view == CONTENT_SOURCE ? VIEW_SOURCE_BYTES : VIEW_TEXT_BYTES);
}
