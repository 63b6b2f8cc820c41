/* text: a text part's decoded octets in UTF-8, in each charset in which readers would read them.
 *
 * A byte order mark comes before what the part's Content-Type declares, and that before an HTML
 * meta element (HTML standard, 13.2.3.2); mail programs do not all keep that order, so where they
 * disagree each is a reading. ISO-8859-1 is read as Windows-1252, as everybody does. What declares
 * no charset, US-ASCII or one that nobody knows is UTF-8 if it is well-formed, and else
 * Windows-1252, and so is, for some, what declares one that has ASCII in other octets: so every
 * octet above 127 is a letter that a pattern can name, none is lost, and it is what most readers
 * show. format=flowed is not undone: rules see lines as they were sent.
 */
#ifndef FILTERS_DECODE_TEXT_H
#define FILTERS_DECODE_TEXT_H

#include "filters/base/allowance.h"
#include "filters/base/charset.h"
#include "filters/base/must_use.h"
#include "filters/base/reading.h"
#include "filters/base/slice.h"

#define TEXT_CHARSETS_MAX 6
#define TEXT_META_BYTES   4096 /* of an HTML text that are looked at for a meta element */

/* text_charsets(text, declared, html, charsets): the charsets (numbers of charset.h) of ${text} in
 * ${charsets}, without repetition, the likeliest first; returns how many, 1 at least. ${declared}
 * may be empty. ${html}: meta elements count. Of plain ASCII text they are all the same text, and
 * it is one. Linear. */
size_t text_charsets(struct slice text, struct slice declared, bool html,
                     int charsets[TEXT_CHARSETS_MAX]);

/* text_is_doubtful(text, declared): whether ${text} is a text as it stands, and another in the
 * charset ${declared}, which has ASCII in other octets: UTF-7, UTF-16, EBCDIC. */
MUST_USE bool text_is_doubtful(struct slice text, struct slice declared);

/* text_to_utf8(set, charset, text, allowance, out): appends ${text}, without a byte order mark, as
 * well-formed UTF-8; what is no character is U+FFFD. Where this machine cannot convert from it, as
 * Windows-1252 or ISO-8859-1. CONTENT_READ; CONTENT_OVER; CONTENT_MEMORY: ${out} has failed. */
MUST_USE enum content_result text_to_utf8(struct charset_set *set, int charset, struct slice text,
                                          struct allowance *allowance, struct bytes *out);

#endif
