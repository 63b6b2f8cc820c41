/* json: see json.h. */
#include "filters/base/json.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>

#include "filters/base/utf8.h"

#define INTEGER_TEXT_MAX 20  /* room for INT64_MIN */
#define NUMBER_TEXT_MAX  340 /* room for -DBL_MAX with six decimals */

void json_init(struct json *j, struct bytes *out)
{
    *j = (struct json){.out = out};
}

static bool plain_ascii(char c)
{
    return c >= ' ' && c <= '~' && c != '"' && c != '\\';
}

static void write_ascii_escape(struct bytes *out, char c)
{
    switch (c) {
    case '"': bytes_append(out, SLICE("\\\"")); break;
    case '\\': bytes_append(out, SLICE("\\\\")); break;
    case '\n': bytes_append(out, SLICE("\\n")); break;
    case '\r': bytes_append(out, SLICE("\\r")); break;
    case '\t': bytes_append(out, SLICE("\\t")); break;
    default: bytes_format(out, "\\u%04x", (unsigned)(unsigned char)c); break;
    }
}

/* In UTF-16, as JSON has it. */
static void write_escape(struct bytes *out, uint32_t code)
{
    uint32_t above = code - 0x10000;

    if (code < 0x10000)
        bytes_format(out, "\\u%04x", (unsigned)code);
    else
        bytes_format(out, "\\u%04x\\u%04x", (unsigned)(0xD800 + (above >> 10)),
                     (unsigned)(0xDC00 + (above & 0x3FF)));
}

/* Writes the one character at the front of ${s}, which is no plain ASCII; returns its length. A
 * byte of no character is shown as \xNN. */
static size_t write_other(const struct json *j, struct slice s)
{
    struct bytes *out = j->out;
    size_t length = utf8_length(s);
    struct slice character = slice_first(s, length > 0 ? length : 1);

    if (!j->stored && utf8_shown_byte(s))
        bytes_append(out, SLICE("\\\\x5c"));
    else if (length == 1)
        write_ascii_escape(out, *s.ptr);
    else if (length == 0)
        bytes_format(out, "\\\\x%02x", (unsigned)(unsigned char)*s.ptr);
    else if (utf8_deceives(character))
        write_escape(out, utf8_code(character));
    else
        bytes_append(out, character);
    return character.len;
}

static void write_escaped(const struct json *j, struct slice s)
{
    struct bytes *out = j->out;

    while (s.len > 0 && bytes_end(out) == 0) {
        size_t plain = 0;

        while (plain < s.len && plain_ascii(s.ptr[plain]))
            plain++;
        if (plain > 0)
            bytes_append(out, slice_first(s, plain));
        s = slice_from(s, plain);
        if (s.len > 0)
            s = slice_from(s, write_other(j, s));
    }
}

/* The comma before a value, and its name. */
static void begin_value(struct json *j, const char *name)
{
    if (j->comma[j->depth])
        bytes_append_char(j->out, ',');
    j->comma[j->depth] = true;
    if (name == NULL)
        return;
    bytes_append_char(j->out, '"');
    bytes_append(j->out, slice_str(name)); /* a literal of ours: nothing in it to escape */
    bytes_append(j->out, SLICE("\":"));
}

static void open_level(struct json *j, const char *name, char bracket)
{
    begin_value(j, name);
    bytes_append_char(j->out, bracket);
    assert(j->depth + 1 < JSON_DEPTH_MAX);
    j->depth++;
    j->comma[j->depth] = false;
}

static void close_level(struct json *j, char bracket)
{
    assert(j->depth > 0);
    j->depth--;
    bytes_append_char(j->out, bracket);
}

void json_object(struct json *j, const char *name)
{
    open_level(j, name, '{');
}

void json_array(struct json *j, const char *name)
{
    open_level(j, name, '[');
}

void json_end_object(struct json *j)
{
    close_level(j, '}');
}

void json_end_array(struct json *j)
{
    close_level(j, ']');
}

void json_text(struct json *j, const char *name, struct slice value)
{
    begin_value(j, name);
    bytes_append_char(j->out, '"');
    write_escaped(j, value);
    bytes_append_char(j->out, '"');
}

void json_string(struct json *j, const char *name, struct slice value)
{
    struct slice cut = utf8_cut(value, JSON_STRING_MAX);

    begin_value(j, name);
    bytes_append_char(j->out, '"');
    write_escaped(j, cut);
    bytes_append(j->out, cut.len < value.len ? SLICE("...\"") : SLICE("\""));
}

void json_integer(struct json *j, const char *name, int64_t value)
{
    char text[INTEGER_TEXT_MAX];
    size_t at = sizeof(text);
    uint64_t rest = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;

    do {
        text[--at] = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest > 0);
    if (value < 0)
        text[--at] = '-';
    begin_value(j, name);
    bytes_append(j->out, slice_make(text + at, sizeof(text) - at));
}

void json_number(struct json *j, const char *name, double value)
{
    char text[NUMBER_TEXT_MAX];
    struct slice number;

    if (!isfinite(value)) {
        json_null(j, name); /* JSON has no word for it */
        return;
    }
    number = slice_make(text, (size_t)snprintf(text, sizeof(text), "%.6f", value));
    while (number.ptr[number.len - 1] == '0')
        number.len--;
    if (number.ptr[number.len - 1] == '.')
        number.len--;
    if (slice_equal(number, SLICE("-0")))
        number = slice_from(number, 1);
    begin_value(j, name);
    bytes_append(j->out, number);
}

void json_bool(struct json *j, const char *name, bool value)
{
    begin_value(j, name);
    bytes_append(j->out, value ? SLICE("true") : SLICE("false"));
}

void json_null(struct json *j, const char *name)
{
    begin_value(j, name);
    bytes_append(j->out, SLICE("null"));
}
