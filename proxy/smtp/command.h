/* command: SMTP command lines, taken apart and put together (RFC 5321, 4.1; RFC 821).
 *
 * Stateless over (ptr, len): slices of the caller's buffer come back, nothing is allocated. What
 * goes to the upstream is always rebuilt from the parsed fields (command_write_*), never spliced
 * from the line.
 */
#ifndef PROXY_SMTP_COMMAND_H
#define PROXY_SMTP_COMMAND_H

#include "filters/base/bytes.h"
#include "filters/base/must_use.h"
#include "filters/base/slice.h"

enum verb {
    VERB_UNKNOWN,
    VERB_HELO,
    VERB_EHLO,
    VERB_LHLO, /* LMTP's only greeting (RFC 2033, 4.1) */
    VERB_MAIL,
    VERB_RCPT,
    VERB_DATA,
    VERB_RSET,
    VERB_NOOP,
    VERB_QUIT,
    VERB_VRFY,
    VERB_EXPN,
    VERB_HELP,
    VERB_STARTTLS,
    VERB_AUTH,
    VERB_BDAT,
    VERB_ETRN,
    VERB_XCLIENT,
    VERB_XFORWARD,
    VERB_SEND,
    VERB_SOML,
    VERB_SAML,
    VERB_TURN,
    VERB_COUNT,
};

#define COMMAND_PARAMS_MAX 16

struct command_param {
    struct slice keyword;
    struct slice value; /* empty when has_value is false */
    bool has_value;
};

struct command {
    enum verb verb;
    struct slice name;     /* the verb as written */
    struct slice argument; /* the rest of the line, blanks around it trimmed */
};

/* A MAIL or RCPT argument, parsed. */
struct command_path {
    struct slice address; /* without brackets and source route; empty for <> */
    struct command_param params[COMMAND_PARAMS_MAX];
    size_t param_count;
};

/* What command_line found at the front of the input. */
enum line_result {
    LINE_MORE, /* no line end yet */
    LINE_READY,
    LINE_TOO_LONG,     /* over the limit: eat ${consumed} now, ask again until LINE_TOO_LONG_END */
    LINE_TOO_LONG_END, /* the end of an overlong line is eaten: answer it once, 500 5.5.2 */
    LINE_BARE, /* a bare CR, a NUL, or (with ${lf_ends} false) a bare LF: 500 5.5.2 and close */
};

struct line_scan {  /* between calls; all zero at first */
    size_t scanned; /* bytes of the input already looked at */
    bool overlong;
    uint64_t overlong_bytes; /* eaten of the overlong line so far */
};

/* command_line(scan, input, limit_bytes, lf_ends, line, consumed): finds the next line at the front
 * of ${input}. ${limit_bytes} counts the CRLF. On LINE_READY ${line} is the line without its end
 * and ${consumed} its length with it; else ${line} is empty. The same bytes are not scanned twice
 * while ${input} only grows. A CR at the very end of ${input} waits. ${scan} is cleared for the
 * next line on every result but LINE_MORE and LINE_TOO_LONG. LINE_MORE consumes nothing. */
enum line_result command_line(struct line_scan *scan, struct slice input, size_t limit_bytes,
                              bool lf_ends, struct slice *line, size_t *consumed);

/* command_parse(line, command): splits verb and argument. Verbs in any case (RFC 5321, 2.4).
 * Trailing blanks are dropped. An unknown verb is VERB_UNKNOWN. */
void command_parse(struct slice line, struct command *command);

enum path_result {
    PATH_OK,
    PATH_SYNTAX,  /* not FROM:/TO: path: 501 5.5.4 */
    PATH_ADDRESS, /* the mailbox is malformed: 501 5.1.7 (MAIL) or 5.1.3 (RCPT) */
    PATH_UTF8,    /* 8-bit bytes without SMTPUTF8 (or not UTF-8): 553 5.6.7 */
    PATH_PARAMS,  /* parameters malformed, twice, or too many: 501 5.5.4 */
};

/* command_parse_path(argument, prefix, allow_utf8, path): parses what follows MAIL or RCPT:
 * ${prefix} ("FROM:" or "TO:", any case), blanks allowed after the colon as old clients send, then
 * the path in brackets, with blanks allowed around what is in them (a bare address without brackets
 * is accepted too when it holds no blank), then keyword[=value] parameters. A source route is
 * dropped (RFC 5321, 4.1.1.3), and the one dot that ends a domain. ${allow_utf8}
 * says, for FROM, that SMTPUTF8 was offered (an 8-bit address still needs the keyword among its
 * parameters), and for TO that the transaction's MAIL had it. <> is accepted for FROM only;
 * a local part alone (root, Postmaster) for both. Quoted local parts may hold blanks and ">". */
enum path_result command_parse_path(struct slice argument, struct slice prefix, bool allow_utf8,
                                    struct command_path *path);

/* command_path_param(path, keyword): the parameter of that keyword (any case), or NULL. */
const struct command_param *command_path_param(const struct command_path *path,
                                               struct slice keyword);

/* command_write(out, verb, argument): appends "VERB argument\r\n". 0 or -1. ${argument} may be
 * empty. */
MUST_USE int command_write(struct bytes *out, enum verb verb, struct slice argument);

/* command_write_path(out, verb, path): appends MAIL FROM:<...> or RCPT TO:<...> with the parameters
 * as parsed. 0 or -1. */
MUST_USE int command_write_path(struct bytes *out, enum verb verb, const struct command_path *path);

/* command_helo_valid(name): whether a HELO/EHLO argument can be passed on: words of printable
 * ASCII, at most 255 octets with the blanks between; address literals included (RFC 5321 4.1.3). No
 * more is asked of it (R24): devices give names such as "My Scanner 3000". */
bool command_helo_valid(struct slice name);

/* command_helo_append(out, name): appends a valid name as it is passed on: one space between words.
 */
void command_helo_append(struct bytes *out, struct slice name);

/* command_xtext(out, text): appends ${text} in xtext (RFC 3461, 4): everything but "!" to "~"
 * without "+" and "=" as +XX. */
void command_xtext(struct bytes *out, struct slice text);

/* command_xtext_fitting(text, room): as much of the beginning of ${text} as takes no more than
 * ${room} octets in xtext. */
struct slice command_xtext_fitting(struct slice text, size_t room);

#endif
