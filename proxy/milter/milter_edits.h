/* milter_edits: the changes a milter wants, looked at one by one and staged until its final answer
 * (MILTER 3; PROTOCOL ML04, ML05). */
#ifndef PROXY_MILTER_MILTER_EDITS_H
#define PROXY_MILTER_MILTER_EDITS_H

#include "filters/edit.h"
#include "proxy/milter/milter_index.h"
#include "proxy/milter/wire/packet_reply.h"
#include "proxy/net/spool.h"

/* Changes that came so far. */
struct milter_staged {
    struct edit_list edits;
    struct milter_counting counting;
    struct spool body;
    size_t body_edit; /* its index in ${edits} */
    bool body_begun;
    bool body_over; /* something else came after it */
    bool carriage;  /* it ended in a CR so far */
};

/* milter_edits_take(m, reply): stages one change. NULL, or why it cannot be: static. */
const char *milter_edits_take(struct milter *m, const struct packet_reply *reply);

/* milter_edits_finish(m): all are there, and may be handed out. NULL, or why they may not: static,
 * or in the message's arena. */
const char *milter_edits_finish(struct milter *m);

/* milter_edits_drop(m): forgets them. */
void milter_edits_drop(struct milter *m);

#endif
