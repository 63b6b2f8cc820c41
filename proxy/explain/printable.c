/* printable: see printable.h. */
#include "proxy/explain/printable.h"

#include "filters/base/utf8.h"

static void append_byte(struct bytes *out, unsigned char c, bool quoted)
{
    if (c == '\n')
        bytes_append(out, SLICE("\\n"));
    else if (c == '\r')
        bytes_append(out, SLICE("\\r"));
    else if (c == '\t')
        bytes_append(out, quoted ? SLICE("\\t") : SLICE("\t"));
    else if (quoted && (c == '"' || c == '\\'))
        bytes_format(out, "\\%c", c);
    else if (c >= ' ' && c <= '~')
        bytes_append_char(out, (char)c);
    else
        bytes_format(out, "\\x%02X", (unsigned)c);
}

/* The code point of a well-formed character. */
static uint32_t decode(struct slice s)
{
    static const unsigned char FIRST_BITS[] = {0, 0x7F, 0x1F, 0x0F, 0x07};
    uint32_t code = (unsigned char)s.ptr[0] & FIRST_BITS[s.len];

    for (size_t i = 1; i < s.len; i++)
        code = code << 6 | ((unsigned char)s.ptr[i] & 0x3F);
    return code;
}

/* C1 controls, line and paragraph separators, direction marks, the byte order mark, tags. */
static bool is_trouble(uint32_t code)
{
    return code < 0xA0 || code == 0xAD || code == 0x61C || (code >= 0x200B && code <= 0x200F) ||
           (code >= 0x2028 && code <= 0x202E) || (code >= 0x2060 && code <= 0x206F) ||
           code == 0xFEFF || (code >= 0xE0000 && code <= 0xE0FFF);
}

static void append(struct bytes *out, struct slice s, bool quoted)
{
    while (s.len > 0) {
        size_t length = utf8_length(s);
        struct slice character = slice_first(s, length > 0 ? length : 1);

        if (character.len == 1)
            append_byte(out, (unsigned char)*character.ptr, quoted);
        else if (is_trouble(decode(character)))
            bytes_format(out, "\\u{%X}", (unsigned)decode(character));
        else
            bytes_append(out, character);
        s = slice_from(s, character.len);
    }
}

void printable_append(struct bytes *out, struct slice s)
{
    append(out, s, false);
}

void printable_quote(struct bytes *out, struct slice s)
{
    bytes_append_char(out, '"');
    append(out, s, true);
    bytes_append_char(out, '"');
}
