/* outcome: what was decided of a session and its message, by whom, and what the client was
 * told of it: for the reply and the audit record. */
#ifndef PROXY_SESSION_OUTCOME_H
#define PROXY_SESSION_OUTCOME_H

#include "filters/verdict.h"
#include "proxy/depot/keeper.h"
#include "proxy/session/transaction.h"

struct session;

/* outcome_stage(t): how far the transaction has come. */
enum stage outcome_stage(const struct transaction *t);
/* outcome_verdict(s, verdict): notes a verdict as what became of the transaction; outcome_party(s,
 * ...) a decision without one. */
void outcome_verdict(struct session *s, const struct verdict *verdict);
void outcome_party(struct session *s, enum verdict_kind kind, enum party party,
                   struct slice decider);
/* outcome_upstream(s, kind): a decision of the session's upstream, by its name.
 * outcome_upstream_failed(s, failure): that it could not be had, or made no sense: a tempfail;
 * ${failure}, copied, goes into the record. The caller logs it. */
void outcome_upstream(struct session *s, enum verdict_kind kind);
void outcome_upstream_failed(struct session *s, const char *failure);
/* outcome_upstream_refused(s): its last reply, a refusal, is what became of the transaction. */
void outcome_upstream_refused(struct session *s);
/* outcome_failure(s, failure, why, party, wire): a failure as what became of the transaction, and
 * its reply: it is logged and goes into the record, with ${why} if there is more to say. Both are
 * copied, but the ${failure} of others than the upstream, which must be static. */
void outcome_failure(struct session *s, const char *failure, struct slice why, enum party party,
                     struct slice wire);
/* outcome_accepted(s): the upstream took the message; a rule that accepted it keeps the word. */
void outcome_accepted(struct session *s);
/* outcome_reply(s, code, wire): notes the final reply; ${wire} is copied. */
void outcome_reply(struct session *s, int code, struct slice wire);
/* outcome_settled(s): the message's fate is decided, not only some recipient's.
 * outcome_close_after(s, close): whether its reply is followed by a close. outcome_unknown(s,
 * unknown): whether the upstream was lost after it had the end of the message.
 * outcome_at(s, stage): the last decision was made at that stage. outcome_answered(s, wire): what
 * the upstream said to the end of the message; ${wire} is kept.
 * outcome_recipient_failed(s, failure): something to add to the record; ${failure} is static. */
void outcome_settled(struct session *s);
void outcome_close_after(struct session *s, bool close);
void outcome_unknown(struct session *s, bool unknown);
void outcome_at(struct session *s, enum stage stage);
void outcome_answered(struct session *s, struct slice wire);
void outcome_recipient_failed(struct session *s, const char *failure);
/* outcome_quarantined(s): what becomes of a message stored in the quarantine: it stays when its
 * client has heard, or will, that all is well. outcome_archived(s): of one in the archive: it stays
 * when the upstream has taken the message, for some recipient at least; where nobody knows whether
 * it has, the copy is left unconfirmed. Both before anything is stored, too: KEEPER_REMOVE. */
enum keeper_fate outcome_quarantined(const struct session *s);
enum keeper_fate outcome_archived(const struct session *s);

#endif
