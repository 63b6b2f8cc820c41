/* parameters: ESMTP parameters that an edit gives to a sender or a recipient, as milters do (MILTER
 * 3, CHGFROM and ADDRCPT_PAR): they are not from the client, and the upstream may not know them. */
#ifndef PROXY_SESSION_PARAMETERS_H
#define PROXY_SESSION_PARAMETERS_H

#include "filters/base/slice.h"
#include "proxy/smtp/command.h"

struct session;

/* parameters_keep(s, verb, wanted): of the parameters that an edit gives to MAIL or RCPT those that
 * the upstream takes and that are an edit's to give, each after a blank; logs which are left out.
 * Empty: none, or memory is out. */
struct slice parameters_keep(struct session *s, enum verb verb, struct slice wanted);

#endif
