/* mta_content: the content: the header as it comes field by field, the body, and the end of the
 * message. */
#ifndef PROXY_AS_MILTER_MTA_CONTENT_H
#define PROXY_AS_MILTER_MTA_CONTENT_H

#include "filters/base/must_use.h"
#include "filters/verdict.h"
#include "proxy/as_milter/changes.h"
#include "proxy/as_milter/mta_answer.h"
#include "proxy/as_milter/mta_macros.h"

struct mta_session;

/* mta_content_header(session, name, value): one field; never answered. mta_content_header_end,
 * mta_content_body (never answered), mta_content_end: then mta_content_changes says what the
 * MTA shall be asked for, and mta_content_done must follow with whether it took all of it. */
void mta_content_header(struct mta_session *session, const char *name, const char *value);
struct mta_answer mta_content_header_end(struct mta_session *session);
void mta_content_body(struct mta_session *session, struct slice chunk);
struct mta_answer mta_content_end(struct mta_session *session, const struct mta_macros *macros);
const struct change_list *mta_content_changes(const struct mta_session *session);
struct mta_answer mta_content_done(struct mta_session *session, bool taken);

/* mta_content_data_due(session): the recipients are complete: feeds that once. CONTINUE if it was
 * fed before. */
MUST_USE struct verdict mta_content_data_due(struct mta_session *session);

#endif
