/* view: what rules see of one message, whatever the rules are: its header, decoded, who it says it
 * is from, and its content; for whoever shows it (view_text, view_json). What is shown is bounded:
 * however large the message is, of each kind of thing only so many, and of each text its begin.
 */
#ifndef PROXY_EXPLAIN_VIEW_H
#define PROXY_EXPLAIN_VIEW_H

#include "conf/reading.h"
#include "filters/base/must_use.h"
#include "filters/message/header.h"
#include "proxy/explain/lines.h"

#define VIEW_FIELDS_MAX   500  /* of the header */
#define VIEW_PARTS_MAX    100  /* of the message */
#define VIEW_DOUBTS_MAX   100  /* ... */
#define VIEW_TEXTS_MAX    10   /* of a part */
#define VIEW_VALUES_MAX   50   /* of a part: its names, links and the like, each */
#define VIEW_TEXT_BYTES   4000 /* of a decoded text */
#define VIEW_SOURCE_BYTES 1000 /* ... of HTML as written */
#define VIEW_VALUE_BYTES  500  /* of anything else */

/* Values of one fact, of one part. */
struct view_values {
    const struct content_value *const *items;
    size_t count;
};

/* Who a field says it is from: at most VIEW_VALUES_MAX, each once. */
struct view_names {
    struct slice items[VIEW_VALUES_MAX];
    size_t count;
    bool more;   /* that is not all */
    bool unread; /* a field is too malformed to be read */
};

struct view {
    struct arena arena;
    struct slice message;
    struct header header;
    struct readings readings;
    const struct content *content; /* NULL: it could not be read; why is content_why(result) */
    enum content_result result;
    struct view_names from_address, from_name, reply_to_address;
    /* private */
    const struct content_value **sorted[CONTENT_FACTS]; /* by part */
    size_t *first[CONTENT_FACTS]; /* of each part's values among them, and of those past it */
};

/* A field of the header as rules see it. */
struct view_field {
    size_t line;        /* of the message, from 1 */
    struct slice name;  /* empty: a line that is no field */
    struct slice value; /* decoded */
    struct slice other; /* as readers see it that decode more; empty: as the others */
};

/* view_make(view, message, limits): of ${message}, whose lines end in CRLF (trial_normalise) and
 * which must outlive it, read within ${limits}. 0, or -1 when memory is out; view_end either way.
 * That the content could not be read within limits is no failure. */
MUST_USE int view_make(struct view *view, struct slice message, const struct limits *limits);
void view_end(struct view *view);

/* view_field(view, lines, index, field): fills in that field of the header. 0, or -1 when memory is
 * out. */
MUST_USE int view_field(struct view *view, struct lines *lines, size_t index,
                        struct view_field *field);

/* view_values(view, fact, part): what there is of that; of a content that was read. */
struct view_values view_values(const struct view *view, enum content_fact fact, size_t part);

/* view_encoding(encoding): "base64"; "none" where a part stands as it is. */
const char *view_encoding(enum content_encoding encoding);

/* view_text_name(fact, view): how a text was read: "visible text". Of CONTENT_BODY and
 * CONTENT_HIDDEN_TEXT. view_text_cut(value): as much of it as is shown. */
const char *view_text_name(enum content_fact fact, enum content_view view);
struct slice view_text_cut(const struct content_value *value);

#endif
