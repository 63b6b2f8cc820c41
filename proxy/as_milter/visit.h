/* visit: one SMTP session of an MTA, as a milter is told of it, judged by the policy.
 *
 * It knows nothing of libmilter: events come in as calls with plain texts, answers go out as
 * values, and what the MTA knows beyond the events (its macros) is asked for by name. No two calls
 * for one visit may overlap; each may come from another thread.
 *
 * Accepting is never said before the end of the message: the audit record needs to hear the rest,
 * and a rule above the one that accepted may still edit.
 */
#ifndef PROXY_AS_MILTER_VISIT_H
#define PROXY_AS_MILTER_VISIT_H

#include "filters/verdict.h"
#include "proxy/as_milter/changes.h"
#include "proxy/as_milter/demands.h"
#include "proxy/as_milter/service.h"

struct visit;

/* What the MTA is told. */
enum answer_kind { ANSWER_CONTINUE, ANSWER_REJECT, ANSWER_TEMPFAIL, ANSWER_DISCARD };

struct visit_answer {
    enum answer_kind kind;
    struct reply reply; /* of a refusal; code 0: the MTA's own. Lives until the next call */
    unsigned delay_ms;  /* to wait before it is given */
};

/* The MTA's macros. */
struct macros {
    const char *(*get)(void *ctx, const char *name); /* NULL: has no value */
    void *ctx;
};

/* visit_create(service): for a connection of the MTA that has just begun. NULL when memory is out.
 */
struct visit *visit_create(struct service *service);

/* visit_destroy(visit, reason): the connection ended; whatever was under way is recorded, with
 * ${reason} unless it is NULL. NULL visit: nothing. */
void visit_destroy(struct visit *visit, const char *reason);

/* visit_demands(visit): what its policy needs of the MTA. visit_agree(visit, agreed,
 * leading_space): what the MTA has agreed to; ${leading_space}: field values begin with what stands
 * after the colon. Until then all is taken as agreed. */
struct demands visit_demands(const struct visit *visit);
void visit_agree(struct visit *visit, const struct demands *agreed, bool leading_space);

/* visit_refused(visit, mta, missing): the MTA allows none of the changes ${missing}; logs what
 * needs the first of them. */
void visit_refused(const struct visit *visit, uint32_t missing);

/* The events in the order of the protocol. visit_connect may be called again on a connection that
 * is used for another session. */
struct visit_answer visit_connect(struct visit *visit, const struct macros *macros,
                                  const struct address *client);
struct visit_answer visit_helo(struct visit *visit, const char *name);

/* visit_envelope_mail(visit, macros, argv), visit_envelope_rcpt(...): ${argv} as libmilter has it:
 * the address, its parameters, NULL. */
struct visit_answer visit_envelope_mail(struct visit *visit, const struct macros *macros,
                                        const char *const *argv);
struct visit_answer visit_envelope_rcpt(struct visit *visit, const struct macros *macros,
                                        const char *const *argv);
struct visit_answer visit_envelope_data(struct visit *visit);

/* visit_content_header(visit, name, value): one field; never answered. visit_content_header_end,
 * visit_content_body (never answered), visit_content_end: then visit_content_changes says what the
 * MTA shall be asked for, and visit_content_done must follow with whether it took all of it. */
void visit_content_header(struct visit *visit, const char *name, const char *value);
struct visit_answer visit_content_header_end(struct visit *visit);
void visit_content_body(struct visit *visit, struct slice chunk);
struct visit_answer visit_content_end(struct visit *visit, const struct macros *macros);
const struct change_list *visit_content_changes(const struct visit *visit);
struct visit_answer visit_content_done(struct visit *visit, bool taken);

/* visit_abort(visit): the message under way, if there is one, is over. */
void visit_abort(struct visit *visit);

#endif
