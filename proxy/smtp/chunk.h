/* chunk: message content that comes and goes by BDAT (RFC 3030): the command, and the counter of
 * octets that stands where DATA has its dot.
 *
 * Only the declared sizes end the data. What is inside is normalised by the same machine as content
 * of DATA (dot.h, dot_reader_init_plain), whose state goes on over the edges of chunks; content of
 * a BINARYMIME message is handed out as it is.
 */
#ifndef PROXY_SMTP_CHUNK_H
#define PROXY_SMTP_CHUNK_H

#include "filters/base/bytes.h"
#include "filters/base/must_use.h"
#include "proxy/smtp/dot.h"

/* Chunks a message may have: so many, and one more for every so many octets of it. A client that
 * sends many small ones costs a reply each and brings nothing (PROTOCOL B05). */
#define CHUNK_COUNT_FREE  1000
#define CHUNK_OCTETS_EACH 64

/* chunk_parse(argument, size, last): reads what follows BDAT: 1*DIGIT up to 2^63-1, then nothing or
 * one blank and LAST (any case). 0, or -1: how many octets follow is unknown then. */
MUST_USE int chunk_parse(struct slice argument, uint64_t *size, bool *last);

/* chunk_write(out, size, last): appends "BDAT size\r\n" or "BDAT size LAST\r\n". 0 or -1. */
MUST_USE int chunk_write(struct bytes *out, uint64_t size, bool last);

struct chunk_reader {
    bool binary;     /* content is handed out as it is */
    bool last;       /* the chunk being read is the last one */
    uint64_t size;   /* of the chunk being read */
    uint64_t left;   /* of it, not read yet */
    uint64_t count;  /* chunks begun */
    uint64_t octets; /* declared by all of them */
};

/* chunk_begin(reader, size, last): a BDAT command was read; its octets follow. Returns 0, or -1
 * when the message has too many small chunks (or octets past what can be counted). */
MUST_USE int chunk_begin(struct chunk_reader *reader, uint64_t size, bool last);

/* chunk_read(reader, text, input, out): reads the octets of the chunk from the front of ${input}
 * until DOT_SLICES slices are out, the input is used up or the chunk is complete. Returns how many
 * were consumed. ${text} normalises, and tells of bare line ends and NULs. A call that finds the
 * last chunk complete hands out what was held back and sets text->ended; so does the first call
 * after BDAT 0 LAST. */
size_t chunk_read(struct chunk_reader *reader, struct dot_reader *text, struct slice input,
                  struct dot_slices *out);

#endif
