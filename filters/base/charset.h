/* charset: from the character sets of mail to UTF-8. The only door to iconv.
 *
 * Which sets there are is our list, not iconv's: what a message names never reaches iconv_open, so
 * no message can make it load a converter that nobody expects. UTF-8, US-ASCII and ISO-8859-1 are
 * done here.
 */
#ifndef FILTERS_BASE_CHARSET_H
#define FILTERS_BASE_CHARSET_H

#include "filters/base/allowance.h"
#include "filters/base/bytes.h"
#include "filters/base/must_use.h"

#define CHARSET_NONE (-1)
#define CHARSETS_MAX 200

/* Converters opened so far, for one run of conversions: to open one is costly, and a message may
 * ask for another with every word. All zero is none. */
struct charset_set {
    void *opened[CHARSETS_MAX];
    bool absent[CHARSETS_MAX]; /* this machine's iconv has it not */
};

/* charset_find(name): the number of that set, or CHARSET_NONE. Letters and digits decide, without
 * case; a "x-" or "cs" in front may be missing in our list. What follows a "*" (the language of RFC
 * 2231, 5) is passed over. Names of one set have one number. */
MUST_USE int charset_find(struct slice name);

/* charset_to_utf8(set, charset, text, out): appends ${text} as well-formed UTF-8; what cannot be
 * converted becomes U+FFFD, byte by byte (of UTF-16 and UTF-32: unit by unit). Returns 0; or -1
 * when this machine cannot convert from it, or ${out} has failed. */
MUST_USE int charset_to_utf8(struct charset_set *set, int charset, struct slice text,
                             struct bytes *out);

/* charset_convert(set, charset, text, allowance, out): the same for a long text, within an
 * allowance: -1, too, when it is over. */
MUST_USE int charset_convert(struct charset_set *set, int charset, struct slice text,
                             struct allowance *allowance, struct bytes *out);

/* charset_from_utf8(charset, text, out): appends ${text} as that set writes it, back in the state
 * that it begins in. Returns 0; 1 when a character of it is not in that set, or the set is one of
 * units of two bytes or more, or of another alphabet than ASCII's for ASCII: then nothing of value
 * is appended; or -1 when this machine cannot convert to it, or ${out} has failed. */
MUST_USE int charset_from_utf8(int charset, struct slice text, struct bytes *out);

/* charset_set_fini(set): closes what was opened. */
void charset_set_fini(struct charset_set *set);

#endif
