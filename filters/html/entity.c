/* entity: see entity.h. */
#include "filters/html/entity.h"

#include "filters/base/utf8.h"
#include "filters/html/entity_table.h"

#define BLOCK_COUNT  (sizeof(ENTITY_NAMES) / sizeof(ENTITY_NAMES[0]))
#define CODE_MAX     0x10FFFF
#define CODE_REPLACE 0xFFFD

/* --- characters ----------------------------------------------------------------------------- */

/* What browsers make of a number ("13.2.5.80 Numeric character reference end state"): 0x80 to 0x9F
 * are those of windows-1252. */
static uint32_t meant(uint32_t code)
{
    static const uint16_t WINDOWS[] = {
        0x20AC, 0x81,   0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160,
        0x2039, 0x0152, 0x8D,   0x017D, 0x8F,   0x90,   0x2018, 0x2019, 0x201C, 0x201D, 0x2022,
        0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0x9D,   0x017E, 0x0178,
    };

    if (code >= 0x80 && code <= 0x9F)
        return WINDOWS[code - 0x80];
    if (code == 0 || code > CODE_MAX || (code >= 0xD800 && code <= 0xDFFF))
        return CODE_REPLACE;
    return code;
}

/* --- numbers -------------------------------------------------------------------------------- */

static int digit_of(char c, uint32_t base)
{
    if (base == 10)
        return ascii_is_digit(c) ? c - '0' : -1;
    return ascii_hex(c);
}

static size_t read_number(struct slice s, char *out, size_t *len)
{
    bool hex = s.len > 2 && ascii_lower(s.ptr[2]) == 'x';
    uint32_t base = hex ? 16 : 10, code = 0;
    size_t start = hex ? 3 : 2, at = start;
    int digit;

    for (; at < s.len && (digit = digit_of(s.ptr[at], base)) >= 0; at++)
        if (code <= CODE_MAX) /* larger ones all mean the same */
            code = code * base + (uint32_t)digit;
    if (at == start)
        return 0;
    *len = utf8_write(meant(code), out);
    return at < s.len && s.ptr[at] == ';' ? at + 1 : at;
}

/* --- names ---------------------------------------------------------------------------------- */

/* The name that ${block} begins with, without what follows it. */
static struct slice first_name(const char *block)
{
    size_t len = 0;

    while (ascii_is_alnum(block[len]))
        len++;
    return slice_make(block, len);
}

static int compare(struct slice a, struct slice b)
{
    size_t common = a.len < b.len ? a.len : b.len;
    int order = memcmp(a.ptr, b.ptr, common);

    if (order != 0)
        return order;
    return a.len == b.len ? 0 : a.len < b.len ? -1 : 1;
}

/* The last block that does not begin behind ${name}. */
static size_t block_of(struct slice name)
{
    size_t low = 0, high = BLOCK_COUNT;

    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;

        if (compare(first_name(ENTITY_NAMES[middle]), name) <= 0)
            low = middle;
        else
            high = middle;
    }
    return low;
}

/* Where ${name} stands among the names, or ENTITY_COUNT; whether it needs no semicolon. */
static size_t find(struct slice name, bool *bare)
{
    size_t block = block_of(name);
    size_t index = block * ENTITY_BLOCK;
    const char *at = ENTITY_NAMES[block];

    for (size_t i = 0; i < ENTITY_BLOCK && index < ENTITY_COUNT; i++, index++) {
        struct slice there = first_name(at);

        *bare = at[there.len] == ',';
        if (slice_equal(there, name))
            return index;
        at += there.len + 1;
    }
    return ENTITY_COUNT;
}

static size_t put_named(size_t index, char *out)
{
    uint32_t code = ENTITY_CODES[index];
    uint32_t second = code >> ENTITY_SECOND;
    size_t len = utf8_write(code & ENTITY_FIRST, out);

    return second > 0 ? len + utf8_write(ENTITY_SECONDS[second - 1], out + len) : len;
}

/* How many letters and digits ${s} begins with, as far as a name can go and one further. */
static size_t name_length(struct slice s)
{
    size_t len = 0;

    while (len < s.len && len <= ENTITY_NAME_MAX && ascii_is_alnum(s.ptr[len]))
        len++;
    return len;
}

/* The longest name that needs no semicolon and that ${s} begins with; 0: none. */
static size_t read_bare(struct slice s, size_t length, bool attribute, char *out, size_t *len)
{
    size_t longest = length < ENTITY_BARE_MAX ? length : ENTITY_BARE_MAX;

    for (size_t size = longest; size > 1; size--) {
        bool bare = false;
        size_t index = find(slice_first(s, size), &bare);

        if (index == ENTITY_COUNT || !bare)
            continue;
        if (attribute && size < s.len && (s.ptr[size] == '=' || ascii_is_alnum(s.ptr[size])))
            return 0;
        *len = put_named(index, out);
        return size;
    }
    return 0;
}

static size_t read_name(struct slice s, bool attribute, char *out, size_t *len)
{
    struct slice text = slice_from(s, 1);
    size_t length = name_length(text), index, size;
    bool bare;

    if (length < text.len && text.ptr[length] == ';' && length > 0) {
        index = find(slice_first(text, length), &bare);
        if (index < ENTITY_COUNT) {
            *len = put_named(index, out);
            return length + 2;
        }
    }
    size = read_bare(text, length, attribute, out, len);
    if (size == 0)
        return 0;
    return size + 1;
}

/* --- references ----------------------------------------------------------------------------- */

size_t entity_read(struct slice s, bool attribute, char out[ENTITY_BYTES_MAX], size_t *len)
{
    if (s.len > 1 && s.ptr[1] == '#')
        return read_number(s, out, len);
    return read_name(s, attribute, out, len);
}

void entity_append(struct slice value, struct bytes *out)
{
    char text[ENTITY_BYTES_MAX];
    size_t from = 0, at = 0, len;

    while (at < value.len) {
        size_t size = value.ptr[at] == '&'    ? entity_read(slice_from(value, at), true, text, &len)
                      : value.ptr[at] == '\0' ? 1
                                              : 0;

        if (size == 0) {
            at++;
            continue;
        }
        bytes_append(out, slice_make(value.ptr + from, at - from));
        bytes_append(out, value.ptr[at] == '\0' ? SLICE("\xEF\xBF\xBD") : slice_make(text, len));
        at += size;
        from = at;
    }
    bytes_append(out, slice_from(value, from));
}
