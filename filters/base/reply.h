/* reply: an SMTP reply of ours, from the operator's text to the bytes on the wire.
 *
 * A reply is built once, whole, and is then only copied: its wire form has every line with the
 * code,
 * "-" or " ", the enhanced code and the text, ended by CRLF (RFC 5321 4.2.1, RFC 2034 4, RFC 3463
 * 2). Replies of the upstream have the same type and are relayed as they came.
 */
#ifndef FILTERS_BASE_REPLY_H
#define FILTERS_BASE_REPLY_H

#include "filters/base/arena.h"

struct reply {
    int code;          /* 0: no reply */
    struct slice wire; /* all lines, each with CRLF */
};

#define REPLY_LINE_MAX  512 /* octets of one line of ours, CRLF included (RFC 5321, 4.5.3.1.5) */
#define REPLY_LINES_MAX 64  /* lines of one reply of ours */

/* The beginning of an operator's reply text: "550 5.7.1 Not here" split into its parts. */
struct reply_text {
    int code;              /* 0 when the text begins with no code */
    struct slice enhanced; /* "5.7.1", empty when absent */
    struct slice text;     /* what follows */
};

/* reply_split(text): takes a code [245]dd and an enhanced code c.d{1,3}.d{1,3} off the front, each
 * only if a blank or the end follows it. Slices of ${text}. Does not judge whether they fit
 * together. */
struct reply_text reply_split(struct slice text);

/* reply_check(parts, class): whether ${parts} can be an action's reply of class ${class} (4 or 5):
 * the code is absent or of that class with second digit 0..5, and the enhanced code absent or of
 * the same class as the code. Returns NULL, or a sentence saying what is wrong. */
const char *reply_check(struct reply_text parts, int reply_class);

/* reply_sayable(c): whether ${c} can stand in a reply: printable ASCII (RFC 5321, 4.2, without the
 * tab). */
static inline bool reply_sayable(char c)
{
    return c >= ' ' && c <= '~';
}

/* reply_make(arena, code, enhanced, lines, count): the reply with one wire line per text line.
 * ${enhanced} may be empty. What is not printable ASCII becomes "?", one for each character or
 * stray byte (CR, LF and NUL are dropped), a line is cut at REPLY_LINE_MAX, lines past
 * REPLY_LINES_MAX are left out. With ${count} 0 the code stands alone. code 0 when the arena is
 * full. */
struct reply reply_make(struct arena *arena, int code, struct slice enhanced,
                        const struct slice *lines, size_t count);

/* reply_recode(arena, reply, code): the same reply with ${code} on each of its lines; the enhanced
 * code and the texts stay. code 0 when the arena is full. */
struct reply reply_recode(struct arena *arena, struct reply reply, int code);

/* reply_in_short(code): a reply of ours in the place of one with ${code} that there is no memory
 * for: it says the same, in the code of its class. No memory. */
struct reply reply_in_short(int code);

/* reply_first_line(wire): the first line of a reply's wire form, without its CRLF. */
static inline struct slice reply_first_line(struct slice wire)
{
    return slice_first(wire, slice_find(wire, '\r'));
}

/* reply_static(literal): a reply whose wire form is a literal such as "250 2.0.0 Ok\r\n"; no
 * memory. */
struct reply reply_static(struct slice wire);

#endif
