/* encode: see encode.h. */
#include "filters/revise/encode.h"

#include "filters/base/base64.h"

/* --- base64 ----------------------------------------------------------------------------------- */

#define GROUP_OCTETS 3
#define LINE_OCTETS  (ENCODE_LINE_MAX / 4 * GROUP_OCTETS)

static const char DIGITS[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static void put_group(struct slice octets, char *out)
{
    uint32_t group = 0;

    for (size_t i = 0; i < GROUP_OCTETS; i++)
        group = group << 8 | (i < octets.len ? (unsigned char)octets.ptr[i] : 0U);
    for (size_t i = 0; i < 4; i++)
        out[i] = i <= octets.len ? DIGITS[group >> (18 - 6 * i) & 63] : '=';
}

void encode_base64(struct slice octets, struct bytes *out)
{
    while (octets.len > 0) {
        struct slice line = slice_first(octets, LINE_OCTETS);
        char text[ENCODE_LINE_MAX];
        size_t used = 0;

        for (size_t at = 0; at < line.len; at += GROUP_OCTETS, used += 4)
            put_group(slice_first(slice_from(line, at), GROUP_OCTETS), text + used);
        bytes_append(out, slice_make(text, used));
        octets = slice_from(octets, line.len);
        bytes_append(out, octets.len > 0 ? SLICE("\r\n") : SLICE_NONE);
    }
}

size_t encode_base64_place(struct slice raw, size_t *octets)
{
    size_t place = 0, digits = 0, begins = 0;

    for (size_t i = 0; i < raw.len && digits / 4 * GROUP_OCTETS <= *octets; i++) {
        if (base64_digit(raw.ptr[i]) >= 0)
            digits++;
        else if (raw.ptr[i] == '=')
            break;
        if (raw.ptr[i] == '\n' && digits % 4 == 0 && digits / 4 * GROUP_OCTETS <= *octets) {
            place = i + 1;
            begins = digits / 4 * GROUP_OCTETS;
        }
    }
    *octets = begins;
    return place;
}

/* --- quoted-printable ------------------------------------------------------------------------- */

static bool starts_line_end(struct slice s)
{
    return slice_starts(s, SLICE("\r\n"));
}

/* Whether the first octet of ${s} may stand for itself. */
static bool is_plain(struct slice s, bool at_end)
{
    char c = *s.ptr;
    struct slice rest = slice_from(s, 1);

    if (ascii_is_blank(c))
        return rest.len > 0 ? !starts_line_end(rest) : !at_end;
    return c > ' ' && c < 127 && c != '=';
}

static size_t quote(struct slice s, bool at_end, char out[3])
{
    static const char HEX[] = "0123456789ABCDEF";
    unsigned char c = (unsigned char)*s.ptr;

    out[0] = *s.ptr;
    if (is_plain(s, at_end))
        return 1;
    out[0] = '=';
    out[1] = HEX[c >> 4];
    out[2] = HEX[c & 15];
    return 3;
}

/* One octet, or the line end, at the front of ${s}; ${column} is where it goes. Returns how many
 * octets that was. */
static size_t put(struct slice s, bool at_end, size_t *column, struct bytes *out)
{
    char text[3];
    size_t size;
    bool last;

    if (starts_line_end(s)) {
        bytes_append(out, SLICE("\r\n"));
        *column = 0;
        return 2;
    }
    size = quote(s, at_end, text);
    last = (s.len == 1 && at_end) || starts_line_end(slice_from(s, 1));
    if (*column + size > ENCODE_LINE_MAX - (last ? 0U : 1U)) {
        bytes_append(out, SLICE("=\r\n"));
        *column = 0;
    }
    bytes_append(out, slice_make(text, size));
    *column += size;
    return 1;
}

void encode_quoted(struct slice octets, bool at_end, struct bytes *out)
{
    size_t column = 0;

    while (octets.len > 0)
        octets = slice_from(octets, put(octets, at_end, &column, out));
}

size_t encode_quoted_size(struct slice octets)
{
    size_t size = 0;
    char text[3];

    for (; octets.len > 0; octets = slice_from(octets, 1)) {
        if (starts_line_end(octets))
            return SLICE_NOT_FOUND;
        size += quote(octets, false, text);
    }
    return size;
}

/* The length of the soft break at the front of ${s}, blanks before its line end included; 0: none.
 */
static size_t soft_break(struct slice s)
{
    size_t i = 1;

    if (s.len == 0 || *s.ptr != '=')
        return 0;
    while (i < s.len && ascii_is_blank(s.ptr[i]))
        i++;
    if (i < s.len && s.ptr[i] == '\n')
        return i + 1;
    return starts_line_end(slice_from(s, i)) ? i + 2 : 0;
}

static bool is_escape(struct slice s)
{
    return s.len >= 3 && *s.ptr == '=' && ascii_hex(s.ptr[1]) >= 0 && ascii_hex(s.ptr[2]) >= 0;
}

/* How many blanks stand at ${at}; *${idle}: they end a line, and so are nothing. */
static size_t blanks(struct slice raw, size_t at, bool *idle)
{
    size_t end = at;

    while (end < raw.len && ascii_is_blank(raw.ptr[end]))
        end++;
    *idle = end == raw.len || raw.ptr[end] == '\n' || starts_line_end(slice_from(raw, end));
    return end - at;
}

/* Where what stands at ${at} for nothing ends. Up to *${text} blanks are known to be text. */
static size_t skip_nothing(struct slice raw, size_t at, size_t *text)
{
    size_t found;

    do {
        bool idle = false;

        found = soft_break(slice_from(raw, at));
        if (found == 0 && at >= *text)
            found = blanks(raw, at, &idle);
        if (found > 0 && !idle && ascii_is_blank(raw.ptr[at])) {
            *text = at + found;
            found = 0;
        }
        at += found;
    } while (found > 0);
    return at;
}

bool encode_quoted_place(struct slice raw, size_t octets, size_t *place)
{
    size_t at = 0, text = 0;

    for (; octets > 0; octets--) {
        at = skip_nothing(raw, at, &text);
        if (at >= raw.len)
            return false;
        at += is_escape(slice_from(raw, at)) ? 3 : 1;
    }
    *place = at;
    return true;
}
