/* chain_replay: what was said so far of a session and its message, to be told to milters that come
 * later.
 */
#ifndef PROXY_MILTER_CHAIN_REPLAY_H
#define PROXY_MILTER_CHAIN_REPLAY_H

#include "filters/base/arena.h"
#include "filters/base/must_use.h"
#include "filters/event.h"
#include "proxy/milter/milter_facts.h"

#define CHAIN_REPLAY_SESSION 2 /* connect, helo */

/* An event, and those facts that are its own. */
struct chain_event {
    struct event event;
    struct slice rcpt_mailer, rcpt_host, rcpt_addr;
    const struct slice *params;
    size_t param_count;
    bool refused; /* a recipient that was: it is not told again */
};

struct chain_replay {
    struct chain_event session[CHAIN_REPLAY_SESSION];
    size_t session_count;
    bool lost;                   /* the HELO did not fit: nothing can be told until another comes */
    struct chain_event *message; /* in ${message_arena} */
    size_t message_count, capacity;
    struct arena session_arena, message_arena;
};

void chain_replay_init(struct chain_replay *replay, size_t session_bytes, size_t message_bytes);
void chain_replay_fini(struct chain_replay *replay);

/* chain_replay_add(replay, event, facts): copies it. CONNECT forgets all before, HELO the one
 * before. 0, or -1 when there is no room. */
MUST_USE int chain_replay_add(struct chain_replay *replay, const struct event *event,
                              const struct milter_facts *facts);

/* chain_replay_reset(replay): the message is over. */
void chain_replay_reset(struct chain_replay *replay);

/* chain_replay_count(replay): how many events. chain_replay_get(replay, at): one of them. */
size_t chain_replay_count(const struct chain_replay *replay);
struct chain_event *chain_replay_get(struct chain_replay *replay, size_t at);

/* chain_replay_facts(entry, now): the facts of ${now} with its own in place of today's. */
struct milter_facts chain_replay_facts(const struct chain_event *entry,
                                       const struct milter_facts *now);

#endif
