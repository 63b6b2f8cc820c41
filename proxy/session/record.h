/* record: what the session tells the audit: one record for each transaction, one for a session that
 * had none. */
#ifndef PROXY_SESSION_RECORD_H
#define PROXY_SESSION_RECORD_H

#include "filters/base/slice.h"
#include "proxy/session/transaction.h"

struct session;

/* record_transaction(s): writes the transaction's audit record, once. record_session(s, reason):
 * the session's, if it had no transaction. */
void record_transaction(struct session *s);
void record_session(struct session *s, const char *reason);
/* record_field(t, name): the decoded value of the first header field of that name; empty: none. */
struct slice record_field(struct transaction *t, struct slice name);

#endif
