/* mailbox: see mailbox.h. The grammar is RFC 5321, 4.1.2 and 4.1.3, with RFC 6531, 3.3; a domain
 * label may hold "_" too, for real hosts do. */
#include "filters/base/mailbox.h"

#include "filters/base/address.h"
#include "filters/base/utf8.h"

bool mailbox_search(struct mailbox_search *search, struct slice address, size_t count)
{
    size_t at = search->next, domain = search->domain;
    size_t end = address.len - at > count ? at + count : address.len;
    bool quoted = search->quoted;

    for (; at < end; at++) {
        char c = address.ptr[at];

        if (c == '@' && !quoted)
            domain = at + 1;
        else if (c == '"')
            quoted = !quoted;
        else if (c == '\\' && quoted)
            at++;
    }
    *search = (struct mailbox_search){at, domain, quoted};
    return at >= address.len;
}

/* Finds the last "@" outside quotes: its offset in *${at}, or SLICE_NOT_FOUND. Returns false when a
 * quoted string has no end. */
static bool find_at(struct slice address, size_t *at)
{
    struct mailbox_search search = {0};

    if (slice_find(address, '"') == SLICE_NOT_FOUND) { /* as in nearly all of them */
        *at = slice_find_last(address, '@');
        return true;
    }
    (void)mailbox_search(&search, address, address.len); /* all of it */
    *at = search.domain > 0 ? search.domain - 1 : SLICE_NOT_FOUND;
    return !search.quoted;
}

struct slice mailbox_domain(struct slice address)
{
    size_t at;

    (void)find_at(address, &at);
    return at != SLICE_NOT_FOUND ? slice_from(address, at + 1) : SLICE_NONE;
}

static bool is_atext(char c)
{
    return ascii_is_alnum(c) || (c != '\0' && strchr("!#$%&'*+-/=?^_`{|}~", c) != NULL);
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
        if (!ascii_is_alnum(s.ptr[i]) && s.ptr[i] != '-' && s.ptr[i] != '_' && !is_high(s.ptr[i]))
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
        if (!ascii_is_alnum(s.ptr[i]) && s.ptr[i] != '-')
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

struct slice mailbox_undotted(struct slice address)
{
    struct slice name = slice_first(address, address.len > 0 ? address.len - 1 : 0);

    if (slice_equal(slice_from(address, name.len), SLICE(".")) &&
        is_domain_name(mailbox_domain(name)))
        return name;
    return address;
}

/* Whether the bytes of ${address}, of either kind, are allowed at all. */
static bool is_text(struct slice address, bool allow_utf8)
{
    if (address.len > MAILBOX_MAX)
        return false;
    return !utf8_beyond_ascii(address) || (allow_utf8 && utf8_valid(address));
}

bool mailbox_local(struct slice address, bool allow_utf8)
{
    return is_text(address, allow_utf8) && is_dot_string(address);
}

bool mailbox_postmaster(struct slice address)
{
    return slice_equal_case(address, SLICE("postmaster"));
}

bool mailbox_valid(struct slice address, bool allow_utf8)
{
    size_t at;
    struct slice local;

    if (!is_text(address, allow_utf8))
        return false;
    if (mailbox_postmaster(address))
        return true;
    if (!find_at(address, &at) || at == SLICE_NOT_FOUND)
        return false;
    local = slice_first(address, at);
    return (is_dot_string(local) || is_quoted_string(local)) &&
           is_domain(slice_from(address, at + 1));
}

/* --- one mailbox, written in many ways -------------------------------------------------------- */

/* An address taken apart: ${domain} is without dots at its end, and has ptr NULL when there is
 * none. */
struct parts {
    struct slice local, domain;
};

/* Returns false when a quoted string has no end. */
static bool take_apart(struct slice address, struct parts *parts)
{
    size_t at;
    bool closed = find_at(address, &at);

    *parts = (struct parts){.local = slice_first(address, at), .domain = SLICE_NONE};
    if (at != SLICE_NOT_FOUND)
        parts->domain = slice_make(address.ptr + at + 1, address.len - at - 1);
    while (parts->domain.len > 1 && parts->domain.ptr[parts->domain.len - 1] == '.')
        parts->domain.len--;
    return closed;
}

/* Takes the next octet off a local part, its quoting undone: in a quoted string, and, as RFC 821
 * had it, outside too. -1 at the end. */
static int next_octet(struct slice *local)
{
    while (local->len > 0) {
        char c = *local->ptr;

        *local = slice_from(*local, 1);
        if (c == '"')
            continue;
        if (c == '\\' && local->len > 0) {
            c = *local->ptr;
            *local = slice_from(*local, 1);
        }
        return (unsigned char)c;
    }
    return -1;
}

/* Whether the local part can be written as a dot-string. */
static bool needs_no_quotes(struct slice local)
{
    bool atom = false;
    int c;

    while ((c = next_octet(&local)) >= 0) {
        if (c != '.' && !is_atext((char)c) && !is_high((char)c))
            return false;
        atom = atom || c != '.';
    }
    return atom;
}

static void append_local(struct slice local, struct bytes *out)
{
    bool bare = needs_no_quotes(local);
    int c;

    if (!bare)
        bytes_append_char(out, '"');
    while ((c = next_octet(&local)) >= 0) {
        if (c == '"' || c == '\\')
            bytes_append_char(out, '\\');
        bytes_append_char(out, (char)c);
    }
    if (!bare)
        bytes_append_char(out, '"');
}

/* Most addresses are, and this is all that is asked of them. */
static bool surely_plain(struct slice address)
{
    return slice_find(address, '"') == SLICE_NOT_FOUND &&
           slice_find(address, '\\') == SLICE_NOT_FOUND &&
           (address.len == 0 || address.ptr[address.len - 1] != '.');
}

int mailbox_plain(struct slice address, struct bytes *out)
{
    size_t start = out->len;
    struct parts parts;

    if (surely_plain(address) || !take_apart(address, &parts))
        return 0;
    append_local(parts.local, out);
    if (parts.domain.ptr != NULL) {
        bytes_append_char(out, '@');
        bytes_append(out, parts.domain);
    }
    if (bytes_end(out) != 0)
        return -1;
    if (!slice_equal(slice_from(bytes_slice(out), start), address))
        return 1;
    bytes_cut(out, start);
    return 0;
}

static bool same_local(struct slice a, struct slice b)
{
    int octet;

    while ((octet = next_octet(&a)) == next_octet(&b))
        if (octet < 0)
            return true;
    return false;
}

/* Whether the two differ where nothing is quoted yet, as nearly any two do. */
static bool surely_differ(struct slice a, struct slice b)
{
    for (size_t i = 0; i < a.len && i < b.len; i++) {
        char left = a.ptr[i], right = b.ptr[i];

        if (left == '"' || left == '\\' || right == '"' || right == '\\')
            return false;
        if (left != right)
            return true;
        if (left == '@')
            return false;
    }
    return false;
}

bool mailbox_same(struct slice a, struct slice b)
{
    struct parts left, right;

    if (surely_differ(a, b))
        return false;
    if (!take_apart(a, &left) || !take_apart(b, &right))
        return slice_equal(a, b);
    return (left.domain.ptr == NULL) == (right.domain.ptr == NULL) &&
           slice_equal_case(left.domain, right.domain) && same_local(left.local, right.local);
}

bool mailbox_routes(struct slice address)
{
    struct parts parts;

    (void)take_apart(address, &parts);
    for (size_t i = 0; i < parts.local.len; i++)
        if (parts.local.ptr[i] == '%' || parts.local.ptr[i] == '!' || parts.local.ptr[i] == '@')
            return true;
    return false;
}
