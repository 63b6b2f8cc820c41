/* mta_envelope: MAIL, RCPT and DATA, and what the MTA's macros say of them. */
#ifndef PROXY_AS_MILTER_MTA_ENVELOPE_H
#define PROXY_AS_MILTER_MTA_ENVELOPE_H

#include "proxy/as_milter/mta_answer.h"
#include "proxy/as_milter/mta_macros.h"

struct mta_session;

/* mta_envelope_mail(session, macros, argv), mta_envelope_rcpt(...): ${argv} as libmilter has it:
 * the address, its parameters, NULL. */
struct mta_answer mta_envelope_mail(struct mta_session *session, const struct mta_macros *macros,
                                    const char *const *argv);
struct mta_answer mta_envelope_rcpt(struct mta_session *session, const struct mta_macros *macros,
                                    const char *const *argv);
struct mta_answer mta_envelope_data(struct mta_session *session);

#endif
