/* notify: tells the service manager how we are (sd_notify(3)'s protocol: one datagram to
 * $NOTIFY_SOCKET). */
#ifndef PROXY_PROCESS_NOTIFY_H
#define PROXY_PROCESS_NOTIFY_H

#include "filters/base/must_use.h"

#define NOTIFY_DESCRIPTORS 1

struct notify;

/* notify_create(socket_path): for the value of NOTIFY_SOCKET ("@" begins an abstract name); its
 * socket is open from now on, so that it can be told of a reload when descriptors have run out.
 * NULL when ${socket_path} is NULL or empty, or with errno. */
struct notify *notify_create(const char *socket_path);

/* notify_destroy(notify): NULL: nothing. */
void notify_destroy(struct notify *notify);

/* notify_send(notify, state): sends ${state} ("READY=1", "STOPPING=1"). notify_reloading(notify):
 * the same for "RELOADING=1" with the time. NULL: does nothing. Return 0, or -1 with errno; EAGAIN
 * when nobody has made room for NOTIFY_PATIENCE_S. */
#define NOTIFY_PATIENCE_S 1
int notify_send(const struct notify *notify, const char *state);
int notify_reloading(const struct notify *notify);

/* notify_status(notify, format, ...): "READY=1", with a sentence for whoever asks how we are; a
 * long one is cut. Returns as above. */
int notify_status(const struct notify *notify, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
