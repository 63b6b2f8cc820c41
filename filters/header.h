/* header: where a message's header ends, its fields, and what they say when decoded (RFC 5322,
 * 2047).
 *
 * The bytes are never changed here: fields are slices of the block, decoding makes copies. The
 * header ends at an empty line or at the first line that is no field; mbox "From " and ">From "
 * lines at the very top are passed over. Lines end in CRLF, always: the content was normalised
 * before. A field is a name of printable ASCII without colon (RFC 5322, 2.2), any blanks, a colon;
 * lines that begin with a blank continue it (also lines of blanks only). A first line that begins
 * with a blank is no field.
 */
#ifndef FILTERS_HEADER_H
#define FILTERS_HEADER_H

#include "filters/base/arena.h"
#include "filters/base/bytes.h"
#include "filters/base/must_use.h"

struct field {
    struct slice raw;   /* the whole field with its CRLF, which only an unfinished one lacks */
    struct slice name;  /* as written, without blanks before the colon */
    struct slice value; /* after the colon, without the final CRLF; blanks and folds as they are */
};

struct header {
    struct slice prefix;  /* mbox lines before the first field, forwarded as they are */
    struct field *fields; /* in order */
    size_t count, capacity;
    size_t above;   /* how many stand above the field that the gateway itself puts on top */
    bool separated; /* an empty line stood between header and body */
    bool edited;    /* rewrite changed something */
};

/* Where a header ends, as offsets into the content. */
struct header_end {
    size_t fields_end; /* past the last field's CRLF */
    size_t body_start; /* fields_end + 2 when an empty line separates, else fields_end */
};

/* State of header_scan between calls; all zero at the start of a message. */
struct header_scan {
    size_t line_start; /* of the first line not judged yet */
    size_t scanned;    /* no CRLF ends before here past line_start */
    bool in_fields;    /* a field was seen */
};

/* header_scan(scan, content, complete, end): looks for the end of the header in ${content}, all
 * that came so far of the message from its first byte; may be called again with more, and does not
 * read the same bytes twice. ${complete}: nothing will follow. Returns 1 and fills ${end}, or 0
 * when more is needed (never with ${complete}). */
MUST_USE int header_scan(struct header_scan *scan, struct slice content, bool complete,
                         struct header_end *end);

/* header_parse(header, block, separated, arena): splits ${block} (content up to fields_end) into
 * fields. Slices point into ${block}; the array is in the arena. Returns 0, or -1 when the arena is
 * full. */
MUST_USE int header_parse(struct header *header, struct slice block, bool separated,
                          struct arena *arena);

/* header_clone(copy, header, arena): a copy with its own field array and the same slices; 0 or -1.
 */
MUST_USE int header_clone(struct header *copy, const struct header *header, struct arena *arena);

/* header_find(header, name, from): index of the first field of that name (ASCII case-insensitive)
 * at or after index ${from}, or SLICE_NOT_FOUND. */
size_t header_find(const struct header *header, struct slice name, size_t from);

/* header_holds_addresses(name): whether fields of that name are lists of addresses: From, To,
 * Resent-Cc and so on (RFC 5322, 3.6). */
bool header_holds_addresses(struct slice name);

/* header_unfold(value, arena): ${value} without leading and trailing blanks and with each CRLF
 * before a blank removed (RFC 5322, 2.2.3): the raw form that rules match. Without folds inside it
 * is a slice of
 * ${value} itself, no copy. ptr NULL when the arena is full. */
struct slice header_unfold(struct slice value, struct arena *arena);

/* header_decode(value, arena): the unfolded value with encoded-words (RFC 2047, B and Q) turned
 * into UTF-8; blanks between adjacent words dropped, a character split over adjacent words of one
 * charset joined. An illegal word or unknown charset stays as text. Bytes outside words stay as
 * they are, valid UTF-8 or not; what a word holds becomes valid UTF-8, with U+FFFD for what is
 * none. Decoded CR, LF and NUL become blanks. Linear in the length. Without a word it is what
 * header_unfold returns, mostly no copy. ptr NULL when the arena is full. */
struct slice header_decode(struct slice value, struct arena *arena);

/* header_decode_field(field, arena): header_decode of the field's value; where the field holds
 * addresses, text in quoted strings is left as it is (RFC 2047, 5). */
struct slice header_decode_field(const struct field *field, struct arena *arena);

/* header_decode_forward(field, arena): the same for text that will be forwarded: where the field
 * holds addresses, words that say something with a meaning there ("a@b") come as a quoted string,
 * so that a name stays a name. */
struct slice header_decode_forward(const struct field *field, struct arena *arena);

/* header_encode(name, text, arena): ${text} (UTF-8) as a field value for the wire: one leading
 * blank, non-ASCII as encoded-words of at most 75 octets that never split a character, CR, LF and
 * NUL removed, folded at blanks to 78 columns where possible (the first line has ${name} and a
 * colon before it), never a line over 998 octets. ptr NULL when the arena is full. */
struct slice header_encode(struct slice name, struct slice text, struct arena *arena);

/* header_mailboxes(value, arena, out, max): the addresses (local@domain, without display names,
 * comments, routes) of an address list such as From (RFC 5322, 3.4 and obsolete forms; groups
 * entered; an encoded-word is never decoded into an address). Writes up to ${max} to ${out},
 * returns how many were found in all; slices are in the arena. Linear; never fails on malformed
 * input, it yields what a lenient reader could take for an address: of "<a@b>c@d" both, of "a@b@c"
 * also "a@b". Returns HEADER_MAILBOXES_FAILED when the arena is full: what the field says is then
 * unknown. */
#define HEADER_MAILBOXES_FAILED SLICE_NOT_FOUND
size_t header_mailboxes(struct slice value, struct arena *arena, struct slice *out, size_t max);

#endif
