/* shape: see shape.h. */
#include "conf/shape.h"

#include "filters/base/mailbox.h"
#include "filters/base/utf8.h"
#include "filters/match/pattern.h"
#include "filters/match/wildcard.h"

#define DOMAIN_MAX 255 /* RFC 5321, 4.5.3.1.2 */

#define NAMES (CLASS_HELO | CLASS_HOST | CLASS_DOMAIN | CLASS_MAILBOX | CLASS_TEXT)
#define ALL   (NAMES | CLASS_CLIENT)

/* A row for each shape: what it is called, the classes of values it can be equal to, and what would
 * be right where it cannot. */
static const struct {
    const char *noun;
    unsigned classes;
    const char *advice;
} SHAPES[SHAPE_COUNT] = {
    [SHAPE_EMPTY] = {"an empty text", CLASS_DOMAIN | CLASS_MAILBOX | CLASS_TEXT,
                     "write what it is compared with"},
    [SHAPE_DOMAIN] = {"a name", NAMES, "write what it is compared with"},
    [SHAPE_SUBDOMAINS] = {"a name", NAMES, "write what it is compared with"},
    [SHAPE_MAILBOX] = {"a mail address", CLASS_HELO | CLASS_MAILBOX | CLASS_TEXT,
                       "write what follows the \"@\", or ask for the whole address"},
    [SHAPE_LOCAL] = {"a local part", CLASS_HELO | CLASS_MAILBOX | CLASS_TEXT,
                     "ask for the whole address, with \"*\" for what may be anything"},
    [SHAPE_ADDRESS] = {"an IP address", ALL & ~(unsigned)CLASS_HOST, "ask for 'client'"},
    [SHAPE_ADDRESS_V6] = {"an IP address", CLASS_CLIENT | CLASS_HELO | CLASS_TEXT,
                          "ask for 'client'"},
    [SHAPE_RANGE] = {"a range of IP addresses", CLASS_CLIENT, "ask for 'client'"},
    [SHAPE_LITERAL] = {"an address literal", NAMES & ~(unsigned)CLASS_HOST,
                       "leave the brackets out"},
    [SHAPE_WILD] = {"a name", NAMES, "write what it is compared with"},
    [SHAPE_WILD_IP] = {"a wildcard", ALL, "write what it is compared with"},
    [SHAPE_WILD_AT] = {"a mail address", CLASS_HELO | CLASS_MAILBOX | CLASS_TEXT,
                       "write what follows the \"@\", or ask for the whole address"},
    [SHAPE_PATTERN] = {"a pattern", ALL, "write what it is compared with"},
    [SHAPE_ODD] = {"a text with characters that cannot stand there", CLASS_HELO | CLASS_TEXT,
                   "write it as it is on the wire"},
    [SHAPE_ANGLED] = {"one in angle brackets", CLASS_TEXT, "leave the brackets out"},
    [SHAPE_QUOTED] = {"one in quotes of its own", CLASS_TEXT, "leave the inner quotes out"},
    [SHAPE_SEVERAL] = {"several in one text", CLASS_TEXT,
                       "write each as a text of its own, [ \"...\", \"...\" ], or in a list file "
                       "on a line of its own"},
    [SHAPE_BLANKS] = {"one with blanks around it", CLASS_TEXT, "leave the blanks out"},
    [SHAPE_URL] = {"a URL", CLASS_TEXT, "write the host or the address alone"},
    [SHAPE_PORT] = {"one with a port", CLASS_TEXT, "leave the port out"},
    [SHAPE_NO_DOMAIN] = {"a local part with nothing behind its \"@\"", CLASS_TEXT,
                         "write \"user@*\" for the user in every domain"},
    [SHAPE_LATE_DOT] = {"one that ends in a dot", CLASS_HELO | CLASS_TEXT,
                        "leave the last dot out"},
    [SHAPE_EARLY_DOT] = {"one that begins with a dot", CLASS_HELO | CLASS_TEXT,
                         "write \"*.domain\" for the subdomains of a domain"},
    [SHAPE_REGEX] = {"a pattern without slashes", CLASS_TEXT, "write \"/regex/\""},
    [SHAPE_NO_UTF8] = {"a text in another charset than UTF-8", CLASS_TEXT,
                       "save the file as UTF-8"},
};

/* --- what it is --- */

static bool has(struct slice text, char c)
{
    return slice_find(text, c) != SLICE_NOT_FOUND;
}

static bool ends(struct slice text, char c)
{
    return text.len > 0 && text.ptr[text.len - 1] == c;
}

static bool contains(struct slice text, struct slice part)
{
    for (size_t i = 0; i + part.len <= text.len; i++)
        if (slice_starts(slice_from(text, i), part))
            return true;
    return false;
}

bool shape_domain(struct slice text)
{
    char address[DOMAIN_MAX + 2] = "u@";

    if (text.len == 0 || text.len > DOMAIN_MAX)
        return false;
    memcpy(address + 2, text.ptr, text.len);
    return mailbox_valid(slice_make(address, text.len + 2), true);
}

/* In quotes as a whole: "\"a.test\"", but not "\"a b\"@c.test". */
static bool is_quoted(struct slice text)
{
    char quote = text.len > 1 ? text.ptr[0] : '\0';

    return (quote == '"' || quote == '\'') && ends(text, quote);
}

static bool is_url(struct slice text)
{
    return contains(text, SLICE("://")) || slice_starts_case(text, SLICE("mailto:"));
}

/* What separates values, outside of quotes. */
static bool is_several(struct slice text)
{
    bool quoted = false;

    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '"')
            quoted = !quoted;
        else if (!quoted && memchr(",; \t", text.ptr[i], 4) != NULL)
            return true;
    }
    return false;
}

/* "name:25" or "[address]:25". */
static bool is_port(struct slice text)
{
    size_t colon = slice_find_last(text, ':');
    struct slice port = slice_from(text, colon == SLICE_NOT_FOUND ? text.len : colon + 1);

    for (size_t i = 0; i < port.len; i++)
        if (port.ptr[i] < '0' || port.ptr[i] > '9')
            return false;
    return port.len > 0 && colon > 0;
}

bool shape_regex(struct slice text)
{
    static const struct slice SIGNS[] = {
        SLICE_INIT("\\."),  SLICE_INIT("\\d"),  SLICE_INIT("\\w"),  SLICE_INIT("\\s"),
        SLICE_INIT("(?i)"), SLICE_INIT("[^"),   SLICE_INIT("[0-9"), SLICE_INIT("[a-z"),
        SLICE_INIT("[A-Z"), SLICE_INIT("(.*)"), SLICE_INIT("(.+)"),
    };

    for (size_t i = 0; i < sizeof(SIGNS) / sizeof(*SIGNS); i++)
        if (contains(text, SIGNS[i]))
            return true;
    return text.len > 1 && (text.ptr[0] == '^' || slice_starts(text, SLICE(".*")));
}

/* Where none of these can stand in a value. */
static bool is_regex(struct slice text)
{
    return shape_regex(text) || ends(text, '$') || has(text, '|') || contains(text, SLICE("[.]"));
}

static bool could_be_ip(struct slice wildcard)
{
    for (size_t i = 0; i < wildcard.len; i++) {
        char c = wildcard.ptr[i];

        if (ascii_hex(c) < 0 && memchr(".:*?", c, 4) == NULL)
            return false;
    }
    return true;
}

static enum shape wild_shape(struct slice text)
{
    if (slice_starts(text, SLICE("*.")) && shape_domain(slice_from(text, 2)))
        return SHAPE_SUBDOMAINS;
    if (has(text, '@'))
        return SHAPE_WILD_AT;
    return could_be_ip(text) ? SHAPE_WILD_IP : SHAPE_WILD;
}

/* What is wrong with it wherever it stands, or SHAPE_COUNT. */
static enum shape flaw(struct slice text)
{
    if (!utf8_valid(text))
        return SHAPE_NO_UTF8;
    if (slice_trim(text).len < text.len)
        return SHAPE_BLANKS;
    if (is_quoted(text))
        return SHAPE_QUOTED;
    if (text.ptr[0] == '<' || ends(text, '>'))
        return SHAPE_ANGLED;
    if (is_url(text))
        return SHAPE_URL;
    if (is_several(text))
        return SHAPE_SEVERAL;
    if (is_regex(text))
        return SHAPE_REGEX;
    if (is_port(text))
        return SHAPE_PORT;
    if (ends(text, '@'))
        return SHAPE_NO_DOMAIN;
    return ends(text, '.') ? SHAPE_LATE_DOT : SHAPE_COUNT;
}

static enum shape ip_shape(struct slice text)
{
    if (has(text, '/'))
        return SHAPE_RANGE;
    return has(text, ':') ? SHAPE_ADDRESS_V6 : SHAPE_ADDRESS;
}

static enum shape other_shape(struct slice text)
{
    if (text.ptr[0] == '.')
        return SHAPE_EARLY_DOT;
    return mailbox_local(text, true) ? SHAPE_LOCAL : SHAPE_ODD;
}

enum shape shape_of(struct slice text)
{
    struct address_range range;
    struct slice source;
    enum shape wrong;
    unsigned flags;

    if (text.len == 0)
        return SHAPE_EMPTY;
    if (pattern_split(text, &source, &flags) > 0)
        return SHAPE_PATTERN;
    if (address_range_parse(text, &range) == 0)
        return ip_shape(text);
    if (shape_domain(text))
        return text.ptr[0] == '[' ? SHAPE_LITERAL : SHAPE_DOMAIN;
    if (mailbox_valid(text, true) && !wildcard_present(text))
        return SHAPE_MAILBOX;
    wrong = flaw(text);
    if (wrong != SHAPE_COUNT)
        return wrong;
    return wildcard_present(text) ? wild_shape(text) : other_shape(text);
}

/* --- what it can be equal to --- */

enum value_class shape_class(enum field_id field)
{
    static const enum value_class CLASSES[FIELD_COUNT] = {
        [FIELD_CLIENT] = CLASS_CLIENT,
        [FIELD_HELO] = CLASS_HELO,
        [FIELD_CLIENT_NAME] = CLASS_HOST,
        [FIELD_TLS_NAME] = CLASS_HOST,
        [FIELD_SENDER] = CLASS_MAILBOX,
        [FIELD_SENDER_DOMAIN] = CLASS_DOMAIN,
        [FIELD_RECIPIENT] = CLASS_MAILBOX,
        [FIELD_RECIPIENT_DOMAIN] = CLASS_DOMAIN,
        [FIELD_FROM_ADDRESS] = CLASS_MAILBOX,
        [FIELD_FROM_DOMAIN] = CLASS_DOMAIN,
        [FIELD_REPLY_TO_ADDRESS] = CLASS_MAILBOX,
        [FIELD_REPLY_TO_DOMAIN] = CLASS_DOMAIN,
        [FIELD_LINK_HOST] = CLASS_HOST,
        [FIELD_LOOKALIKE] = CLASS_DOMAIN,
    };

    return CLASSES[field] != 0 ? CLASSES[field] : CLASS_TEXT;
}

bool shape_holds(enum shape shape, enum value_class class, bool entry)
{
    if (class == CLASS_TEXT && !entry)
        return true;
    return (SHAPES[shape].classes & (unsigned)class) != 0;
}

const char *shape_noun(enum shape shape)
{
    return SHAPES[shape].noun;
}

const char *shape_class_noun(enum value_class class)
{
    switch (class) {
    case CLASS_CLIENT: return "an IP address";
    case CLASS_HELO: return "a name as HELO gives it";
    case CLASS_HOST: return "a host name";
    case CLASS_DOMAIN: return "a domain";
    case CLASS_MAILBOX: return "a mail address";
    case CLASS_TEXT: break;
    }
    return "a text";
}

const char *shape_advice(enum shape shape, enum value_class class)
{
    if (class == CLASS_CLIENT && (SHAPES[shape].classes & CLASS_HOST) != 0)
        return "ask for 'client_name', or write a range such as \"192.0.2.0/24\"";
    return SHAPES[shape].advice;
}
