/* attributes: see attributes.h. */
#include "filters/html/attributes.h"

static const struct slice NAMES[ATTRIBUTES] = {
    [ATTRIBUTE_HREF] = SLICE_INIT("href"),
    [ATTRIBUTE_SRC] = SLICE_INIT("src"),
    [ATTRIBUTE_ACTION] = SLICE_INIT("action"),
    [ATTRIBUTE_FORMACTION] = SLICE_INIT("formaction"),
    [ATTRIBUTE_BACKGROUND] = SLICE_INIT("background"),
    [ATTRIBUTE_POSTER] = SLICE_INIT("poster"),
    [ATTRIBUTE_XLINK] = SLICE_INIT("xlink:href"),
    [ATTRIBUTE_DATA] = SLICE_INIT("data"),
    [ATTRIBUTE_LOWSRC] = SLICE_INIT("lowsrc"),
    [ATTRIBUTE_DYNSRC] = SLICE_INIT("dynsrc"),
    [ATTRIBUTE_PING] = SLICE_INIT("ping"),
    [ATTRIBUTE_SRCSET] = SLICE_INIT("srcset"),
    [ATTRIBUTE_STYLE] = SLICE_INIT("style"),
    [ATTRIBUTE_CLASS] = SLICE_INIT("class"),
    [ATTRIBUTE_ID] = SLICE_INIT("id"),
    [ATTRIBUTE_HIDDEN] = SLICE_INIT("hidden"),
    [ATTRIBUTE_BGCOLOR] = SLICE_INIT("bgcolor"),
    [ATTRIBUTE_COLOR] = SLICE_INIT("color"),
    [ATTRIBUTE_SIZE] = SLICE_INIT("size"),
    [ATTRIBUTE_TEXT] = SLICE_INIT("text"),
    [ATTRIBUTE_LINK] = SLICE_INIT("link"),
    [ATTRIBUTE_ALT] = SLICE_INIT("alt"),
    [ATTRIBUTE_VALUE] = SLICE_INIT("value"),
    [ATTRIBUTE_PLACEHOLDER] = SLICE_INIT("placeholder"),
    [ATTRIBUTE_TYPE] = SLICE_INIT("type"),
    [ATTRIBUTE_CONTENT] = SLICE_INIT("content"),
    [ATTRIBUTE_HTTP_EQUIV] = SLICE_INIT("http-equiv"),
};

static void take(const struct markup_attribute *one, struct attributes *attributes)
{
    for (size_t i = 0; i < ATTRIBUTES; i++) {
        if (!slice_equal_case(NAMES[i], one->name))
            continue;
        if (!attributes_has(attributes, (enum attribute)i))
            attributes->value[i] = one->value;
        attributes->present |= UINT32_C(1) << i;
        return;
    }
}

void attributes_read(struct slice tag, struct attributes *attributes)
{
    struct markup_attribute one;

    *attributes = (struct attributes){.present = 0};
    while (markup_attribute(&tag, &one))
        take(&one, attributes);
}
