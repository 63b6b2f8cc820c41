/* protocol: SMTP or LMTP on either side, and what does not go together (RFC 2033). */
#ifndef CONF_READ_PROTOCOL_H
#define CONF_READ_PROTOCOL_H

#include "conf/read/build.h"
#include "conf/read/setting.h"

struct listener_conf;
struct upstream_conf;

/* protocol_choices: "smtp" and "lmtp". */
extern const struct choice protocol_choices[];

/* protocol_check_upstream(build, upstream), protocol_check_listener(build, listener): errors and
 * warnings about what LMTP does not go together with (RFC 2033). */
void protocol_check_upstream(struct build *build, const struct upstream_conf *upstream);
void protocol_check_listener(struct build *build, const struct listener_conf *listener);

#endif
