/* effects_body: the edits of the body that rules ask for: in the texts that a reader sees, and of
 * attachments.
 */
#ifndef FILTERS_EVAL_EFFECTS_BODY_H
#define FILTERS_EVAL_EFFECTS_BODY_H

#include "filters/eval/making.h"

/* effects_body_act(x, act): the edits of one of ACTION_REPLACE_BODY to ACTION_REMOVE_ATTACHMENT, an
 * EDIT_REPLACE_BODY for each that changed something, or what was left out and why among
 * x->skipped. What the message says has been asked for. */
enum making_result effects_body_act(struct making *x, const struct act *act);

/* effects_body_finish(x): all acts are done: the new body is made, which lives as long as the
 * message, and each edit of it has it as its value. MAKING_OK, MAKING_MORE or MAKING_MEMORY. */
enum making_result effects_body_finish(struct making *x);

#endif
