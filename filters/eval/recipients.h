/* recipients: who the message under way is for. */
#ifndef FILTERS_EVAL_RECIPIENTS_H
#define FILTERS_EVAL_RECIPIENTS_H

#include "filters/base/must_use.h"
#include "filters/eval/eval_private.h"

/* recipients_begin(e, address): ${address} becomes the current recipient, to be judged. 0, or -1
 * when memory is out. */
MUST_USE int recipients_begin(struct eval *e, struct slice address);

/* recipients_accept(e), recipients_drop(e): the current recipient joins the others, or does not.
 * Then there is none. */
void recipients_accept(struct eval *e);
void recipients_drop(struct eval *e);

/* recipients_refused(e): the upstream does not take the last one that was accepted. */
void recipients_refused(struct eval *e);

#endif
