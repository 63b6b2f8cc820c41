/* milter_answer: what a milter's answers mean (MILTER 3). */
#ifndef PROXY_MILTER_MILTER_ANSWER_H
#define PROXY_MILTER_MILTER_ANSWER_H

#include "proxy/milter/wire/packet.h"

struct milter;

/* milter_answer_take(m, packet): what was awaited, or a part of it, is there. May end the job, or
 * the connection. */
void milter_answer_take(struct milter *m, struct packet packet);

#endif
