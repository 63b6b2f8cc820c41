/* pattern_source: see pattern_private.h. */
#include "filters/pattern_private.h"

size_t pattern_source_restore(struct slice in, struct pattern_source *out, size_t stop)
{
    static const char letters[] = "abtnvfr";
    bool escaped = false, quoted = false;
    size_t at;

    *out = (struct pattern_source){.text = out->text};
    for (at = 0; at < in.len && out->len < stop; at++) {
        char c = in.ptr[at];

        if (c >= 0x07 && c <= 0x0D && !quoted) {
            if (!escaped)
                out->text[out->len++] = '\\';
            c = letters[c - 0x07];
        } else if (escaped) {
            quoted = quoted ? c != 'E' : c == 'Q';
            out->continues = out->continues || c == 'G';
        }
        escaped = c == '\\' && (quoted || !escaped);
        out->text[out->len++] = c;
    }
    return at;
}
