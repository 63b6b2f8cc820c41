/* setreply: one of our replies, taken apart as libmilter wants to be told it (smfi_setmlreply): a
 * code, an enhanced code, and lines without either. Pure. */
#ifndef PROXY_AS_MILTER_SETREPLY_H
#define PROXY_AS_MILTER_SETREPLY_H

#include "filters/base/must_use.h"
#include "filters/base/reply.h"

#define SETREPLY_LINES_MAX 32 /* libmilter's limit */
#define SETREPLY_LINE_MAX                                                                          \
    980 /* bytes of one line, its percent signs doubled; longer ones are cut */

struct setreply {
    const char *code, *enhanced;               /* ${enhanced} NULL: there is none */
    const char *lines[SETREPLY_LINES_MAX + 1]; /* ended by NULL; "%" is "%%" */
};

/* setreply_make(reply, arena, out): ${reply} is a refusal. 0, or -1 when the arena is full. All
 * texts are in the arena. */
MUST_USE int setreply_make(struct reply reply, struct arena *arena, struct setreply *out);

#endif
