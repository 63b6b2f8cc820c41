/* edits: when the edits of a message are made, and what it is worth when they cannot be. */
#ifndef FILTERS_EVAL_EDITS_H
#define FILTERS_EVAL_EDITS_H

#include "filters/eval/eval_private.h"

/* edits_make_due(e): makes those that nothing to come can change, and with the last verdict those
 * of shadow rules for the report. When they cannot be made, e->verdict says so. Returns true when
 * the turn was over before: it goes on when called again. Between budget_begin and budget_end. */
bool edits_make_due(struct eval *e);

/* edits_make(e): makes them as of now, unless they are made, in one go. */
void edits_make(struct eval *e);

#endif
