/* lmtp: LMTP on either side (RFC 2033): after the end of a message one reply for each recipient,
 * counted.
 *
 * An LMTP client hears one for each RCPT that was answered 2xx, in that order, whatever became of
 * the message. A recipient that went upstream hears the upstream's word: in LMTP the reply at its
 * place, in SMTP the one there is; a redirected one that of the address in its place. One that a
 * rule has taken off hears 250, for nothing is left to do for it; but where edits have added
 * others, the first refusal among theirs, so that nothing is lost. Where nothing went upstream, all
 * hear the same.
 *
 * An SMTP client has only one reply to hear. In front of an LMTP upstream it has one recipient a
 * message, so that this reply can be honest.
 */
#ifndef PROXY_SESSION_LMTP_H
#define PROXY_SESSION_LMTP_H

#include <stdbool.h>
#include <stddef.h>

#include "filters/base/must_use.h"
#include "filters/base/reply.h"
#include "proxy/smtp/command.h"

struct session;

/* lmtp_greeting(s, verb): whether that of HELO, EHLO and LHLO is a greeting here (R106). */
bool lmtp_greeting(const struct session *s, enum verb verb);
/* lmtp_crowded(s, count): whether a client that hears one reply must not have ${count} recipients,
 * because the upstream replies for each. */
bool lmtp_crowded(const struct session *s, size_t count);
/* lmtp_expect(s, count): so many replies may come. 0, or -1 when memory is out. */
MUST_USE int lmtp_expect(struct session *s, size_t count);
/* lmtp_take(s): the upstream has answered the end of data, or is lost: keeps its reply. Returns
 * whether more are owed, which are then awaited; else every recipient's reply is settled.
 * lmtp_told(s): of those kept the one that stands for the message; code 0 when there is none. */
bool lmtp_take(struct session *s);
struct reply lmtp_told(const struct session *s);
/* lmtp_decide(s): whether the end of the message is answered for each recipient; notes the replies,
 * for the record too. lmtp_say(s): says them, unless the client has gone. */
bool lmtp_decide(struct session *s);
void lmtp_say(struct session *s);

#endif
