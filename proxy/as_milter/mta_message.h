/* mta_message: the message under way: none, and none any more. */
#ifndef PROXY_AS_MILTER_MTA_MESSAGE_H
#define PROXY_AS_MILTER_MTA_MESSAGE_H

struct mta_session;

/* mta_message_begin(s): there is none yet; the limits are those of the session's configuration. */
void mta_message_begin(struct mta_session *s);

/* mta_message_forget(s): gives back all that it holds, and what rules know of it. */
void mta_message_forget(struct mta_session *s);

/* mta_message_abort(s): the message under way, if there is one, is over: recorded, and forgotten.
 */
void mta_message_abort(struct mta_session *s);

#endif
