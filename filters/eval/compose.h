/* compose: the operator's texts for header fields, with what is known of where values come from. */
#ifndef FILTERS_EVAL_COMPOSE_H
#define FILTERS_EVAL_COMPOSE_H

#include "filters/eval/effects.h"

/* What `replace` leaves of a match. A text that begins with what stood at the match's front, and
 * ends with what stood at its end, replaces only the stretch between: "$1x" for "(a)b" the b. So
 * nothing is taken out of the quoted string or comment that it stands in. */
struct stay {
    const struct header_text *own; /* the field */
    size_t front, back; /* parts of the text before the first, and from the second on, stay */
    size_t from, to;    /* the stretch of ${own} that is replaced */
};

/* compose_stay(text, values, own, start, end): what ${text}, with ${values}, leaves of the match
 * that is from ${start} to ${end} in ${own}. Where one end of the stretch is in a quoted string or
 * comment, and the other is not in that, nothing is left. */
struct stay compose_stay(const struct text *text, const struct text_values *values,
                         const struct header_text *own, size_t start, size_t end);

/* compose_changes(text, stay): whether anything is replaced. */
bool compose_changes(const struct text *text, const struct stay *stay);

/* compose(effects, text, values, addresses, stay, out): adds to ${out} ${text}, expanded with
 * ${values} for a field that holds ${addresses} or not, without what stays. A capture that stands
 * in stay->own is kept as far as that is. Of what comes from the wire in a list of addresses, facts
 * and what encoded-words, quoted strings and comments of a field say are names, no structure, and
 * so is every capture of the condition that stands where a name does: in a comment, or before "<"
 * or ":". Captures are whole there; other values are cut as for text_expand. ${stay} may be NULL.
 * out->incomplete when memory was out. */
void compose(struct making *effects, const struct text *text, const struct text_values *values,
             bool addresses, const struct stay *stay, struct header_text *out);

#endif
