/* session: one SMTP client, from accept to close.
 *
 * Callbacks only wake it; session_wake (in session.c) is the one place where its state moves. One
 * command is in flight at a time; what the client has pipelined waits unread. The phases:
 *
 *   HEADER    waiting for a PROXY header                                introduction.c
 *   SECURE    waiting for the end of a TLS handshake                    starttls.c
 *   COMMAND   waiting for the client's next command                     line.c
 *   JUDGE     the policy is judging an event, maybe for several turns   judging.c
 *   NAME      the client's name is being looked up                      naming.c
 *   DELAY     a rule delays the reply                                   judging.c
 *   OPEN      waiting for the upstream to be ready                      relay.c
 *   ANSWER    waiting for the upstream's reply to a command             relay.c
 *   AUTH      waiting for the client's response to a challenge          auth.c
 *   CONTENT   reading the message                                       content.c
 *   STORE     the quarantine is writing the message                     keeping.c
 *   SETTLE    the quarantine confirms or removes a copy                 settle.c
 *   SEND      handing a held message to the upstream                    delivery.c
 *   END       over; the step destroys it
 */
#ifndef PROXY_SESSION_SESSION_H
#define PROXY_SESSION_SESSION_H

#include "proxy/session/host.h"

/* session_create(host, fd, socket, client): starts to serve what listening socket ${socket} has
 * accepted; takes ${fd} over in any case. It joins the host's list. Nothing when memory is out
 * (${fd} is closed). */
void session_create(struct host *host, int fd, size_t socket, const struct address *client);

/* session_drain(host): the service is stopping: its sessions say 421 and close, those that are not
 * idle after their transaction. */
void session_drain(struct host *host);

/* session_stop(host): the service ends now: clients hear 421, or what was decided and not said
 * yet; one whose dot is upstream and not answered hears a 421 that says that nobody knows. Ends its
 * sessions, and destroys them. */
void session_stop(struct host *host);

#endif
