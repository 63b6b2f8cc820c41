/* mta_adopt: the policy that judges an MTA's session: what it asks of the MTA, and a newer one. */
#ifndef PROXY_AS_MILTER_MTA_ADOPT_H
#define PROXY_AS_MILTER_MTA_ADOPT_H

#include "filters/base/must_use.h"
#include "filters/eval/eval.h"
#include "proxy/as_milter/service.h"

/* mta_adopt_eval(config, scratch): an eval of the policy of ${config}, for the caller; both
 * arguments must outlive it. NULL: out of memory. */
struct eval *mta_adopt_eval(const struct config *config, struct pattern_scratch *scratch);

/* mta_adopt_wants_body(eval): whether that policy has to see the body; before anything is fed. */
bool mta_adopt_wants_body(const struct eval *eval);

/* mta_adopt_newest(s): before a MAIL: takes over a newer configuration, if what was agreed with the
 * MTA will do for it. 0, or -1 when memory is out. */
MUST_USE int mta_adopt_newest(struct mta_session *s);

#endif
