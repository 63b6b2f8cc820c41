/* host: see host.h. */
#include "filters/link/host.h"

#include "filters/base/address.h"
#include "filters/base/idn.h"
#include "filters/base/utf8.h"

/* --- IPv4 ----------------------------------------------------------------------------------- */

/* Takes what stands before the first dot off ${rest}, and the dot. */
static struct slice next_part(struct slice *rest)
{
    struct slice part = slice_first(*rest, slice_find(*rest, '.'));

    *rest = slice_from(*rest, part.len + 1);
    return part;
}

static bool all_digits(struct slice s)
{
    for (size_t i = 0; i < s.len; i++)
        if (!ascii_is_digit(s.ptr[i]))
            return false;
    return s.len > 0;
}

/* "0x7f", "0177" or "127"; "0x" is nothing. Returns false when it is no number. What is too large
 * for an address is some number that is. */
static bool read_part(struct slice part, uint64_t *number)
{
    bool hex = slice_starts_case(part, SLICE("0x"));
    uint64_t base = hex ? 16 : part.len > 1 && part.ptr[0] == '0' ? 8 : 10;
    struct slice digits = slice_from(part, hex ? 2 : 0);

    *number = 0;
    if (part.len == 0)
        return false;
    for (size_t i = 0; i < digits.len; i++) {
        int digit = ascii_hex(digits.ptr[i]);

        if (digit < 0 || (uint64_t)digit >= base)
            return false;
        if (*number <= UINT32_MAX)
            *number = *number * base + (uint64_t)digit;
    }
    return true;
}

/* Whether ${domain}, without a dot at its end, is an address or nothing. */
static bool ends_in_number(struct slice domain)
{
    size_t dot = slice_find_last(domain, '.');
    struct slice last = dot == SLICE_NOT_FOUND ? domain : slice_from(domain, dot + 1);
    uint64_t number;

    return all_digits(last) || (slice_starts_case(last, SLICE("0x")) && read_part(last, &number));
}

/* The last part has all octets that those before it leave. */
static bool read_v4(struct slice domain, uint32_t *address)
{
    uint64_t number = 0, before = 0;
    unsigned count = 0;

    while (domain.len > 0) {
        struct slice part = next_part(&domain);

        if (count > 0 && number > 0xFF)
            return false;
        before = count > 0 ? before << 8 | number : 0;
        if (++count > 4 || !read_part(part, &number))
            return false;
    }
    if (count == 0 || number >= UINT64_C(1) << (8 * (5 - count)))
        return false;
    *address = (uint32_t)(count > 1 ? before << (8 * (5 - count)) | number : number);
    return true;
}

static void append_v4(struct slice domain, struct bytes *out)
{
    uint32_t address;

    if (read_v4(domain, &address))
        bytes_format(out, "%u.%u.%u.%u", address >> 24, address >> 16 & 0xFF, address >> 8 & 0xFF,
                     address & 0xFF);
}

/* --- IPv6 ----------------------------------------------------------------------------------- */

static void append_v6(struct slice written, struct bytes *out)
{
    struct address address;
    char text[ADDRESS_TEXT_MAX];

    if (written.ptr[written.len - 1] != ']' || address_parse(written, &address) != 0)
        return;
    if (address.family == ADDRESS_V6)
        bytes_append_char(out, '[');
    bytes_append(out, address_text(&address, text));
    if (address.family == ADDRESS_V6)
        bytes_append_char(out, ']');
}

/* --- names ---------------------------------------------------------------------------------- */

static void undo_percent(struct slice written, struct bytes *out)
{
    for (size_t at = 0; at < written.len; at++) {
        int high = at + 2 < written.len ? ascii_hex(written.ptr[at + 1]) : -1;
        int low = high >= 0 ? ascii_hex(written.ptr[at + 2]) : -1;

        if (written.ptr[at] != '%' || low < 0) {
            bytes_append_char(out, written.ptr[at]);
            continue;
        }
        bytes_append_char(out, (char)(high << 4 | low));
        at += 2;
    }
}

/* "Forbidden domain code point" of the URL standard. */
static bool forbidden(char c)
{
    return (unsigned char)c <= ' ' || c == 0x7F ||
           slice_find(SLICE("#/:<>?@[\\]^|%"), c) != SLICE_NOT_FOUND;
}

static bool make_small(struct slice name, char *at)
{
    for (size_t i = 0; i < name.len; i++) {
        if (forbidden(name.ptr[i]))
            return false;
        at[i] = ascii_lower(name.ptr[i]);
    }
    return true;
}

/* ${name} has its A-labels and stands in ${name} for good: it is made small there. */
static void append_name(struct bytes *name, struct bytes *out)
{
    struct slice domain = bytes_slice(name);

    if (domain.len == 0 || !make_small(domain, name->data))
        return;
    if (domain.ptr[domain.len - 1] == '.')
        domain.len--;
    if (ends_in_number(domain))
        append_v4(domain, out);
    else
        bytes_append(out, domain);
}

static int append_domain(struct slice written, struct bytes *out)
{
    struct bytes plain, clean, name;
    struct slice text;
    int result = -1;

    bytes_init(&plain, HOST_WRITTEN_MAX);
    bytes_init(&clean, (size_t)HOST_WRITTEN_MAX * 3); /* U+FFFD */
    bytes_init(&name, (size_t)HOST_WRITTEN_MAX * 8);
    undo_percent(written, &plain);
    if (bytes_take(&plain, &text) == 0)
        utf8_append_clean(text, &clean);
    else
        bytes_fail(&clean);
    if (bytes_take(&clean, &text) == 0 && idn_ascii(text, &name) == 0) {
        append_name(&name, out);
        result = bytes_end(out);
    }
    bytes_fini(&plain);
    bytes_fini(&clean);
    bytes_fini(&name);
    return result;
}

int host_append(struct slice written, struct bytes *out)
{
    if (written.len == 0 || written.len > HOST_WRITTEN_MAX)
        return bytes_end(out);
    if (written.ptr[0] != '[')
        return append_domain(written, out);
    append_v6(written, out);
    return bytes_end(out);
}

bool host_is_address(struct slice host)
{
    return host.len > 0 && (host.ptr[0] == '[' || ends_in_number(host));
}
