/* reply: see reply.h. */
#include "filters/base/reply.h"

#include <assert.h>
#include <stdio.h>

#include "filters/base/utf8.h"

#define CODE_DIGITS  3
#define ENHANCED_MAX 9 /* "5.123.123" */
#define CRLF_BYTES   2

static bool is_class(char c)
{
    return c == '2' || c == '4' || c == '5';
}

/* Whether a blank or the end stands at ${at}. */
static bool ends_word(struct slice s, size_t at)
{
    return at == s.len || (at < s.len && ascii_is_blank(s.ptr[at]));
}

/* The length of a code [245]dd at the front, or 0. */
static size_t match_code(struct slice s)
{
    if (s.len < CODE_DIGITS || !is_class(s.ptr[0]) || !ascii_is_digit(s.ptr[1]) ||
        !ascii_is_digit(s.ptr[2]))
        return 0;
    return ends_word(s, CODE_DIGITS) ? CODE_DIGITS : 0;
}

/* The length of ".d{1,3}" at ${at}, or 0. */
static size_t match_part(struct slice s, size_t at)
{
    size_t digits = 0;

    while (digits < 3 && at + 1 + digits < s.len && ascii_is_digit(s.ptr[at + 1 + digits]))
        digits++;
    return digits > 0 && s.ptr[at] == '.' ? 1 + digits : 0;
}

/* The length of an enhanced code at the front, or 0. */
static size_t match_enhanced(struct slice s)
{
    size_t subject, detail;

    if (s.len == 0 || !is_class(s.ptr[0]))
        return 0;
    subject = match_part(s, 1);
    detail = match_part(s, 1 + subject); /* without a subject in the same place, and none either */
    return detail > 0 && ends_word(s, 1 + subject + detail) ? 1 + subject + detail : 0;
}

static int code_value(struct slice s)
{
    return (s.ptr[0] - '0') * 100 + (s.ptr[1] - '0') * 10 + (s.ptr[2] - '0');
}

struct reply_text reply_split(struct slice text)
{
    struct reply_text parts = {.code = 0, .enhanced = SLICE_NONE};
    size_t length = match_code(text);

    if (length > 0) {
        parts.code = code_value(text);
        text = slice_trim_start(slice_from(text, length));
    }
    length = match_enhanced(text);
    if (length > 0) {
        parts.enhanced = slice_first(text, length);
        text = slice_trim_start(slice_from(text, length));
    }
    parts.text = text;
    return parts;
}

const char *reply_check(struct reply_text parts, int reply_class)
{
    char class_digit = (char)('0' + reply_class);

    if (parts.code != 0 && parts.code / 100 != reply_class)
        return reply_class == 4 ? "a temporary refusal needs a reply code 4xx"
                                : "a permanent refusal needs a reply code 5xx";
    if (parts.code != 0 && parts.code / 10 % 10 > 5)
        return "the second digit of a reply code is 0 to 5";
    if (parts.enhanced.len > 0 && parts.enhanced.ptr[0] != class_digit)
        return reply_class == 4 ? "the enhanced code of a temporary refusal begins with 4"
                                : "the enhanced code of a permanent refusal begins with 5";
    return NULL;
}

/* One reply line being written; ${len} stops short of the room for CRLF. */
struct reply_line {
    char data[REPLY_LINE_MAX];
    size_t len;
};

static void put(struct reply_line *line, char c)
{
    if (line->len < REPLY_LINE_MAX - CRLF_BYTES)
        line->data[line->len++] = c;
}

static void put_clean(struct reply_line *line, struct slice text)
{
    while (text.len > 0) {
        size_t length = utf8_length(text);
        char c = *text.ptr;

        text = slice_from(text, length > 0 ? length : 1);
        if (c != '\r' && c != '\n' && c != '\0')
            put(line, reply_sayable(c) ? c : '?');
    }
}

/* What stands in front of each line's text. */
struct reply_head {
    int code;
    struct slice enhanced;
};

static void build_line(struct reply_line *line, struct reply_head head, char separator,
                       struct slice text)
{
    line->len = (size_t)snprintf(line->data, sizeof(line->data), "%03d", head.code);
    put(line, separator);
    put_clean(line, head.enhanced);
    if (head.enhanced.len > 0 && text.len > 0)
        put(line, ' ');
    put_clean(line, text);
    line->data[line->len++] = '\r';
    line->data[line->len++] = '\n';
}

/* The code, and the enhanced code if there is one. */
static struct reply make_bare(struct arena *arena, struct reply_head head)
{
    struct slice wire;

    if (head.enhanced.len == 0)
        wire = arena_format(arena, "%03d\r\n", head.code);
    else
        wire = arena_format(arena, "%03d %.*s\r\n", head.code, SLICE_ARG(head.enhanced));
    return (struct reply){wire.ptr != NULL ? head.code : 0, wire};
}

struct reply reply_make(struct arena *arena, int code, struct slice enhanced,
                        const struct slice *lines, size_t count)
{
    struct reply_head head = {code, slice_first(enhanced, ENHANCED_MAX)};
    struct reply_line line;
    size_t len = 0;
    char *wire;

    assert(code >= 200 && code <= 599);
    if (count == 0)
        return make_bare(arena, head);
    if (count > REPLY_LINES_MAX)
        count = REPLY_LINES_MAX;
    for (size_t i = 0; i < count; i++) {
        build_line(&line, head, '-', lines[i]);
        len += line.len;
    }
    wire = arena_alloc(arena, len);
    if (wire == NULL)
        return (struct reply){.code = 0};
    len = 0;
    for (size_t i = 0; i < count; i++) {
        build_line(&line, head, i + 1 < count ? '-' : ' ', lines[i]);
        memcpy(wire + len, line.data, line.len);
        len += line.len;
    }
    return (struct reply){code, slice_make(wire, len)};
}

struct reply reply_recode(struct arena *arena, struct reply reply, int code)
{
    char *wire = arena_alloc(arena, reply.wire.len + 1);
    size_t line = 0;

    assert(code >= 200 && code <= 599);
    if (wire == NULL)
        return (struct reply){.code = 0};
    memcpy(wire, reply.wire.ptr, reply.wire.len);
    while (line + CODE_DIGITS <= reply.wire.len) {
        size_t end = slice_find(slice_from(reply.wire, line), '\n');

        wire[line] = (char)('0' + code / 100);
        wire[line + 1] = (char)('0' + code / 10 % 10);
        wire[line + 2] = (char)('0' + code % 10);
        line = end == SLICE_NOT_FOUND ? reply.wire.len : line + end + 1;
    }
    return (struct reply){code, slice_make(wire, reply.wire.len)};
}

struct reply reply_in_short(int code)
{
    if (code / 100 == 2)
        return reply_static(SLICE("250 2.0.0 Ok\r\n"));
    return reply_static(code / 100 == 5 ? SLICE("554 5.3.0 Refused\r\n")
                                        : SLICE("451 4.3.0 Try again later\r\n"));
}

struct reply reply_static(struct slice wire)
{
    assert(wire.len >= CODE_DIGITS);
    return (struct reply){code_value(wire), wire};
}
