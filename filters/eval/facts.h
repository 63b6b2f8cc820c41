/* facts: what is known of a session and of the message under way, as values that conditions ask for
 * and texts name.
 */
#ifndef FILTERS_EVAL_FACTS_H
#define FILTERS_EVAL_FACTS_H

#include "filters/base/must_use.h"
#include "filters/eval/eval_private.h"

/* One value of a field. What it points to lives as long as the message, or the session. */
struct value {
    struct slice text;
    struct comparable forms; /* of an address or domain; its text has ptr NULL: all are ${text} */
    double number;
    const struct address *address; /* of the client; else NULL */
    bool clean; /* the text is known to be well-formed UTF-8; false: nobody has looked */
};

/* facts_known(e, field, stage): whether a field that is surely known at ${stage} is known now:
 * then, or before: TLS that a session began in is known from connect on. */
bool facts_known(const struct eval *e, enum field_id field, enum stage stage);

/* facts_question(e, leaf): what must be asked for the value of a field that is looked up (field.h);
 * of the leaf only the field matters. Its slices live as long as the session. */
struct question facts_question(const struct eval *e, const struct leaf *leaf);

/* facts_value(e, leaf, at, cursor, value): the value of the leaf's field at *${cursor} (0: the
 * first), and moves the cursor to the next. Returns 1, 0 when there is none (any more), -1 when
 * memory is out, or FACTS_UNREAD when there may be more that cannot be read. The same cursor gives
 * the same value again. */
#define FACTS_UNREAD (-2)
MUST_USE int facts_value(struct eval *e, const struct leaf *leaf, const struct standpoint *at,
                         size_t *cursor, struct value *value);

/* facts_tag(e, at, cursor, tag): the same for the tags set above the rule ${at}->rule. Returns 1 or
 * 0. A tag set twice comes twice. */
MUST_USE int facts_tag(const struct eval *e, const struct standpoint *at, size_t *cursor,
                       struct slice *tag);

/* facts_score(e, shadow): the sum of the rules that fired, or of the shadow rules whose condition
 * held; with those of the rules before, if these are final. */
double facts_score(const struct eval *e, bool shadow);

/* For text_expand: facts as texts. */
struct facts_source {
    struct eval *e;
    struct slice recipient; /* ptr NULL: the first accepted one */
    double score;
    char number[32];
    bool failed; /* memory was out */
};

/* facts_text(source, field): for struct text_values; ctx is a struct facts_source. */
struct slice facts_text(void *source, enum field_id field);

#endif
