/* packet_reply: what a milter says, parsed and written (MILTER 3).
 *
 * A milter is not trusted: a reply is taken apart only if all of it is as it must be, down to the
 * last octet, and no name, address or text in it can break what it is put into (PROTOCOL ML02 to
 * ML04). Whether a reply may come now, and whether the milter may make that change, is the
 * caller's to judge; so are indices. The writers are for the other side: scripted milters, tools
 * and tests.
 */
#ifndef PROXY_MILTER_WIRE_PACKET_REPLY_H
#define PROXY_MILTER_WIRE_PACKET_REPLY_H

#include "filters/base/arena.h"
#include "filters/base/must_use.h"
#include "filters/base/reply.h"
#include "proxy/milter/wire/packet_options.h"

struct packet_reply {
    enum packet_reply_kind kind;
    uint32_t index;                /* INSERT_HEADER, CHANGE_HEADER: as sent */
    struct slice name;             /* of a header: a valid one */
    struct slice value;            /* of a header: for packet_header_from_milter; empty in
                                    * CHANGE_HEADER: to be deleted.
                                    * CHANGE_SENDER, the three of recipients: the address as sent
                                    * REPLYCODE: for packet_replycode_parse
                                    * QUARANTINE: the reason, any bytes but NUL
                                    * REPLACE_BODY: the new body, or the next piece of it */
    struct slice parameters;       /* CHANGE_SENDER, ADD_RECIPIENT_PARAMS: ESMTP's, or empty */
    struct packet_options options; /* OPTNEG */
};

/* packet_reply_parse(packet, reply): takes a packet apart, a whole one or a piece of REPLACE_BODY;
 * all slices are slices of it. Returns NULL, or a sentence saying what is wrong: an unknown reply,
 * missing or left-over bytes, a header's name that is none, a control character in an address or
 * its parameters. */
const char *packet_reply_parse(struct packet packet, struct packet_reply *reply);

/* packet_reply_action(kind): which action must have been agreed for that reply; 0 when it is no
 * change of the message. Changes are legal only in answer to BODYEOB. */
uint32_t packet_reply_action(enum packet_reply_kind kind);

/* packet_replycode_parse(text, arena, reply): the text of a REPLYCODE as a reply: lines between
 * CRLFs, each "ddd-text" and the last "ddd text" (or the code alone), all with the same code 4xx or
 * 5xx; an enhanced code after it must be of the same class. The first line's enhanced code stands
 * for all of them; if it has none, what the others have is text. "%%" is "%", for milters write for
 * Sendmail's printf. Texts become printable ASCII (reply_make). Returns NULL, or a sentence saying
 * what is wrong (also when the arena is full). */
const char *packet_replycode_parse(struct slice text, struct arena *arena, struct reply *reply);

/* --- the milter's side: writers; 0, or -1 as those of packet_command.h --- */

/* packet_reply_plain(out, kind): a reply without data: CONTINUE, ACCEPT, REJECT, TEMPFAIL, DISCARD,
 * SHUTDOWN, CONN_FAIL, SKIP, PROGRESS. */
MUST_USE int packet_reply_plain(struct bytes *out, enum packet_reply_kind kind);

/* packet_reply_optneg(out, answer): the answer to an offer, with its macro lists. */
MUST_USE int packet_reply_optneg(struct bytes *out, const struct packet_options *answer);

/* packet_reply_header(out, kind, index, name, value): ADD_HEADER (${index} is not sent),
 * INSERT_HEADER, CHANGE_HEADER. Folds in ${value} are LF. */
MUST_USE int packet_reply_header(struct bytes *out, enum packet_reply_kind kind, uint32_t index,
                                 struct slice name, struct slice value);

/* packet_reply_strings(out, kind, first, second): REPLYCODE, QUARANTINE, CHANGE_SENDER and the
 * three of recipients. ${second}, the parameters, is sent unless it is empty. */
MUST_USE int packet_reply_strings(struct bytes *out, enum packet_reply_kind kind,
                                  struct slice first, struct slice second);

/* packet_reply_body(out, content, chunk_max): REPLACE_BODY, as packets of at most ${chunk_max}
 * octets of data each: PACKET_CHUNK_MAX as libmilter does, or as many as there are, as rspamd does.
 * An empty body is one packet without data. On -1 some packets may be in ${out}. */
MUST_USE int packet_reply_body(struct bytes *out, struct slice content, size_t chunk_max);

#endif
