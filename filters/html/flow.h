/* flow: text as it stands when it is shown: blanks become one, lines end where blocks do, what
 * cannot be seen is not there (html.h says what). */
#ifndef FILTERS_HTML_FLOW_H
#define FILTERS_HTML_FLOW_H

#include "filters/base/bytes.h"

enum flow_gap { FLOW_NONE, FLOW_BLANK, FLOW_LINE };

struct flow {
    struct bytes text;
    enum flow_gap gap; /* what comes before the next character, if one is there already */
};

/* flow_init(flow, limit_bytes): an empty text. Whoever made it gives it back by flow_fini. */
void flow_init(struct flow *flow, size_t limit_bytes);
void flow_fini(struct flow *flow);

/* flow_text(flow, s, pre): adds a text, with its line ends if ${pre}. A failure sticks in
 * flow->text. */
void flow_text(struct flow *flow, struct slice s, bool pre);

/* flow_break(flow, gap): what comes next stands behind a blank or on a line of its own. */
void flow_break(struct flow *flow, enum flow_gap gap);

#endif
