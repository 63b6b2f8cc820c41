/* address: see address.h. inet_pton wants C strings, so texts are copied to a bounded buffer; a
 * text that holds a NUL or does not fit is no address. */
#include "filters/base/address.h"

#include <arpa/inet.h>
#include <stdio.h>

#define V4_BYTES       4
#define V6_BYTES       16
#define V6_WORDS       8
#define MAPPED_BITS    96 /* ::ffff:0:0/96, RFC 4291, 2.5.5.2 */
#define NETWORK_V6_MAX 8  /* bytes of a /64 */

static const uint8_t mapped_prefix[MAPPED_BITS / 8] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};

static size_t address_bytes(enum address_family family)
{
    switch (family) {
    case ADDRESS_NONE: return 0;
    case ADDRESS_V4: return V4_BYTES;
    case ADDRESS_V6: return V6_BYTES;
    case ADDRESS_UNIX: return 0;
    }
    return 0;
}

static bool is_mapped(const struct address *a)
{
    return a->family == ADDRESS_V6 && memcmp(a->bytes, mapped_prefix, sizeof(mapped_prefix)) == 0;
}

static void unmap(struct address *a)
{
    struct address v4 = {.family = ADDRESS_V4, .port = a->port};

    memcpy(v4.bytes, a->bytes + sizeof(mapped_prefix), V4_BYTES);
    *a = v4;
}

/* As address_parse, but an IPv4-mapped address stays as written. */
static int parse_raw(struct slice text, struct address *out)
{
    char copy[ADDRESS_TEXT_MAX];
    bool bracketed = text.len >= 2 && text.ptr[0] == '[' && text.ptr[text.len - 1] == ']';

    *out = (struct address){.family = ADDRESS_NONE};
    if (bracketed)
        text = slice_make(text.ptr + 1, text.len - 2);
    if (text.len == 0 || text.len >= sizeof(copy) || slice_find(text, '\0') != SLICE_NOT_FOUND)
        return -1;
    memcpy(copy, text.ptr, text.len);
    copy[text.len] = '\0';
    if (!bracketed && inet_pton(AF_INET, copy, out->bytes) == 1)
        out->family = ADDRESS_V4;
    else if (inet_pton(AF_INET6, copy, out->bytes) == 1)
        out->family = ADDRESS_V6;
    return out->family != ADDRESS_NONE ? 0 : -1;
}

int address_parse(struct slice text, struct address *out)
{
    if (parse_raw(text, out) != 0)
        return -1;
    if (is_mapped(out))
        unmap(out);
    return 0;
}

struct address address_from_v6(const uint8_t bytes[V6_BYTES], uint16_t port)
{
    struct address address = {.family = ADDRESS_V6, .port = port};

    memcpy(address.bytes, bytes, V6_BYTES);
    if (is_mapped(&address))
        unmap(&address);
    return address;
}

void address_to_v6(const struct address *a, uint8_t bytes[V6_BYTES])
{
    memset(bytes, 0, V6_BYTES);
    if (a->family == ADDRESS_V6)
        memcpy(bytes, a->bytes, V6_BYTES);
    if (a->family != ADDRESS_V4)
        return;
    memcpy(bytes, mapped_prefix, sizeof(mapped_prefix));
    memcpy(bytes + sizeof(mapped_prefix), a->bytes, V4_BYTES);
}

/* A decimal number of at most ${max}, nothing around it. */
static int parse_number(struct slice text, unsigned max, unsigned *out)
{
    unsigned value = 0;

    if (text.len == 0)
        return -1;
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] < '0' || text.ptr[i] > '9')
            return -1;
        value = value * 10 + (unsigned)(text.ptr[i] - '0');
        if (value > max)
            return -1;
    }
    *out = value;
    return 0;
}

int address_parse_port(struct slice text, struct address *out)
{
    size_t colon = slice_find_last(text, ':');
    unsigned port;

    *out = (struct address){.family = ADDRESS_NONE};
    if (colon == SLICE_NOT_FOUND ||
        parse_number(slice_from(text, colon + 1), UINT16_MAX, &port) != 0)
        return -1;
    text = slice_first(text, colon);
    /* Without brackets the last part of an IPv6 address would pass for a port. */
    if (text.len > 0 && text.ptr[0] != '[' && slice_find(text, ':') != SLICE_NOT_FOUND)
        return -1;
    if (address_parse(text, out) != 0)
        return -1;
    out->port = (uint16_t)port;
    return 0;
}

/* The mask of byte ${at} under a prefix of ${bits}. */
static uint8_t prefix_mask(unsigned bits, size_t at)
{
    size_t before = at * 8;

    if (bits >= before + 8)
        return 0xFF;
    if (bits <= before)
        return 0;
    return (uint8_t)(0xFF << (8 - (bits - before)));
}

static bool rest_is_zero(const struct address *a, unsigned prefix_bits)
{
    for (size_t i = 0; i < address_bytes(a->family); i++)
        if ((a->bytes[i] & (uint8_t)~prefix_mask(prefix_bits, i)) != 0)
            return false;
    return true;
}

int address_range_parse(struct slice text, struct address_range *out)
{
    size_t slash = slice_find(text, '/');
    struct slice prefix = SLICE_NONE;
    unsigned max;

    *out = (struct address_range){.prefix_bits = 0};
    if (slash != SLICE_NOT_FOUND) {
        prefix = slice_from(text, slash + 1);
        text = slice_first(text, slash);
    }
    if (parse_raw(text, &out->base) != 0)
        return -1;
    max = (unsigned)address_bytes(out->base.family) * 8;
    out->prefix_bits = max;
    if (slash != SLICE_NOT_FOUND && parse_number(prefix, max, &out->prefix_bits) != 0)
        return -1;
    if (!rest_is_zero(&out->base, out->prefix_bits))
        return -1;
    if (is_mapped(&out->base)) { /* its prefix is 96 at least, for the ones before it are set */
        unmap(&out->base);
        out->prefix_bits -= MAPPED_BITS;
    }
    return 0;
}

bool address_range_meant(struct slice text)
{
    size_t slash = slice_find(text, '/');
    struct address base;

    return slash != SLICE_NOT_FOUND && address_parse(slice_first(text, slash), &base) == 0;
}

bool address_in_range(const struct address *a, const struct address_range *range)
{
    if (a->family != range->base.family || address_bytes(a->family) == 0)
        return false;
    for (size_t i = 0; i < address_bytes(a->family); i++) {
        uint8_t mask = prefix_mask(range->prefix_bits, i);

        if ((a->bytes[i] & mask) != (range->base.bytes[i] & mask))
            return false;
    }
    return true;
}

bool address_equal(const struct address *a, const struct address *b)
{
    return a->family == b->family && memcmp(a->bytes, b->bytes, address_bytes(a->family)) == 0;
}

bool address_is_loopback(const struct address *a)
{
    static const uint8_t ONE[V6_BYTES] = {[V6_BYTES - 1] = 1};

    if (a->family == ADDRESS_V4)
        return a->bytes[0] == 127;
    return a->family == ADDRESS_V6 && memcmp(a->bytes, ONE, sizeof(ONE)) == 0;
}

bool address_is_local(const struct address *a)
{
    return a->family == ADDRESS_UNIX || address_is_loopback(a);
}

/* The longest run of two or more zero words, the first of equals (RFC 5952, 4.2). */
static void find_zero_run(const unsigned words[V6_WORDS], size_t *start, size_t *count)
{
    *start = V6_WORDS;
    *count = 1;
    for (size_t i = 0; i < V6_WORDS; i++) {
        size_t end = i;

        while (end < V6_WORDS && words[end] == 0)
            end++;
        if (end - i > *count) {
            *start = i;
            *count = end - i;
        }
    }
}

/* Our own, because glibc writes ::1:2 as ::0.1.0.2. */
static size_t write_v6(const uint8_t bytes[V6_BYTES], char *out, size_t size)
{
    unsigned words[V6_WORDS];
    size_t run_start, run_count;
    size_t len = 0;
    size_t i = 0;

    for (size_t w = 0; w < V6_WORDS; w++)
        words[w] = (unsigned)bytes[2 * w] << 8 | bytes[2 * w + 1];
    find_zero_run(words, &run_start, &run_count);
    out[0] = '\0';
    while (i < V6_WORDS) {
        if (i == run_start) {
            len += (size_t)snprintf(out + len, size - len, "::");
            i += run_count;
            continue;
        }
        len += (size_t)snprintf(out + len, size - len, "%s%x",
                                len > 0 && out[len - 1] != ':' ? ":" : "", words[i]);
        i++;
    }
    return len;
}

static size_t copy_literal(struct slice text, char *out)
{
    memcpy(out, text.ptr, text.len);
    out[text.len] = '\0';
    return text.len;
}

static size_t write_address(const struct address *a, char *out, size_t size)
{
    const uint8_t *b = a->bytes;

    switch (a->family) {
    case ADDRESS_NONE: return copy_literal(SLICE("unknown"), out);
    case ADDRESS_V4: return (size_t)snprintf(out, size, "%u.%u.%u.%u", b[0], b[1], b[2], b[3]);
    case ADDRESS_V6: return write_v6(b, out, size);
    case ADDRESS_UNIX: return copy_literal(SLICE("local"), out);
    }
    return copy_literal(SLICE("unknown"), out);
}

struct slice address_text(const struct address *a, char out[ADDRESS_TEXT_MAX])
{
    return slice_make(out, write_address(a, out, ADDRESS_TEXT_MAX));
}

struct slice address_port_text(const struct address *a, char out[ADDRESS_TEXT_MAX])
{
    char text[V6_BYTES * 3];
    int len;

    if (address_bytes(a->family) == 0)
        return address_text(a, out);
    (void)write_address(a, text, sizeof(text)); /* 39 characters at most */
    len = snprintf(out, ADDRESS_TEXT_MAX, a->family == ADDRESS_V6 ? "[%s]:%u" : "%s:%u", text,
                   (unsigned)a->port);
    return slice_make(out, (size_t)len);
}

struct address address_network(const struct address *a)
{
    struct address network = *a;

    network.port = 0;
    if (a->family == ADDRESS_V6)
        memset(network.bytes + NETWORK_V6_MAX, 0, V6_BYTES - NETWORK_V6_MAX);
    return network;
}
