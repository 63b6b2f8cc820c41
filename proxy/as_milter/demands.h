/* demands: what a policy needs of the MTA when it runs as a milter: the changes its rules may make,
 * and the events they decide at. Asked for when a connection begins, so that no MTA sends what no
 * rule reads, and none lets us in that could not do what a rule will say. Pure.
 */
#ifndef PROXY_AS_MILTER_DEMANDS_H
#define PROXY_AS_MILTER_DEMANDS_H

#include <stdbool.h>
#include <stdint.h>

struct config;
struct policy;

struct demands {
    uint32_t actions; /* mask of enum packet_action */
    uint32_t without; /* mask of enum packet_step: the events that nobody needs */
};

/* demands_of(config, policy, wants_body): what its enforced rules may do, and the events that
 * neither they nor the audit record read. ${wants_body}: whether an eval of it that has not been
 * fed yet is interested in the message. */
struct demands demands_of(const struct config *config, const struct policy *policy,
                          bool wants_body);

/* demands_met(agreed, wanted): whether a connection on which ${agreed} holds will do for
 * ${wanted}. */
bool demands_met(const struct demands *agreed, const struct demands *wanted);

/* demands_rule(config, policy, action): the name of the first rule that may need ${action}, one of
 * enum packet_action; "on_failure" when it is that setting. */
struct slice demands_rule(const struct config *config, const struct policy *policy,
                          uint32_t action);

/* demands_name(action): what it is called in a message: "add headers". */
const char *demands_name(uint32_t action);

#endif
