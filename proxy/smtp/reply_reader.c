/* reply_reader: see reply_reader.h. */
#include "proxy/smtp/reply_reader.h"

#define CODE_DIGITS 3

static bool in_range(char c, char low, char high)
{
    return c >= low && c <= high;
}

/* The code at the front of ${line}, or -1. */
static int read_code(struct slice line)
{
    if (line.len < CODE_DIGITS || !in_range(line.ptr[0], '2', '5') ||
        !in_range(line.ptr[1], '0', '5') || !in_range(line.ptr[2], '0', '9'))
        return -1;
    return (line.ptr[0] - '0') * 100 + (line.ptr[1] - '0') * 10 + (line.ptr[2] - '0');
}

static bool has_control(struct slice s)
{
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.ptr[i];

        if ((c < ' ' && c != '\t') || c == 0x7F)
            return true;
    }
    return false;
}

/* Judges one line, its LF included. Returns 1 when it is the last of a reply, 0 when more follow,
 * -1 when it is no reply line. */
static int judge_line(struct reply_reader *reader, struct slice line)
{
    int code = read_code(line);

    if (line.len < CODE_DIGITS + 2 || line.ptr[line.len - 2] != '\r')
        return -1;
    line.len -= 2;
    if (code < 0 || (reader->lines > 0 && code != reader->code) || has_control(line))
        return -1;
    reader->code = code;
    reader->lines++;
    if (line.len == CODE_DIGITS || line.ptr[CODE_DIGITS] == ' ')
        return 1;
    return line.ptr[CODE_DIGITS] == '-' && reader->lines < REPLY_READ_LINES_MAX ? 0 : -1;
}

/* The length of the line that begins at line_start, LF included; 0 when its end is not there yet;
 * -1 when it, or the reply, is too long already. */
static int next_length(const struct reply_reader *reader, struct slice input)
{
    struct slice rest = slice_from(input, reader->line_start);
    size_t limit = reader->line_limit > 0 ? reader->line_limit : REPLY_READ_LINE_MAX;
    size_t end = slice_find(slice_first(rest, limit), '\n');
    size_t length = end != SLICE_NOT_FOUND ? end + 1 : rest.len;

    if (reader->line_start + length > REPLY_READ_MAX)
        return -1;
    if (end != SLICE_NOT_FOUND)
        return (int)length;
    return rest.len >= limit ? -1 : 0;
}

int reply_read(struct reply_reader *reader, struct slice input, struct reply *reply)
{
    int result = 0;
    int length;

    *reply = (struct reply){.code = 0};
    while (result == 0) {
        length = next_length(reader, input);
        if (length == 0)
            return 0;
        if (length > 0)
            result = judge_line(reader, slice_make(input.ptr + reader->line_start, (size_t)length));
        else
            result = -1;
        if (result >= 0)
            reader->line_start += (size_t)length;
    }
    if (result > 0)
        *reply = (struct reply){reader->code, slice_first(input, reader->line_start)};
    *reader = (struct reply_reader){.line_limit = reader->line_limit};
    return result;
}
