/* packet_header: header fields on their way to a milter and back (MILTER 2, 3).
 *
 * In the protocol a fold is a LF, and unless leading spaces were negotiated
 * (PACKET_STEP_LEADING_SPACE) one blank after the colon belongs to nobody. In a message a fold is
 * CRLF and a blank. What a milter sends is never believed to be a field: nothing it can send ends
 * the field it is put into (PROTOCOL D1, ML04).
 */
#ifndef PROXY_MILTER_WIRE_PACKET_HEADER_H
#define PROXY_MILTER_WIRE_PACKET_HEADER_H

#include "filters/base/arena.h"
#include "filters/base/bytes.h"
#include "filters/base/must_use.h"

/* packet_header_name_valid(name): whether it can be a field's name: printable ASCII without blank
 * and colon, not empty (RFC 5322, 2.2). */
bool packet_header_name_valid(struct slice name);

/* packet_header_to_milter(out, value, leading_space): appends ${value}, what a message has between
 * the colon and the end of the field, as a milter wants it: no CRLF at the end, folds as LF, no
 * other CR, no NUL. Without ${leading_space} one space (never a tab) after the colon is left out.
 * 0, or -1 when ${out} failed. */
MUST_USE int packet_header_to_milter(struct bytes *out, struct slice value, bool leading_space);

/* packet_header_from_milter(arena, value, leading_space): a milter's ${value} as a message has it
 * between colon and final CRLF: each LF as CRLF and, unless one follows, a blank; CR and NUL left
 * out. Lines that would hold blanks only are left out too: some readers take one for the end of
 * the header. Without ${leading_space} a space is put first. In ${arena}; ptr NULL when that is
 * full. */
struct slice packet_header_from_milter(struct arena *arena, struct slice value, bool leading_space);

#endif
