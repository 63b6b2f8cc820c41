/* command: see command.h. What MAIL and RCPT carry is parsed in command_path.c. */
#include "proxy/smtp/command.h"

#include <assert.h>

#define HELO_MAX 255 /* octets of a name (RFC 5321, 4.5.3.1.2) */

static const struct slice verb_names[VERB_COUNT] = {
    [VERB_UNKNOWN] = SLICE_INIT(""),          [VERB_HELO] = SLICE_INIT("HELO"),
    [VERB_EHLO] = SLICE_INIT("EHLO"),         [VERB_LHLO] = SLICE_INIT("LHLO"),
    [VERB_MAIL] = SLICE_INIT("MAIL"),         [VERB_RCPT] = SLICE_INIT("RCPT"),
    [VERB_DATA] = SLICE_INIT("DATA"),         [VERB_RSET] = SLICE_INIT("RSET"),
    [VERB_NOOP] = SLICE_INIT("NOOP"),         [VERB_QUIT] = SLICE_INIT("QUIT"),
    [VERB_VRFY] = SLICE_INIT("VRFY"),         [VERB_EXPN] = SLICE_INIT("EXPN"),
    [VERB_HELP] = SLICE_INIT("HELP"),         [VERB_STARTTLS] = SLICE_INIT("STARTTLS"),
    [VERB_AUTH] = SLICE_INIT("AUTH"),         [VERB_BDAT] = SLICE_INIT("BDAT"),
    [VERB_ETRN] = SLICE_INIT("ETRN"),         [VERB_XCLIENT] = SLICE_INIT("XCLIENT"),
    [VERB_XFORWARD] = SLICE_INIT("XFORWARD"), [VERB_SEND] = SLICE_INIT("SEND"),
    [VERB_SOML] = SLICE_INIT("SOML"),         [VERB_SAML] = SLICE_INIT("SAML"),
    [VERB_TURN] = SLICE_INIT("TURN"),
};

/* The offset of the first CR, LF or NUL at or after ${at}, or the end. */
static size_t find_break(struct slice input, size_t at)
{
    while (at < input.len && input.ptr[at] != '\r' && input.ptr[at] != '\n' &&
           input.ptr[at] != '\0')
        at++;
    return at;
}

/* The length of the line end that stands at ${at}: 0 when something bare does. */
static size_t end_length(struct slice input, size_t at, bool lf_ends)
{
    if (input.ptr[at] == '\n')
        return lf_ends ? 1 : 0;
    return input.ptr[at] == '\r' && input.ptr[at + 1] == '\n' ? 2 : 0;
}

/* ${text_bytes} of a line are there and its end is not. */
static enum line_result no_end_yet(struct line_scan *scan, size_t text_bytes, size_t limit_bytes,
                                   size_t end_bytes, size_t *consumed)
{
    scan->scanned = text_bytes;
    if (!scan->overlong && text_bytes + end_bytes <= limit_bytes)
        return LINE_MORE;
    scan->overlong = true;
    scan->overlong_bytes += text_bytes;
    scan->scanned = 0;
    *consumed = text_bytes;
    return text_bytes > 0 ? LINE_TOO_LONG : LINE_MORE;
}

enum line_result command_line(struct line_scan *scan, struct slice input, size_t limit_bytes,
                              bool lf_ends, struct slice *line, size_t *consumed)
{
    size_t at = find_break(input, scan->scanned);
    bool overlong = scan->overlong;
    size_t end;

    *line = SLICE_NONE;
    *consumed = 0;
    if (at == input.len)
        return no_end_yet(scan, at, limit_bytes, lf_ends ? 1 : 2, consumed);
    if (input.ptr[at] == '\r' && at + 1 == input.len)
        return no_end_yet(scan, at, limit_bytes, 2, consumed);
    *scan = (struct line_scan){.scanned = 0};
    end = end_length(input, at, lf_ends);
    if (end == 0)
        return LINE_BARE;
    *consumed = at + end;
    if (overlong || *consumed > limit_bytes)
        return LINE_TOO_LONG_END;
    *line = slice_first(input, at);
    return LINE_READY;
}

static enum verb find_verb(struct slice name)
{
    for (enum verb verb = VERB_UNKNOWN + 1; verb < VERB_COUNT; verb++)
        if (slice_equal_case(name, verb_names[verb]))
            return verb;
    return VERB_UNKNOWN;
}

static size_t word_length(struct slice text)
{
    size_t length = 0;

    while (length < text.len && !ascii_is_blank(text.ptr[length]))
        length++;
    return length;
}

void command_parse(struct slice line, struct command *command)
{
    command->name = slice_first(line, word_length(line));
    command->argument = slice_trim(slice_from(line, command->name.len));
    command->verb = find_verb(command->name);
}

/* Whether nothing in ${s} would end a command before its time. */
static bool stays_on_line(struct slice s)
{
    return find_break(s, 0) == s.len;
}

int command_write(struct bytes *out, enum verb verb, struct slice argument)
{
    assert(verb < VERB_COUNT);
    if (!stays_on_line(argument))
        return -1;
    bytes_append(out, verb_names[verb]);
    if (argument.len > 0) {
        bytes_append_char(out, ' ');
        bytes_append(out, argument);
    }
    bytes_append(out, SLICE("\r\n"));
    return bytes_end(out);
}

static bool path_stays_on_line(const struct command_path *path)
{
    if (!stays_on_line(path->address))
        return false;
    for (size_t i = 0; i < path->param_count; i++)
        if (!stays_on_line(path->params[i].keyword) || !stays_on_line(path->params[i].value))
            return false;
    return true;
}

int command_write_path(struct bytes *out, enum verb verb, const struct command_path *path)
{
    assert(verb == VERB_MAIL || verb == VERB_RCPT);
    if (!path_stays_on_line(path))
        return -1;
    bytes_append(out, verb == VERB_MAIL ? SLICE("MAIL FROM:<") : SLICE("RCPT TO:<"));
    bytes_append(out, path->address);
    bytes_append_char(out, '>');
    for (size_t i = 0; i < path->param_count; i++) {
        const struct command_param *param = &path->params[i];

        bytes_append_char(out, ' ');
        bytes_append(out, param->keyword);
        if (param->has_value) {
            bytes_append_char(out, '=');
            bytes_append(out, param->value);
        }
    }
    bytes_append(out, SLICE("\r\n"));
    return bytes_end(out);
}

bool command_helo_valid(struct slice name)
{
    if (name.len == 0 || name.len > HELO_MAX || slice_trim(name).len < name.len)
        return false;
    for (size_t i = 0; i < name.len; i++)
        if (!ascii_is_blank(name.ptr[i]) && (name.ptr[i] < ' ' || name.ptr[i] > '~'))
            return false;
    return true;
}

void command_helo_append(struct bytes *out, struct slice name)
{
    while (name.len > 0) {
        struct slice word = slice_first(name, word_length(name));

        bytes_append(out, word);
        name = slice_trim_start(slice_from(name, word.len));
        if (name.len > 0)
            bytes_append_char(out, ' ');
    }
}

static bool is_xchar(char c)
{
    return c > ' ' && c <= '~' && c != '+' && c != '=';
}

struct slice command_xtext_fitting(struct slice text, size_t room)
{
    size_t fitting = 0;
    for (size_t used = 0; fitting < text.len; fitting++) {
        used += is_xchar(text.ptr[fitting]) ? 1 : sizeof "+XX" - 1;
        if (used > room)
            break;
    }
    return slice_first(text, fitting);
}

void command_xtext(struct bytes *out, struct slice text)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];

        if (is_xchar(c))
            bytes_append_char(out, c);
        else
            bytes_format(out, "+%02X", (unsigned)(unsigned char)c);
    }
}
