/* html: see html.h. Tokens come from markup.c; what each does to the open elements, the shown text
 * and the links is here. */
#include "filters/html/html.h"

#include <stdlib.h>

#include "filters/html/anchors.h"
#include "filters/html/attributes.h"
#include "filters/html/colour.h"
#include "filters/html/entity.h"
#include "filters/html/flow.h"
#include "filters/html/nesting.h"
#include "filters/html/sheet.h"

#define LINK_COLOUR       0x0000EE /* of an anchor that nobody gave another */
#define ATTRIBUTE_LETTERS 1000     /* font size=1 has ten pixels: all of them can be read */

/* Where reading goes on behind a conditional comment. */
struct outside {
    struct slice source;
    size_t at, floor, depth, beyond, anchor;
};

struct reader {
    struct slice source;
    size_t at;
    struct outside outside;
    bool inside; /* of a conditional comment */
    struct allowance *allowance;
    struct flow visible, hidden;
    struct nesting nesting;
    struct sheet sheet;
    struct anchors anchors;
    struct bytes scratch; /* an attribute's value without references */
    bool broken;          /* memory was out for a sheet */
};

/* --- what is shown -------------------------------------------------------------------------- */

static void put(struct flow *flow, struct slice text, bool references, bool pre)
{
    char character[ENTITY_BYTES_MAX];
    size_t at = 0, from = 0, len;

    while (references && at < text.len) {
        size_t next = slice_find(slice_from(text, at), '&'), size;

        if (next == SLICE_NOT_FOUND)
            break;
        at += next;
        size = entity_read(slice_from(text, at), false, character, &len);
        if (size == 0) {
            at++;
            continue;
        }
        flow_text(flow, slice_part(text, from, at), pre);
        flow_text(flow, slice_make(character, len), pre);
        at += size;
        from = at;
    }
    flow_text(flow, slice_from(text, from), pre);
}

static bool is_blank(struct slice text)
{
    for (size_t i = 0; i < text.len; i++)
        if (!markup_space(text.ptr[i]))
            return false;
    return true;
}

/* A text in ${full}, or ${plain} for a reader who looks at no style sheets. */
static void show_in(struct reader *reader, const struct style *plain, const struct style *full,
                    struct slice text, bool references)
{
    bool hides = style_hides(full);
    bool visible = !hides || !style_hides(plain) || reader->nesting.lost;
    bool hidden = hides || full->mso_hidden;

    if (visible)
        put(&reader->visible, text, references, full->pre);
    if (hidden)
        put(&reader->hidden, text, references, full->pre);
    else if (!is_blank(text))
        flow_break(&reader->hidden, FLOW_BLANK);
}

static void show(struct reader *reader, struct slice text, bool references)
{
    const struct nesting_frame *home = nesting_home(&reader->nesting);

    if (!home->neither)
        show_in(reader, &home->plain, &home->full, text, references);
}

static void break_both(struct reader *reader, enum flow_gap gap)
{
    flow_break(&reader->visible, gap);
    flow_break(&reader->hidden, gap);
}

/* --- attributes ----------------------------------------------------------------------------- */

/* The value without references; valid until the next call. */
static struct slice value_of(struct reader *reader, const struct attributes *attributes,
                             enum attribute which)
{
    struct slice value = attributes->value[which];

    if (slice_find(value, '&') == SLICE_NOT_FOUND && slice_find(value, '\0') == SLICE_NOT_FOUND)
        return value;
    bytes_clear(&reader->scratch);
    entity_append(value, &reader->scratch);
    return bytes_slice(&reader->scratch);
}

static void set_colour(struct style_declared *declared, enum style_property property,
                       struct slice value)
{
    int32_t colour = colour_legacy(value);

    if (colour != COLOUR_INVALID)
        style_set(declared, property, colour);
}

/* What attributes and the element itself say; any style is above that. */
static void read_hints(struct reader *reader, const struct element *element,
                       const struct attributes *attributes, struct style_declared *declared)
{
    if (attributes_has(attributes, ATTRIBUTE_HIDDEN) || (element->bits & ELEMENT_HIDDEN) != 0)
        style_set(declared, STYLE_DISPLAY, STYLE_GONE);
    if ((element->bits & ELEMENT_PRE) != 0)
        style_set(declared, STYLE_PRE, 1);
    if (attributes_has(attributes, ATTRIBUTE_BGCOLOR))
        set_colour(declared, STYLE_GROUND, value_of(reader, attributes, ATTRIBUTE_BGCOLOR));
    if (attributes_has(attributes, ATTRIBUTE_BACKGROUND))
        style_set(declared, STYLE_GROUND, COLOUR_UNKNOWN);
    if (element->id == ELEMENT_A && attributes_has(attributes, ATTRIBUTE_HREF))
        style_set(declared, STYLE_COLOUR, LINK_COLOUR);
    if (element->id == ELEMENT_BODY && attributes_has(attributes, ATTRIBUTE_TEXT))
        set_colour(declared, STYLE_COLOUR, value_of(reader, attributes, ATTRIBUTE_TEXT));
    if (element->id != ELEMENT_FONT)
        return;
    if (attributes_has(attributes, ATTRIBUTE_COLOR))
        set_colour(declared, STYLE_COLOUR, value_of(reader, attributes, ATTRIBUTE_COLOR));
    if (attributes_has(attributes, ATTRIBUTE_SIZE))
        style_set(declared, STYLE_SIZE, ATTRIBUTE_LETTERS);
}

static void declare(struct reader *reader, const struct element *element, struct slice name,
                    const struct attributes *attributes, struct style_declared *plain,
                    struct style_declared *full)
{
    struct style_declared own = {.set = 0};

    read_hints(reader, element, attributes, plain);
    if (attributes_has(attributes, ATTRIBUTE_STYLE)) {
        struct slice style = value_of(reader, attributes, ATTRIBUTE_STYLE);

        style_read(style, &own);
        anchors_style(&reader->anchors, style);
    }
    *full = *plain;
    if (reader->sheet.count > 0)
        reader->nesting.steps +=
            sheet_match(&reader->sheet, name, attributes->value[ATTRIBUTE_CLASS],
                        attributes->value[ATTRIBUTE_ID], full);
    style_add(plain, &own);
    style_add(full, &own);
}

static void add_url(struct reader *reader, const struct element *element, enum attribute which,
                    struct slice url)
{
    if (element->id == ELEMENT_BASE)
        anchors_base(&reader->anchors, url);
    else if (element->id == ELEMENT_A && which == ATTRIBUTE_HREF)
        anchors_open(&reader->anchors, url, reader->visible.text.len);
    else if (which != ATTRIBUTE_DATA || slice_equal(element->name, SLICE("object")))
        anchors_add(&reader->anchors, url);
}

static void add_urls(struct reader *reader, const struct element *element,
                     const struct attributes *attributes)
{
    for (size_t i = 0; i < ATTRIBUTE_URLS; i++)
        if (attributes_has(attributes, (enum attribute)i))
            add_url(reader, element, (enum attribute)i,
                    value_of(reader, attributes, (enum attribute)i));
    if (attributes_has(attributes, ATTRIBUTE_SRCSET))
        anchors_list(&reader->anchors, value_of(reader, attributes, ATTRIBUTE_SRCSET));
    if (element->id == ELEMENT_META &&
        slice_equal_case(slice_trim(attributes->value[ATTRIBUTE_HTTP_EQUIV]), SLICE("refresh")))
        anchors_refresh(&reader->anchors, value_of(reader, attributes, ATTRIBUTE_CONTENT));
}

/* --- elements without content --------------------------------------------------------------- */

/* Whether an input of that type shows no text. */
static bool is_silent(struct slice type)
{
    static const struct slice SILENT[] = {
        SLICE_INIT("hidden"), SLICE_INIT("checkbox"), SLICE_INIT("radio"), SLICE_INIT("password"),
        SLICE_INIT("file"),   SLICE_INIT("image"),    SLICE_INIT("color"), SLICE_INIT("range"),
    };

    for (size_t i = 0; i < sizeof(SILENT) / sizeof(SILENT[0]); i++)
        if (slice_equal_case(slice_trim(type), SILENT[i]))
            return true;
    return false;
}

/* The text that stands for it; whether it has one. */
static bool stands_for(const struct element *element, const struct attributes *attributes,
                       enum attribute *which)
{
    bool silent = is_silent(attributes->value[ATTRIBUTE_TYPE]);

    *which = ATTRIBUTE_ALT;
    if (element->id != ELEMENT_INPUT || silent)
        return attributes_has(attributes, ATTRIBUTE_ALT);
    *which = attributes->value[ATTRIBUTE_VALUE].len > 0 ? ATTRIBUTE_VALUE : ATTRIBUTE_PLACEHOLDER;
    return attributes_has(attributes, *which);
}

static void read_void(struct reader *reader, const struct element *element,
                      const struct attributes *attributes, const struct style_declared *plain,
                      const struct style_declared *full)
{
    const struct nesting_frame *home = nesting_home(&reader->nesting);
    struct style plain_style = style_inside(&home->plain, plain);
    struct style full_style = style_inside(&home->full, full);
    enum attribute which;

    if (home->neither)
        return;
    if ((element->bits & ELEMENT_BLOCK) != 0 && !(full_style.gone && plain_style.gone))
        break_both(reader, FLOW_LINE);
    if (element->id == ELEMENT_INPUT)
        break_both(reader, FLOW_BLANK);
    if (stands_for(element, attributes, &which))
        show_in(reader, &plain_style, &full_style, attributes->value[which], true);
}

/* --- tags ----------------------------------------------------------------------------------- */

static void break_around(struct reader *reader, const struct element *element, bool lines)
{
    if ((element->bits & ELEMENT_BLOCK) != 0)
        flow_break(&reader->hidden, FLOW_BLANK);
    if (lines)
        break_both(reader, FLOW_LINE);
    else if ((element->bits & ELEMENT_CELL) != 0 && nesting_is_there(nesting_top(&reader->nesting)))
        break_both(reader, FLOW_BLANK);
}

/* The content of an element that is no HTML. */
static void read_raw(struct reader *reader, const struct element *element, struct slice name)
{
    static const enum markup_model MODELS[] = {
        [ELEMENT_RCDATA] = MARKUP_RCDATA,
        [ELEMENT_RAWTEXT] = MARKUP_RAWTEXT,
        [ELEMENT_SCRIPT] = MARKUP_SCRIPT,
    };
    struct markup token;

    if (element->model == ELEMENT_PLAINTEXT) {
        reader->nesting.steps += reader->source.len - reader->at;
        show(reader, slice_from(reader->source, reader->at), false);
        reader->at = reader->source.len;
        return;
    }
    markup_raw(reader->source, &reader->at, MODELS[element->model], name, &token);
    reader->nesting.steps += token.text.len;
    if (element->id == ELEMENT_STYLE) {
        reader->broken |= sheet_read(&reader->sheet, token.text) != 0;
        anchors_style(&reader->anchors, token.text);
    } else if ((element->bits & ELEMENT_NEITHER) == 0) {
        show(reader, token.text, !token.plain);
    }
}

static void read_open(struct reader *reader, const struct markup *token)
{
    const struct element *element = element_find(token->text);
    struct style_declared plain = {.set = 0}, full;
    struct attributes attributes;
    bool foreign, raw;

    attributes_read(token->attributes, &attributes);
    nesting_before(&reader->nesting, element);
    foreign = nesting_top(&reader->nesting)->foreign;
    raw = !foreign && element->model != ELEMENT_DATA;
    declare(reader, element, token->text, &attributes, &plain, &full);
    add_urls(reader, element, &attributes);
    if ((element->bits & ELEMENT_VOID) != 0) {
        read_void(reader, element, &attributes, &plain, &full);
        return;
    }
    if (!(foreign && token->empty) && !(raw && (element->bits & ELEMENT_NEITHER) != 0)) {
        bool opened = nesting_open(&reader->nesting, element, token->text, &plain, &full);

        break_around(reader, element, opened && nesting_top(&reader->nesting)->lines);
    }
    if (raw)
        read_raw(reader, element, token->text);
}

static void read_close(struct reader *reader, const struct markup *token)
{
    const struct element *element = element_find(token->text);
    bool lines;

    if (element->id == ELEMENT_A)
        anchors_close(&reader->anchors, reader->visible.text.len);
    lines = nesting_close(&reader->nesting, element, token->text);
    if (element->id == ELEMENT_BR) /* browsers take it for <br> */
        lines = nesting_is_there(nesting_top(&reader->nesting));
    break_around(reader, element, lines);
}

/* --- conditional comments ------------------------------------------------------------------- */

/* What a comment "[if mso]>...<![endif]" has in it; empty when it is none that Outlook reads. */
static struct slice condition_content(struct slice comment)
{
    size_t at = 3, close;

    if (!slice_starts_case(comment, SLICE("[if")))
        return SLICE_NONE;
    while (at < comment.len && markup_space(comment.ptr[at]))
        at++;
    close = slice_find(comment, ']');
    if (at == comment.len || comment.ptr[at] == '!' || close == SLICE_NOT_FOUND ||
        close + 1 == comment.len || comment.ptr[close + 1] != '>')
        return SLICE_NONE;
    return slice_from(comment, close + 2);
}

static void enter(struct reader *reader, struct slice content)
{
    struct nesting *nesting = &reader->nesting;

    reader->outside = (struct outside){reader->source, reader->at,      nesting->floor,
                                       nesting->depth, nesting->beyond, reader->anchors.open};
    reader->source = content;
    reader->at = 0;
    reader->inside = true;
    nesting->floor = nesting->depth;
    reader->anchors.open = 0;
}

static void leave(struct reader *reader)
{
    struct nesting *nesting = &reader->nesting;

    anchors_close(&reader->anchors, reader->visible.text.len);
    nesting_cut(nesting, reader->outside.depth);
    nesting->floor = reader->outside.floor;
    nesting->beyond = reader->outside.beyond;
    reader->anchors.open = reader->outside.anchor;
    reader->source = reader->outside.source;
    reader->at = reader->outside.at;
    reader->inside = false;
}

static void read_comment(struct reader *reader, const struct markup *token)
{
    struct slice content = condition_content(token->text);

    if (content.len > 0 && !reader->inside)
        enter(reader, content);
}

/* --- all of it ------------------------------------------------------------------------------ */

static void read_token(struct reader *reader, const struct markup *token)
{
    switch (token->kind) {
    case MARKUP_TEXT: show(reader, token->text, !token->plain); break;
    case MARKUP_OPEN: read_open(reader, token); break;
    case MARKUP_CLOSE: read_close(reader, token); break;
    case MARKUP_COMMENT: read_comment(reader, token); break;
    case MARKUP_END: leave(reader); break;
    }
}

static bool read_all(struct reader *reader)
{
    struct nesting *nesting = &reader->nesting;
    struct markup token;

    for (;;) {
        size_t before = reader->at;

        markup_next(reader->source, &reader->at, nesting_top(nesting)->foreign, &token);
        if (!allowance_spend(reader->allowance, reader->at - before + nesting->steps))
            return false;
        nesting->steps = 0;
        if (token.kind == MARKUP_END && !reader->inside)
            return true;
        read_token(reader, &token);
    }
}

static enum content_result finish(struct reader *reader, struct arena *arena,
                                  struct link_list *links, struct html *html)
{
    if (reader->broken || bytes_end(&reader->visible.text) != 0 ||
        bytes_end(&reader->hidden.text) != 0 || bytes_end(&reader->scratch) != 0)
        return CONTENT_MEMORY;
    html->visible = arena_copy(arena, bytes_slice(&reader->visible.text));
    html->hidden = arena_copy(arena, bytes_slice(&reader->hidden.text));
    if (html->visible.ptr == NULL || html->hidden.ptr == NULL)
        return CONTENT_MEMORY;
    return anchors_finish(&reader->anchors, html->visible, links);
}

enum content_result html_read(struct slice source, struct arena *arena, struct link_list *links,
                              struct html *html)
{
    size_t limit = arena->limit_bytes - arena->total_bytes;
    struct reader *reader = malloc(sizeof(*reader));
    enum content_result result = CONTENT_OVER;

    if (reader == NULL)
        return CONTENT_MEMORY;
    *reader = (struct reader){.source = source, .allowance = links->allowance};
    flow_init(&reader->visible, limit);
    flow_init(&reader->hidden, limit);
    nesting_init(&reader->nesting);
    sheet_init(&reader->sheet);
    anchors_init(&reader->anchors, limit);
    bytes_init(&reader->scratch, limit);
    if (read_all(reader))
        result = finish(reader, arena, links, html);
    flow_fini(&reader->visible);
    flow_fini(&reader->hidden);
    sheet_fini(&reader->sheet);
    anchors_fini(&reader->anchors);
    bytes_fini(&reader->scratch);
    free(reader);
    return result;
}
