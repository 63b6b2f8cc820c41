/* chunking: content in chunks (RFC 3030), from the client and to the upstream. */
#ifndef PROXY_SESSION_CHUNKING_H
#define PROXY_SESSION_CHUNKING_H

#include "proxy/session/session_private.h"

/* chunking_bdat(s, command): the BDAT command: its octets follow, whatever becomes of it. */
void chunking_bdat(struct session *s, const struct command *command);
/* chunking_done(s): PHASE_CONTENT: whether the chunk being read is complete and was answered. The
 * last one is not answered here; content goes on as if a dot had come. */
bool chunking_done(struct session *s);
/* chunking_wanted(s): whether the message goes upstream by BDAT. */
bool chunking_wanted(const struct session *s);
/* chunking_open(s): whether the upstream waits for another chunk of ours. */
bool chunking_open(const struct session *s);
/* chunking_full(s): whether enough has come of a streamed message for a chunk upstream. */
bool chunking_full(const struct session *s);
/* chunking_send(s): begins to hand over what has come of the message, all of it as the last chunk
 * when it is complete. chunking_sent(s): the octets are out. */
void chunking_send(struct session *s);
void chunking_sent(struct session *s);

#endif
