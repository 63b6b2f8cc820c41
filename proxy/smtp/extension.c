/* extension: see extension.h. Two tables say it all: the extensions, and the parameters they bring
 * (extension_params.c). */
#include "proxy/smtp/extension.h"

#include <inttypes.h>

#define REPLY_HEAD_BYTES 4 /* "250-" */

static const struct {
    struct slice keyword;
    enum extension bit;
    bool offered;                     /* to clients */
    enum extension_argument argument; /* shown to clients */
    unsigned line_bytes;              /* what its parameters add to a MAIL command, or to a RCPT */
} extensions[] = {
    {SLICE_INIT("PIPELINING"), EXTENSION_PIPELINING, true, ARGUMENT_NONE, 0},
    {SLICE_INIT("CHUNKING"), EXTENSION_CHUNKING, true, ARGUMENT_NONE, 0},
    {SLICE_INIT("BINARYMIME"), EXTENSION_BINARYMIME, true, ARGUMENT_NONE, 0},
    {SLICE_INIT("SIZE"), EXTENSION_SIZE, true, ARGUMENT_NONE, 26},
    {SLICE_INIT("8BITMIME"), EXTENSION_8BITMIME, true, ARGUMENT_NONE, 17},
    {SLICE_INIT("SMTPUTF8"), EXTENSION_SMTPUTF8, true, ARGUMENT_NONE, 10},
    {SLICE_INIT("DSN"), EXTENSION_DSN, true, ARGUMENT_NONE, 500},
    {SLICE_INIT("ENHANCEDSTATUSCODES"), EXTENSION_ENHANCEDSTATUSCODES, true, ARGUMENT_NONE, 0},
    {SLICE_INIT("DELIVERBY"), EXTENSION_DELIVERBY, true, ARGUMENT_DELIVERBY, 17},
    {SLICE_INIT("FUTURERELEASE"), EXTENSION_FUTURERELEASE, true, ARGUMENT_FUTURERELEASE, 34},
    {SLICE_INIT("MT-PRIORITY"), EXTENSION_MT_PRIORITY, true, ARGUMENT_MT_PRIORITY, 15},
    {SLICE_INIT("REQUIRETLS"), EXTENSION_REQUIRETLS, true, ARGUMENT_NONE, 11},
    {SLICE_INIT("LIMITS"), EXTENSION_LIMITS, true, ARGUMENT_NONE, 0},
    {SLICE_INIT("ETRN"), EXTENSION_ETRN, true, ARGUMENT_NONE, 0},
    {SLICE_INIT("VRFY"), EXTENSION_VRFY, true, ARGUMENT_NONE, 0},
    {SLICE_INIT("EXPN"), EXTENSION_EXPN, true, ARGUMENT_NONE, 0},
    {SLICE_INIT("HELP"), EXTENSION_HELP, true, ARGUMENT_NONE, 0},
    {SLICE_INIT("STARTTLS"), EXTENSION_STARTTLS, true, ARGUMENT_NONE, 0},
    {SLICE_INIT("AUTH"), EXTENSION_AUTH, true, ARGUMENT_NONE, 500},
    {SLICE_INIT("XCLIENT"), EXTENSION_XCLIENT, false, ARGUMENT_NONE, 0},
    {SLICE_INIT("XFORWARD"), EXTENSION_XFORWARD, false, ARGUMENT_NONE, 0},
};

static const struct slice limit_names[LIMIT_COUNT] = {
    [LIMIT_MAILMAX] = SLICE_INIT("MAILMAX"),
    [LIMIT_RCPTMAX] = SLICE_INIT("RCPTMAX"),
    [LIMIT_RCPTDOMAINMAX] = SLICE_INIT("RCPTDOMAINMAX"),
};

#define LIMIT_DIGITS_MAX 6   /* RFC 9422, 4 */
#define LINE_BYTES       512 /* RFC 5321, 4.5.3.1.4 */

static const struct {
    struct slice name;
    enum identity_attribute bit;
} attributes[] = {
    {SLICE_INIT("NAME"), IDENTITY_NAME},
    {SLICE_INIT("ADDR"), IDENTITY_ADDR},
    {SLICE_INIT("PORT"), IDENTITY_PORT},
    {SLICE_INIT("PROTO"), IDENTITY_PROTO},
    {SLICE_INIT("HELO"), IDENTITY_HELO},
    {SLICE_INIT("IDENT"), IDENTITY_IDENT},
    {SLICE_INIT("SOURCE"), IDENTITY_SOURCE},
    {SLICE_INIT("LOGIN"), IDENTITY_LOGIN},
    {SLICE_INIT("REVERSE_NAME"), IDENTITY_REVERSE_NAME},
};

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

unsigned extension_find(struct slice keyword)
{
    for (size_t i = 0; i < COUNT(extensions); i++)
        if (slice_equal_case(keyword, extensions[i].keyword))
            return extensions[i].bit;
    return 0;
}

/* Takes the first word off the front of ${text}; empty when there is none. */
static struct slice next_word(struct slice *text)
{
    struct slice rest = slice_trim(*text);
    size_t length = 0;

    while (length < rest.len && rest.ptr[length] != ' ' && rest.ptr[length] != '\t')
        length++;
    *text = slice_from(rest, length);
    return slice_first(rest, length);
}

static unsigned read_attributes(struct slice text)
{
    unsigned mask = 0;
    struct slice word;

    while ((word = next_word(&text)).len > 0)
        for (size_t i = 0; i < COUNT(attributes); i++)
            if (slice_equal_case(word, attributes[i].name))
                mask |= attributes[i].bit;
    return mask;
}

/* The number ${text}, UINT64_MAX if it is larger. Returns 0, or -1 when it is none. */
static int read_number(struct slice text, uint64_t *out)
{
    uint64_t value = 0;

    if (text.len == 0)
        return -1;
    for (size_t i = 0; i < text.len; i++) {
        uint64_t digit = (uint64_t)(unsigned char)text.ptr[i] - '0';

        if (digit > 9)
            return -1;
        value = value > (UINT64_MAX - digit) / 10 ? UINT64_MAX : value * 10 + digit;
    }
    *out = value;
    return 0;
}

/* The smaller of two limits, 0 being none. */
static uint64_t smaller_limit(uint64_t a, uint64_t b)
{
    if (a == 0 || b == 0)
        return a + b;
    return a < b ? a : b;
}

/* SIZE, SIZE 0 or SIZE n; of two lines the lower limit holds. */
static int read_size(struct slice text, struct capabilities *caps)
{
    struct slice number = next_word(&text);
    uint64_t limit = 0;

    if (number.len > 0 && (next_word(&text).len > 0 || read_number(number, &limit) != 0))
        return -1;
    caps->size_limit = smaller_limit(caps->size_limit, limit);
    return 0;
}

static int read_mechanisms(struct slice text, struct sasl_list *list)
{
    struct slice word;

    while ((word = next_word(&text)).len > 0)
        sasl_list_add(list, word);
    return list->len > 0 ? 0 : -1;
}

/* NAME=number words; what is no limit we know, or no number, is passed over (RFC 9422, 4). */
static void read_limits(struct slice text, struct capabilities *caps)
{
    struct slice word;

    while ((word = next_word(&text)).len > 0) {
        size_t equals = slice_find(word, '=');
        struct slice number = slice_from(word, equals != SLICE_NOT_FOUND ? equals + 1 : word.len);
        uint64_t value;

        if (number.len > LIMIT_DIGITS_MAX || read_number(number, &value) != 0)
            continue;
        for (size_t i = 0; i < LIMIT_COUNT; i++)
            if (slice_equal_case(slice_first(word, equals), limit_names[i]))
                caps->limits[i] = smaller_limit(caps->limits[i], value);
    }
}

/* The argument as it will be shown: printable, one blank between words. 0, or -1 when it does not
 * fit. */
static int read_argument(struct slice text, enum extension_argument argument,
                         struct capabilities *caps)
{
    char kept[EXTENSION_ARGUMENT_MAX];
    size_t len = 0;
    struct slice word;

    while ((word = next_word(&text)).len > 0) {
        if (len + 1 + word.len > EXTENSION_ARGUMENT_MAX)
            return -1;
        for (size_t i = 0; i < word.len; i++)
            if (word.ptr[i] < '!' || word.ptr[i] > '~')
                return -1;
        kept[len++] = ' ';
        memcpy(kept + len, word.ptr, word.len);
        len += word.len;
    }
    memcpy(caps->arguments[argument].text, kept, len);
    caps->arguments[argument].len = len;
    return 0;
}

static enum extension_argument argument_of(unsigned bit)
{
    for (size_t i = 0; i < COUNT(extensions); i++)
        if (extensions[i].bit == bit)
            return extensions[i].argument;
    return ARGUMENT_NONE;
}

static void read_line(struct slice line, struct capabilities *caps)
{
    unsigned bit = extension_find(next_word(&line));
    enum extension_argument argument = argument_of(bit);

    if (bit == EXTENSION_SIZE && read_size(line, caps) != 0)
        return;
    if (bit == EXTENSION_AUTH && read_mechanisms(line, &caps->mechanisms) != 0)
        return;
    if (argument != ARGUMENT_NONE && read_argument(line, argument, caps) != 0)
        return;
    if (bit == EXTENSION_LIMITS)
        read_limits(line, caps);
    if (bit == EXTENSION_XCLIENT)
        caps->xclient_attributes |= read_attributes(line);
    if (bit == EXTENSION_XFORWARD)
        caps->xforward_attributes |= read_attributes(line);
    caps->extensions |= bit;
}

/* Takes the first line off the front of ${wire}; returns it without its end. */
static struct slice next_line(struct slice *wire)
{
    size_t end = slice_find(*wire, '\n');
    struct slice line = slice_first(*wire, end);

    *wire = end != SLICE_NOT_FOUND ? slice_from(*wire, end + 1) : SLICE_NONE;
    if (line.len > 0 && line.ptr[line.len - 1] == '\r')
        line.len--;
    return line;
}

void extension_read_reply(struct slice wire, struct capabilities *caps)
{
    *caps = (struct capabilities){.extensions = 0};
    (void)next_line(&wire); /* the greeting */
    while (wire.len > 0 && caps->keyword_count < EXTENSION_LINES_MAX) {
        read_line(slice_from(next_line(&wire), REPLY_HEAD_BYTES), caps);
        caps->keyword_count++;
    }
}

static unsigned offered_mask(void)
{
    unsigned mask = 0;

    for (size_t i = 0; i < COUNT(extensions); i++)
        if (extensions[i].offered)
            mask |= extensions[i].bit;
    return mask;
}

struct capabilities extension_offer(const struct capabilities *upstream, const struct slice *strip,
                                    size_t strip_count, uint64_t message_limit, bool ehlo)
{
    struct capabilities offer = {.extensions = 0};

    if (!ehlo)
        return offer;
    offer = *upstream;
    offer.extensions =
        (upstream->extensions & offered_mask()) | EXTENSION_PIPELINING | EXTENSION_CHUNKING;
    offer.extensions &= ~(unsigned)EXTENSION_STARTTLS; /* the caller knows its own leg */
    offer.mechanisms = (struct sasl_list){.len = 0};
    for (size_t i = 0; i < strip_count; i++)
        offer.extensions &= ~extension_find(strip[i]);
    if ((offer.extensions & EXTENSION_8BITMIME) == 0)
        offer.extensions &= ~(unsigned)EXTENSION_SMTPUTF8;
    if ((offer.extensions & upstream->extensions & EXTENSION_CHUNKING) == 0)
        offer.extensions &= ~(unsigned)EXTENSION_BINARYMIME;
    offer.size_limit = 0;
    if ((offer.extensions & EXTENSION_SIZE) != 0)
        offer.size_limit = smaller_limit(upstream->size_limit, message_limit);
    if ((offer.extensions & EXTENSION_AUTH) != 0)
        offer.mechanisms = upstream->mechanisms;
    return offer;
}

void extension_require_tls(struct capabilities *offer, bool client_tls, bool upstream_tls)
{
    if (!client_tls || !upstream_tls)
        offer->extensions &= ~(unsigned)EXTENSION_REQUIRETLS;
}

void extension_limit_recipients(struct capabilities *offer, uint64_t max)
{
    if ((offer->extensions & EXTENSION_LIMITS) != 0)
        offer->limits[LIMIT_RCPTMAX] = smaller_limit(offer->limits[LIMIT_RCPTMAX], max);
}

size_t extension_line_bytes(const struct capabilities *offered)
{
    size_t total = LINE_BYTES;

    for (size_t i = 0; i < COUNT(extensions); i++)
        if ((offered->extensions & extensions[i].bit) != 0)
            total += extensions[i].line_bytes;
    return total;
}

static void write_limits(struct bytes *out, const struct capabilities *offered)
{
    for (size_t i = 0; i < LIMIT_COUNT; i++)
        if (offered->limits[i] > 0)
            bytes_format(out, " %.*s=%" PRIu64, SLICE_ARG(limit_names[i]), offered->limits[i]);
}

static void write_attributes(struct bytes *out, unsigned mask)
{
    for (size_t i = 0; i < COUNT(attributes); i++) {
        if ((mask & attributes[i].bit) == 0)
            continue;
        bytes_append_char(out, ' ');
        bytes_append(out, attributes[i].name);
    }
}

static void write_arguments(struct bytes *out, size_t row, const struct capabilities *offered)
{
    enum extension_argument argument = extensions[row].argument;

    if (extensions[row].bit == EXTENSION_SIZE && offered->size_limit > 0)
        bytes_format(out, " %" PRIu64, offered->size_limit);
    if (extensions[row].bit == EXTENSION_LIMITS)
        write_limits(out, offered);
    if (extensions[row].bit == EXTENSION_AUTH) {
        bytes_append_char(out, ' ');
        bytes_append(out, sasl_list_text(&offered->mechanisms));
    }
    if (extensions[row].bit == EXTENSION_XCLIENT)
        write_attributes(out, offered->xclient_attributes);
    if (extensions[row].bit == EXTENSION_XFORWARD)
        write_attributes(out, offered->xforward_attributes);
    if (argument != ARGUMENT_NONE)
        bytes_append(
            out, slice_make(offered->arguments[argument].text, offered->arguments[argument].len));
}

int extension_write_reply(struct bytes *out, struct slice hostname,
                          const struct capabilities *offered)
{
    unsigned left = offered->extensions;

    bytes_append(out, left != 0 ? SLICE("250-") : SLICE("250 "));
    bytes_append(out, hostname);
    bytes_append(out, SLICE("\r\n"));
    for (size_t i = 0; i < COUNT(extensions); i++) {
        if ((left & extensions[i].bit) == 0)
            continue;
        left &= ~(unsigned)extensions[i].bit;
        bytes_append(out, left != 0 ? SLICE("250-") : SLICE("250 "));
        bytes_append(out, extensions[i].keyword);
        write_arguments(out, i, offered);
        bytes_append(out, SLICE("\r\n"));
    }
    return bytes_end(out);
}
