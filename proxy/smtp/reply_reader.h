/* reply_reader: finds whole SMTP replies in what an upstream sends (RFC 5321, 4.2). */
#ifndef PROXY_SMTP_REPLY_READER_H
#define PROXY_SMTP_REPLY_READER_H

#include "filters/base/must_use.h"
#include "filters/base/reply.h"

#define REPLY_READ_LINE_MAX  4096 /* octets of one line */
#define REPLY_READ_LINES_MAX 128
#define REPLY_READ_MAX       65536 /* octets of one reply */

struct reply_reader {  /* all zero before each reply */
    size_t line_limit; /* octets of one line; 0: REPLY_READ_LINE_MAX. Stays as it is */
    size_t line_start; /* of the first line not judged yet */
    unsigned lines;
    int code;
};

/* reply_read(reader, input, reply): looks for a whole reply at the front of ${input}, which may
 * have grown since the last call but begins at the same byte. Returns 1 and fills ${reply} (its
 * wire is a slice of ${input}, to be consumed whole), 0 when more is needed, -1 when it is no
 * reply: code outside [2-5][0-5][0-9], codes that differ between lines, no "-", " " or line end
 * after the code, a line not ended by CRLF, a control character but tab, or a limit. On 1 or -1 the
 * reader is cleared for the next. */
MUST_USE int reply_read(struct reply_reader *reader, struct slice input, struct reply *reply);

#endif
