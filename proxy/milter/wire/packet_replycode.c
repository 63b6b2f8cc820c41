/* packet_replycode: the texts of REPLYCODE; see packet_reply.h. */
#include "proxy/milter/wire/packet_reply.h"

#define CODE_DIGITS 3

struct lines {
    int code;
    struct slice enhanced; /* of the first line */
    struct slice texts[REPLY_LINES_MAX];
    size_t count;
    bool ended; /* by a line that is the last */
};

/* The code at the front of ${line}, or 0. */
static int read_code(struct slice line)
{
    int code = 0;

    if (line.len < CODE_DIGITS)
        return 0;
    for (size_t i = 0; i < CODE_DIGITS; i++) {
        if (line.ptr[i] < '0' || line.ptr[i] > '9')
            return 0;
        code = code * 10 + (line.ptr[i] - '0');
    }
    return code / 100 == 4 || code / 100 == 5 ? code : 0;
}

/* Splits what follows the code and its separator. An operator's text may begin with a code of its
 * own; here another code is just text. */
static struct reply_text split(int code, struct slice text)
{
    struct reply_text parts = reply_split(text);

    if (parts.code != 0)
        parts = (struct reply_text){.enhanced = SLICE_NONE, .text = text};
    parts.code = code;
    return parts;
}

/* Takes one line without its CRLF. */
static const char *take_line(struct lines *lines, struct slice line)
{
    int code = read_code(line);
    char separator = line.len > CODE_DIGITS ? line.ptr[CODE_DIGITS] : ' ';
    struct reply_text parts = split(code, slice_from(line, CODE_DIGITS + 1));

    if (lines->ended)
        return "a line of the milter's reply follows the last one";
    if (code == 0 || (separator != ' ' && separator != '-'))
        return "the milter's reply begins with no code 4xx or 5xx";
    if (lines->count > 0 && code != lines->code)
        return "the lines of the milter's reply have different codes";
    if (reply_check(parts, code / 100) != NULL)
        return "the codes of the milter's reply do not fit together";
    if (slice_find(line, '\r') != SLICE_NOT_FOUND || slice_find(line, '\n') != SLICE_NOT_FOUND)
        return "the milter's reply holds a bare CR or LF";
    if (lines->count == REPLY_LINES_MAX)
        return "the milter's reply has too many lines";
    if (lines->count == 0)
        lines->enhanced = parts.enhanced;
    else if (lines->enhanced.len == 0)
        parts.text = slice_from(line, CODE_DIGITS + 1);
    lines->code = code;
    lines->texts[lines->count++] = parts.text;
    lines->ended = separator == ' ';
    return NULL;
}

/* The offset of the first CRLF, or SLICE_NOT_FOUND. */
static size_t find_line_end(struct slice text)
{
    for (size_t i = 0; i + 1 < text.len; i++)
        if (text.ptr[i] == '\r' && text.ptr[i + 1] == '\n')
            return i;
    return SLICE_NOT_FOUND;
}

/* ${text} with "%%" as "%"; ptr NULL when the arena is full. */
static struct slice single_percents(struct slice text, struct arena *arena)
{
    char *at = arena_alloc(arena, text.len + 1);
    size_t len = 0;

    for (size_t i = 0; at != NULL && i < text.len; i++) {
        at[len++] = text.ptr[i];
        if (text.ptr[i] == '%' && i + 1 < text.len && text.ptr[i + 1] == '%')
            i++;
    }
    return slice_make(at, len);
}

static const char *make(struct lines *lines, struct arena *arena, struct reply *reply)
{
    for (size_t i = 0; i < lines->count; i++) {
        lines->texts[i] = single_percents(lines->texts[i], arena);
        if (lines->texts[i].ptr == NULL)
            return "no room for the milter's reply";
    }
    *reply = reply_make(arena, lines->code, lines->enhanced, lines->texts, lines->count);
    return reply->code != 0 ? NULL : "no room for the milter's reply";
}

const char *packet_replycode_parse(struct slice text, struct arena *arena, struct reply *reply)
{
    struct lines lines = {.count = 0};
    const char *wrong;
    size_t end;

    *reply = (struct reply){.code = 0};
    do {
        end = find_line_end(text);
        wrong = take_line(&lines, slice_first(text, end));
        if (end != SLICE_NOT_FOUND)
            text = slice_make(text.ptr + end + 2, text.len - end - 2);
    } while (wrong == NULL && end != SLICE_NOT_FOUND);
    if (wrong == NULL && !lines.ended)
        wrong = "the milter's reply lacks its last line";
    return wrong != NULL ? wrong : make(&lines, arena, reply);
}
