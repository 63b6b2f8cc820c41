/* encoded_word: one "=?charset?encoding?text?=" (RFC 2047, 2). */
#ifndef FILTERS_MESSAGE_ENCODED_WORD_H
#define FILTERS_MESSAGE_ENCODED_WORD_H

#include "filters/base/bytes.h"
#include "filters/base/must_use.h"

struct encoded_word {
    int charset;       /* a number of charset.h */
    bool base64;       /* B; else Q */
    bool standard;     /* of B: what is in the alphabet for URLs alone is passed over, too */
    bool closed;       /* "?=" ends it */
    struct slice text; /* still encoded */
    size_t length;     /* of the whole word */
};

/* encoded_word_parse(s, word): whether a word stands at the front of ${s}. Longer ones than 75
 * octets, an empty text, and any bytes in it but "?" are taken, for readers take them too; an
 * unknown charset or encoding is not. */
bool encoded_word_parse(struct slice s, struct encoded_word *word);

/* encoded_word_opens(s): whether ${s} is the front of what encoded_word_parse takes, and lacks its
 * "?=" alone. */
bool encoded_word_opens(struct slice s);

/* encoded_word_guess(s, word): the same as the most generous reader takes it: of any charset, of
 * CHARSET_NONE then, or with blanks and quotes around its name; up to "?=" whatever stands before
 * that, "?" too; one that nothing ends up to the next word and, in Q, to the end of ${s}. */
bool encoded_word_guess(struct slice s, struct encoded_word *word);

/* encoded_word_is_odd(word): whether readers may decode its text otherwise: it ends within a group
 * of digits, as that of a word does that goes on in the next, or has some of the alphabet for URLs.
 */
bool encoded_word_is_odd(const struct encoded_word *word);

/* encoded_word_decode(word, out): appends the bytes it stands for, in its charset. Padding of
 * base64 may be missing or come early, its alphabet may be that for URLs (RFC 4648, 5), and what
 * is in neither is passed over; in Q a "=" without two digits stands for itself. 0, or -1
 * with out->failed. */
MUST_USE int encoded_word_decode(const struct encoded_word *word, struct bytes *out);

#define ENCODED_WORD_MAX   75 /* octets of one that we write */
#define ENCODED_WORD_FRAME 12 /* of these "=?UTF-8?Q?" and "?=" */

/* encoded_word_length(text, base64): octets that ${text} takes as a word, its frame included. */
size_t encoded_word_length(struct slice text, bool base64);

/* encoded_word_append(text, base64, out): appends ${text}, well-formed UTF-8, as one word. In Q
 * only letters, digits and "!*+-/" stand for themselves, so that the word may stand in a phrase too
 * (RFC 2047, 5). As encoded_word_decode. */
MUST_USE int encoded_word_append(struct slice text, bool base64, struct bytes *out);

#endif
