/* extension: see extension.h. Two tables say it all: the extensions, and the parameters they bring
 * (extension_params.c). */
#include "proxy/smtp/extension.h"

#include <inttypes.h>

#define REPLY_HEAD_BYTES 4 /* "250-" */

static const struct {
    struct slice keyword;
    enum extension bit;
    bool offered; /* to clients */
} extensions[] = {
    {SLICE_INIT("PIPELINING"), EXTENSION_PIPELINING, true},
    {SLICE_INIT("SIZE"), EXTENSION_SIZE, true},
    {SLICE_INIT("8BITMIME"), EXTENSION_8BITMIME, true},
    {SLICE_INIT("SMTPUTF8"), EXTENSION_SMTPUTF8, true},
    {SLICE_INIT("DSN"), EXTENSION_DSN, true},
    {SLICE_INIT("ENHANCEDSTATUSCODES"), EXTENSION_ENHANCEDSTATUSCODES, true},
    {SLICE_INIT("STARTTLS"), EXTENSION_STARTTLS, true},
    {SLICE_INIT("AUTH"), EXTENSION_AUTH, true},
    {SLICE_INIT("XCLIENT"), EXTENSION_XCLIENT, false},
    {SLICE_INIT("XFORWARD"), EXTENSION_XFORWARD, false},
};

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

static void read_line(struct slice line, struct capabilities *caps)
{
    unsigned bit = extension_find(next_word(&line));

    if (bit == EXTENSION_SIZE && read_size(line, caps) != 0)
        return;
    if (bit == EXTENSION_AUTH && read_mechanisms(line, &caps->mechanisms) != 0)
        return;
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
    offer.extensions = (upstream->extensions & offered_mask()) | EXTENSION_PIPELINING;
    offer.extensions &= ~(unsigned)EXTENSION_STARTTLS; /* the caller knows its own leg */
    for (size_t i = 0; i < strip_count; i++)
        offer.extensions &= ~extension_find(strip[i]);
    if ((offer.extensions & EXTENSION_8BITMIME) == 0)
        offer.extensions &= ~(unsigned)EXTENSION_SMTPUTF8;
    if ((offer.extensions & EXTENSION_SIZE) != 0)
        offer.size_limit = smaller_limit(upstream->size_limit, message_limit);
    if ((offer.extensions & EXTENSION_AUTH) != 0)
        offer.mechanisms = upstream->mechanisms;
    return offer;
}

/* What stands behind a keyword. */
static void write_values(struct bytes *out, unsigned bit, const struct capabilities *offered)
{
    unsigned mask = 0;

    if (bit == EXTENSION_SIZE && offered->size_limit > 0)
        bytes_format(out, " %" PRIu64, offered->size_limit);
    if (bit == EXTENSION_AUTH) {
        bytes_append_char(out, ' ');
        bytes_append(out, sasl_list_text(&offered->mechanisms));
    }
    if (bit == EXTENSION_XCLIENT)
        mask = offered->xclient_attributes;
    if (bit == EXTENSION_XFORWARD)
        mask = offered->xforward_attributes;
    for (size_t i = 0; i < COUNT(attributes); i++) {
        if ((mask & attributes[i].bit) == 0)
            continue;
        bytes_append_char(out, ' ');
        bytes_append(out, attributes[i].name);
    }
}

/* How a line of the reply begins; ${left} are the extensions still to come after it. */
static void write_begin(struct bytes *out, struct slice text, unsigned left)
{
    bytes_append(out, left != 0 ? SLICE("250-") : SLICE("250 "));
    bytes_append(out, text);
}

int extension_write_reply(struct bytes *out, struct slice hostname,
                          const struct capabilities *offered)
{
    unsigned left = offered->extensions;

    write_begin(out, hostname, left);
    bytes_append(out, SLICE("\r\n"));
    for (size_t i = 0; i < COUNT(extensions); i++) {
        unsigned bit = extensions[i].bit;

        if ((left & bit) == 0)
            continue;
        left &= ~bit;
        write_begin(out, extensions[i].keyword, left);
        write_values(out, bit, offered);
        bytes_append(out, SLICE("\r\n"));
    }
    return out->failed ? -1 : 0;
}
