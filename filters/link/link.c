/* link: see link.h. */
#include "filters/link/link.h"

#include "filters/base/utf8.h"
#include "filters/link/mismatch.h"
#include "filters/link/url.h"

#define ROOM_FIRST 16
#define WWW_LENGTH 4 /* of "www.", the beginning of a URL without a scheme */

void link_list_init(struct link_list *list, struct arena *arena, struct allowance *allowance)
{
    *list = (struct link_list){.arena = arena, .allowance = allowance};
}

/* --- one link ------------------------------------------------------------------------------- */

/* Room doubles; what was there is left behind in the arena. */
static enum content_result make_room(struct link_list *list)
{
    size_t room = list->room > 0 ? list->room * 2 : ROOM_FIRST;
    struct link *items;

    if (list->count >= LINK_COUNT_MAX)
        return CONTENT_LIMIT;
    if (list->count < list->room)
        return CONTENT_READ;
    items = arena_alloc(list->arena, room * sizeof(*items));
    if (items == NULL)
        return CONTENT_MEMORY;
    if (list->count > 0)
        memcpy(items, list->items, list->count * sizeof(*items));
    list->items = items;
    list->room = room;
    return CONTENT_READ;
}

static bool leads_nowhere(const struct url *url)
{
    return url->text.len == 0 || url->text.ptr[0] == '#' ||
           slice_equal(url->scheme, SLICE("cid")) || slice_equal(url->scheme, SLICE("mid"));
}

/* A copy of ${url}, its host a slice of it where it was not cut off. */
static int keep(struct link_list *list, const struct url *url, struct link *link)
{
    size_t host_at = url->host.len > 0 ? (size_t)(url->host.ptr - url->text.ptr) : 0;

    link->url = arena_copy(list->arena, utf8_cut(url->text, LINK_URL_BYTES_MAX));
    if (link->url.ptr == NULL)
        return -1;
    link->host = slice_part(link->url, host_at, host_at + url->host.len);
    if (link->host.len == url->host.len)
        return 0;
    link->host = arena_copy(list->arena, url->host);
    return link->host.ptr != NULL ? 0 : -1;
}

/* ${bare}: the text is the URL, and leads where it says. */
static enum content_result add_read(struct link_list *list, const struct url *url,
                                    struct slice shown, bool bare)
{
    enum content_result result;
    struct link *link;

    if (leads_nowhere(url))
        return CONTENT_READ;
    result = make_room(list);
    if (result != CONTENT_READ)
        return result;
    link = &list->items[list->count];
    link->shown = slice_trim(shown);
    link->mismatch = false;
    if (keep(list, url, link) != 0 ||
        (!bare && mismatch_read(link->shown, link->host, &link->mismatch) != 0))
        return CONTENT_MEMORY;
    list->count++;
    return CONTENT_READ;
}

static enum content_result add(struct link_list *list, struct slice url, struct slice base,
                               struct slice shown, bool bare)
{
    enum content_result result = CONTENT_MEMORY;
    struct url read;
    struct bytes room;

    if (!allowance_spend(list->allowance, base.len + url.len + shown.len))
        return CONTENT_OVER;
    bytes_init(&room, (base.len + url.len + LINK_URL_BYTES_MAX) * 3);
    if (url_read(url, base, &room, &read) == 0)
        result = add_read(list, &read, shown, bare);
    bytes_fini(&room);
    return result;
}

enum content_result link_add(struct link_list *list, struct slice url, struct slice base,
                             struct slice shown)
{
    return add(list, url, base, shown, false);
}

/* --- in a text ------------------------------------------------------------------------------ */

/* Blanks beyond ASCII, and quotes that stand around a URL. */
static bool ends_beyond_ascii(struct slice character)
{
    uint32_t code = character.len > 1 ? utf8_code(character) : 0xFFFD;

    return code <= 0xA0 || code == 0xAB || code == 0xBB || (code >= 0x2000 && code <= 0x206F) ||
           code == 0x3000 || code == 0xFFFD;
}

static const struct slice SCHEMES[] = {SLICE_INIT("https"), SLICE_INIT("http"), SLICE_INIT("ftp")};

#define SCHEME_COUNT (sizeof(SCHEMES) / sizeof(SCHEMES[0]))

/* Whether a comma or semicolon at the front of ${s} stands between two URLs. */
static bool parts_urls(struct slice s)
{
    if (s.ptr[0] != ',' && s.ptr[0] != ';')
        return false;
    for (size_t i = 0; i < SCHEME_COUNT; i++)
        if (slice_starts_case(slice_from(s, 1), SCHEMES[i]) &&
            slice_starts(slice_from(s, 1 + SCHEMES[i].len), SLICE("://")))
            return true;
    return false;
}

/* How long the URL is that ${s} begins with, with whatever ends the sentence. */
static size_t run_length(struct slice s)
{
    size_t at = 0;

    while (at < s.len) {
        size_t length = utf8_length(slice_from(s, at));

        if ((unsigned char)s.ptr[at] < 0x80) {
            if ((unsigned char)s.ptr[at] <= ' ' || s.ptr[at] == 0x7F ||
                slice_find(SLICE("<>\"`{}|^"), s.ptr[at]) != SLICE_NOT_FOUND ||
                parts_urls(slice_from(s, at)))
                break;
            length = 1;
        } else if (ends_beyond_ascii(slice_first(slice_from(s, at), length))) {
            break;
        }
        at += length;
    }
    return at;
}

static size_t count_of(struct slice s, char c)
{
    size_t count = 0;

    for (size_t i = 0; i < s.len; i++)
        count += s.ptr[i] == c;
    return count;
}

/* Without what ends a sentence, and closing brackets that were not opened. */
static size_t trimmed_length(struct slice run)
{
    size_t open = count_of(run, '('), closed = count_of(run, ')');
    size_t open_square = count_of(run, '['), closed_square = count_of(run, ']');
    size_t len = run.len;

    for (; len > 0; len--) {
        char last = run.ptr[len - 1];

        if (last == ')' && closed > open)
            closed--;
        else if (last == ']' && closed_square > open_square)
            closed_square--;
        else if (slice_find(SLICE(".,;:!?'*_~"), last) == SLICE_NOT_FOUND)
            break;
    }
    return len;
}

/* Where the URL begins whose scheme ends at ${colon}, where "://" stands; SLICE_NOT_FOUND: of no
 * scheme that mail programs look for. It may stand behind a letter: "3Dhttp://". */
static size_t scheme_start(struct slice text, size_t colon)
{
    for (size_t i = 0; i < SCHEME_COUNT; i++)
        if (colon >= SCHEMES[i].len &&
            slice_equal_case(slice_part(text, colon - SCHEMES[i].len, colon), SCHEMES[i]))
            return colon - SCHEMES[i].len;
    return SLICE_NOT_FOUND;
}

static bool begins_word(struct slice text, size_t at)
{
    return at == 0 || (!ascii_is_alnum(text.ptr[at - 1]) &&
                       slice_find(SLICE(".-_@/"), text.ptr[at - 1]) == SLICE_NOT_FOUND);
}

/* "www." and more than that. */
static bool is_www(struct slice text, size_t at)
{
    struct slice rest = slice_from(text, at);

    return slice_starts_case(rest, SLICE("www.")) && rest.len > 4 &&
           (ascii_is_alnum(rest.ptr[4]) || (unsigned char)rest.ptr[4] > 0x7F) &&
           begins_word(text, at);
}

#define EACH(byte)      (UINT64_C(0x0101010101010101) * (byte))
#define HAS_ZERO(eight) ((((eight)-EACH(1)) & ~(eight)&EACH(0x80)) != 0)

/* The next ":" or "w" at ${at} or behind it, in which all begins; the end of ${text} when there is
 * none. Eight bytes at a time: most have neither. */
static size_t next_mark(struct slice text, size_t at)
{
    uint64_t eight;

    for (; at + sizeof(eight) <= text.len; at += sizeof(eight)) {
        memcpy(&eight, text.ptr + at, sizeof(eight));
        if (HAS_ZERO(eight ^ EACH(':')) || HAS_ZERO((eight | EACH(0x20)) ^ EACH('w')))
            break;
    }
    while (at < text.len && text.ptr[at] != ':' && ascii_lower(text.ptr[at]) != 'w')
        at++;
    return at;
}

/* Where the next URL begins at ${at} or behind it, and how long its beginning is; the end of
 * ${text} when there is none. No URL begins before ${floor}. */
static size_t next_start(struct slice text, size_t floor, size_t *head)
{
    for (size_t at = next_mark(text, floor); at < text.len; at = next_mark(text, at + 1)) {
        if (text.ptr[at] == ':' && slice_starts(slice_from(text, at), SLICE("://"))) {
            size_t start = scheme_start(slice_from(text, floor), at - floor);

            *head = at + 3 - floor - start;
            if (start != SLICE_NOT_FOUND)
                return floor + start;
        }
        *head = WWW_LENGTH;
        if (is_www(text, at))
            return at;
    }
    return text.len;
}

/* Where the URL ends for readers that take nothing into a host which no name has, so that
 * "http://a.test's" leads to a.test; its length: for them too there. Its first ${head} bytes are
 * known. */
static size_t sound_length(struct slice url, size_t head)
{
    size_t start = head;

    for (size_t i = head; i < url.len; i++) {
        if (slice_find(SLICE("/\\?#"), url.ptr[i]) != SLICE_NOT_FOUND)
            url.len = i;
        else if (url.ptr[i] == '@')
            start = i + 1;
    }
    for (size_t i = start; i < url.len; i++)
        if (slice_find(SLICE("!$&'()*+,;="), url.ptr[i]) != SLICE_NOT_FOUND)
            return i > start ? i : SLICE_NOT_FOUND;
    return SLICE_NOT_FOUND;
}

/* One that begins with "www." is of http, a port behind it or not. */
static enum content_result add_bare(struct link_list *list, struct slice url, size_t head)
{
    struct slice whole = url;

    if (head == WWW_LENGTH) {
        whole = utf8_cut(url, LINK_URL_BYTES_MAX);
        whole = arena_format(list->arena, "http://%.*s", SLICE_ARG(whole));
    }
    return whole.ptr != NULL ? add(list, whole, SLICE_NONE, url, true) : CONTENT_MEMORY;
}

/* Adds a URL, in each way in which readers end it. */
static enum content_result add_found(struct link_list *list, struct slice url, size_t head)
{
    size_t sound = sound_length(url, head);
    enum content_result result = add_bare(list, url, head);

    if (sound == SLICE_NOT_FOUND || result != CONTENT_READ)
        return result;
    return add_bare(list, slice_first(url, sound), head);
}

enum content_result link_scan(struct link_list *list, struct slice text)
{
    enum content_result result = CONTENT_READ;
    size_t at = 0, head = 0;

    if (!allowance_spend(list->allowance, text.len))
        return CONTENT_OVER;
    while (result == CONTENT_READ && (at = next_start(text, at, &head)) < text.len) {
        size_t run = run_length(slice_from(text, at));
        struct slice url = slice_part(text, at, at + run);

        url.len = trimmed_length(url);
        if (url.len > head)
            result = add_found(list, url, head);
        at += run > head ? run : head;
    }
    return result;
}
