/* service: what the sessions of `postern milter` share: the configuration of the hour, the log, the
 * audit, and who is there.
 *
 * libmilter calls from threads of its own, as many as it likes; a reload comes from another. A
 * session takes a reference to the newest configuration when it begins and at each MAIL.
 */
#ifndef PROXY_AS_MILTER_SERVICE_H
#define PROXY_AS_MILTER_SERVICE_H

#include "proxy/record/audit.h"
#include "proxy/record/log.h"

#define SERVICE_DESCRIPTORS             64 /* log, audit, libmilter's own, a reload */
#define SERVICE_DESCRIPTORS_PER_SESSION 2  /* the MTA's connection, a large message's file */

struct config;
struct mta_session;
struct service;

/* service_create(config, error, error_size): opens log and audit; takes a reference to ${config}.
 * NULL and a sentence on failure. */
struct service *service_create(struct config *config, char *error, size_t error_size);

/* service_end(service): writes what is queued, frees what it holds; only after service_close, when
 * no session is left. The service itself stays: threads of libmilter's outlive us and may still ask
 * service_enter, to hear that it is closed. */
void service_end(struct service *service);

/* service_config(service): the newest configuration, a reference for the caller. */
struct config *service_config(struct service *service);

/* service_reload(service, outcome, size): loads the file anew; what does not load leaves the old
 * configuration. Either way it is logged, and said in a sentence in ${outcome}. Blocking; any
 * thread, one at a time. */
void service_reload(struct service *service, char *outcome, size_t size);

/* service_look(service): loads the file anew if list files have changed and rest since the last
 * look, and takes it in if only they have; by the thread that reloads, every LIST_WATCH_LOOK_MS.
 * The log says what became of it. */
void service_look(struct service *service);

/* service_ready(service): logs that it serves, and what. */
void service_ready(struct service *service);

/* service_report(service, diag): logs the problems of a load. */
void service_report(struct service *service, const struct diag *diag);

struct log *service_log(struct service *service);
struct audit *service_audit(struct service *service);

/* service_number(service): a number no session had before. */
unsigned long service_number(struct service *service);

/* Who is there: a session's place in the list. */
struct service_member {
    struct service_member *next, **link;
    struct mta_session *session;
};

/* service_join(service, member), service_leave(service, member): a session begins, and ends. */
void service_join(struct service *service, struct service_member *member);
void service_leave(struct service *service, struct service_member *member);

/* service_any(service): one of those that are there; NULL: there is none. */
struct mta_session *service_any(struct service *service);

/* service_enter(service): before anything is done for a session in a callback; false: we are
 * closing, and nothing more may be touched. service_exit(service): the callback is done. */
bool service_enter(struct service *service);
void service_exit(struct service *service);

/* service_close(service): lets no callback in any more, and waits for those that are. Returns how
 * many sessions are left. */
unsigned service_close(struct service *service);

#endif
