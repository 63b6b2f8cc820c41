#include "filters/base/hostname.h"

#include <stdio.h>

static bool label_valid(struct slice label)
{
    for (size_t i = 0; i < label.len; i++) {
        char c = label.ptr[i];
        if (!ascii_is_alnum(c) && c != '-' && c != '_')
            return false;
    }
    return label.len > 0 && label.len <= HOSTNAME_LABEL_MAX;
}

static bool has_letter(struct slice label)
{
    for (size_t i = 0; i < label.len; i++)
        if (ascii_is_letter(label.ptr[i]))
            return true;
    return false;
}

bool hostname_valid(struct slice name)
{
    struct slice rest = name;
    if (name.len > HOSTNAME_MAX_BYTES)
        return false;
    for (;;) {
        size_t dot = slice_find(rest, '.');
        struct slice label = slice_first(rest, dot);
        if (!label_valid(label))
            return false;
        if (dot == SLICE_NOT_FOUND)
            return has_letter(label);
        rest = slice_from(rest, dot + 1);
    }
}

void hostname_reverse(const struct address *address, char out[HOSTNAME_REVERSE_MAX])
{
    static const char digits[] = "0123456789abcdef";
    const uint8_t *b = address->bytes;
    if (address->family == ADDRESS_V4) {
        (void)snprintf(out, HOSTNAME_REVERSE_MAX, "%u.%u.%u.%u.in-addr.arpa", b[3], b[2], b[1],
                       b[0]);
        return;
    }
    for (size_t i = 16; i-- > 0;) {
        *out++ = digits[b[i] & 15];
        *out++ = '.';
        *out++ = digits[b[i] >> 4];
        *out++ = '.';
    }
    memcpy(out, "ip6.arpa", sizeof "ip6.arpa");
}
