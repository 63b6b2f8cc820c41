/* rewriting: the message as edited, ready to go out: from the transaction's draft the commands of
 * the envelope and the header that stand in the place of the client's. What no edit touches stays
 * as it came. */
#ifndef PROXY_SESSION_REWRITING_H
#define PROXY_SESSION_REWRITING_H

#include "filters/base/must_use.h"
#include "filters/edit.h"
#include "proxy/session/transaction.h"

struct session;

/* rewriting_begin(s): the recipients are complete: begins the draft, which the policy edits. 0, or
 * -1 when memory is out. */
MUST_USE int rewriting_begin(struct session *s);
/* rewriting_received(s): the header is known. rewriting_complete(s, view): the content is complete:
 * returns the body in ${view}. */
void rewriting_received(struct session *s);
struct slice rewriting_complete(struct session *s, struct slice view);
/* rewriting_redirect(s, recipient, address): a rule has sent it to ${address} at RCPT: what the
 * upstream is told of it; 0, or -1 when memory is out. rewriting_redirects(s, edits): appends what
 * such rules have done, for the record. 0, or -1 when ${edits} has failed. */
MUST_USE int rewriting_redirect(struct session *s, struct recipient *recipient,
                                struct slice address);
MUST_USE int rewriting_redirects(struct session *s, struct edit_list *edits);
/* rewriting_header(s): when all is edited: the header as it goes out, in plan.header; nothing
 * where the received one does. rewriting_envelope(s), after it: the commands of the envelope, and
 * whether they must be said again. 0, or -1 when an edit cannot be made or memory is out. */
MUST_USE int rewriting_header(struct session *s);
MUST_USE int rewriting_envelope(struct session *s);
/* rewriting_content(s, content): the content to be sent from transaction_content_start on. 0, or -1
 * when the spool fails. */
MUST_USE int rewriting_content(struct session *s, struct slice *content);

#endif
