/* milter_send: what was written for a milter leaves. */
#ifndef PROXY_MILTER_MILTER_SEND_H
#define PROXY_MILTER_MILTER_SEND_H

#include "proxy/milter/wire/packet.h"

struct milter;

/* milter_send(m): queues what was written. False: it has failed. */
bool milter_send(struct milter *m);

/* milter_send_command(m, command): what was written, ${command} last, leaves; awaits its answer.
 * None is awaited when none comes, or it has failed. */
void milter_send_command(struct milter *m, enum packet_command_kind command);

/* milter_send_failed(m): milter_job_fail because nothing can be written or queued. */
void milter_send_failed(struct milter *m);

#endif
