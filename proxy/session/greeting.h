/* greeting: the connect rules, then our greeting or what is said in place of one. */
#ifndef PROXY_SESSION_GREETING_H
#define PROXY_SESSION_GREETING_H

#include "filters/verdict.h"

struct session;

/* greeting_begin(s): the peer is known: the connect rules, then the greeting. */
void greeting_begin(struct session *s);
/* greeting_judge(s, decided): judges the connection of s->client. */
void greeting_judge(struct session *s,
                    void (*decided)(struct session *s, const struct verdict *verdict));
/* greeting_judge_late(s, go_on): judges the connection that has waited for an XCLIENT; ${go_on}
 * follows unless it is refused. */
void greeting_judge_late(struct session *s, void (*go_on)(struct session *s));
/* greeting_say(s, verdict): says our greeting, or that refusal in place of one. */
void greeting_say(struct session *s, const struct verdict *verdict);

#endif
