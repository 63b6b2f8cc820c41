/* effects_header: actions on the header, as edits. */
#ifndef FILTERS_EVAL_EFFECTS_HEADER_H
#define FILTERS_EVAL_EFFECTS_HEADER_H

#include "filters/eval/making.h"

/* effects_header_act(x, act): the edits of one of ACTION_ADD_HEADER to ACTION_REPLACE. */
enum making_result effects_header_act(struct making *x, const struct act *act);

/* effects_header_add(x, name, text): adds a field at the end of the header. */
enum making_result effects_header_add(struct making *x, struct slice name, struct slice text);

#endif
