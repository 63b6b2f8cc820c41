/* effects_envelope: what rules that fired do to sender and recipients. */
#ifndef FILTERS_EVAL_EFFECTS_ENVELOPE_H
#define FILTERS_EVAL_EFFECTS_ENVELOPE_H

#include "filters/eval/making.h"

/* effects_envelope_act(x, act): set_sender, add_recipient, remove_recipient, or a redirect of all.
 * effects_envelope_redirect(x, act): a redirect, of all or of those that it holds for. Both go on
 * in x->place after MAKING_MORE. */
enum making_result effects_envelope_act(struct making *x, const struct act *act);
enum making_result effects_envelope_redirect(struct making *x, const struct act *act);

/* effects_envelope_take_off(x): the rule under way is a discard or quarantine of single recipients:
 * those that it took off after RCPT. */
enum making_result effects_envelope_take_off(struct making *x);

#endif
