/* encode: octets as a transfer encoding writes them (RFC 2045, 6.7 and 6.8), and where in a part as
 * written an octet stands.
 */
#ifndef FILTERS_REVISE_ENCODE_H
#define FILTERS_REVISE_ENCODE_H

#include "filters/base/bytes.h"
#include "filters/base/must_use.h"

#define ENCODE_LINE_MAX 76 /* RFC 2045, 6.7 (5) and 6.8 */

/* encode_base64(octets, out): appends lines of ENCODE_LINE_MAX; each ends in CRLF but the last. */
void encode_base64(struct slice octets, struct bytes *out);

/* encode_quoted(octets, at_end, out): appends quoted-printable lines; a CRLF in ${octets} is one in
 * the text, a bare CR or LF is not. ${out} stands at the begin of a line. ${at_end}: nothing, or a
 * CRLF, follows; blanks there are written out. */
void encode_quoted(struct slice octets, bool at_end, struct bytes *out);

/* encode_quoted_size(octets): how many octets that takes where it stands in a line and no blank is
 * at its end; SLICE_NOT_FOUND: it has a line end. */
size_t encode_quoted_size(struct slice octets);

/* encode_quoted_place(raw, octets, place): how many octets of the quoted-printable text ${raw}
 * stand for the first ${octets} that it says, a soft break before the next one not included. False
 * when it says fewer. Blanks at a line's end are nothing, as they are to readers; a broken escape
 * stands for itself. */
MUST_USE bool encode_quoted_place(struct slice raw, size_t octets, size_t *place);

/* encode_base64_place(raw, octets, place): the same of base64, for the last begin of a line that is
 * not behind octet ${octets}; that octet's number is put in its place. Lines that are no whole
 * number of groups count as one with those that follow. */
size_t encode_base64_place(struct slice raw, size_t *octets);

#endif
