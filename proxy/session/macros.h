/* macros: what milters are told of a session beside its commands: the macros (MILTER 6), and the
 * parameters of MAIL and RCPT. */
#ifndef PROXY_SESSION_MACROS_H
#define PROXY_SESSION_MACROS_H

struct config;
struct inspect;
struct policy;
struct session;

/* macros_inspect(s, config, policy): who judges the session by that policy; NULL when memory is
 * out. macros_forget(s): at the end of the session. */
struct inspect *macros_inspect(struct session *s, struct config *config,
                               const struct policy *policy);
void macros_forget(struct session *s);

#endif
