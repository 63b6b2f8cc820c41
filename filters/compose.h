/* compose: the operator's texts for header fields, with what is known of where values come from. */
#ifndef FILTERS_COMPOSE_H
#define FILTERS_COMPOSE_H

#include "filters/effects.h"

/* compose(effects, text, values, addresses, own, out): adds to ${out} ${text}, expanded with
 * ${values} for a field that holds ${addresses} or not. A capture that stands in ${own} is kept as
 * far as that is; ${own} may be NULL. Of what comes from the wire, facts and what encoded-words,
 * quoted strings and comments of a field say are names in a list of addresses, no structure.
 * out->incomplete when memory was out. */
void compose(struct effects *effects, const struct text *text, const struct text_values *values,
             bool addresses, const struct header_text *own, struct header_text *out);

#endif
