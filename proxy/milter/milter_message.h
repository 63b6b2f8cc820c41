/* milter_message: the content on its way to a milter: header fields, body in chunks, the end
 * (MILTER 2; 5, point 4). */
#ifndef PROXY_MILTER_MILTER_MESSAGE_H
#define PROXY_MILTER_MILTER_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>

struct milter;

enum milter_part { MILTER_PART_HEADER, MILTER_PART_EOH, MILTER_PART_BODY, MILTER_PART_END };

/* How far the content has come. */
struct milter_content {
    enum milter_part part;
    size_t field;   /* next to send */
    size_t body_at; /* next octet to send of what is below the fields */
    bool begun;     /* the macros of this part were sent */
};

/* milter_message_begin(m): begins with the message of the job. milter_message_step(m): sends as
 * much of it as can be now; nothing while an answer is awaited. */
void milter_message_begin(struct milter *m);
void milter_message_step(struct milter *m);

#endif
