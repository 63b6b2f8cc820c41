/* utf8: what is well-formed UTF-8 (RFC 3629), for texts that may hold anything. */
#ifndef FILTERS_BASE_UTF8_H
#define FILTERS_BASE_UTF8_H

#include "filters/base/bytes.h"

/* utf8_length(s): the length, 1 to 4, of the well-formed character at the front of ${s}; 0 when
 * there is none (an empty slice, a stray or missing continuation byte, an overlong form, a
 * surrogate, a value above U+10FFFF). */
size_t utf8_length(struct slice s);

/* utf8_code(character): the code point of a well-formed character. */
uint32_t utf8_code(struct slice character);

#define UTF8_CHARACTER_MAX 4

/* utf8_write(code, out): the character of a code point up to U+10FFFF; returns its length. */
size_t utf8_write(uint32_t code, char out[UTF8_CHARACTER_MAX]);

/* utf8_deceives(character): whether a well-formed character could make a person see another text
 * than is there: C1 controls, which some terminals obey; what breaks lines, turns the direction of
 * writing, or cannot be seen (soft hyphen, zero width, byte order mark, tags). Whatever shows a
 * text escapes these. ASCII never is; its controls are for the caller. */
bool utf8_deceives(struct slice character);

/* utf8_shown_byte(s): whether ${s} begins with `\xNN`, as a byte of no character is shown. Where
 * such text stands itself, its backslash is shown so, as `\x5c`: what is shown can be read back
 * then. */
bool utf8_shown_byte(struct slice s);

/* utf8_valid(s): whether all of ${s} is well-formed. ASCII is; so is the empty slice. */
bool utf8_valid(struct slice s);

/* utf8_append_clean(s, out): appends ${s}, each byte that belongs to no well-formed character as
 * U+FFFD; a failure sticks in ${out}. */
void utf8_append_clean(struct slice s, struct bytes *out);

/* utf8_beyond_ascii(s): whether some byte of ${s} is above 127. */
bool utf8_beyond_ascii(struct slice s);

/* utf8_cut(s, limit_bytes): the first ${limit_bytes} bytes of ${s}, or up to 3 fewer so that no
 * character is cut in two; all of ${s} when it is no longer than that. */
struct slice utf8_cut(struct slice s, size_t limit_bytes);

#endif
