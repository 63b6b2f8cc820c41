/* facts_mailbox: who a message says it is from, as conditions see it: the mailboxes of its From
 * fields, read once a message, when asked for. */
#ifndef FILTERS_EVAL_FACTS_MAILBOX_H
#define FILTERS_EVAL_FACTS_MAILBOX_H

#include "filters/base/must_use.h"
#include "filters/eval/facts.h"

/* facts_mailbox(e, cursor, address): each mailbox of From, as written; as facts_value. */
MUST_USE int facts_mailbox(struct eval *e, size_t *cursor, struct slice *address);

/* facts_mailbox_forms(e, cursor, forms): the same, in the forms in which they are compared. */
MUST_USE int facts_mailbox_forms(struct eval *e, size_t *cursor, struct comparable *forms);

#endif
