/* naming: the name of the client, as the DNS confirms it or a trusted peer tells it: looked up once
 * a session, when something needs it, and waited for only by what does. */
#ifndef PROXY_SESSION_NAMING_H
#define PROXY_SESSION_NAMING_H

#include <stdbool.h>

#include "filters/base/must_use.h"
#include "proxy/smtp/attributes.h"
#include "proxy/upstream/identity.h"

struct session;

#define NAMING_UNKNOWN "unknown" /* it has none; as rules see it */

/* naming_begin(s): s->client is the client: begins to look up its name if the record or the
 * upstream want it. naming_told(s, told): what XCLIENT said of it, or of another client; 0, or -1
 * when memory is out. naming_forget(s): what is known, or under way; at the end of a session. */
void naming_begin(struct session *s);
MUST_USE int naming_told(struct session *s, const struct attributes *told);
void naming_forget(struct session *s);
/* naming_await(s, named): waits until the name is known or known not to be; ${named} goes on.
 * naming_step(s): PHASE_NAME; false when it must wait. */
void naming_await(struct session *s, void (*named)(struct session *s));
bool naming_step(struct session *s);
/* naming_name(s): the name, NAMING_UNKNOWN when there is none, empty when nobody knows or has
 * asked; lives as long as the session. naming_upstream_wants(s): whether the upstream is told.
 * naming_identify(s, identity): what it is told. */
struct slice naming_name(const struct session *s);
bool naming_upstream_wants(const struct session *s);
void naming_identify(const struct session *s, struct identity *identity);
/* naming_asked(s): whether the policy waits for an answer; judging goes on when there is one.
 * naming_answer(s): tells it what is known already. */
bool naming_asked(struct session *s);
void naming_answer(struct session *s);

#endif
