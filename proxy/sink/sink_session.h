/* sink_session: one SMTP session of the sink: a small server of its own, that stores what it
 * accepts and tells the truth about it (RFC 5321, 4), or one of LMTP, which tells it to each
 * recipient (RFC 2033).
 */
#ifndef PROXY_SINK_SINK_SESSION_H
#define PROXY_SINK_SINK_SESSION_H

#include "filters/base/must_use.h"
#include "proxy/net/loop.h"
#include "proxy/record/log.h"
#include "proxy/sink/maildir.h"

struct address;
struct sink_session;

#define SINK_MESSAGE_MAX    (100U << 20) /* bytes, as received */
#define SINK_RECIPIENTS_MAX 1000
#define SINK_LINE_MAX       4096 /* octets of a command; DSN parameters make them long */
#define SINK_ERRORS_MAX     100  /* refused commands, then 421 */
#define SINK_IDLE_MS        300000
#define SINK_MEMORY_MAX     (4U << 20) /* of one envelope */

/* What all sessions share; must outlive them. */
struct sink_shared {
    struct loop *loop;
    struct maildir *maildir;
    struct log *log;
    struct slice hostname;
    bool lmtp;                     /* what is spoken, in place of SMTP */
    struct sink_session *sessions; /* all that live */
};

/* sink_session_create(shared, fd, peer): takes over ${fd} and greets. It destroys itself at its
 * end. 0, or -1 (and ${fd} is closed). */
MUST_USE int sink_session_create(struct sink_shared *shared, int fd, const struct address *peer);

/* sink_session_drop(s): ends it with 421; what is not stored is dropped. */
void sink_session_drop(struct sink_session *s);

#endif
