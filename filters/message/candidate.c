/* candidate: see candidate.h. */
#include "filters/message/candidate.h"

#include "filters/base/utf8.h"
#include "filters/message/quoted.h"

static bool is_known(const struct candidates *found, struct slice address)
{
    for (size_t i = 0; i < CANDIDATES_LAST; i++)
        if (slice_equal(found->last[i], address))
            return true;
    return false;
}

/* The length of what ends ${s} and belongs to no domain: a dot or an "@", or one of the characters
 * that IDNA takes for these (RFC 3490, 3.1). 0 when it ends in none. */
static size_t tail_length(struct slice s)
{
    static const struct slice DOTS[] = {SLICE_INIT("."),
                                        SLICE_INIT("@"),
                                        SLICE_INIT("\xE3\x80\x82"),
                                        SLICE_INIT("\xEF\xBC\x8E"),
                                        SLICE_INIT("\xEF\xBD\xA1"),
                                        SLICE_INIT("\xE2\x80\xA4"),
                                        SLICE_INIT("\xEF\xBC\xA0")};

    for (size_t i = 0; i < sizeof(DOTS) / sizeof(*DOTS); i++)
        if (s.len >= DOTS[i].len && slice_equal(slice_from(s, s.len - DOTS[i].len), DOTS[i]))
            return DOTS[i].len;
    return 0;
}

/* One of which there is no doubt but its ends: "@" in front, dots and "@" behind are left out.
 * Nothing when it lacks a side of the "@"; but with ${found}->mending "@domain" is an address too.
 */
static void add(struct candidates *found, struct slice address)
{
    size_t length;

    while (address.len > 0 && address.ptr[0] == '@' &&
           (!found->mending || slice_find(slice_from(address, 1), '@') != SLICE_NOT_FOUND))
        address = slice_from(address, 1);
    while ((length = tail_length(address)) > 0)
        address.len -= length;
    if (slice_find(address, '@') == SLICE_NOT_FOUND)
        return;
    found->seen++;
    if (is_known(found, address))
        return;
    found->last[found->count % CANDIDATES_LAST] = address;
    if (found->count < found->max)
        found->out[found->count] = address;
    found->count++;
}

/* --- bytes that no address has ---------------------------------------------------------------- */

enum oddity {
    USUAL,
    ODD_PARTS,  /* ends an address for some readers */
    ODD_HIDDEN, /* and is left out by others */
};

/* Spaces, and quotes that stand around addresses, beyond ASCII. */
static bool parts_addresses(uint32_t code)
{
    return code == 0xA0 || code == 0x3000 || (code >= 0x2000 && code <= 0x200A) ||
           (code >= 0x2018 && code <= 0x201F) || code == 0x202F || code == 0xAB || code == 0xBB;
}

/* What kind of character stands at the front of ${s}, and how long it is. */
static enum oddity oddity_of(struct slice s, size_t *length)
{
    char c = *s.ptr;

    *length = 1;
    if (c == '[' || c == ']' || c == '`')
        return ODD_PARTS;
    if ((unsigned char)c < 0x80)
        return (c >= 0 && c < ' ') || c == 0x7F ? ODD_HIDDEN : USUAL;
    *length = utf8_length(s);
    if (*length == 0) {
        *length = 1;
        return ODD_HIDDEN;
    }
    if (utf8_deceives(slice_first(s, *length)))
        return ODD_HIDDEN;
    return parts_addresses(utf8_code(slice_first(s, *length))) ? ODD_PARTS : USUAL;
}

/* The length of the usual text at the front of ${s}, quoted strings and all, and of the odd
 * character behind it (0 at the end). */
static size_t usual_length(struct slice s, size_t *odd_length)
{
    size_t at = 0, length;

    *odd_length = 0;
    while (at < s.len) {
        size_t quoted = s.ptr[at] == '"' ? quoted_length(slice_from(s, at)) : 0;

        if (quoted == 0 && oddity_of(slice_from(s, at), &length) != USUAL) {
            *odd_length = length;
            return at;
        }
        at += quoted > 0 ? quoted : length;
    }
    return at;
}

/* --- readings --------------------------------------------------------------------------------- */

static bool is_domain_byte(char c)
{
    return ascii_is_alnum(c) || c == '.' || c == '-' || c == '_' || ((unsigned char)c & 0x80) != 0;
}

/* How much of ${domain} a reader takes who stops at what no domain has. */
static size_t domain_length(struct slice domain)
{
    size_t close =
        domain.len > 0 && domain.ptr[0] == '[' ? slice_find(domain, ']') : SLICE_NOT_FOUND;
    size_t length = 0;

    if (close != SLICE_NOT_FOUND)
        return close + 1;
    while (length < domain.len && is_domain_byte(domain.ptr[length]))
        length++;
    return length;
}

/* Past the last "@" of ${s} outside quoted strings; *${before}: past the one before that, or 0. */
static size_t past_at(struct slice s, size_t *before)
{
    size_t last = 0;

    *before = 0;
    for (size_t i = 0; i < s.len;) {
        size_t quoted = s.ptr[i] == '"' ? quoted_length(slice_from(s, i)) : 0;

        if (s.ptr[i] == '@') {
            *before = last;
            last = i + 1;
        }
        i += quoted > 0 ? quoted : 1;
    }
    return last;
}

static bool is_alphanumeric(char c)
{
    return ascii_is_alnum(c) || c == '_';
}

/* Adds what is left of ${text}, whose last "@" is before ${end}, where a reader lets it begin with
 * a quoted string, or behind one, that nothing joins to what stands before. */
static void read_quoted(struct candidates *found, struct slice text, size_t end)
{
    size_t from = 0, behind = 0;

    for (size_t i = 0; i < end;) {
        size_t quoted = text.ptr[i] == '"' ? quoted_length(slice_from(text, i)) : 0;

        if (quoted > 0 && i > 0 && (i == 1 || text.ptr[i - 1] != '.'))
            from = i;
        if (quoted > 0 && i + quoted < end && text.ptr[i + quoted] != '@' &&
            text.ptr[i + quoted] != '.')
            behind = i + quoted;
        i += quoted > 0 ? quoted : 1;
    }
    if (from > 0)
        add(found, slice_from(text, from));
    if (behind > 0)
        add(found, slice_from(text, behind));
}

/* ${text} without what some readers do not let an address begin with. */
static void read_starts(struct candidates *found, struct slice text)
{
    size_t at = 0;

    if (text.ptr[0] == '\'')
        add(found, slice_from(text, 1));
    while (at < text.len && text.ptr[at] != '@' && text.ptr[at] != '"' &&
           !is_alphanumeric(text.ptr[at]))
        at++;
    if (found->mending && at > 0 && at < text.len && text.ptr[at] != '@')
        add(found, slice_from(text, at));
}

/* ${text} as it is; what stands around its last "@"; without what no domain has. */
static void read_ends(struct candidates *found, struct slice text)
{
    size_t before, at = past_at(text, &before), length;

    if (at == 0)
        return;
    add(found, text);
    length = domain_length(slice_from(text, at));
    if (at + length < text.len)
        add(found, slice_first(text, at + length));
    text = slice_first(text, at + length);
    if (before > 0)
        add(found, slice_from(text, before));
    read_quoted(found, text, at);
    read_starts(found, text);
}

/* Without the odd characters from ${least} on, which some readers leave out. */
static void read_without(struct candidates *found, struct slice text, enum oddity least)
{
    char *out = arena_alloc(found->arena, text.len);
    size_t used = 0, length;

    if (out == NULL) {
        found->failed = true;
        return;
    }
    for (; text.len > 0; text = slice_from(text, length)) {
        if (oddity_of(text, &length) >= least)
            continue;
        memcpy(out + used, text.ptr, length);
        used += length;
    }
    read_ends(found, slice_make(out, used));
}

/* Each piece between odd characters. */
static void read_pieces(struct candidates *found, struct slice text)
{
    while (text.len > 0) {
        size_t odd_length, length = usual_length(text, &odd_length);

        read_ends(found, slice_first(text, length));
        text = slice_from(text, length + odd_length);
    }
}

/* The length of ${text} before its last "@" and a closed literal behind that, whose brackets are
 * nothing odd; or all of it. */
static size_t length_before_literal(struct slice text)
{
    size_t before, at = past_at(text, &before);

    if (at == 0 || at == text.len || text.ptr[at] != '[' ||
        domain_length(slice_from(text, at)) + at < text.len)
        return text.len;
    return slice_find(slice_from(text, at), ']') != SLICE_NOT_FOUND ? at : text.len;
}

void candidate_read(struct candidates *found, struct slice text)
{
    size_t odd_length;

    read_ends(found, text);
    (void)usual_length(slice_first(text, length_before_literal(text)), &odd_length);
    if (odd_length == 0)
        return;
    read_pieces(found, text);
    read_without(found, text, ODD_HIDDEN);
    read_without(found, text, ODD_PARTS);
}
