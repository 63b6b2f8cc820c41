/* anchors: see anchors.h. */
#include "filters/html/anchors.h"

#include "filters/html/markup.h"
#include "filters/link/url.h"

struct anchor {
    size_t url, length; /* in urls */
    size_t from, to;    /* its text; the same: none */
    bool shown;         /* it is one of those that have a text */
};

void anchors_init(struct anchors *anchors, size_t limit_bytes)
{
    *anchors = (struct anchors){.count = 0};
    bytes_init(&anchors->urls, limit_bytes);
    bytes_init(&anchors->items, limit_bytes);
    bytes_init(&anchors->base, limit_bytes);
}

void anchors_fini(struct anchors *anchors)
{
    bytes_fini(&anchors->urls);
    bytes_fini(&anchors->items);
    bytes_fini(&anchors->base);
}

static struct anchor *item_at(const struct anchors *anchors, size_t index)
{
    return (struct anchor *)(void *)(anchors->items.data + index * sizeof(struct anchor));
}

static void append(struct anchors *anchors, struct slice url, size_t at, bool shown)
{
    struct anchor item = {anchors->urls.len, url.len, at, at, shown};

    bytes_append(&anchors->urls, url);
    bytes_append(&anchors->items, slice_make((const char *)&item, sizeof(item)));
    anchors->count = anchors->items.len / sizeof(item);
}

void anchors_add(struct anchors *anchors, struct slice url)
{
    append(anchors, url, 0, false);
}

void anchors_open(struct anchors *anchors, struct slice url, size_t visible)
{
    size_t before = anchors->count;

    anchors_close(anchors, visible);
    append(anchors, url, visible, true);
    anchors->open = anchors->count > before ? anchors->count : 0;
}

void anchors_close(struct anchors *anchors, size_t visible)
{
    if (anchors->open > 0)
        item_at(anchors, anchors->open - 1)->to = visible;
    anchors->open = 0;
}

/* --- several in one value ------------------------------------------------------------------- */

static size_t skip_spaces(struct slice s, size_t at)
{
    while (at < s.len && markup_space(s.ptr[at]))
        at++;
    return at;
}

/* "a.png 1x, b.png 2x": a URL goes up to a blank, its commas at the end are none of it. */
void anchors_list(struct anchors *anchors, struct slice srcset)
{
    size_t at = 0;

    while (at < srcset.len) {
        size_t from, end;

        for (from = at;
             from < srcset.len && (markup_space(srcset.ptr[from]) || srcset.ptr[from] == ',');)
            from++;
        for (end = from; end < srcset.len && !markup_space(srcset.ptr[end]);)
            end++;
        at = end;
        if (end > from && srcset.ptr[end - 1] == ',') {
            while (end > from && srcset.ptr[end - 1] == ',')
                end--;
        } else {
            while (at < srcset.len && srcset.ptr[at] != ',')
                at++;
        }
        if (end > from)
            anchors_add(anchors, slice_part(srcset, from, end));
    }
}

/* What stands in quotes, or up to ${end}, at the front of ${s}. */
static struct slice up_to(struct slice s, char end)
{
    if (s.len > 0 && (s.ptr[0] == '"' || s.ptr[0] == '\'')) {
        end = s.ptr[0];
        s = slice_from(s, 1);
    }
    return slice_first(s, slice_find(s, end));
}

void anchors_style(struct anchors *anchors, struct slice style)
{
    while (style.len > 0) {
        size_t open = slice_find(style, '(');
        struct slice rest;

        if (open == SLICE_NOT_FOUND)
            return;
        rest = slice_from(style, open + 1);
        if (open >= 3 && slice_equal_case(slice_part(style, open - 3, open), SLICE("url"))) {
            struct slice url = up_to(slice_from(rest, skip_spaces(rest, 0)), ')');

            if (url.len > 0)
                anchors_add(anchors, url);
        }
        style = rest;
    }
}

/* "5; url='...'": "Shared declarative refresh steps" of the standard. */
void anchors_refresh(struct anchors *anchors, struct slice content)
{
    size_t at = skip_spaces(content, 0);
    struct slice rest;

    while (at < content.len && (ascii_is_digit(content.ptr[at]) || content.ptr[at] == '.'))
        at++;
    at = skip_spaces(content, at);
    if (at < content.len && (content.ptr[at] == ';' || content.ptr[at] == ','))
        at = skip_spaces(content, at + 1);
    rest = slice_from(content, at);
    if (slice_starts_case(rest, SLICE("url"))) {
        size_t equals = skip_spaces(rest, 3);

        if (equals < rest.len && rest.ptr[equals] == '=')
            rest = slice_from(rest, skip_spaces(rest, equals + 1));
    }
    if (rest.len > 0)
        anchors_add(anchors, up_to(rest, '\0'));
}

/* --- at the end ----------------------------------------------------------------------------- */

void anchors_base(struct anchors *anchors, struct slice url)
{
    if (anchors->based)
        return;
    anchors->based = true;
    bytes_append(&anchors->base, url);
}

/* The base as url_read has it, in ${room}. */
static int read_base(const struct anchors *anchors, struct bytes *room, struct slice *base)
{
    struct url url;

    *base = SLICE_NONE;
    if (!anchors->based)
        return 0;
    if (url_read(bytes_slice(&anchors->base), SLICE_NONE, room, &url) != 0)
        return -1;
    if (url.host.len > 0 && url.scheme.len > 0 && url.text.len <= ANCHORS_BASE_MAX)
        *base = url.text;
    return 0;
}

static enum content_result add_all(const struct anchors *anchors, struct slice base,
                                   struct slice visible, struct link_list *links)
{
    enum content_result result = CONTENT_READ;
    size_t scanned = 0;

    for (size_t i = 0; result == CONTENT_READ && i < anchors->count; i++) {
        const struct anchor *item = item_at(anchors, i);
        struct slice url =
            slice_part(bytes_slice(&anchors->urls), item->url, item->url + item->length);

        if (item->shown && item->from > scanned)
            result = link_scan(links, slice_part(visible, scanned, item->from));
        if (item->to > scanned)
            scanned = item->to;
        if (result == CONTENT_READ)
            result = link_add(links, url, base, slice_part(visible, item->from, item->to));
    }
    return result == CONTENT_READ ? link_scan(links, slice_from(visible, scanned)) : result;
}

enum content_result anchors_finish(struct anchors *anchors, struct slice visible,
                                   struct link_list *links)
{
    enum content_result result = CONTENT_MEMORY;
    struct bytes room;
    struct slice base;

    anchors_close(anchors, visible.len);
    bytes_init(&room, anchors->base.limit_bytes);
    if (bytes_end(&anchors->urls) == 0 && bytes_end(&anchors->items) == 0 &&
        bytes_end(&anchors->base) == 0 && read_base(anchors, &room, &base) == 0)
        result = add_all(anchors, base, visible, links);
    bytes_fini(&room);
    return result;
}
