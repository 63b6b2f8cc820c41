/* mta_record: what an MTA's session tells the audit: the record the proxy writes
 * (proxy/record/audit.h), as far as a milter knows it. The MTA's last word is not heard: what no
 * rule refused is "continue". */
#ifndef PROXY_AS_MILTER_MTA_RECORD_H
#define PROXY_AS_MILTER_MTA_RECORD_H

#include "filters/verdict.h"

struct mta_session;

/* mta_record_verdict(s, verdict): what the record will say was decided. */
void mta_record_verdict(struct mta_session *s, const struct verdict *verdict);

/* mta_record_message(s): writes the record of the message under way, once; none: nothing.
 * mta_record_session(s, reason): that of a session without messages, once; ${reason} NULL: it has
 * ended by itself. */
void mta_record_message(struct mta_session *s);
void mta_record_session(struct mta_session *s, const char *reason);

#endif
