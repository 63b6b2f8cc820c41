/* decode: see decode.h. */
#include "filters/decode/decode.h"

#include "filters/base/base64.h"

#define PIECE_BYTES 8192 /* of what comes out, handed on at once */

/* --- what is under way --- */

/* A step takes a bit of ${raw} from ${at} on, and puts no more than the piece has room for. */
struct decoder {
    enum decode_reading reading;
    struct slice raw;
    size_t at;
    struct decode_look look;
    bool padded, strange; /* padding, a stranger was seen */
    unsigned bits;        /* of base64: what is not yet a byte, */
    unsigned digits;      /* ... and of how many digits it is, 0 to 3 */
    size_t blanks_end;    /* of quoted-printable: blanks up to here are text */
    size_t len;           /* of the piece */
    char piece[PIECE_BYTES];
};

typedef void step_function(struct decoder *decoder);

static void put(struct decoder *decoder, unsigned octet)
{
    decoder->piece[decoder->len++] = (char)octet;
}

/* --- base64 --- */

static void base64_digit_step(struct decoder *decoder, unsigned digit)
{
    decoder->look.padding = decoder->look.padding || decoder->padded;
    decoder->look.stranger = decoder->look.stranger || decoder->strange;
    decoder->bits = (decoder->bits << 6 | digit) & 0xFFF;
    if (decoder->digits > 0)
        put(decoder, decoder->bits >> (6 - 2 * decoder->digits) & 0xFF);
    decoder->digits = (decoder->digits + 1) % 4;
}

static void base64_padding(struct decoder *decoder)
{
    decoder->padded = true;
    if (decoder->reading == DECODE_STOP)
        decoder->at = decoder->raw.len;
    else if (decoder->reading == DECODE_MOST)
        decoder->digits = 0;
}

/* Nearly all of it: four digits in a row, three octets, as long as it goes on so. false: not here.
 */
static bool base64_quads(struct decoder *decoder)
{
    const char *raw = decoder->raw.ptr + decoder->at;
    size_t left = decoder->raw.len - decoder->at, room = PIECE_BYTES - decoder->len, count = 0;
    char *out = decoder->piece + decoder->len;

    if (decoder->digits > 0 || decoder->padded || decoder->strange)
        return false;
    for (; left >= 4 && room >= 3; left -= 4, room -= 3, raw += 4, out += 3, count++) {
        int first = base64_digit(raw[0]), second = base64_digit(raw[1]);
        int third = base64_digit(raw[2]), fourth = base64_digit(raw[3]);

        if ((first | second | third | fourth) < 0)
            break;
        out[0] = (char)((unsigned)first << 2 | (unsigned)second >> 4);
        out[1] = (char)((unsigned)second << 4 | (unsigned)third >> 2);
        out[2] = (char)((unsigned)third << 6 | (unsigned)fourth);
    }
    decoder->at += 4 * count;
    decoder->len += 3 * count;
    return count > 0;
}

static void base64_step(struct decoder *decoder)
{
    char c;
    int digit;

    if (base64_quads(decoder))
        return;
    c = decoder->raw.ptr[decoder->at++];
    digit = base64_digit(c);
    if (digit >= 0) {
        base64_digit_step(decoder, (unsigned)digit);
    } else if (c == '=') {
        base64_padding(decoder);
    } else if (!ascii_is_blank(c) && c != '\r' && c != '\n') {
        decoder->strange = true;
        if (decoder->reading == DECODE_STOP)
            decoder->at = decoder->raw.len;
    }
}

/* --- quoted-printable --- */

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = ascii_lower(c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static size_t blanks_end(struct slice raw, size_t at)
{
    while (at < raw.len && ascii_is_blank(raw.ptr[at]))
        at++;
    return at;
}

/* Whether a line, or the text, ends at ${at}. */
static bool line_ends(struct slice raw, size_t at)
{
    return at == raw.len || raw.ptr[at] == '\n' ||
           (raw.ptr[at] == '\r' && at + 1 < raw.len && raw.ptr[at + 1] == '\n');
}

/* Past the soft break at ${at}, or ${at} where there is none. */
static size_t past_soft_break(struct slice raw, size_t at)
{
    size_t end;

    if (at >= raw.len || raw.ptr[at] != '=')
        return at;
    end = blanks_end(raw, at + 1);
    if (end == raw.len || !line_ends(raw, end))
        return at;
    return end + (raw.ptr[end] == '\r' ? 2 : 1);
}

/* An escape with a soft break in it, at the "=" that is at ${at}: its octet for those who take the
 * breaks out first, and past it in *${end}; -1: it is none. */
static int broken_escape(struct slice raw, size_t at, size_t *end)
{
    size_t first = past_soft_break(raw, at + 1);
    size_t second = past_soft_break(raw, first + 1);
    int high = first < raw.len ? hex_digit(raw.ptr[first]) : -1;
    int low = second < raw.len ? hex_digit(raw.ptr[second]) : -1;

    *end = second + 1;
    return high >= 0 && low >= 0 ? high * 16 + low : -1;
}

/* "=" that is no escape by itself. */
static void quoted_itself(struct decoder *decoder)
{
    size_t end;
    int octet = broken_escape(decoder->raw, decoder->at, &end);

    decoder->look.escape = true;
    decoder->look.split = decoder->look.split || octet >= 0;
    if (octet >= 0 && decoder->reading == DECODE_PASS) {
        put(decoder, (unsigned)octet);
        decoder->at = end;
    } else {
        put(decoder, '=');
        decoder->at++;
    }
}

/* "=": an octet in two digits, a soft break with blanks before its line end, or itself. */
static void quoted_escape(struct decoder *decoder)
{
    struct slice rest = slice_from(decoder->raw, decoder->at + 1);
    int high = rest.len >= 2 ? hex_digit(rest.ptr[0]) : -1;
    int low = rest.len >= 2 ? hex_digit(rest.ptr[1]) : -1;
    size_t end = blanks_end(rest, 0);

    if (high >= 0 && low >= 0) {
        put(decoder, (unsigned)(high * 16 + low));
        decoder->at += 3;
    } else if (line_ends(rest, end)) {
        while (end < rest.len && rest.ptr[end] != '\n')
            end++;
        decoder->at += end < rest.len ? end + 2 : end + 1;
    } else {
        quoted_itself(decoder);
    }
}

/* Blanks at the end of a line are no text (RFC 2045, 6.7, rule 3). */
static void quoted_blank(struct decoder *decoder)
{
    if (decoder->at >= decoder->blanks_end) {
        decoder->blanks_end = blanks_end(decoder->raw, decoder->at);
        if (line_ends(decoder->raw, decoder->blanks_end)) {
            decoder->at = decoder->blanks_end;
            return;
        }
    }
    put(decoder, (unsigned char)decoder->raw.ptr[decoder->at++]);
}

static void quoted_step(struct decoder *decoder)
{
    char c = decoder->raw.ptr[decoder->at];

    if (c == '=')
        quoted_escape(decoder);
    else if (ascii_is_blank(c))
        quoted_blank(decoder);
    else
        put(decoder, (unsigned char)decoder->raw.ptr[decoder->at++]);
}

/* --- all of it --- */

/* NULL: the octets stand for themselves. */
static step_function *step_of(enum content_encoding encoding, enum decode_reading reading)
{
    if (encoding == CONTENT_BASE64)
        return base64_step;
    return encoding == CONTENT_QUOTED && reading != DECODE_WRITTEN ? quoted_step : NULL;
}

/* Fills the piece anew, as far as it goes. Returns how much of ${raw} was
 * read for it. */
static size_t fill(struct decoder *decoder, step_function *step, size_t room)
{
    size_t start = decoder->at;

    decoder->len = 0;
    while (decoder->at < decoder->raw.len && decoder->len < room &&
           decoder->at - start < ALLOWANCE_BYTES)
        step(decoder);
    return decoder->at - start;
}

/* All of it, to ${out} unless that is NULL. */
static enum content_result run(struct decoder *decoder, step_function *step,
                               struct allowance *allowance, struct bytes *out)
{
    while (decoder->at < decoder->raw.len) {
        if (!allowance_spend(allowance, fill(decoder, step, PIECE_BYTES)))
            return CONTENT_OVER;
        decoder->look.size += decoder->len;
        if (out != NULL)
            bytes_append(out, slice_make(decoder->piece, decoder->len));
        if (out != NULL && bytes_end(out) != 0)
            return CONTENT_MEMORY;
    }
    return CONTENT_READ;
}

static void decoder_init(struct decoder *decoder, struct slice raw, enum decode_reading reading)
{
    memset(decoder, 0, offsetof(struct decoder, piece));
    decoder->raw = raw;
    decoder->reading = reading;
}

enum content_result decode_look(enum content_encoding encoding, struct slice raw,
                                struct allowance *allowance, struct decode_look *look)
{
    step_function *step = step_of(encoding, DECODE_MOST);
    enum content_result result = CONTENT_READ;
    struct decoder decoder;

    decoder_init(&decoder, raw, DECODE_MOST);
    if (step != NULL)
        result = run(&decoder, step, allowance, NULL);
    else
        decoder.look.size = raw.len;
    *look = decoder.look;
    return result;
}

bool decode_differs(enum content_encoding encoding, const struct decode_look *look,
                    enum decode_reading reading)
{
    switch (reading) {
    case DECODE_STOP: return encoding == CONTENT_BASE64 && (look->padding || look->stranger);
    case DECODE_PASS:
        return encoding == CONTENT_BASE64 ? look->padding
                                          : encoding == CONTENT_QUOTED && look->split;
    case DECODE_WRITTEN: return encoding == CONTENT_QUOTED && look->escape;
    case DECODE_MOST:
    case DECODE_READINGS: return false;
    }
    return false;
}

const char *decode_why(const struct decode_look *look)
{
    if (look->padding)
        return "base64 goes on behind padding";
    if (look->stranger)
        return "base64 with characters that are none of it";
    return look->escape ? "quoted-printable with a broken escape" : NULL;
}

static enum content_result copy(struct slice raw, struct allowance *allowance, struct bytes *out)
{
    bytes_append(out, raw);
    if (bytes_end(out) != 0)
        return CONTENT_MEMORY;
    return allowance_spend(allowance, raw.len) ? CONTENT_READ : CONTENT_OVER;
}

enum content_result decode_whole(enum content_encoding encoding, enum decode_reading reading,
                                 struct slice raw, struct allowance *allowance, struct bytes *out)
{
    step_function *step = step_of(encoding, reading);
    struct decoder decoder;

    if (step == NULL)
        return copy(raw, allowance, out);
    decoder_init(&decoder, raw, reading);
    return run(&decoder, step, allowance, out);
}
