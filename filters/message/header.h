/* header: where a message's header ends, its fields, and what they say when decoded (RFC 5322,
 * 2047).
 *
 * The bytes are never changed here: fields are slices of the block, decoding makes copies. Lines
 * end in CRLF, always: the content was normalised before. The header ends at the first empty line,
 * whatever stands above it. Some readers end it at the first line that is no field, others read on
 * below: rules see what any of them would show, and the header is ambiguous. mbox lines ("From ",
 * any number of ">" before it) at the very top are passed over.
 *
 * A field is a name of printable ASCII without colon (RFC 5322, 2.2), any blanks, a colon; lines
 * that begin with a blank continue it (also lines of blanks only), and continue a line that is no
 * field too. A first line that begins with a blank is no field. A line that is none has a name all
 * the same where some readers see one: its colon stands behind a fold, or blanks or control
 * characters in front.
 */
#ifndef FILTERS_MESSAGE_HEADER_H
#define FILTERS_MESSAGE_HEADER_H

#include "filters/base/arena.h"
#include "filters/base/bytes.h"
#include "filters/base/must_use.h"

struct field {
    struct slice raw;   /* the whole field with its CRLF, which only an unfinished one lacks */
    struct slice name;  /* as written, without blanks before the colon; empty: a line in which
                           nobody sees a field */
    struct slice value; /* after the colon, without the final CRLF; blanks and folds as they are. Of
                           a line without a name all of it */
};

struct header {
    struct slice prefix;  /* mbox lines before the first field, forwarded as they are */
    struct field *fields; /* in order, and lines that are none among them */
    size_t count, capacity;
    size_t above;   /* fields above the first line that is none; count: every line is one */
    size_t on_top;  /* how many stand above the field that the gateway itself puts on top */
    bool separated; /* an empty line stood between header and body */
    bool edited;    /* rewrite changed something */
};

/* Where a header ends, as offsets into the content. */
struct header_end {
    size_t fields_end; /* past the last line's CRLF */
    size_t body_start; /* fields_end + 2 when an empty line separates, else fields_end */
};

/* State of header_scan between calls; all zero at the start of a message. */
struct header_scan {
    size_t scanned; /* no empty line begins before here */
};

/* header_scan(scan, content, complete, end): looks for the end of the header in ${content}, all
 * that came so far of the message from its first byte; may be called again with more, and does not
 * read the same bytes twice. ${complete}: nothing will follow, and a message without an empty line
 * is all header. Returns 1 and fills ${end}, or 0 when more is needed (never with ${complete}). */
MUST_USE int header_scan(struct header_scan *scan, struct slice content, bool complete,
                         struct header_end *end);

/* header_parse(header, block, separated, arena): splits ${block} (content up to fields_end) into
 * fields. Slices point into ${block}; the array is in the arena. No byte is lost. Returns 0, or -1
 * when the arena is full. */
MUST_USE int header_parse(struct header *header, struct slice block, bool separated,
                          struct arena *arena);

/* header_count_above(header): counts ${header}->above anew. */
void header_count_above(struct header *header);

/* header_is_ambiguous(header): whether readers split it differently: a line in it is no field. */
static inline bool header_is_ambiguous(const struct header *header)
{
    return header->above < header->count;
}

/* header_stray_reason(line): why a line that is no field is none: "no colon". */
const char *header_stray_reason(struct slice line);

/* header_clone(copy, header, arena): a copy with its own field array and the same slices; 0 or -1.
 */
MUST_USE int header_clone(struct header *copy, const struct header *header, struct arena *arena);

/* header_find(header, name, from): index of the first field of that name (ASCII case-insensitive)
 * at or after index ${from}, or SLICE_NOT_FOUND. */
size_t header_find(const struct header *header, struct slice name, size_t from);

/* header_holds_addresses(name): whether fields of that name are lists of addresses: From, To,
 * Resent-Cc and so on (RFC 5322, 3.6). */
bool header_holds_addresses(struct slice name);

/* header_trim(value): ${value} without blanks and folds at either end. */
struct slice header_trim(struct slice value);

/* header_unfold(value, arena): ${value} without leading and trailing blanks and with each CRLF
 * before a blank removed (RFC 5322, 2.2.3): the raw form that rules match. Without folds inside it
 * is a slice of
 * ${value} itself, no copy. ptr NULL when the arena is full. */
struct slice header_unfold(struct slice value, struct arena *arena);

/* header_decode(value, arena): the unfolded value with encoded-words (RFC 2047, B and Q) turned
 * into UTF-8; blanks between adjacent words dropped, a character split over adjacent words of one
 * charset joined. What is no word (encoded_word_parse) or of an unknown charset stays as text;
 * words in quoted strings count. Bytes outside words stay as they are, valid UTF-8 or not; what a
 * word holds becomes valid UTF-8, with U+FFFD for what is none. Decoded CR, LF and NUL become
 * blanks. Linear in the length. Without a word it is what header_unfold returns, mostly no copy.
 * ptr NULL when the arena is full. */
struct slice header_decode(struct slice value, struct arena *arena);

/* header_decode_field(field, arena): header_decode of the field's value, as rules see it. */
struct slice header_decode_field(const struct field *field, struct arena *arena);

/* header_decode_generously(value, arena): the value as the readers see it that decode more than
 * header_decode, or otherwise: words of charsets nobody knows, with "?" in their text or without an
 * end, words whose texts only make sense taken together, UTF-16 with the high byte first. Empty
 * when there is no such reading. ptr NULL when the arena is full. */
struct slice header_decode_generously(struct slice value, struct arena *arena);

/* A stretch of a decoded value that is not the unfolded value's own: what encoded-words say, those
 * of one charset with only blanks between them taken together. All else of it is the value's, byte
 * for byte. */
struct header_run {
    size_t start, end;             /* in the decoded value */
    size_t words_start, words_end; /* of the words, in the unfolded value */
};

struct header_runs {
    struct header_run *items;
    size_t count;
};

/* header_decode_runs(field, edited, runs, arena): the same, and where its runs stand in ${runs}, in
 * order, in the arena. ${edited}: for text that is edited and forwarded: where the field holds
 * addresses, quoted strings are left as they are (RFC 2047, 5). */
struct slice header_decode_runs(const struct field *field, bool edited, struct header_runs *runs,
                                struct arena *arena);

/* header_mailboxes(value, arena, out, max): the addresses (local@domain, without routes) of an
 * unfolded address list such as From (RFC 5322, 3.4 and obsolete forms; groups entered): every
 * address that some reader would show. Of "<a@b>c@d" both; of "a@b@c" also "a@b" and "b@c"; of
 * "a@b[x]" also "a@b". Names and comments of a well-formed list are not looked into, but where no
 * address stands beside them: then they are all there is to show. A malformed one is read in each
 * way in which readers mend it, which brings some addresses too that nobody shows. Encoded-words
 * are read as they stand and decoded; those of a name before "<" only for an address that they
 * bring in brackets of its own. Writes up to ${max} to ${out}, returns how many were found in all;
 * some may be there twice. Slices are in the arena. Linear; never fails on malformed input. Returns
 * HEADER_MAILBOXES_FAILED when the arena is full; HEADER_MAILBOXES_UNREAD when a malformed list is
 * longer than HEADER_MENDED_MAX bytes: what the field says is then unknown, today and tomorrow. */
#define HEADER_MAILBOXES_FAILED SLICE_NOT_FOUND
#define HEADER_MAILBOXES_UNREAD (SLICE_NOT_FOUND - 1)
#define HEADER_MENDED_MAX       16384 /* some forty readings are made of it */
size_t header_mailboxes(struct slice value, struct arena *arena, struct slice *out, size_t max);

/* header_names(value, arena, out, max): the display names of such a list, decoded, unquoted, with
 * one blank for a row of them outside of quotes: every name that some reader would show. A name
 * with comments in it comes without them and with them; a comment is a name where no other stands;
 * a group's name is one, and so is what has no address at all. Of a malformed list, and where
 * encoded-words say what could be structure, in each way in which readers take it apart, which
 * brings some that nobody shows. An address alone has none. Linear, whatever the value is; returns
 * as header_mailboxes, HEADER_MAILBOXES_FAILED only when the arena is full. */
size_t header_names(struct slice value, struct arena *arena, struct slice *out, size_t max);

#endif
