/* attributes: see attributes.h. One row for each attribute: its name and what its value may be. */
#include "proxy/smtp/attributes.h"

#include "filters/base/hostname.h"

#define PORT_DIGITS_MAX 5

/* Decodes xtext (RFC 3461, 4). What may stand in a value is the attribute's matter; none of them
 * may hold a control character. */
static bool decode(struct slice in, struct attributes_text *out)
{
    *out = (struct attributes_text){.len = 0};
    for (size_t at = 0; at < in.len; at++) {
        int value = (unsigned char)in.ptr[at];

        if (value == '+') {
            int high = at + 2 < in.len ? ascii_hex(in.ptr[at + 1]) : -1;
            int low = at + 2 < in.len ? ascii_hex(in.ptr[at + 2]) : -1;

            value = high < 0 || low < 0 ? -1 : high * 16 + low;
            at += 2;
        } else if (value == '=' || value > '~') {
            return false;
        }
        if (value < 0 || out->len == sizeof(out->bytes))
            return false;
        out->bytes[out->len++] = (char)value;
    }
    return out->len > 0;
}

static bool is_missing(struct slice value)
{
    return slice_equal_case(value, SLICE("[UNAVAILABLE]")) ||
           slice_equal_case(value, SLICE("[TEMPUNAVAIL]"));
}

static bool is_name_char(char c)
{
    return ascii_is_alnum(c) || c == '-' || c == '.' || c == '_';
}

static bool is_name(struct slice value)
{
    for (size_t i = 0; i < value.len; i++)
        if (!is_name_char(value.ptr[i]))
            return false;
    return true;
}

/* --- each attribute: takes its decoded value, which is empty when it was unavailable --- */

static bool take_name(struct slice value, struct attributes *out)
{
    out->name.len = value.len;
    memcpy(out->name.bytes, value.ptr, value.len);
    return value.len == 0 || hostname_valid(value);
}

static bool take_helo(struct slice value, struct attributes *out)
{
    out->helo.len = value.len;
    memcpy(out->helo.bytes, value.ptr, value.len);
    return value.len == 0 || command_helo_valid(value);
}

/* "192.0.2.1" or "IPV6:2001:db8::1". */
static bool take_addr(struct slice value, struct attributes *out)
{
    static const struct slice v6 = SLICE_INIT("IPV6:");
    uint16_t port = out->address.port;
    bool prefixed = slice_starts_case(value, v6);
    struct slice text = prefixed ? slice_from(value, v6.len) : value;
    bool colon = slice_find(text, ':') != SLICE_NOT_FOUND;
    bool bracket = slice_find(text, '[') != SLICE_NOT_FOUND;

    out->address = (struct address){.family = ADDRESS_NONE};
    if (value.len > 0 && (colon != prefixed || bracket || address_parse(text, &out->address) != 0))
        return false;
    out->address.port = port;
    return true;
}

static bool take_port(struct slice value, struct attributes *out)
{
    unsigned port = 0;

    if (value.len > PORT_DIGITS_MAX)
        return false;
    for (size_t i = 0; i < value.len; i++) {
        if (value.ptr[i] < '0' || value.ptr[i] > '9')
            return false;
        port = port * 10 + (unsigned)(value.ptr[i] - '0');
    }
    out->address.port = (uint16_t)port;
    return port <= UINT16_MAX;
}

/* XFORWARD has also names of other ways in, such as "QMQP". */
static bool take_proto(struct slice value, struct attributes *out)
{
    out->esmtp = slice_equal_case(value, SLICE("ESMTP"));
    return is_name(value);
}

static bool take_source(struct slice value, struct attributes *out)
{
    out->local = slice_equal_case(value, SLICE("LOCAL"));
    return value.len == 0 || out->local || slice_equal_case(value, SLICE("REMOTE"));
}

static const struct attribute {
    struct slice name;
    enum identity_attribute bit;
    bool (*take)(struct slice value, struct attributes *out);
} rows[] = {
    {SLICE_INIT("NAME"), IDENTITY_NAME, take_name},
    {SLICE_INIT("ADDR"), IDENTITY_ADDR, take_addr},
    {SLICE_INIT("PORT"), IDENTITY_PORT, take_port},
    {SLICE_INIT("PROTO"), IDENTITY_PROTO, take_proto},
    {SLICE_INIT("HELO"), IDENTITY_HELO, take_helo},
    {SLICE_INIT("SOURCE"), IDENTITY_SOURCE, take_source},
};

static const struct attribute *find(struct slice name, unsigned allowed)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if ((rows[i].bit & allowed) != 0 && slice_equal_case(name, rows[i].name))
            return &rows[i];
    return NULL;
}

static enum attributes_result parse_one(struct slice word, unsigned allowed, struct attributes *out)
{
    size_t equals = slice_find(word, '=');
    const struct attribute *row = find(slice_first(word, equals), allowed);
    struct attributes_text value;

    if (equals == SLICE_NOT_FOUND)
        return ATTRIBUTES_SYNTAX;
    if (row == NULL)
        return ATTRIBUTES_UNKNOWN;
    if (!decode(slice_from(word, equals + 1), &value))
        return ATTRIBUTES_VALUE;
    if (row->bit == IDENTITY_NAME)
        out->name_later = slice_equal_case(attributes_slice(&value), SLICE("[TEMPUNAVAIL]"));
    if (is_missing(attributes_slice(&value)))
        value.len = 0;
    out->given |= row->bit;
    return row->take(attributes_slice(&value), out) ? ATTRIBUTES_OK : ATTRIBUTES_VALUE;
}

enum attributes_result attributes_parse(struct slice argument, unsigned allowed,
                                        struct attributes *out)
{
    struct slice rest = slice_trim(argument);
    struct attributes next = *out;
    enum attributes_result result = rest.len > 0 ? ATTRIBUTES_OK : ATTRIBUTES_SYNTAX;

    while (rest.len > 0 && result == ATTRIBUTES_OK) {
        struct slice word = slice_first(rest, slice_find(rest, ' '));

        result = parse_one(word, allowed, &next);
        rest = slice_trim_start(slice_from(rest, word.len));
    }
    if (result == ATTRIBUTES_OK)
        *out = next;
    return result;
}
