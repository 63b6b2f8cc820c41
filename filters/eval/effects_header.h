/* effects_header: actions on the header, as edits. */
#ifndef FILTERS_EVAL_EFFECTS_HEADER_H
#define FILTERS_EVAL_EFFECTS_HEADER_H

#include "filters/eval/effects.h"

/* effects_header_act(effects, act): the edits of one of ACTION_ADD_HEADER to ACTION_REPLACE. */
enum effects_result effects_header_act(struct effects *effects, const struct act *act);

/* effects_header_add(effects, name, text): adds a field at the end of the header. */
enum effects_result effects_header_add(struct effects *effects, struct slice name,
                                       struct slice text);

#endif
