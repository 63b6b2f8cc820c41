/* delivery: messages going out: the envelope said again where edits or a lost connection ask for
 * it, DATA, the content, the dot; or the content in chunks (RFC 3030), each of which waits for its
 * reply, and the last one leaves only after the verdict (PROTOCOL D2).
 *
 * Up to the dot everything can be taken back by closing; after it the upstream's word is final.
 */
#ifndef PROXY_SESSION_DELIVERY_H
#define PROXY_SESSION_DELIVERY_H

#include <stdbool.h>

#include "filters/base/must_use.h"
#include "filters/base/reply.h"
#include "proxy/smtp/dot.h"

struct session;

/* delivery_plan(s): when all is edited: puts the envelope and the header as edited into
 * s->tx.plan. 0, or -1 when an edit cannot be made or memory is out. */
MUST_USE int delivery_plan(struct session *s);
/* delivery_begin(s): the verdict is in: hands the message over, saying the envelope again when it
 * changed. delivery_ask(s, go_on): the same before the client was told to send its content:
 * ${go_on} gets the upstream's 354, or what the client is refused it with. */
void delivery_begin(struct session *s);
void delivery_ask(struct session *s, void (*go_on)(struct session *s, const struct reply *reply));
/* delivery_send(s): PHASE_SEND; false when the upstream must drain first. */
bool delivery_send(struct session *s);
/* delivery_stream(s, content): hands on what has come of a message that is streamed and not sent in
 * chunks. */
void delivery_stream(struct session *s, const struct dot_slices *content);
/* delivery_end(s): the content is out: the dot, and its reply. */
void delivery_end(struct session *s);
/* delivery_chunk(s): begins to hand over what has come of the message, all of it as the last chunk
 * when it is complete. delivery_chunk_open(s): whether the upstream waits for another chunk of
 * ours. delivery_chunk_full(s): whether enough has come of a streamed message for one. */
void delivery_chunk(struct session *s);
bool delivery_chunk_open(const struct session *s);
bool delivery_chunk_full(const struct session *s);
/* delivery_stop(s): the service ends while the reply to the dot is awaited: says that nobody knows
 * (RFC 1047), as to U05 and U06, and ends the session. */
void delivery_stop(struct session *s);

#endif
