/* facts_header: the header's fields as conditions see them, each decoded once a message, when asked
 * for. */
#ifndef FILTERS_EVAL_FACTS_HEADER_H
#define FILTERS_EVAL_FACTS_HEADER_H

#include "filters/base/must_use.h"
#include "filters/eval/facts.h"

/* facts_header_named(e, leaf, cursor, value): for header and raw_header: each field of that name;
 * as facts_value. */
MUST_USE int facts_header_named(struct eval *e, const struct leaf *leaf, size_t *cursor,
                                struct value *value);

/* facts_header_text(source, name): for struct text_values; ctx is a struct facts_source: the first
 * field of that name, decoded; as facts_text. */
struct slice facts_header_text(void *source, struct slice name);

/* facts_header_line(e, cursor, value): each field as "Name: value", and each line that is no field
 * as it stands, decoded; as facts_value. */
MUST_USE int facts_header_line(struct eval *e, size_t *cursor, struct value *value);

/* facts_header_origin(e, text, start): which field a condition has seen ${text} in, some of
 * what a pattern matched, and where in its decoded value that begins. NULL: in none. */
const struct field *facts_header_origin(const struct eval *e, struct slice text, size_t *start);

/* facts_header_field(e, text): which field ${text} is a value of, or some of one, decoded or not.
 * NULL: of none, or nobody knows. For no caller that must be quick. */
const struct field *facts_header_field(const struct eval *e, struct slice text);

/* facts_header_unfolded(e, index): the value of the field at ${index}, unfolded once a message; ptr
 * NULL when memory is out. */
struct slice facts_header_unfolded(struct eval *e, size_t index);

/* facts_header_missing(e, leaf): whether no field has the leaf's name: 1, 0, or -1 when memory is
 * out. */
MUST_USE int facts_header_missing(struct eval *e, const struct leaf *leaf);

/* facts_header_ambiguous(e): whether readers split the header differently. */
bool facts_header_ambiguous(const struct eval *e);

/* facts_header_hops(e): the number of Received fields. */
size_t facts_header_hops(const struct eval *e);

#endif
