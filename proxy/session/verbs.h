/* verbs: the commands of a session: for each verb check, judge, forward (RFC 5321, 4.1). What the
 * upstream says to a forwarded command goes to the client as it is. */
#ifndef PROXY_SESSION_VERBS_H
#define PROXY_SESSION_VERBS_H

struct session;

/* verbs_run(s): runs the command in s->line; leaves s->phase where it goes on. */
void verbs_run(struct session *s);

#endif
