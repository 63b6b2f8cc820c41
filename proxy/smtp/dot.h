/* dot: message content on the wire: the one end-of-data parser, and the one writer (PROTOCOL 1.1).
 *
 * The reader turns what a client sends after the 354 into content: lines ended by CRLF, dots
 * un-stuffed, no bare CR or LF and no NUL left. The writer does the reverse towards the upstream.
 * Both keep their state across any split of the bytes. Neither copies: they hand out slices of the
 * input and of static text, so a block without leading dots is one slice.
 */
#ifndef PROXY_SMTP_DOT_H
#define PROXY_SMTP_DOT_H

#include "filters/base/newline.h"
#include "filters/base/slice.h"

#define DOT_SLICES 64 /* handed out by one call at most */

struct dot_slices {
    struct slice items[DOT_SLICES]; /* of the input or static; valid as long as the input */
    size_t count;
};

struct dot_reader {
    enum newline_mode mode;
    int state; /* private */
    bool ended;
    bool bare;  /* a bare CR or LF was seen */
    bool nul;   /* a NUL was seen */
    bool plain; /* a dot means nothing: content of BDAT */
};

/* dot_reader_init(reader, mode): before the first byte after the 354; a line starts there. */
void dot_reader_init(struct dot_reader *reader, enum newline_mode mode);

/* dot_reader_init_plain(reader): the same for content whose end is known otherwise (chunk.h): line
 * ends and NULs are normalised, dots are left alone, and nothing in it ends the data. */
void dot_reader_init_plain(struct dot_reader *reader);

/* dot_read_end(reader, out): the content of a plain reader is over: hands out what was held back, a
 * blank for a CR, and sets ${ended}. */
void dot_read_end(struct dot_reader *reader, struct dot_slices *out);

/* dot_read(reader, input, out): reads from ${input} until DOT_SLICES slices are out, the input is
 * used up, or the end of data is reached (reader->ended: what follows is not content). Returns how
 * many bytes were consumed: all of them unless ${out} is full or the end was reached. Content held
 * back at the end of the input (a CR, a dot at a line start) is remembered, not left unconsumed.
 * Modes as in postern.conf(5), bare_newline: under reject the content is handed out as under
 * normalize and the caller looks at ${bare} and ${nul} at the end. */
size_t dot_read(struct dot_reader *reader, struct slice input, struct dot_slices *out);

struct dot_writer {
    int state; /* private */
};

/* dot_writer_init(writer): at the start of a message. */
void dot_writer_init(struct dot_writer *writer);

/* dot_write(writer, content, out): ${content} stuffed for the wire. Returns how many bytes of it
 * were consumed (fewer when ${out} is full). Content must have CRLF line ends (dot_read and rewrite
 * make it so); a stray CR, LF or NUL in it is written as dot_read would normalise it, so that not
 * even a fault of ours can smuggle. */
size_t dot_write(struct dot_writer *writer, struct slice content, struct dot_slices *out);

/* dot_write_end(writer): what ends the data: "\r\n.\r\n", or ".\r\n" when a line has just ended or
 * nothing was written; after a stray CR the blank in its place comes first. Static. The writer is
 * then at the start of a message again. */
struct slice dot_write_end(struct dot_writer *writer);

#endif
