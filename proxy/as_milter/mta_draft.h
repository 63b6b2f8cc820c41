/* mta_draft: the message as the rules have left it: as a draft, which final rules judge, and as the
 * list of edits that the MTA and the record are told. */
#ifndef PROXY_AS_MILTER_MTA_DRAFT_H
#define PROXY_AS_MILTER_MTA_DRAFT_H

#include "filters/base/must_use.h"
#include "filters/edit.h"
#include "filters/message/draft.h"

struct mta_session;

/* mta_draft_make(s, draft, body): for the final rules; it lives as long as the message. 0, or -1
 * when an edit cannot be made. */
MUST_USE int mta_draft_make(struct mta_session *s, struct draft *draft, struct slice body);

/* mta_draft_edits(s, list): all that rules and final rules have changed, in order, behind what is
 * in ${list}; 0, or -1 when the arena is full. */
MUST_USE int mta_draft_edits(struct mta_session *s, struct edit_list *list);

#endif
