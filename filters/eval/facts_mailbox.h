/* facts_mailbox: who a message says it is from and who is to be answered, as conditions see it:
 * each read out of the header once a message, when asked for, as generously as readers do.
 */
#ifndef FILTERS_EVAL_FACTS_MAILBOX_H
#define FILTERS_EVAL_FACTS_MAILBOX_H

#include "filters/base/must_use.h"
#include "filters/eval/facts.h"

/* facts_mailbox(e, kind, cursor, text): each mailbox of From or Reply-To as written, or each name
 * of From, decoded; as facts_value. */
MUST_USE int facts_mailbox(struct eval *e, enum mailbox_kind kind, size_t *cursor,
                           struct slice *text);

/* facts_mailbox_forms(e, kind, cursor, forms): the same, of mailboxes, in the forms in which they
 * are compared. */
MUST_USE int facts_mailbox_forms(struct eval *e, enum mailbox_kind kind, size_t *cursor,
                                 struct comparable *forms);

/* facts_mailbox_unread(e, field): whether mailboxes that are values of ${field} could not be read:
 * a field of the header was found malformed and too long (header_mailboxes). */
bool facts_mailbox_unread(const struct eval *e, enum field_id field);

/* facts_mailbox_any(e, cursor, forms): the same of From, and behind them of Reply-To. */
MUST_USE int facts_mailbox_any(struct eval *e, size_t *cursor, struct comparable *forms);

/* facts_mailbox_from_text(source) and so on: the first of them in a text; empty when there is none,
 * or it cannot be read. */
struct slice facts_mailbox_from_text(struct facts_source *source);
struct slice facts_mailbox_from_domain_text(struct facts_source *source);
struct slice facts_mailbox_from_name_text(struct facts_source *source);
struct slice facts_mailbox_reply_to_text(struct facts_source *source);
struct slice facts_mailbox_reply_to_domain_text(struct facts_source *source);

#endif
