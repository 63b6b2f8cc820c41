/* leaf_text: see leaf_text.h. */
#include "filters/content/leaf_text.h"

#include "filters/base/charset_names.h"
#include "filters/base/utf8.h"
#include "filters/content/leaf_file.h"
#include "filters/decode/text.h"
#include "filters/decode/uuencode.h"
#include "filters/decode/yenc.h"
#include "filters/html/html.h"

static void add(struct builder *b, enum content_fact fact, uint32_t number, struct slice text,
                enum content_view view)
{
    builder_value(b, fact, (struct content_value){.text = text, .part = number, .view = view});
}

/* --- links ------------------------------------------------------------------------------------ */

static void add_links(struct builder *b, uint32_t number, size_t from, bool other)
{
    enum content_view view = other ? CONTENT_OTHER : CONTENT_PLAIN;

    for (size_t i = from; i < b->links.count; i++) {
        const struct link *link = &b->links.items[i];

        builder_value(
            b, CONTENT_LINK,
            (struct content_value){
                .text = link->url, .part = number, .view = view, .mismatch = link->mismatch});
        if (link->host.len > 0)
            add(b, CONTENT_LINK_HOST, number, link->host, view);
        b->content.link_mismatch = b->content.link_mismatch || link->mismatch;
    }
}

/* --- text ------------------------------------------------------------------------------------- */

static void take_html(struct builder *b, uint32_t number, struct slice source, bool other)
{
    struct html html;

    if (!builder_fail(b, html_read(source, &b->arena, &b->links, &html)))
        return;
    add(b, CONTENT_BODY, number, source, other ? CONTENT_OTHER : CONTENT_SOURCE);
    add(b, CONTENT_BODY, number, html.visible, other ? CONTENT_OTHER : CONTENT_VISIBLE);
    if (html.hidden.len > 0)
        add(b, CONTENT_HIDDEN_TEXT, number, html.hidden, other ? CONTENT_OTHER : CONTENT_PLAIN);
}

static void take_plain(struct builder *b, uint32_t number, struct slice text, bool other)
{
    add(b, CONTENT_BODY, number, text, other ? CONTENT_OTHER : CONTENT_PLAIN);
    (void)builder_fail(b, link_scan(&b->links, text)); /* b->result says it */
}

/* Whether ${octets} are the text already. */
static bool is_utf8(int charset, struct slice octets)
{
    return (charset == CHARSET_UTF_8 || charset == CHARSET_ASCII) && utf8_valid(octets) &&
           !slice_starts(octets, SLICE("\xEF\xBB\xBF"));
}

static struct slice convert(struct builder *b, int charset, struct leaf_octets *octets)
{
    struct bytes out;
    enum content_result result;

    if (is_utf8(charset, octets->text)) {
        if (octets->buffer != NULL && !octets->kept) {
            b->lent = 0;
            octets->text = builder_keep(b, octets->buffer);
            octets->kept = true;
        }
        return octets->text;
    }
    builder_begin(b, &out);
    result = text_to_utf8(&b->charsets, charset, octets->text, b->allowance, &out);
    if (!builder_fail(b, result)) {
        bytes_fini(&out);
        return SLICE("");
    }
    return builder_keep(b, &out);
}

static void take_charsets(struct builder *b, uint32_t number, struct leaf_octets *octets,
                          const struct declared_text *declared)
{
    bool html = builder_part_at(b, number)->html;
    struct slice name = declared != NULL ? declared->text : SLICE("");
    bool other = octets->other || (declared != NULL && declared->other);
    int charsets[TEXT_CHARSETS_MAX];
    size_t count = text_charsets(octets->text, name, html, charsets);

    for (size_t i = 0; i < count && b->result == CONTENT_READ; i++) {
        size_t links = b->links.count;
        struct slice text = convert(b, charsets[i], octets);

        if (b->result == CONTENT_READ && html)
            take_html(b, number, text, other || i > 0);
        else if (b->result == CONTENT_READ)
            take_plain(b, number, text, other || i > 0);
        add_links(b, number, links, other || i > 0);
    }
    if (text_is_doubtful(octets->text, name))
        builder_doubts(b, doubt_bit(DOUBT_ASCII), number);
    if (name.len > 0 && charset_find(name) == CHARSET_NONE && utf8_beyond_ascii(octets->text))
        builder_doubts(b, doubt_bit(DOUBT_CHARSET), number);
}

/* --- files in it ------------------------------------------------------------------------------ */

static void take_uuencoded(struct builder *b, uint32_t number, const struct uuencode_file *file)
{
    struct bytes buffer;
    struct slice octets;

    builder_doubts(b, doubt_bit(DOUBT_FILE), number);
    builder_name(b, file->name, number);
    builder_begin(b, &buffer);
    if (builder_fail(b, uuencode_decode(file->body, b->allowance, &buffer)) &&
        bytes_take(&buffer, &octets) == 0)
        leaf_file_take(b, number, octets, true);
    bytes_fini(&buffer);
}

void leaf_text_files(struct builder *b, uint32_t number, struct slice text)
{
    struct uuencode_file file;
    struct slice name;
    int found;

    for (size_t at = 0; (found = uuencode_next(text, at, b->allowance, &file)) > 0; at = file.end)
        take_uuencoded(b, number, &file);
    if (found < 0)
        (void)builder_fail(b, CONTENT_OVER); /* b->result says it */
    for (size_t at = 0; yenc_next(text, &at, &name);) {
        builder_doubts(b, doubt_bit(DOUBT_FILE), number);
        builder_name(b, name, number);
    }
}

void leaf_text_take(struct builder *b, uint32_t number, struct leaf_octets *octets,
                    const struct declared_text *charsets)
{
    take_charsets(b, number, octets, charsets);
    for (; charsets != NULL && charsets->next != NULL; charsets = charsets->next)
        take_charsets(b, number, octets, charsets->next);
    leaf_text_files(b, number, octets->text);
}
