/* lmtp: what differs where the client or the upstream speaks LMTP: greetings, and the replies to
 * the end of a message, one for each recipient (RFC 2033). */
#ifndef PROXY_SESSION_LMTP_H
#define PROXY_SESSION_LMTP_H

#include "proxy/smtp/command.h"
#include "proxy/smtp/extension.h"

struct session;

/* lmtp_greeting(s, verb): whether that of HELO, EHLO and LHLO is a greeting here (R106). */
bool lmtp_greeting(const struct session *s, enum verb verb);
/* lmtp_crowded(s, count): whether a client that hears one reply must not have ${count} recipients,
 * because the upstream replies for each. lmtp_offer(s, offer): tells it so by LIMITS.
 * lmtp_put_off(s): the reply to such a RCPT; it counts as no error, but as junk after as many as a
 * message may have. */
bool lmtp_crowded(const struct session *s, size_t count);
void lmtp_offer(const struct session *s, struct capabilities *offer);
void lmtp_put_off(struct session *s);
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
