/* notify: tells the service manager how we are (sd_notify(3)'s protocol: one datagram to
 * $NOTIFY_SOCKET). */
#ifndef PROXY_NET_NOTIFY_H
#define PROXY_NET_NOTIFY_H

/* notify_send(socket_path, state): sends ${state} ("READY=1", "STOPPING=1",
 * "RELOADING=1\nMONOTONIC_USEC=...") to
 * ${socket_path}, the value of NOTIFY_SOCKET ("@" begins an abstract name). NULL or empty: does
 * nothing. Returns 0, or -1 with errno. */
int notify_send(const char *socket_path, const char *state);

#endif
