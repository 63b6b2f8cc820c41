/* utf8: see utf8.h. The ranges of the second byte are those of RFC 3629, section 4. */
#include "filters/base/utf8.h"

#define UTF8_LENGTH_MAX 4

static bool in_range(unsigned char c, unsigned char low, unsigned char high)
{
    return c >= low && c <= high;
}

/* The length that a first byte announces, and what may follow it at once. */
static size_t announced(unsigned char first, unsigned char *low, unsigned char *high)
{
    *low = 0x80;
    *high = 0xBF;
    if (in_range(first, 0xC2, 0xDF))
        return 2;
    if (in_range(first, 0xE0, 0xEF)) {
        if (first == 0xE0)
            *low = 0xA0; /* below: overlong */
        else if (first == 0xED)
            *high = 0x9F; /* above: surrogates */
        return 3;
    }
    if (in_range(first, 0xF0, 0xF4)) {
        if (first == 0xF0)
            *low = 0x90;
        else if (first == 0xF4)
            *high = 0x8F;
        return 4;
    }
    return 0;
}

size_t utf8_length(struct slice s)
{
    unsigned char low, high;
    size_t length;

    if (s.len == 0)
        return 0;
    if ((unsigned char)s.ptr[0] < 0x80)
        return 1;
    length = announced((unsigned char)s.ptr[0], &low, &high);
    if (length == 0 || length > s.len || !in_range((unsigned char)s.ptr[1], low, high))
        return 0;
    for (size_t i = 2; i < length; i++)
        if (!in_range((unsigned char)s.ptr[i], 0x80, 0xBF))
            return 0;
    return length;
}

uint32_t utf8_code(struct slice character)
{
    static const unsigned char FIRST_BITS[] = {0, 0x7F, 0x1F, 0x0F, 0x07};
    uint32_t code = (unsigned char)character.ptr[0] & FIRST_BITS[character.len];

    for (size_t i = 1; i < character.len; i++)
        code = code << 6 | ((unsigned char)character.ptr[i] & 0x3F);
    return code;
}

size_t utf8_write(uint32_t code, char out[UTF8_CHARACTER_MAX])
{
    if (code < 0x80) {
        out[0] = (char)code;
        return 1;
    }
    if (code < 0x800) {
        out[0] = (char)(0xC0 | code >> 6);
        out[1] = (char)(0x80 | (code & 0x3F));
        return 2;
    }
    if (code < 0x10000) {
        out[0] = (char)(0xE0 | code >> 12);
        out[1] = (char)(0x80 | (code >> 6 & 0x3F));
        out[2] = (char)(0x80 | (code & 0x3F));
        return 3;
    }
    out[0] = (char)(0xF0 | code >> 18);
    out[1] = (char)(0x80 | (code >> 12 & 0x3F));
    out[2] = (char)(0x80 | (code >> 6 & 0x3F));
    out[3] = (char)(0x80 | (code & 0x3F));
    return 4;
}

bool utf8_deceives(struct slice character)
{
    static const struct {
        uint32_t first, last;
    } RANGES[] = {
        {0x80, 0x9F},       {0xAD, 0xAD},     {0x34F, 0x34F},     {0x61C, 0x61C},
        {0x115F, 0x1160},   {0x17B4, 0x17B5}, {0x180E, 0x180E},   {0x200B, 0x200F},
        {0x2028, 0x202E},   {0x2060, 0x206F}, {0x3164, 0x3164},   {0xFEFF, 0xFEFF},
        {0xFFA0, 0xFFA0},   {0xFFF9, 0xFFFB}, {0x1BCA0, 0x1BCA3}, {0x1D173, 0x1D17A},
        {0xE0000, 0xE0FFF},
    };
    uint32_t code = utf8_code(character);

    for (size_t i = 0; i < sizeof(RANGES) / sizeof(RANGES[0]); i++)
        if (code >= RANGES[i].first && code <= RANGES[i].last)
            return true;
    return false;
}

#define HIGH_BITS UINT64_C(0x8080808080808080)

static uint64_t eight_at(const char *at)
{
    uint64_t eight;

    memcpy(&eight, at, sizeof(eight));
    return eight;
}

/* Eight bytes at a time; the last eight may overlap those before. */
static bool is_ascii(struct slice s)
{
    uint64_t high = 0;
    size_t at;

    if (s.len < sizeof(high)) {
        for (at = 0; at < s.len; at++)
            high |= (unsigned char)s.ptr[at];
        return (high & 0x80) == 0;
    }
    for (at = 0; at + sizeof(high) < s.len; at += sizeof(high))
        high |= eight_at(s.ptr + at);
    return ((high | eight_at(s.ptr + s.len - sizeof(high))) & HIGH_BITS) == 0;
}

/* How many bytes of well-formed UTF-8 ${s} begins with. */
static size_t clean_length(struct slice s)
{
    size_t at = 0, length;

    while (at < s.len) {
        if (at + 8 <= s.len && (eight_at(s.ptr + at) & HIGH_BITS) == 0) {
            at += 8;
            continue;
        }
        length = utf8_length(slice_from(s, at));
        if (length == 0)
            break;
        at += length;
    }
    return at;
}

bool utf8_shown_byte(struct slice s)
{
    return s.len >= 4 && s.ptr[0] == '\\' && s.ptr[1] == 'x' && ascii_hex(s.ptr[2]) >= 0 &&
           ascii_hex(s.ptr[3]) >= 0;
}

bool utf8_valid(struct slice s)
{
    return is_ascii(s) || clean_length(s) == s.len;
}

void utf8_append_clean(struct slice s, struct bytes *out)
{
    for (;;) {
        size_t clean = clean_length(s);

        bytes_append(out, slice_first(s, clean)); /* a failure sticks */
        if (clean == s.len)
            return;
        bytes_append(out, SLICE("\xEF\xBF\xBD")); /* U+FFFD */
        s = slice_from(s, clean + 1);
    }
}

bool utf8_beyond_ascii(struct slice s)
{
    return !is_ascii(s);
}

struct slice utf8_cut(struct slice s, size_t limit_bytes)
{
    size_t back = 0;

    if (s.len <= limit_bytes)
        return s;
    while (back < UTF8_LENGTH_MAX && back < limit_bytes) {
        size_t length = utf8_length(slice_from(s, limit_bytes - back));

        if (length > back)
            return slice_first(s, limit_bytes - back);
        if (length > 0)
            break;
        back++;
    }
    return slice_first(s, limit_bytes);
}
