/* proxy_header: see proxy_header.h. The protocol is HAProxy's proxy-protocol.txt, 2.1 and 2.2. */
#include "proxy/smtp/proxy_header.h"

#include <arpa/inet.h>

#define SIGNATURE_BYTES 12
#define FIXED_BYTES     16 /* signature, version and command, family, length */
#define TLV_HEAD_BYTES  3
#define TLV_CRC32C      0x03
#define CRC_BYTES       4
#define CRC32C_POLY     0x82F63B78U /* Castagnoli, reflected */
#define V1_FIELDS       4
#define PORT_DIGITS_MAX 5

static const struct slice signature = SLICE_INIT("\r\n\r\n\0\r\nQUIT\n");

/* What the byte of family and protocol says follows: how many octets of addresses. */
enum family { FAMILY_UNSPEC = 0x00, FAMILY_TCP4 = 0x11, FAMILY_TCP6 = 0x21 };
static const struct {
    uint8_t code;
    uint16_t address_bytes;
} families[] = {{FAMILY_UNSPEC, 0}, {FAMILY_TCP4, 12}, {FAMILY_TCP6, 36}, {0x31, 216}, {0x32, 216}};

static uint16_t read_u16(const uint8_t *at)
{
    return (uint16_t)(at[0] << 8 | at[1]);
}

/* --- version 1 --- */

/* Takes the next word, ended by one blank or the end of ${rest}. */
static struct slice next_word(struct slice *rest)
{
    size_t blank = slice_find(*rest, ' ');
    struct slice word = slice_first(*rest, blank);

    /* A blank at the very end leaves a word that is empty, which is no address and no port. */
    *rest = blank != SLICE_NOT_FOUND ? slice_make(rest->ptr + blank + 1, rest->len - blank - 1)
                                     : SLICE_NONE;
    return word;
}

static bool read_port(struct slice text, uint16_t *port)
{
    unsigned value = 0;

    if (text.len == 0 || text.len > PORT_DIGITS_MAX || (text.len > 1 && text.ptr[0] == '0'))
        return false;
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] < '0' || text.ptr[i] > '9')
            return false;
        value = value * 10 + (unsigned)(text.ptr[i] - '0');
    }
    *port = (uint16_t)value;
    return value <= UINT16_MAX;
}

/* inet_pton refuses leading zeros in IPv4; IPv6 has many spellings, and balancers use several. */
static bool read_address(struct slice text, bool v6, struct address *address)
{
    bool colon = slice_find(text, ':') != SLICE_NOT_FOUND;

    return colon == v6 && slice_find(text, '[') == SLICE_NOT_FOUND &&
           address_parse(text, address) == 0;
}

static bool read_connection(struct slice rest, bool v6, struct proxy_header *header)
{
    struct slice words[V1_FIELDS];

    for (size_t i = 0; i < V1_FIELDS; i++)
        words[i] = next_word(&rest);
    header->proxied = rest.ptr == NULL && read_address(words[0], v6, &header->source) &&
                      read_address(words[1], v6, &header->destination) &&
                      read_port(words[2], &header->source.port) &&
                      read_port(words[3], &header->destination.port);
    return header->proxied;
}

/* A whole line without its CRLF. */
static enum proxy_header_result parse_v1(struct slice line, struct proxy_header *header)
{
    struct slice rest = line;
    struct slice family;
    bool good = false;

    (void)next_word(&rest); /* PROXY */
    family = next_word(&rest);
    if (slice_equal(family, SLICE("UNKNOWN"))) /* the protocol wants the rest of it ignored */
        good = true;
    else if (slice_equal(family, SLICE("TCP4")))
        good = read_connection(rest, false, header);
    else if (slice_equal(family, SLICE("TCP6")))
        good = read_connection(rest, true, header);
    return good ? PROXY_HEADER_READY : PROXY_HEADER_BAD;
}

static enum proxy_header_result read_v1(struct slice input, struct proxy_header *header,
                                        size_t *consumed)
{
    static const struct slice begin = SLICE_INIT("PROXY ");
    struct slice first = slice_first(input, PROXY_HEADER_V1_MAX);
    size_t end = 0;

    if (!slice_starts(first, slice_first(begin, first.len)))
        return PROXY_HEADER_BAD;
    while (end < first.len && first.ptr[end] != '\r' && first.ptr[end] != '\n' &&
           first.ptr[end] != '\0')
        end++;
    if (end + 1 >= first.len) {
        bool possible = end == first.len || first.ptr[end] == '\r';

        return possible && end + 2 <= PROXY_HEADER_V1_MAX ? PROXY_HEADER_MORE : PROXY_HEADER_BAD;
    }
    if (first.ptr[end] != '\r' || first.ptr[end + 1] != '\n')
        return PROXY_HEADER_BAD;
    *consumed = end + 2;
    return parse_v1(slice_first(first, end), header);
}

/* --- version 2 --- */

static uint32_t crc32c(uint32_t crc, const uint8_t *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        crc ^= bytes[i];
        for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ ((crc & 1) != 0 ? CRC32C_POLY : 0);
    }
    return crc;
}

/* Whether the checksum that stands at ${at} is that of the whole header, itself taken as zeros. */
static bool checksum_holds(const uint8_t *bytes, size_t size, size_t at)
{
    static const uint8_t zeros[CRC_BYTES] = {0};
    uint32_t said = (uint32_t)read_u16(bytes + at) << 16 | read_u16(bytes + at + 2);
    uint32_t crc = crc32c(UINT32_MAX, bytes, at);

    crc = crc32c(crc, zeros, CRC_BYTES);
    crc = crc32c(crc, bytes + at + CRC_BYTES, size - at - CRC_BYTES);
    return ~crc == said;
}

/* Whether the octets from ${at} on are whole TLVs, and the checksum right where there is one. */
static bool tlvs_good(const uint8_t *bytes, size_t size, size_t at)
{
    while (at < size) {
        size_t length;

        if (size - at < TLV_HEAD_BYTES)
            return false;
        length = read_u16(bytes + at + 1);
        if (size - at - TLV_HEAD_BYTES < length)
            return false;
        if (bytes[at] == TLV_CRC32C &&
            (length != CRC_BYTES || !checksum_holds(bytes, size, at + TLV_HEAD_BYTES)))
            return false;
        at += TLV_HEAD_BYTES + length;
    }
    return true;
}

static struct address read_v4(const uint8_t *at, const uint8_t *port)
{
    struct address address = {.family = ADDRESS_V4, .port = read_u16(port)};

    memcpy(address.bytes, at, 4);
    return address;
}

/* A whole header whose command is PROXY. */
static enum proxy_header_result parse_v2(const uint8_t *bytes, size_t size,
                                         struct proxy_header *header)
{
    const uint8_t *at = bytes + FIXED_BYTES;
    uint8_t family = bytes[SIGNATURE_BYTES + 1];
    size_t i = 0;

    while (i < sizeof(families) / sizeof(families[0]) && families[i].code != family)
        i++;
    if (i == sizeof(families) / sizeof(families[0]) ||
        size - FIXED_BYTES < families[i].address_bytes ||
        !tlvs_good(bytes, size, FIXED_BYTES + (size_t)families[i].address_bytes))
        return PROXY_HEADER_BAD;
    header->proxied = family == FAMILY_TCP4 || family == FAMILY_TCP6;
    if (family == FAMILY_TCP4) {
        header->source = read_v4(at, at + 8);
        header->destination = read_v4(at + 4, at + 10);
    } else if (family == FAMILY_TCP6) {
        header->source = address_from_v6(at, read_u16(at + 32));
        header->destination = address_from_v6(at + 16, read_u16(at + 34));
    }
    return PROXY_HEADER_READY;
}

static enum proxy_header_result read_v2(struct slice input, struct proxy_header *header,
                                        size_t *consumed)
{
    const uint8_t *bytes = (const uint8_t *)input.ptr;
    size_t size;

    if (!slice_starts(input, slice_first(signature, input.len)))
        return PROXY_HEADER_BAD;
    if (input.len > SIGNATURE_BYTES && (bytes[SIGNATURE_BYTES] & ~1) != 0x20)
        return PROXY_HEADER_BAD; /* not version 2, or neither LOCAL nor PROXY */
    if (input.len < FIXED_BYTES)
        return PROXY_HEADER_MORE;
    size = FIXED_BYTES + (size_t)read_u16(bytes + FIXED_BYTES - 2);
    if (size > PROXY_HEADER_V2_MAX)
        return PROXY_HEADER_BAD;
    if (input.len < size)
        return PROXY_HEADER_MORE;
    *consumed = size;
    /* LOCAL: a check by the balancer itself; whatever it carries is not looked at. */
    return bytes[SIGNATURE_BYTES] == 0x20 ? PROXY_HEADER_READY : parse_v2(bytes, size, header);
}

bool proxy_header_begun(struct slice input)
{
    return slice_starts(input, signature) || slice_starts(input, SLICE("PROXY "));
}

enum proxy_header_result proxy_header_read(struct slice input, struct proxy_header *header,
                                           size_t *consumed)
{
    *header = (struct proxy_header){.proxied = false};
    if (input.len == 0)
        return PROXY_HEADER_MORE;
    if (input.ptr[0] == signature.ptr[0])
        return read_v2(input, header, consumed);
    return read_v1(input, header, consumed);
}

/* --- writing --- */

static bool is_ip(const struct address *a)
{
    return a->family == ADDRESS_V4 || a->family == ADDRESS_V6;
}

static void write_text(struct bytes *out, const struct address *a, bool mapped)
{
    char text[ADDRESS_TEXT_MAX];
    struct slice address = address_text(a, text);

    bytes_format(out, " %s%.*s", mapped && a->family == ADDRESS_V4 ? "::ffff:" : "",
                 SLICE_ARG(address));
}

int proxy_header_write_v1(struct bytes *out, const struct address *source,
                          const struct address *destination)
{
    bool v4 = source->family == ADDRESS_V4 && destination->family == ADDRESS_V4;

    if (is_ip(source) && is_ip(destination)) {
        bytes_append(out, v4 ? SLICE("PROXY TCP4") : SLICE("PROXY TCP6"));
        write_text(out, source, !v4);
        write_text(out, destination, !v4);
        bytes_format(out, " %u %u\r\n", (unsigned)source->port, (unsigned)destination->port);
    } else {
        bytes_append(out, SLICE("PROXY UNKNOWN\r\n"));
    }
    return bytes_end(out);
}

static void write_raw(struct bytes *out, const void *data, size_t size)
{
    bytes_append(out, slice_make((const char *)data, size));
}

static void write_address(struct bytes *out, const struct address *a, bool v4)
{
    uint8_t bytes[16];

    if (v4)
        memcpy(bytes, a->bytes, 4);
    else
        address_to_v6(a, bytes);
    write_raw(out, bytes, v4 ? 4 : sizeof(bytes));
}

static void write_port(struct bytes *out, const struct address *a)
{
    uint16_t port = htons(a->port);

    write_raw(out, &port, sizeof(port));
}

int proxy_header_write_v2(struct bytes *out, const struct address *source,
                          const struct address *destination)
{
    static const uint8_t heads[][4] = {
        {0x20, FAMILY_UNSPEC, 0, 0}, {0x21, FAMILY_TCP4, 0, 12}, {0x21, FAMILY_TCP6, 0, 36}};
    bool ip = is_ip(source) && is_ip(destination);
    bool v4 = source->family == ADDRESS_V4 && destination->family == ADDRESS_V4;

    bytes_append(out, signature);
    write_raw(out, heads[v4 ? 1 : ip ? 2 : 0], sizeof(heads[0]));
    if (ip) {
        write_address(out, source, v4);
        write_address(out, destination, v4);
        write_port(out, source);
        write_port(out, destination);
    }
    return bytes_end(out);
}
