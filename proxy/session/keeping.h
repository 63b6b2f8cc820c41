/* keeping: messages that go into the quarantine: whole, or a copy for recipients that were taken
 * off.
 *
 * A copy is stored before the rest of the message goes upstream, and removed again when that is
 * refused: once the upstream has accepted nothing can fail any more, and what was not acknowledged
 * is not kept. Until the upstream has answered it is pending; then it is confirmed or removed
 * before the client hears of it, so that after a crash what is still unconfirmed is what no client
 * has heard of.
 */
#ifndef PROXY_SESSION_KEEPING_H
#define PROXY_SESSION_KEEPING_H

#include <stdbool.h>

#include "filters/verdict.h"

struct session;

/* keeping_wanted(s, verdict): whether the quarantine gets the message, or a copy of it for
 * recipients that were taken off, as far as is known; it must be held then. keeping_due(s,
 * verdict): the same when all is known. */
bool keeping_wanted(struct session *s, const struct verdict *verdict);
bool keeping_due(struct session *s, const struct verdict *verdict);
/* keeping_begin(s, verdict): the message is complete, and the verdict on it no refusal: stores it,
 * then says so or, where it also goes upstream, hands it over. keeping_step(s): PHASE_STORE; false
 * when it must wait. */
void keeping_begin(struct session *s, const struct verdict *verdict);
bool keeping_step(struct session *s);
/* keeping_destroy(s): at the end of a session. */
void keeping_destroy(struct session *s);

#endif
