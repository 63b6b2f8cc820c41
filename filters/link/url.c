/* url: see url.h. */
#include "filters/link/url.h"

#include "filters/base/utf8.h"
#include "filters/link/host.h"

/* --- what is taken off ---------------------------------------------------------------------- */

static struct slice without_controls(struct slice s)
{
    while (s.len > 0 && (unsigned char)s.ptr[0] <= ' ')
        s = slice_from(s, 1);
    while (s.len > 0 && (unsigned char)s.ptr[s.len - 1] <= ' ')
        s.len--;
    return s;
}

/* An attribute of an undecoded part: href=3D"https://...". */
static struct slice without_quotes(struct slice s)
{
    if (!slice_starts_case(s, SLICE("3D\"")) && !slice_starts_case(s, SLICE("3D'")))
        return s;
    s = slice_from(s, 3);
    if (s.len > 0 && (s.ptr[s.len - 1] == '"' || s.ptr[s.len - 1] == '\''))
        s.len--;
    return s;
}

static void append_one_line(struct slice s, struct bytes *out)
{
    size_t from = 0;

    for (size_t at = 0; at < s.len; at++) {
        if (s.ptr[at] != '\t' && s.ptr[at] != '\r' && s.ptr[at] != '\n')
            continue;
        utf8_append_clean(slice_part(s, from, at), out);
        from = at + 1;
    }
    utf8_append_clean(slice_from(s, from), out);
}

/* --- schemes -------------------------------------------------------------------------------- */

/* The length of the scheme that ${s} begins with, its ":" not counted; 0: none. */
static size_t scheme_length(struct slice s)
{
    size_t at = 0;

    while (at < s.len && (ascii_is_alnum(s.ptr[at]) ||
                          (at > 0 && (s.ptr[at] == '+' || s.ptr[at] == '-' || s.ptr[at] == '.'))))
        at++;
    return at > 0 && ascii_is_letter(s.ptr[0]) && at < s.len && s.ptr[at] == ':' ? at : 0;
}

/* "Special scheme" of the URL standard, without file. */
static bool is_special(struct slice scheme)
{
    static const struct slice SPECIAL[] = {SLICE_INIT("http"), SLICE_INIT("https"),
                                           SLICE_INIT("ftp"), SLICE_INIT("ws"), SLICE_INIT("wss")};

    for (size_t i = 0; i < sizeof(SPECIAL) / sizeof(SPECIAL[0]); i++)
        if (slice_equal_case(scheme, SPECIAL[i]))
            return true;
    return false;
}

static bool is_slash(char c, bool special)
{
    return c == '/' || (special && c == '\\');
}

static size_t slashes(struct slice s, bool special)
{
    size_t count = 0;

    while (count < s.len && is_slash(s.ptr[count], special))
        count++;
    return count;
}

/* --- the parts ------------------------------------------------------------------------------ */

/* How long the authority is that ${s} begins with (RFC 3986, 3.2). */
static size_t authority_length(struct slice s, bool special)
{
    size_t at = 0;

    while (at < s.len && !is_slash(s.ptr[at], special) && s.ptr[at] != '?' && s.ptr[at] != '#')
        at++;
    return at;
}

/* Where the host of ${authority} ends and its port begins: a colon outside of brackets. */
static size_t host_end(struct slice host)
{
    size_t close = host.len > 0 && host.ptr[0] == '[' ? slice_find(host, ']') : 0;
    size_t colon = slice_find(slice_from(host, close == SLICE_NOT_FOUND ? 0 : close), ':');

    if (colon == SLICE_NOT_FOUND)
        return host.len;
    return colon + (close == SLICE_NOT_FOUND ? 0 : close);
}

/* Unreserved characters (RFC 3986, 2.3). */
static bool is_unreserved(int c)
{
    return ascii_is_alnum((char)c) || c == '-' || c == '.' || c == '_' || c == '~';
}

static void append_plain(struct slice s, struct bytes *out)
{
    size_t from = 0;

    for (size_t at = 0; at + 2 < s.len; at++) {
        int high = s.ptr[at] == '%' ? ascii_hex(s.ptr[at + 1]) : -1;
        int low = high >= 0 ? ascii_hex(s.ptr[at + 2]) : -1;

        if (low < 0 || !is_unreserved(high << 4 | low))
            continue;
        bytes_append(out, slice_part(s, from, at));
        bytes_append_char(out, (char)(high << 4 | low));
        at += 2;
        from = at + 1;
    }
    bytes_append(out, slice_from(s, from));
}

/* Path, query and fragment; backslashes of the path are turned. */
static void append_path(struct slice s, bool special, struct bytes *out)
{
    size_t path = 0;

    while (path < s.len && s.ptr[path] != '?' && s.ptr[path] != '#')
        path++;
    for (size_t at = 0, end; special && at < path; at = end) {
        size_t turned = slice_find(slice_part(s, at, path), '\\');

        end = turned == SLICE_NOT_FOUND ? path : at + turned + 1;
        append_plain(slice_part(s, at, turned == SLICE_NOT_FOUND ? end : end - 1), out);
        if (turned != SLICE_NOT_FOUND)
            bytes_append_char(out, '/');
    }
    append_plain(slice_from(s, special ? path : 0), out);
}

/* Where the pieces stand in the room, which may move while it grows. */
struct places {
    size_t scheme, host, host_len;
};

/* "//" and what follows it. */
static int append_authority(struct slice s, bool special, struct bytes *out, struct places *places)
{
    size_t length = authority_length(s, special);
    struct slice authority = slice_first(s, length);
    size_t at = slice_find_last(authority, '@');
    struct slice user = slice_first(authority, at == SLICE_NOT_FOUND ? 0 : at + 1);
    struct slice host = slice_from(authority, user.len);
    size_t end = host_end(host);

    bytes_append(out, SLICE("//"));
    bytes_append(out, user);
    places->host = out->len;
    if (host_append(slice_first(host, end), out) != 0)
        return -1;
    places->host_len = out->len - places->host;
    if (places->host_len == 0)
        bytes_append(out, slice_first(host, end));
    if (host.len > end + 1)
        bytes_append(out, slice_from(host, end));
    append_path(slice_from(s, length), special, out);
    return bytes_end(out);
}

static void append_scheme(struct slice scheme, struct bytes *out, struct places *places)
{
    places->scheme = scheme.len;
    for (size_t i = 0; i < scheme.len; i++)
        bytes_append_char(out, ascii_lower(scheme.ptr[i]));
    bytes_append_char(out, ':');
}

static int append_absolute(struct slice scheme, struct slice rest, struct bytes *out,
                           struct places *places)
{
    bool special = is_special(scheme);
    size_t count = slashes(rest, special);

    append_scheme(scheme, out, places);
    if (special || count == 2)
        return append_authority(slice_from(rest, count), special, out, places);
    append_path(rest, special, out);
    return bytes_end(out);
}

/* --- relative ones -------------------------------------------------------------------------- */

/* How much of ${base} stands before ${written}, which is relative to it: "4.4", "relative state".
 */
static size_t base_length(struct slice base, struct slice written)
{
    size_t scheme = scheme_length(base) + 1;
    size_t root = scheme + 2 + authority_length(slice_from(base, scheme + 2), true);
    size_t path = root;

    if (written.ptr[0] == '/' || written.ptr[0] == '\\')
        return root;
    while (path < base.len && base.ptr[path] != '?' && base.ptr[path] != '#')
        path++;
    if (written.ptr[0] == '?' || written.ptr[0] == '#')
        return path;
    while (path > root && base.ptr[path - 1] != '/')
        path--;
    return path;
}

static int append_relative(struct slice written, struct slice base, struct bytes *out,
                           struct places *places)
{
    bool based = is_special(slice_first(base, scheme_length(base)));
    struct bytes whole;
    struct slice text;
    size_t length;
    int result = -1;

    if (slashes(written, true) >= 2) {
        if (based)
            append_scheme(slice_first(base, scheme_length(base)), out, places);
        return append_authority(slice_from(written, slashes(written, true)), true, out, places);
    }
    if (!based || written.len == 0) {
        append_plain(written, out);
        return bytes_end(out);
    }
    bytes_init(&whole, base.len + written.len + 1);
    length = base_length(base, written);
    bytes_append(&whole, slice_first(base, length));
    if (base.ptr[length - 1] != '/' && !is_slash(written.ptr[0], true) && written.ptr[0] != '?' &&
        written.ptr[0] != '#')
        bytes_append_char(&whole, '/');
    bytes_append(&whole, written);
    length = scheme_length(base);
    if (bytes_take(&whole, &text) == 0)
        result =
            append_absolute(slice_first(base, length), slice_from(text, length + 1), out, places);
    bytes_fini(&whole);
    return result;
}

/* ${line} has neither blanks around it nor line ends. */
static int append_url(struct slice line, struct slice base, struct bytes *out,
                      struct places *places)
{
    size_t scheme = scheme_length(line);

    if (scheme > 0)
        return append_absolute(slice_first(line, scheme), slice_from(line, scheme + 1), out,
                               places);
    if (slice_starts_case(line, SLICE("www.")) && base.len == 0)
        return append_absolute(SLICE("http"), line, out, places);
    return append_relative(line, base, out, places);
}

int url_read(struct slice written, struct slice base, struct bytes *room, struct url *url)
{
    struct places places = {0, 0, 0};
    struct bytes line;
    struct slice text;
    int result = -1;

    bytes_init(&line, room->limit_bytes);
    bytes_renew(room);
    append_one_line(without_quotes(without_controls(written)), &line);
    if (bytes_take(&line, &text) == 0 &&
        append_url(without_controls(text), base, room, &places) == 0) {
        url->text = bytes_slice(room);
        url->scheme = slice_first(url->text, places.scheme);
        url->host = slice_part(url->text, places.host, places.host + places.host_len);
        result = 0;
    }
    bytes_fini(&line);
    return result;
}
