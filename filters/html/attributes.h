/* attributes: those attributes of a tag that say what is shown of it or where it leads to. */
#ifndef FILTERS_HTML_ATTRIBUTES_H
#define FILTERS_HTML_ATTRIBUTES_H

#include "filters/html/markup.h"

enum attribute {
    /* where it leads to, or what it loads */
    ATTRIBUTE_HREF,
    ATTRIBUTE_SRC,
    ATTRIBUTE_ACTION,
    ATTRIBUTE_FORMACTION,
    ATTRIBUTE_BACKGROUND,
    ATTRIBUTE_POSTER,
    ATTRIBUTE_XLINK,
    ATTRIBUTE_DATA,
    ATTRIBUTE_LOWSRC,
    ATTRIBUTE_DYNSRC,
    ATTRIBUTE_PING,
    ATTRIBUTE_URLS, /* how many those are */
    /* ... several of them */
    ATTRIBUTE_SRCSET = ATTRIBUTE_URLS,
    /* what is shown, and how */
    ATTRIBUTE_STYLE,
    ATTRIBUTE_CLASS,
    ATTRIBUTE_ID,
    ATTRIBUTE_HIDDEN,
    ATTRIBUTE_BGCOLOR,
    ATTRIBUTE_COLOR,
    ATTRIBUTE_SIZE,
    ATTRIBUTE_TEXT,
    ATTRIBUTE_LINK,
    ATTRIBUTE_ALT,
    ATTRIBUTE_VALUE,
    ATTRIBUTE_PLACEHOLDER,
    ATTRIBUTE_TYPE,
    ATTRIBUTE_CONTENT,
    ATTRIBUTE_HTTP_EQUIV,
    ATTRIBUTES,
};

struct attributes {
    uint32_t present;               /* bits */
    struct slice value[ATTRIBUTES]; /* as written */
};

/* attributes_read(tag, attributes): of the attributes of a tag, ${tag}, those known here; of two of
 * one name the first. */
void attributes_read(struct slice tag, struct attributes *attributes);

/* attributes_has(attributes, which): whether it is there, be it empty. */
static inline bool attributes_has(const struct attributes *attributes, enum attribute which)
{
    return (attributes->present >> which & 1) != 0;
}

#endif
