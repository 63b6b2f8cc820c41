/* ascii: what a byte is to the protocols (RFC 5234, appendix B.1). No locale has a say, as it has
 * in <ctype.h>, and any byte may be asked for. */
#ifndef FILTERS_BASE_ASCII_H
#define FILTERS_BASE_ASCII_H

#include <stdbool.h>

/* ascii_lower(c), ascii_upper(c): ${c} with A-Z made a-z, or a-z made A-Z; any other byte
 * unchanged. */
static inline char ascii_lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

static inline char ascii_upper(char c)
{
    return c >= 'a' && c <= 'z' ? (char)(c - ('a' - 'A')) : c;
}

/* ascii_is_blank(c): a space or a tab. ascii_is_space(c): one of these or of a line end. */
static inline bool ascii_is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static inline bool ascii_is_space(char c)
{
    return ascii_is_blank(c) || c == '\r' || c == '\n';
}

/* ascii_is_digit(c), ascii_is_letter(c), ascii_is_alnum(c): 0-9; A-Z and a-z; any of both. */
static inline bool ascii_is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static inline bool ascii_is_letter(char c)
{
    char lower = ascii_lower(c);
    return lower >= 'a' && lower <= 'z';
}

static inline bool ascii_is_alnum(char c)
{
    return ascii_is_digit(c) || ascii_is_letter(c);
}

/* ascii_hex(c): what the hexadecimal digit ${c} of either case stands for, or -1 when it is none.
 */
static inline int ascii_hex(char c)
{
    char lower = ascii_lower(c);
    if (ascii_is_digit(c))
        return c - '0';
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

#endif
