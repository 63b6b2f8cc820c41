/* uuencode: see uuencode.h. */
#include "filters/decode/uuencode.h"

#define DIGIT_FIRST  ' '
#define DIGIT_LAST   '`' /* stands for zero, as the blank does */
#define DIGITS_GROUP 4   /* for three octets */
#define MODE_MIN     3   /* digits; some write those of the file's kind, too */
#define MODE_MAX     7
#define DIGITS_EXTRA 2 /* behind the last group: some write a checksum */

/* --- lines --- */

/* The line that begins at *${at}, without its end, and past it. */
static struct slice next_line(struct slice text, size_t *at)
{
    struct slice rest = slice_from(text, *at), line;
    size_t end = slice_find(rest, '\n');

    line = slice_first(rest, end);
    *at += end == SLICE_NOT_FOUND ? rest.len : end + 1;
    if (line.len > 0 && line.ptr[line.len - 1] == '\r')
        line.len--;
    return line;
}

static unsigned digit(char c)
{
    return (unsigned)(c - DIGIT_FIRST) & 63;
}

static size_t digits_of(size_t octets)
{
    return (octets + 2) / 3 * DIGITS_GROUP;
}

/* Whether a line holds octets: how many, and digits; blanks at its end may be lost. */
static bool is_data(struct slice line)
{
    if (line.len == 0 || line.len - 1 > digits_of(digit(line.ptr[0])) + DIGITS_EXTRA)
        return false;
    for (size_t i = 0; i < line.len; i++)
        if (line.ptr[i] < DIGIT_FIRST || line.ptr[i] > DIGIT_LAST)
            return false;
    return true;
}

/* The name in "begin 644 name"; empty when the line is another. Some need no blank before it. */
static struct slice begin_name(struct slice line)
{
    size_t digits = 0;

    if (!slice_starts(line, SLICE("begin ")))
        return SLICE_NONE;
    line = slice_trim(slice_from(line, 6));
    while (digits < line.len && line.ptr[digits] >= '0' && line.ptr[digits] <= '7')
        digits++;
    if (digits < MODE_MIN || digits > MODE_MAX)
        return SLICE_NONE;
    return slice_trim(slice_from(line, digits));
}

/* --- files --- */

/* Whether ${name} is so much a file's that "begin" is before no sentence. */
static bool is_file_name(struct slice name)
{
    return slice_find(name, ' ') == SLICE_NOT_FOUND && slice_find_last(name, '.') + 1 < name.len &&
           slice_find(name, '.') != SLICE_NOT_FOUND;
}

/* Reads on from ${at}, behind "begin". Returns 1: a file, for some show one without data, too; 0:
 * none; -1. */
static int read_body(struct slice text, size_t at, struct allowance *allowance,
                     struct uuencode_file *file)
{
    size_t start = at, end = at;

    file->end = at;
    while (at < text.len) {
        struct slice line = next_line(text, &at);

        if (!allowance_spend(allowance, at - end))
            return -1;
        if (line.len == 0 && end == start) { /* some pass over empty lines in front */
            start = end = at;
            continue;
        }
        if (!is_data(line)) {
            file->end = slice_equal(line, SLICE("end")) ? at : end;
            break;
        }
        file->end = end = at;
    }
    file->body = slice_first(slice_from(text, start), end - start);
    return end > start || is_file_name(file->name) ? 1 : 0;
}

int uuencode_next(struct slice text, size_t from, struct allowance *allowance,
                  struct uuencode_file *file)
{
    while (from < text.len) {
        size_t start = from;
        int result = 0;

        file->name = begin_name(next_line(text, &from));
        if (!allowance_spend(allowance, from - start))
            return -1;
        if (file->name.len > 0)
            result = read_body(text, from, allowance, file);
        if (result != 0)
            return result;
    }
    return 0;
}

/* --- octets --- */

static unsigned digit_at(struct slice line, size_t at)
{
    return at < line.len ? digit(line.ptr[at]) : 0;
}

static void decode_line(struct slice line, struct bytes *out)
{
    size_t octets = digit(line.ptr[0]);
    char group[3];

    for (size_t at = 1; octets > 0; at += DIGITS_GROUP) {
        unsigned bits = digit_at(line, at) << 18 | digit_at(line, at + 1) << 12 |
                        digit_at(line, at + 2) << 6 | digit_at(line, at + 3);
        size_t count = octets < sizeof(group) ? octets : sizeof(group);

        for (size_t i = 0; i < sizeof(group); i++)
            group[i] = (char)(bits >> (16 - 8 * i) & 0xFF);
        bytes_append(out, slice_make(group, count));
        octets -= count;
    }
}

enum content_result uuencode_decode(struct slice body, struct allowance *allowance,
                                    struct bytes *out)
{
    for (size_t at = 0; at < body.len;) {
        size_t start = at;
        struct slice line = next_line(body, &at);

        if (line.len > 0)
            decode_line(line, out);
        if (!allowance_spend(allowance, at - start))
            return CONTENT_OVER;
    }
    return bytes_end(out) == 0 ? CONTENT_READ : CONTENT_MEMORY;
}
