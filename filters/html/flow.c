/* flow: see flow.h. */
#include "filters/html/flow.h"

#include "filters/base/utf8.h"

void flow_init(struct flow *flow, size_t limit_bytes)
{
    *flow = (struct flow){.gap = FLOW_NONE};
    bytes_init(&flow->text, limit_bytes);
}

void flow_fini(struct flow *flow)
{
    bytes_fini(&flow->text);
}

void flow_break(struct flow *flow, enum flow_gap gap)
{
    if (gap > flow->gap)
        flow->gap = gap;
}

static void append(struct flow *flow, struct slice s)
{
    if (flow->gap != FLOW_NONE && flow->text.len > 0)
        bytes_append_char(&flow->text, flow->gap == FLOW_LINE ? '\n' : ' ');
    flow->gap = FLOW_NONE;
    bytes_append(&flow->text, s);
}

/* --- ASCII ---------------------------------------------------------------------------------- */

static bool is_printed(char c)
{
    return c > ' ' && c < 0x7F;
}

static size_t printed_length(struct slice s)
{
    size_t len = 0;

    while (len < s.len && is_printed(s.ptr[len]))
        len++;
    return len;
}

static void add_control(struct flow *flow, char c, bool pre)
{
    if (pre && (c == '\n' || c == '\r'))
        flow_break(flow, FLOW_LINE);
    else if (ascii_is_space(c) || c == '\f')
        flow_break(flow, FLOW_BLANK);
}

/* --- beyond --------------------------------------------------------------------------------- */

/* Blanks of Unicode (Zs). */
static bool is_blank(uint32_t code)
{
    return code == 0xA0 || code == 0x1680 || (code >= 0x2000 && code <= 0x200A) || code == 0x202F ||
           code == 0x205F || code == 0x3000;
}

/* Letters by far the most of which can be seen: not worth a look. */
static bool is_plain(uint32_t code)
{
    return (code >= 0xAE && code < 0x34F) || (code >= 0x3400 && code < 0xF900);
}

static bool is_selector(uint32_t code)
{
    return code >= 0xFE00 && code <= 0xFE0F;
}

static void add_character(struct flow *flow, struct slice character)
{
    uint32_t code = utf8_code(character);

    if (is_plain(code))
        append(flow, character);
    else if (code == 0x85 || code == 0x2028 || code == 0x2029)
        flow_break(flow, FLOW_LINE);
    else if (is_blank(code))
        flow_break(flow, FLOW_BLANK);
    else if (!is_selector(code) && !utf8_deceives(character))
        append(flow, character);
}

void flow_text(struct flow *flow, struct slice s, bool pre)
{
    while (s.len > 0) {
        size_t len = printed_length(s);

        if (len > 0) {
            append(flow, slice_first(s, len));
        } else if ((unsigned char)s.ptr[0] < 0x80) {
            add_control(flow, s.ptr[0], pre);
            len = 1;
        } else if ((len = utf8_length(s)) > 0) {
            add_character(flow, slice_first(s, len));
        } else {
            append(flow, SLICE("\xEF\xBF\xBD")); /* U+FFFD */
            len = 1;
        }
        s = slice_from(s, len);
    }
}
