/* decode: a part's octets, their transfer encoding undone (RFC 2045, 6), in every way in which
 * readers undo it.
 *
 * Base64. Sound text has one reading. Where padding stands in the middle, some stop there, some
 * begin a new text behind it, and some pass over it as over any stranger; strangers (what is no
 * digit, padding or blank) are passed over, or end the text. What is left of less than a byte at
 * the end is nothing. Quoted-printable: soft breaks and blanks at a line's end are taken off; a
 * broken escape stays as it is written, and then the text as it stands is a reading too
 * (rspamd#2218). What is not encoded, or so that nobody knows it, is what it is.
 *
 * Linear in the length; the allowance is asked as the octets are read.
 */
#ifndef FILTERS_DECODE_DECODE_H
#define FILTERS_DECODE_DECODE_H

#include "filters/base/allowance.h"
#include "filters/base/bytes.h"
#include "filters/base/must_use.h"
#include "filters/base/reading.h"

enum decode_reading {
    DECODE_MOST, /* base64: behind padding a new text begins; the way that shows most */
    DECODE_STOP, /* ... the first padding or stranger is the end */
    DECODE_PASS, /* ... padding is passed over as strangers are; quoted-printable: soft breaks are
                  * taken out before escapes are undone */
    DECODE_WRITTEN, /* quoted-printable: the octets as they stand */
    DECODE_READINGS,
};

/* What makes readings differ. */
struct decode_look {
    uint64_t size; /* of DECODE_MOST */
    bool padding;  /* digits behind padding */
    bool stranger; /* in base64, with digits behind it */
    bool escape;   /* a broken one */
    bool split;    /* ... by a soft break */
};

/* decode_look(encoding, raw, allowance, look): reads all of ${raw} and keeps nothing. CONTENT_READ,
 * or CONTENT_OVER. */
MUST_USE enum content_result decode_look(enum content_encoding encoding, struct slice raw,
                                         struct allowance *allowance, struct decode_look *look);

/* decode_differs(encoding, look, reading): whether ${reading} may show other octets than
 * DECODE_MOST. decode_why(look): why, for a doubt; NULL: no reading does. */
bool decode_differs(enum content_encoding encoding, const struct decode_look *look,
                    enum decode_reading reading);
const char *decode_why(const struct decode_look *look);

/* decode_whole(encoding, reading, raw, allowance, out): appends what ${raw} says. CONTENT_READ;
 * CONTENT_OVER; CONTENT_MEMORY: ${out} has failed. Of text that is not encoded it is a copy: who
 * needs none has ${raw}. */
MUST_USE enum content_result decode_whole(enum content_encoding encoding,
                                          enum decode_reading reading, struct slice raw,
                                          struct allowance *allowance, struct bytes *out);

#endif
