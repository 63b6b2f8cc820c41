/* element: the elements of HTML, as far as they matter for what a reader sees. */
#ifndef FILTERS_HTML_ELEMENT_H
#define FILTERS_HTML_ELEMENT_H

#include "filters/base/slice.h"

/* What an element is, as bits. */
#define ELEMENT_VOID    0x0001U /* it has no content and no end tag */
#define ELEMENT_BLOCK   0x0002U /* a line ends before and behind it */
#define ELEMENT_CELL    0x0004U /* a blank stands there */
#define ELEMENT_ENDS_P  0x0008U /* its start tag ends an open p */
#define ELEMENT_FORMAT  0x0010U /* its end tag takes effect whatever else is open in it */
#define ELEMENT_SPECIAL 0x0020U /* end tags of ordinary elements do not reach beyond it */
#define ELEMENT_SCOPE   0x0040U /* no end tag but those of tables does */
#define ELEMENT_TABLE   0x0080U /* part of a table: what is no cell does not stand in it */
#define ELEMENT_PRE     0x0100U /* its blanks are kept */
#define ELEMENT_NEITHER 0x0200U /* its content is no text of the document */
#define ELEMENT_HIDDEN  0x0400U /* its content is not shown */
#define ELEMENT_HEADING 0x0800U
#define ELEMENT_ESCAPES 0x1000U /* its start tag leaves svg and math */
#define ELEMENT_RETURNS 0x2000U /* in svg or math: its content is HTML again */

/* How its content is read. */
enum element_model {
    ELEMENT_DATA,
    ELEMENT_RCDATA,
    ELEMENT_RAWTEXT,
    ELEMENT_SCRIPT,
    ELEMENT_PLAINTEXT,
};

/* Those that somebody asks for by name; ELEMENT_OTHER are all the rest. */
enum element_id {
    ELEMENT_OTHER,
    ELEMENT_A,
    ELEMENT_BASE,
    ELEMENT_BODY,
    ELEMENT_BR,
    ELEMENT_BUTTON,
    ELEMENT_DD,
    ELEMENT_FONT,
    ELEMENT_HTML,
    ELEMENT_IMG,
    ELEMENT_INPUT,
    ELEMENT_LI,
    ELEMENT_META,
    ELEMENT_OPTION,
    ELEMENT_P,
    ELEMENT_STYLE,
    ELEMENT_SVG,
    ELEMENT_TABLE_ITSELF,
    ELEMENT_TBODY,
    ELEMENT_TD,
    ELEMENT_TEXTAREA,
    ELEMENT_TR,
};

struct element {
    struct slice name;
    unsigned bits;
    enum element_id id; /* th is ELEMENT_TD, thead and tfoot ELEMENT_TBODY, dt ELEMENT_DD, math
                         * ELEMENT_SVG, image ELEMENT_IMG, optgroup ELEMENT_OPTION */
    enum element_model model;
};

#define ELEMENT_NAME_MAX 16 /* octets; what is longer is unknown */

/* element_find(name): the element of that name, in letters of either case, or one without a name
 * and bits when it is unknown. Static. */
const struct element *element_find(struct slice name);

#endif
