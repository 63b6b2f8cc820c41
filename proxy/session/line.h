/* line: the client's next command: waited for, read, answered. */
#ifndef PROXY_SESSION_LINE_H
#define PROXY_SESSION_LINE_H

#include <stdbool.h>
#include <stddef.h>

#include "filters/verdict.h"
#include "proxy/smtp/command.h"

struct session;

#define LINE_AUTH_TOO_LONG "500 5.5.6 Authentication exchange line is too long\r\n"

/* line_create(s): at the birth of a session. line_forget(s): at its end, or when its room must go:
 * the line may be a secret, and is wiped. line_wipe(s): only that. line_restart(s): what has come
 * of a line does not count. line_text(s): the command in flight, without its line end. */
void line_create(struct session *s);
void line_forget(struct session *s);
void line_wipe(struct session *s);
void line_restart(struct session *s);
struct slice line_text(const struct session *s);
/* line_scan(s, limit, line, consumed): as command_line, for a line of the client that is no
 * command; the caller consumes it. */
enum line_result line_scan(struct session *s, size_t limit, struct slice *line, size_t *consumed);
/* line_next(s): the next command may come; the last one's line is wiped. */
void line_next(struct session *s);
/* line_answer(s, wire): says a fixed reply of ours; the next command may come.
 * line_answer_verdict(s, verdict): says a refusal of the policy; a disconnect ends the session. */
void line_answer(struct session *s, const char *wire);
void line_answer_verdict(struct session *s, const struct verdict *verdict);
/* line_step(s, run): PHASE_COMMAND; false when it must wait. ${run} is called with a whole command
 * in s->line. */
bool line_step(struct session *s, void (*run)(struct session *s));
/* line_missing(s): no whole line is there: looks whether one can still come. line_overlong(s,
 * consumed): eats a part of an overlong one; whether to look again. */
void line_missing(struct session *s);
bool line_overlong(struct session *s, size_t consumed);
/* line_proxy_header(s): whether the peer begins with a PROXY header that is not expected from it
 * (any more), which is logged: what it says is not for us (PROTOCOL X01). line_pipelined(s):
 * whether the client has said more behind STARTTLS; the session is ended then. */
bool line_proxy_header(const struct session *s);
bool line_pipelined(struct session *s);

#endif
