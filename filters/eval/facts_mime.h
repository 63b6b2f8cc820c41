/* facts_mime: what the message says, as conditions see it: the answer to QUESTION_CONTENT, which is
 * asked for all of these fields together.
 */
#ifndef FILTERS_EVAL_FACTS_MIME_H
#define FILTERS_EVAL_FACTS_MIME_H

#include "filters/base/must_use.h"
#include "filters/eval/facts.h"

/* facts_mime_values(e, leaf, at, cursor, value): of the fields that have values of their own; as
 * facts_value. None where the message was not read. */
MUST_USE int facts_mime_values(struct eval *e, const struct leaf *leaf, const struct standpoint *at,
                               size_t *cursor, struct value *value);

/* facts_mime_item(e, field, cursor): the value of the content that facts_mime_values has there;
 * NULL: there is none. */
const struct content_value *facts_mime_item(const struct eval *e, enum field_id field,
                                            size_t cursor);

/* facts_mime_mismatch(e), facts_mime_ambiguous(e): whether a link's text names another host than it
 * leads to; whether readers could disagree about the message. */
bool facts_mime_mismatch(const struct eval *e);
bool facts_mime_ambiguous(const struct eval *e);

/* facts_mime_text(e, field): for texts: the first value; or "true" or "false"; ptr NULL: none. */
struct slice facts_mime_text(const struct eval *e, enum field_id field);

/* facts_mime_question(e): by which all of it is asked for. */
struct question facts_mime_question(const struct eval *e);

#endif
