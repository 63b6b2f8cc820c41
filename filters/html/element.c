/* element: see element.h. The table follows "13.2.6 Tree construction" and "15 Rendering". */
#include "filters/html/element.h"

/* The usual kinds. */
#define LINE    (ELEMENT_BLOCK | ELEMENT_ENDS_P | ELEMENT_SPECIAL)
#define HEADING (LINE | ELEMENT_HEADING | ELEMENT_ESCAPES)
#define FORMAT  (ELEMENT_FORMAT | ELEMENT_ESCAPES)
#define VOID    (ELEMENT_VOID | ELEMENT_SPECIAL)
#define BARRIER (ELEMENT_SPECIAL | ELEMENT_SCOPE)
#define ROWS    (ELEMENT_BLOCK | ELEMENT_SPECIAL | ELEMENT_TABLE)
#define NEITHER (ELEMENT_SPECIAL | ELEMENT_NEITHER)
#define OTHER   ELEMENT_OTHER, ELEMENT_DATA

/* In the order of bytes. */
static const struct element ELEMENTS[] = {
    {SLICE_INIT("a"), ELEMENT_FORMAT, ELEMENT_A, ELEMENT_DATA},
    {SLICE_INIT("address"), LINE, OTHER},
    {SLICE_INIT("applet"), BARRIER, OTHER},
    {SLICE_INIT("area"), VOID, OTHER},
    {SLICE_INIT("article"), LINE, OTHER},
    {SLICE_INIT("aside"), LINE, OTHER},
    {SLICE_INIT("b"), FORMAT, OTHER},
    {SLICE_INIT("base"), VOID, ELEMENT_BASE, ELEMENT_DATA},
    {SLICE_INIT("basefont"), VOID, OTHER},
    {SLICE_INIT("bgsound"), VOID, OTHER},
    {SLICE_INIT("big"), FORMAT, OTHER},
    {SLICE_INIT("blockquote"), LINE | ELEMENT_ESCAPES, OTHER},
    {SLICE_INIT("body"), ELEMENT_BLOCK | ELEMENT_SPECIAL | ELEMENT_ESCAPES, ELEMENT_BODY,
     ELEMENT_DATA},
    {SLICE_INIT("br"), VOID | ELEMENT_BLOCK | ELEMENT_ESCAPES, ELEMENT_BR, ELEMENT_DATA},
    {SLICE_INIT("button"), ELEMENT_SPECIAL, ELEMENT_BUTTON, ELEMENT_DATA},
    {SLICE_INIT("caption"), BARRIER | ELEMENT_BLOCK, OTHER},
    {SLICE_INIT("center"), LINE | ELEMENT_ESCAPES, OTHER},
    {SLICE_INIT("code"), FORMAT, OTHER},
    {SLICE_INIT("col"), VOID, OTHER},
    {SLICE_INIT("dd"), LINE | ELEMENT_ESCAPES, ELEMENT_DD, ELEMENT_DATA},
    {SLICE_INIT("desc"), ELEMENT_RETURNS, OTHER},
    {SLICE_INIT("details"), LINE, OTHER},
    {SLICE_INIT("dialog"), LINE, OTHER},
    {SLICE_INIT("dir"), LINE, OTHER},
    {SLICE_INIT("div"), LINE | ELEMENT_ESCAPES, OTHER},
    {SLICE_INIT("dl"), LINE | ELEMENT_ESCAPES, OTHER},
    {SLICE_INIT("dt"), LINE | ELEMENT_ESCAPES, ELEMENT_DD, ELEMENT_DATA},
    {SLICE_INIT("em"), FORMAT, OTHER},
    {SLICE_INIT("embed"), VOID | ELEMENT_ESCAPES, OTHER},
    {SLICE_INIT("fieldset"), LINE, OTHER},
    {SLICE_INIT("figcaption"), LINE, OTHER},
    {SLICE_INIT("figure"), LINE, OTHER},
    {SLICE_INIT("font"), ELEMENT_FORMAT, ELEMENT_FONT, ELEMENT_DATA},
    {SLICE_INIT("footer"), LINE, OTHER},
    {SLICE_INIT("foreignobject"), ELEMENT_RETURNS, OTHER},
    {SLICE_INIT("form"), LINE, OTHER},
    {SLICE_INIT("frame"), VOID, OTHER},
    {SLICE_INIT("h1"), HEADING, OTHER},
    {SLICE_INIT("h2"), HEADING, OTHER},
    {SLICE_INIT("h3"), HEADING, OTHER},
    {SLICE_INIT("h4"), HEADING, OTHER},
    {SLICE_INIT("h5"), HEADING, OTHER},
    {SLICE_INIT("h6"), HEADING, OTHER},
    {SLICE_INIT("head"), ELEMENT_SPECIAL | ELEMENT_ESCAPES | ELEMENT_VOID,
     OTHER}, /* its text is the body's */
    {SLICE_INIT("header"), LINE, OTHER},
    {SLICE_INIT("hgroup"), LINE, OTHER},
    {SLICE_INIT("hr"), VOID | ELEMENT_BLOCK | ELEMENT_ENDS_P | ELEMENT_ESCAPES, OTHER},
    {SLICE_INIT("html"), BARRIER | ELEMENT_BLOCK, ELEMENT_HTML, ELEMENT_DATA},
    {SLICE_INIT("i"), FORMAT, OTHER},
    {SLICE_INIT("iframe"), NEITHER, ELEMENT_OTHER, ELEMENT_RAWTEXT},
    {SLICE_INIT("image"), VOID, ELEMENT_IMG, ELEMENT_DATA},
    {SLICE_INIT("img"), VOID | ELEMENT_ESCAPES, ELEMENT_IMG, ELEMENT_DATA},
    {SLICE_INIT("input"), VOID, ELEMENT_INPUT, ELEMENT_DATA},
    {SLICE_INIT("keygen"), VOID, OTHER},
    {SLICE_INIT("legend"), ELEMENT_BLOCK, OTHER},
    {SLICE_INIT("li"), LINE | ELEMENT_ESCAPES, ELEMENT_LI, ELEMENT_DATA},
    {SLICE_INIT("link"), VOID, OTHER},
    {SLICE_INIT("listing"), LINE | ELEMENT_PRE | ELEMENT_ESCAPES, OTHER},
    {SLICE_INIT("main"), LINE, OTHER},
    {SLICE_INIT("marquee"), BARRIER, OTHER},
    {SLICE_INIT("math"), 0, ELEMENT_SVG, ELEMENT_DATA},
    {SLICE_INIT("menu"), LINE | ELEMENT_ESCAPES, OTHER},
    {SLICE_INIT("meta"), VOID | ELEMENT_ESCAPES, ELEMENT_META, ELEMENT_DATA},
    {SLICE_INIT("mi"), ELEMENT_RETURNS, OTHER},
    {SLICE_INIT("mn"), ELEMENT_RETURNS, OTHER},
    {SLICE_INIT("mo"), ELEMENT_RETURNS, OTHER},
    {SLICE_INIT("ms"), ELEMENT_RETURNS, OTHER},
    {SLICE_INIT("mtext"), ELEMENT_RETURNS, OTHER},
    {SLICE_INIT("nav"), LINE, OTHER},
    {SLICE_INIT("nobr"), FORMAT, OTHER},
    {SLICE_INIT("noembed"), NEITHER, ELEMENT_OTHER, ELEMENT_RAWTEXT},
    {SLICE_INIT("noframes"), NEITHER, ELEMENT_OTHER, ELEMENT_RAWTEXT},
    {SLICE_INIT("noscript"), ELEMENT_SPECIAL, OTHER},
    {SLICE_INIT("object"), BARRIER, OTHER},
    {SLICE_INIT("ol"), LINE | ELEMENT_ESCAPES, OTHER},
    {SLICE_INIT("optgroup"), ELEMENT_BLOCK, ELEMENT_OPTION, ELEMENT_DATA},
    {SLICE_INIT("option"), ELEMENT_BLOCK, ELEMENT_OPTION, ELEMENT_DATA},
    {SLICE_INIT("p"), LINE | ELEMENT_ESCAPES, ELEMENT_P, ELEMENT_DATA},
    {SLICE_INIT("param"), VOID, OTHER},
    {SLICE_INIT("plaintext"), LINE | ELEMENT_PRE, ELEMENT_OTHER, ELEMENT_PLAINTEXT},
    {SLICE_INIT("pre"), LINE | ELEMENT_PRE | ELEMENT_ESCAPES, OTHER},
    {SLICE_INIT("s"), FORMAT, OTHER},
    {SLICE_INIT("script"), NEITHER, ELEMENT_OTHER, ELEMENT_SCRIPT},
    {SLICE_INIT("search"), LINE, OTHER},
    {SLICE_INIT("section"), LINE, OTHER},
    {SLICE_INIT("select"), ELEMENT_SPECIAL | ELEMENT_BLOCK, OTHER},
    {SLICE_INIT("small"), FORMAT, OTHER},
    {SLICE_INIT("source"), VOID, OTHER},
    {SLICE_INIT("strike"), FORMAT, OTHER},
    {SLICE_INIT("strong"), FORMAT, OTHER},
    {SLICE_INIT("style"), NEITHER, ELEMENT_STYLE, ELEMENT_RAWTEXT},
    {SLICE_INIT("summary"), LINE, OTHER},
    {SLICE_INIT("svg"), 0, ELEMENT_SVG, ELEMENT_DATA},
    {SLICE_INIT("table"), LINE | ELEMENT_SCOPE | ELEMENT_TABLE | ELEMENT_ESCAPES,
     ELEMENT_TABLE_ITSELF, ELEMENT_DATA},
    {SLICE_INIT("tbody"), ROWS, ELEMENT_TBODY, ELEMENT_DATA},
    {SLICE_INIT("td"), BARRIER | ELEMENT_CELL, ELEMENT_TD, ELEMENT_DATA},
    {SLICE_INIT("template"), BARRIER | ELEMENT_HIDDEN, OTHER},
    {SLICE_INIT("textarea"), ELEMENT_SPECIAL | ELEMENT_BLOCK | ELEMENT_PRE, ELEMENT_TEXTAREA,
     ELEMENT_RCDATA},
    {SLICE_INIT("tfoot"), ROWS, ELEMENT_TBODY, ELEMENT_DATA},
    {SLICE_INIT("th"), BARRIER | ELEMENT_CELL, ELEMENT_TD, ELEMENT_DATA},
    {SLICE_INIT("thead"), ROWS, ELEMENT_TBODY, ELEMENT_DATA},
    {SLICE_INIT("title"), NEITHER | ELEMENT_RETURNS, ELEMENT_OTHER, ELEMENT_RCDATA},
    {SLICE_INIT("tr"), ROWS, ELEMENT_TR, ELEMENT_DATA},
    {SLICE_INIT("track"), VOID, OTHER},
    {SLICE_INIT("tt"), FORMAT, OTHER},
    {SLICE_INIT("u"), FORMAT, OTHER},
    {SLICE_INIT("ul"), LINE | ELEMENT_ESCAPES, OTHER},
    {SLICE_INIT("wbr"), VOID, OTHER},
    {SLICE_INIT("xml"), ELEMENT_NEITHER, OTHER},
    {SLICE_INIT("xmp"), LINE | ELEMENT_PRE, ELEMENT_OTHER, ELEMENT_RAWTEXT},
};

#define COUNT (sizeof(ELEMENTS) / sizeof(ELEMENTS[0]))

static const struct element UNKNOWN = {SLICE_INIT(""), 0, ELEMENT_OTHER, ELEMENT_DATA};

/* As memcmp, of ${name} in small letters and ${other}. */
static int compare(struct slice name, struct slice other)
{
    for (size_t i = 0; i < name.len && i < other.len; i++)
        if (ascii_lower(name.ptr[i]) != other.ptr[i])
            return (unsigned char)ascii_lower(name.ptr[i]) < (unsigned char)other.ptr[i] ? -1 : 1;
    return name.len == other.len ? 0 : name.len < other.len ? -1 : 1;
}

const struct element *element_find(struct slice name)
{
    size_t low = 0, high = COUNT;

    if (name.len > ELEMENT_NAME_MAX)
        return &UNKNOWN;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = compare(name, ELEMENTS[middle].name);

        if (order == 0)
            return &ELEMENTS[middle];
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return &UNKNOWN;
}
