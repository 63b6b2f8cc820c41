/* ending: the end of a transaction and of a session, whatever the way out. */
#ifndef PROXY_SESSION_ENDING_H
#define PROXY_SESSION_ENDING_H

struct session;

/* ending_reset(s): the end of a transaction: the record, the quarantine, the engine, the upstream,
 * the data, in this order: the record says what the others forget. */
void ending_reset(struct session *s);
/* ending_finish(s): ends the session after what is queued for the client is sent. ending_say(s,
 * wire): says a fixed reply of ours, then does. */
void ending_finish(struct session *s);
void ending_say(struct session *s, const char *wire);
/* ending_drop(s, reason): ends it at once, in any state, with an audit record; no dot goes
 * upstream. ${reason} is static. Like all that end a session it leaves PHASE_END; who steps the
 * session destroys it. */
void ending_drop(struct session *s, const char *reason);

#endif
