/* base64: the one table that encoded-words (RFC 2047) and SASL (RFC 4954) share (RFC 4648, 4). What
 * padding and strangers mean differs between them, and is theirs. */
#ifndef FILTERS_BASE_BASE64_H
#define FILTERS_BASE_BASE64_H

/* base64_digit(c): what the digit ${c} stands for, 0 to 63, or -1 when it is none. */
static inline int base64_digit(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    if (c == '+')
        return 62;
    return c == '/' ? 63 : -1;
}

#endif
