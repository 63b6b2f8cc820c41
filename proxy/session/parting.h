/* parting: taking leave of the upstream: of a transaction there, or for good. */
#ifndef PROXY_SESSION_PARTING_H
#define PROXY_SESSION_PARTING_H

#include <stdbool.h>

struct session;

/* parting_keeps(s): whether the connection to the upstream, of a session that has one, can be kept
 * for another session, after an RSET if a transaction is open there. parting_end(s): it is not
 * the session's any more: keeps it so, or closes it. */
bool parting_keeps(const struct session *s);
void parting_end(struct session *s);
/* parting_leave(s): takes back what the upstream holds of the transaction, which goes on elsewhere,
 * and ends it so. */
void parting_leave(struct session *s);
/* parting_settled(s): its RSET is not waited for any more. parting_quit(s): says goodbye to it: the
 * next one is another. */
void parting_settled(struct session *s);
void parting_quit(struct session *s);
/* parting_reset(s): takes back what the upstream holds of the transaction, by RSET or by closing.
 */
void parting_reset(struct session *s);

#endif
