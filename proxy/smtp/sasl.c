/* sasl: see sasl.h. */
#include "proxy/smtp/sasl.h"

#include "filters/base/base64.h"

#define DECODED_MAX (SASL_LINE_MAX / 4 * 3)

/* --- names ------------------------------------------------------------------------------------ */

static bool valid_name(struct slice name)
{
    if (name.len == 0 || name.len > SASL_NAME_MAX)
        return false;
    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];

        if (!ascii_is_alnum(c) && c != '-' && c != '_')
            return false;
    }
    return true;
}

static bool ends_case(struct slice s, struct slice end)
{
    return s.len >= end.len && slice_equal_case(slice_from(s, s.len - end.len), end);
}

/* Whether a gateway between the two ends can relay the mechanism. The -PLUS ones bind to a TLS
 * channel that does not reach through a gateway that ends TLS, and do not exist without TLS;
 * EXTERNAL would make the upstream see our certificate (PROTOCOL A07). */
static bool relayable(struct slice name)
{
    return !ends_case(name, SLICE("-PLUS")) && !slice_equal_case(name, SLICE("EXTERNAL"));
}

struct slice sasl_list_text(const struct sasl_list *list)
{
    return slice_make(list->text, list->len);
}

bool sasl_list_has(const struct sasl_list *list, struct slice name)
{
    struct slice rest = sasl_list_text(list);

    while (rest.len > 0) {
        size_t end = slice_find(rest, ' ');

        if (slice_equal_case(slice_first(rest, end), name))
            return true;
        rest = end != SLICE_NOT_FOUND ? slice_from(rest, end + 1) : SLICE_NONE;
    }
    return false;
}

void sasl_list_add(struct sasl_list *list, struct slice name)
{
    size_t blank = list->len > 0 ? 1 : 0;

    if (!valid_name(name) || !relayable(name) || sasl_list_has(list, name) ||
        list->len + blank + name.len > SASL_LIST_MAX)
        return;
    if (blank > 0)
        list->text[list->len++] = ' ';
    for (size_t i = 0; i < name.len; i++)
        list->text[list->len++] = ascii_upper(name.ptr[i]);
}

/* --- base64 ----------------------------------------------------------------------------------- */

/* The length of ${text} without the padding at its end. */
static size_t unpadded(struct slice text)
{
    size_t length = text.len;

    while (length > 0 && text.len - length < 2 && text.ptr[length - 1] == '=')
        length--;
    return length;
}

/* Decodes ${text} (RFC 4648, 4; padded, nothing else in between) into ${out}, which has room for
 * DECODED_MAX octets. Returns their number, or SLICE_NOT_FOUND when it is no base64. */
static size_t decode(struct slice text, char *out)
{
    size_t digits = unpadded(text), length = 0;
    uint32_t bits = 0;

    if (text.len % 4 != 0 || text.len > SASL_LINE_MAX)
        return SLICE_NOT_FOUND;
    for (size_t i = 0; i < digits; i++) {
        int value = base64_digit(text.ptr[i]);

        if (value < 0)
            return SLICE_NOT_FOUND;
        bits = (bits << 6 | (uint32_t)value) & 0xFFFFFF;
        if (i % 4 > 0)
            out[length++] = (char)(bits >> (6 - 2 * (i % 4)) & 0xFF);
    }
    return length;
}

/* --- logins ----------------------------------------------------------------------------------- */

/* Keeps a name. One with control characters is nobody's, and would be a nuisance in every log. */
static void keep(struct sasl_identity *identity, struct slice name)
{
    *identity = (struct sasl_identity){.given = true};
    if (name.len > SASL_LOGIN_MAX)
        return;
    for (size_t i = 0; i < name.len; i++)
        if ((unsigned char)name.ptr[i] < ' ' || name.ptr[i] == 0x7F)
            return;
    if (name.len > 0)
        memcpy(identity->text, name.ptr, name.len);
    identity->len = (unsigned char)name.len;
    identity->known = true;
}

/* authorization identity NUL authentication identity NUL password (RFC 4616, 2). */
static void read_plain(struct sasl *sasl, struct slice text)
{
    size_t first = slice_find(text, '\0');
    struct slice rest = first != SLICE_NOT_FOUND ? slice_from(text, first + 1) : SLICE_NONE;
    size_t second = slice_find(rest, '\0');

    if (second == SLICE_NOT_FOUND ||
        slice_find(slice_from(rest, second + 1), '\0') != SLICE_NOT_FOUND)
        return;
    keep(&sasl->authentication, slice_first(rest, second));
    if (first > 0)
        keep(&sasl->authorization, slice_first(text, first));
}

static void read_whole(struct sasl *sasl, struct slice text)
{
    keep(&sasl->authentication, text);
}

/* user SP digest (RFC 2195, 2); the user may hold blanks. */
static void read_cram(struct sasl *sasl, struct slice text)
{
    size_t blank = slice_find_last(text, ' ');

    if (blank != SLICE_NOT_FOUND)
        keep(&sasl->authentication, slice_first(text, blank));
}

/* "user=" name ^A "auth=Bearer " token ^A ^A. The name is whose token it says it is, as a user
 * name with a password is; it cannot ask for another. */
static void read_xoauth2(struct sasl *sasl, struct slice text)
{
    size_t end = slice_find(text, '\1');

    if (slice_starts_case(text, SLICE("user=")) && end != SLICE_NOT_FOUND)
        keep(&sasl->authentication, slice_from(slice_first(text, end), 5));
}

/* A saslname, in which "=2C" is a comma and "=3D" an equals sign (RFC 5802, 5.1). */
static void keep_saslname(struct sasl_identity *identity, struct slice name)
{
    char plain[SASL_LOGIN_MAX];
    size_t length = 0;

    *identity = (struct sasl_identity){.given = true};
    for (size_t i = 0; i < name.len; i++, length++) {
        struct slice rest = slice_from(name, i);
        bool comma = slice_starts(rest, SLICE("=2C")), equals = slice_starts(rest, SLICE("=3D"));

        if (length == sizeof(plain) || (*rest.ptr == '=' && !comma && !equals))
            return;
        plain[length] = comma ? ',' : *rest.ptr;
        i += comma || equals ? 2 : 0;
    }
    keep(identity, slice_make(plain, length));
}

/* Takes what stands before the next comma off the front of ${text}. */
static struct slice next_part(struct slice *text)
{
    size_t comma = slice_find(*text, ',');
    struct slice part = slice_first(*text, comma);

    *text = comma != SLICE_NOT_FOUND ? slice_from(*text, comma + 1) : SLICE_NONE;
    return part;
}

/* The GS2 header: a flag of channel binding, an authorization identity or nothing, each with a
 * comma (RFC 5801, 4). What follows it stays in ${text}. Returns whether there is one. */
static bool read_gs2(struct slice *text, struct slice *authorization)
{
    struct slice flag = next_part(text);
    bool right = slice_equal(flag, SLICE("n")) || slice_equal(flag, SLICE("y"));

    *authorization = next_part(text);
    return right && (authorization->len == 0 || slice_starts(*authorization, SLICE("a=")));
}

/* The first message of a client: GS2 header, "n=" name, nonce (RFC 5802, 7). Its later ones are
 * none, so that the last which was one counts. */
static void read_scram(struct sasl *sasl, struct slice text)
{
    struct slice authorization;
    struct slice name;

    if (!read_gs2(&text, &authorization))
        return;
    name = next_part(&text);
    if (!slice_starts(name, SLICE("n=")))
        return;
    keep_saslname(&sasl->authentication, slice_from(name, 2));
    sasl->authorization.given = false;
    if (authorization.len > 0)
        keep_saslname(&sasl->authorization, slice_from(authorization, 2));
}

/* GS2 header, ^A, keys and values (RFC 7628, 3.1). Who was verified only the token knows. */
static void read_bearer(struct sasl *sasl, struct slice text)
{
    struct slice authorization;

    if (read_gs2(&text, &authorization) && authorization.len > 0)
        keep_saslname(&sasl->authorization, slice_from(authorization, 2));
}

/* --- mechanisms ------------------------------------------------------------------------------- */

/* Some servers pass over an initial response and ask again. So a login counts only if the number of
 * responses leaves no doubt which of them the server has judged. */
struct sasl_mechanism {
    struct slice name;
    unsigned responses; /* of a whole exchange; 0: each is looked at, and tells itself what it is */
    bool server_first;  /* an initial response is a mistake */
    void (*read)(struct sasl *sasl, struct slice text);
};

static const struct sasl_mechanism MECHANISMS[] = {
    {SLICE_INIT("PLAIN"), 1, false, read_plain},
    {SLICE_INIT("LOGIN"), 2, false, read_whole},
    {SLICE_INIT("CRAM-MD5"), 1, true, read_cram},
    {SLICE_INIT("XOAUTH2"), 1, false, read_xoauth2},
    {SLICE_INIT("OAUTHBEARER"), 1, false, read_bearer},
    {SLICE_INIT("SCRAM-SHA-1"), 0, false, read_scram},
    {SLICE_INIT("SCRAM-SHA-256"), 0, false, read_scram},
    {SLICE_INIT("SCRAM-SHA-512"), 0, false, read_scram},
};

void sasl_begin(struct sasl *sasl, struct slice name)
{
    *sasl = (struct sasl){.mechanism = NULL};
    if (!valid_name(name))
        return;
    while (sasl->name_len < name.len) {
        sasl->name[sasl->name_len] = ascii_upper(name.ptr[sasl->name_len]);
        sasl->name_len++;
    }
    for (size_t i = 0; i < sizeof(MECHANISMS) / sizeof(*MECHANISMS); i++)
        if (slice_equal_case(name, MECHANISMS[i].name))
            sasl->mechanism = &MECHANISMS[i];
}

void sasl_respond(struct sasl *sasl, struct slice response, bool initial)
{
    const struct sasl_mechanism *mechanism = sasl->mechanism;
    char decoded[DECODED_MAX];
    size_t length;

    if (mechanism == NULL)
        return;
    sasl->responses++;
    sasl->doubtful = sasl->doubtful || (initial && mechanism->server_first);
    if (mechanism->responses > 0 && sasl->responses > 1) /* a password, or worse: none of ours */
        return;
    /* "=", which stands for an empty initial response (RFC 4954, 4), names nobody either. */
    length = decode(response, decoded);
    if (length != SLICE_NOT_FOUND)
        mechanism->read(sasl, slice_make(decoded, length));
    explicit_bzero(decoded, sizeof(decoded));
}

static struct slice text_of(const struct sasl_identity *identity)
{
    return identity->known ? slice_make(identity->text, identity->len) : SLICE_NONE;
}

/* Whether the server has judged what we have read. */
static bool judged(const struct sasl *sasl)
{
    const struct sasl_mechanism *mechanism = sasl->mechanism;

    return mechanism != NULL && !sasl->doubtful &&
           (mechanism->responses == 0 || sasl->responses == mechanism->responses);
}

/* Whether the client asked to act as somebody who is not, or not for certain, the one verified. */
static bool contested(const struct sasl *sasl)
{
    const struct sasl_identity *verified = &sasl->authentication, *asked = &sasl->authorization;
    bool same = verified->known && asked->known && slice_equal(text_of(verified), text_of(asked));

    return asked->given && !same;
}

bool sasl_contested(const struct sasl *sasl, struct slice *authentication,
                    struct slice *authorization)
{
    if (!judged(sasl) || !contested(sasl))
        return false;
    *authentication = text_of(&sasl->authentication);
    *authorization = text_of(&sasl->authorization);
    return true;
}

struct slice sasl_login(const struct sasl *sasl)
{
    return judged(sasl) && !contested(sasl) ? text_of(&sasl->authentication) : SLICE_NONE;
}

struct slice sasl_mechanism(const struct sasl *sasl)
{
    return slice_make(sasl->name, sasl->name_len);
}
