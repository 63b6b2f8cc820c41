/* mta_session: one SMTP session of an MTA, as a milter is told of it, judged by the policy.
 *
 * It knows nothing of libmilter: events come in as calls with plain texts, answers go out as
 * values, and what the MTA knows beyond the events (its macros) is asked for by name. No two calls
 * for one session may overlap; each may come from another thread.
 *
 * Accepting is never said before the end of the message: the audit record needs to hear the rest,
 * and a rule above the one that accepted may still edit.
 */
#ifndef PROXY_AS_MILTER_MTA_SESSION_H
#define PROXY_AS_MILTER_MTA_SESSION_H

#include "proxy/as_milter/demands.h"
#include "proxy/as_milter/mta_answer.h"
#include "proxy/as_milter/mta_macros.h"
#include "proxy/as_milter/service.h"

struct mta_session;

/* mta_session_create(service): for a connection of the MTA that has just begun. NULL when memory is
 * out. */
struct mta_session *mta_session_create(struct service *service);

/* mta_session_destroy(session, reason): the connection ended; whatever was under way is recorded,
 * with ${reason} unless it is NULL. NULL session: nothing. */
void mta_session_destroy(struct mta_session *session, const char *reason);

/* mta_session_end_all(service, reason): ends the sessions that are left, once no callback is under
 * way (service_close). */
void mta_session_end_all(struct service *service, const char *reason);

/* mta_session_demands(session): what its policy needs of the MTA. mta_session_agree(session,
 * agreed, leading_space): what the MTA has agreed to; ${leading_space}: field values begin with
 * what stands after the colon. Until then all is taken as agreed. */
struct demands mta_session_demands(const struct mta_session *session);
void mta_session_agree(struct mta_session *session, const struct demands *agreed,
                       bool leading_space);

/* mta_session_refused(session, missing): the MTA allows none of the changes ${missing}; logs
 * what needs the first of them. */
void mta_session_refused(const struct mta_session *session, uint32_t missing);

/* mta_session_connect(session, macros, client): the MTA's client; again on a connection that is
 * used for another session. mta_session_helo(session, name): its greeting. What follows is in
 * mta_envelope.h and mta_content.h. */
struct mta_answer mta_session_connect(struct mta_session *session, const struct mta_macros *macros,
                                      const struct address *client);
struct mta_answer mta_session_helo(struct mta_session *session, const char *name);

#endif
