/* session: one SMTP session of an MTA, as a milter is told of it, judged by the policy.
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

#include "filters/verdict.h"
#include "proxy/as_milter/changes.h"
#include "proxy/as_milter/demands.h"
#include "proxy/as_milter/service.h"

struct mta_session;

/* What the MTA is told. */
enum answer_kind { ANSWER_CONTINUE, ANSWER_REJECT, ANSWER_TEMPFAIL, ANSWER_DISCARD };

struct mta_answer {
    enum answer_kind kind;
    struct reply reply; /* of a refusal; code 0: the MTA's own. Lives until the next call */
    unsigned delay_ms;  /* to wait before it is given */
};

/* The MTA's macros. */
struct macros {
    const char *(*get)(void *ctx, const char *name); /* NULL: has no value */
    void *ctx;
};

/* mta_session_create(service): for a connection of the MTA that has just begun. NULL when memory is
 * out.
 */
struct mta_session *mta_session_create(struct service *service);

/* mta_session_destroy(session, reason): the connection ended; whatever was under way is recorded,
 * with
 * ${reason} unless it is NULL. NULL session: nothing. */
void mta_session_destroy(struct mta_session *session, const char *reason);

/* mta_session_demands(session): what its policy needs of the MTA. mta_session_agree(session,
 * agreed, leading_space): what the MTA has agreed to; ${leading_space}: field values begin with
 * what stands after the colon. Until then all is taken as agreed. */
struct demands mta_session_demands(const struct mta_session *session);
void mta_session_agree(struct mta_session *session, const struct demands *agreed,
                       bool leading_space);

/* mta_session_refused(session, mta, missing): the MTA allows none of the changes ${missing}; logs
 * what needs the first of them. */
void mta_session_refused(const struct mta_session *session, uint32_t missing);

/* The events in the order of the protocol. mta_session_connect may be called again on a connection
 * that is used for another session. */
struct mta_answer mta_session_connect(struct mta_session *session, const struct macros *macros,
                                      const struct address *client);
struct mta_answer mta_session_helo(struct mta_session *session, const char *name);

/* mta_envelope_mail(session, macros, argv), mta_envelope_rcpt(...): ${argv} as libmilter has it:
 * the address, its parameters, NULL. */
struct mta_answer mta_envelope_mail(struct mta_session *session, const struct macros *macros,
                                    const char *const *argv);
struct mta_answer mta_envelope_rcpt(struct mta_session *session, const struct macros *macros,
                                    const char *const *argv);
struct mta_answer mta_envelope_data(struct mta_session *session);

/* mta_content_header(session, name, value): one field; never answered. mta_content_header_end,
 * mta_content_body (never answered), mta_content_end: then mta_content_changes says what the
 * MTA shall be asked for, and mta_content_done must follow with whether it took all of it. */
void mta_content_header(struct mta_session *session, const char *name, const char *value);
struct mta_answer mta_content_header_end(struct mta_session *session);
void mta_content_body(struct mta_session *session, struct slice chunk);
struct mta_answer mta_content_end(struct mta_session *session, const struct macros *macros);
const struct change_list *mta_content_changes(const struct mta_session *session);
struct mta_answer mta_content_done(struct mta_session *session, bool taken);

/* mta_session_abort(session): the message under way, if there is one, is over. */
void mta_session_abort(struct mta_session *session);

#endif
