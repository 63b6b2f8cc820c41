/* final: final rules judge a message as rules and milters have left it (postern.conf(5),
 * final_rules).
 *
 * Their eval (eval_options.before) has heard of the session as the other has; of the message it
 * hears here, from the draft, when everybody else is done.
 */
#ifndef FILTERS_EVAL_FINAL_H
#define FILTERS_EVAL_FINAL_H

#include "filters/base/must_use.h"
#include "filters/eval/eval.h"
#include "filters/message/draft.h"

/* final_begin(eval, draft, tls): tells ${eval} the envelope and the header of ${draft}, whose
 * header and body are known, and what TLS the MAIL came in. ${draft} may be edited afterwards.
 * Returns 0, or -1 when the draft's arena is full. */
MUST_USE int final_begin(struct eval *eval, const struct draft *draft, const struct event_tls *tls);

/* final_judge(eval, draft): the verdict, as eval_feed gives it for EVENT_MESSAGE; after
 * VERDICT_MORE call again. */
MUST_USE struct verdict final_judge(struct eval *eval, const struct draft *draft);

#endif
