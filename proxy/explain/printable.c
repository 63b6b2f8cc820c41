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

static void append(struct bytes *out, struct slice s, bool quoted)
{
    while (s.len > 0) {
        size_t length = utf8_length(s);
        struct slice character = slice_first(s, length > 0 ? length : 1);

        if (character.len == 1)
            append_byte(out, (unsigned char)*character.ptr, quoted);
        else if (utf8_deceives(character))
            bytes_format(out, "\\u{%X}", (unsigned)utf8_code(character));
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
