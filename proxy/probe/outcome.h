/* outcome: what a milter's edits make of a message. */
#ifndef PROXY_PROBE_OUTCOME_H
#define PROXY_PROBE_OUTCOME_H

#include "filters/base/must_use.h"
#include "proxy/probe/probe.h"

/* outcome_look(message, edits, draft, arena): copies ${edits}, makes them on ${draft}, and compares
 * it with what it was. 0, or -1 when the arena is full. */
MUST_USE int outcome_look(struct probe_message *message, const struct edit_list *edits,
                          struct draft *draft, struct arena *arena);

#endif
