/* mailbox: see mailbox.h. The grammar is RFC 5321, 4.1.2 and 4.1.3, with RFC 6531, 3.3; a domain
 * label may hold "_" too, for real hosts do. */
#include "filters/base/mailbox.h"

#include "filters/base/address.h"
#include "filters/base/utf8.h"

/* The offset of the last "@" outside quotes, or SLICE_NOT_FOUND. */
static size_t find_at(struct slice address)
{
    size_t at = SLICE_NOT_FOUND;
    bool quoted = false;

    for (size_t i = 0; i < address.len; i++) {
        char c = address.ptr[i];

        if (c == '"')
            quoted = !quoted;
        else if (c == '\\' && quoted)
            i++;
        else if (c == '@' && !quoted)
            at = i;
    }
    return at;
}

struct slice mailbox_domain(struct slice address)
{
    size_t at = find_at(address);

    return at != SLICE_NOT_FOUND ? slice_from(address, at + 1) : SLICE_NONE;
}

static bool is_alnum(char c)
{
    return (c >= '0' && c <= '9') || (slice_lower(c) >= 'a' && slice_lower(c) <= 'z');
}

static bool is_atext(char c)
{
    return is_alnum(c) || (c != '\0' && strchr("!#$%&'*+-/=?^_`{|}~", c) != NULL);
}

static bool is_high(char c)
{
    return ((unsigned char)c & 0x80) != 0;
}

/* dot-string, but dots may stand anywhere: some carriers have given out "a..b" and "a." for
 * decades. */
static bool is_dot_string(struct slice s)
{
    bool atom = false;

    for (size_t i = 0; i < s.len; i++) {
        if (s.ptr[i] == '.')
            continue;
        if (!is_atext(s.ptr[i]) && !is_high(s.ptr[i]))
            return false;
        atom = true;
    }
    return atom;
}

static bool is_printable(char c)
{
    return (c >= ' ' && c <= '~') || is_high(c);
}

/* quoted-string: DQUOTE *(qtext / "\" printable) DQUOTE. */
static bool is_quoted_string(struct slice s)
{
    if (s.len < 2 || s.ptr[0] != '"' || s.ptr[s.len - 1] != '"')
        return false;
    for (size_t i = 1; i < s.len - 1; i++) {
        if (s.ptr[i] == '"')
            return false;
        if (s.ptr[i] == '\\' && ++i == s.len - 1)
            return false; /* what looked like the last quote is quoted */
        if (!is_printable(s.ptr[i]))
            return false;
    }
    return true;
}

static bool is_label(struct slice s)
{
    if (s.len == 0 || s.ptr[0] == '-' || s.ptr[s.len - 1] == '-')
        return false;
    for (size_t i = 0; i < s.len; i++)
        if (!is_alnum(s.ptr[i]) && s.ptr[i] != '-' && s.ptr[i] != '_' && !is_high(s.ptr[i]))
            return false;
    return true;
}

static bool is_domain_name(struct slice s)
{
    size_t dot;

    while ((dot = slice_find(s, '.')) != SLICE_NOT_FOUND) {
        if (!is_label(slice_first(s, dot)))
            return false;
        s = slice_from(s, dot + 1);
    }
    return is_label(s);
}

static bool is_tag(struct slice s)
{
    for (size_t i = 0; i < s.len; i++)
        if (!is_alnum(s.ptr[i]) && s.ptr[i] != '-')
            return false;
    return is_label(s);
}

static const struct slice V6_TAG = SLICE_INIT("IPv6:");

/* General-address-literal: a standardised tag, a colon, and dcontent; of that only what cannot be
 * taken for the end of the path or for a quote. */
static bool is_general_literal(struct slice s)
{
    size_t colon = slice_find(s, ':');

    if (colon == SLICE_NOT_FOUND || colon + 1 == s.len || !is_tag(slice_first(s, colon)) ||
        slice_starts_case(s, V6_TAG))
        return false;
    for (size_t i = colon + 1; i < s.len; i++)
        if (!is_atext(s.ptr[i]) && s.ptr[i] != ':' && s.ptr[i] != '.' && s.ptr[i] != ';')
            return false;
    return true;
}

/* An IPv4 or IPv6 address as it stands between "[" and "]". */
static bool is_address(struct slice s)
{
    bool v6 = slice_starts_case(s, V6_TAG);
    struct address address;

    if (v6)
        s = slice_from(s, V6_TAG.len);
    return (slice_find(s, ':') != SLICE_NOT_FOUND) == v6 && slice_find(s, '[') == SLICE_NOT_FOUND &&
           address_parse(s, &address) == 0;
}

static bool is_bracketed(struct slice s)
{
    return s.len >= 2 && s.ptr[0] == '[' && s.ptr[s.len - 1] == ']';
}

bool mailbox_literal(struct slice text)
{
    return is_bracketed(text) && is_address(slice_make(text.ptr + 1, text.len - 2));
}

static bool is_domain(struct slice s)
{
    if (!is_bracketed(s))
        return is_domain_name(s);
    return mailbox_literal(s) || is_general_literal(slice_make(s.ptr + 1, s.len - 2));
}

static bool has_high(struct slice s)
{
    for (size_t i = 0; i < s.len; i++)
        if (is_high(s.ptr[i]))
            return true;
    return false;
}

/* Whether the bytes of ${address}, of either kind, are allowed at all. */
static bool is_text(struct slice address, bool allow_utf8)
{
    if (address.len > MAILBOX_MAX)
        return false;
    return !has_high(address) || (allow_utf8 && utf8_valid(address));
}

bool mailbox_local(struct slice address, bool allow_utf8)
{
    return is_text(address, allow_utf8) && is_dot_string(address);
}

bool mailbox_valid(struct slice address, bool allow_utf8)
{
    size_t at;
    struct slice local;

    if (!is_text(address, allow_utf8))
        return false;
    if (slice_equal_case(address, SLICE("postmaster")))
        return true;
    at = find_at(address);
    if (at == SLICE_NOT_FOUND)
        return false;
    local = slice_first(address, at);
    return (is_dot_string(local) || is_quoted_string(local)) &&
           is_domain(slice_from(address, at + 1));
}
