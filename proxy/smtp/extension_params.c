/* extension_params: the parameters of MAIL and RCPT that the extensions bring, and what their
 * values may be: SIZE (RFC 1870), BODY (RFC 6152, RFC 3030), SMTPUTF8 (RFC 6531), RET, ENVID,
 * NOTIFY, ORCPT (RFC 3461), BY (RFC 2852), HOLDFOR, HOLDUNTIL (RFC 4865), MT-PRIORITY (RFC 6710),
 * REQUIRETLS (RFC 8689), AUTH (RFC 4954).
 */
#include "proxy/smtp/extension.h"

#define SIZE_DIGITS_MAX 20 /* RFC 1870, 6 */
#define BY_DIGITS_MAX   9  /* RFC 2852, 4 */
#define HOLD_DIGITS_MAX 9  /* RFC 4865, 5 */

static enum param_result check_none(const struct command_param *param)
{
    return param->has_value ? PARAM_VALUE : PARAM_OK;
}

static enum param_result check_size(const struct command_param *param)
{
    if (param->value.len == 0 || param->value.len > SIZE_DIGITS_MAX)
        return PARAM_VALUE;
    for (size_t i = 0; i < param->value.len; i++)
        if (param->value.ptr[i] < '0' || param->value.ptr[i] > '9')
            return PARAM_VALUE;
    return PARAM_OK;
}

static enum param_result one_of(struct slice value, struct slice first, struct slice second)
{
    return slice_equal_case(value, first) || slice_equal_case(value, second) ? PARAM_OK
                                                                             : PARAM_VALUE;
}

static enum param_result check_body(const struct command_param *param)
{
    if (slice_equal_case(param->value, SLICE("BINARYMIME")))
        return PARAM_OK; /* whether it was offered, the session asks */
    return one_of(param->value, SLICE("7BIT"), SLICE("8BITMIME"));
}

static enum param_result check_ret(const struct command_param *param)
{
    return one_of(param->value, SLICE("FULL"), SLICE("HDRS"));
}

/* The value of an upper-case hexadecimal digit (RFC 3461, 4), or -1. */
static int hex_value(char c)
{
    return c == ascii_upper(c) ? ascii_hex(c) : -1;
}

/* Whether "+XX" stands at ${at} and means none of NUL, CR and LF, which have smuggled lines into
 * queue files and notifications elsewhere. */
static bool valid_hexchar(struct slice s, size_t at)
{
    int high, low, value;

    if (s.len - at < 3)
        return false;
    high = hex_value(s.ptr[at + 1]);
    low = hex_value(s.ptr[at + 2]);
    value = high * 16 + low;
    return high >= 0 && low >= 0 && value != '\0' && value != '\r' && value != '\n';
}

/* xtext, not empty; with ${utf8} bytes above 0x7F too (RFC 6533, 3). That these are well-formed,
 * and that there is no blank, control character or "=", was seen when the command was parsed. */
static bool valid_xtext(struct slice s, bool utf8)
{
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.ptr[i];

        if ((c == '+' && !valid_hexchar(s, i)) || (c > 0x7F && !utf8))
            return false;
    }
    return s.len > 0;
}

static enum param_result check_envid(const struct command_param *param)
{
    return valid_xtext(param->value, false) ? PARAM_OK : PARAM_VALUE;
}

/* Whom the message is from, by the client's word; "<>": it does not say (RFC 4954, 5). */
static enum param_result check_auth(const struct command_param *param)
{
    return slice_equal(param->value, SLICE("<>")) ? PARAM_OK : check_envid(param);
}

/* addr-type ";" xtext, as in "rfc822;user+2Btag@example.org". */
static enum param_result check_orcpt(const struct command_param *param)
{
    size_t semicolon = slice_find(param->value, ';');
    struct slice type = slice_first(param->value, semicolon);
    bool utf8 = slice_equal_case(type, SLICE("utf-8"));

    if (semicolon == SLICE_NOT_FOUND || !valid_xtext(type, false) ||
        slice_find(type, '+') != SLICE_NOT_FOUND)
        return PARAM_VALUE;
    return valid_xtext(slice_from(param->value, semicolon + 1), utf8) ? PARAM_OK : PARAM_VALUE;
}

/* The bit of a NOTIFY word, 0 when it is none. */
static unsigned notify_bit(struct slice word)
{
    static const struct slice words[] = {SLICE_INIT("SUCCESS"), SLICE_INIT("FAILURE"),
                                         SLICE_INIT("DELAY")};

    for (unsigned i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (slice_equal_case(word, words[i]))
            return 1u << i;
    return 0;
}

static enum param_result check_notify(const struct command_param *param)
{
    struct slice rest = param->value;
    unsigned seen = 0;
    size_t comma;

    if (slice_equal_case(rest, SLICE("NEVER")))
        return PARAM_OK;
    do {
        unsigned bit;

        comma = slice_find(rest, ',');
        bit = notify_bit(slice_first(rest, comma));
        if (bit == 0 || (seen & bit) != 0)
            return PARAM_VALUE;
        seen |= bit;
        rest = slice_from(rest, comma != SLICE_NOT_FOUND ? comma + 1 : rest.len);
    } while (comma != SLICE_NOT_FOUND);
    return PARAM_OK;
}

/* The number of digits at ${at}. */
static size_t digits_at(struct slice s, size_t at)
{
    size_t count = 0;

    while (at + count < s.len && ascii_is_digit(s.ptr[at + count]))
        count++;
    return count;
}

/* by-time ";" by-mode ["T"], as in "120;R" or "-60;NT"; a return must lie ahead (RFC 2852, 4). */
static enum param_result check_by(const struct command_param *param)
{
    struct slice value = param->value;
    bool negative = value.len > 0 && value.ptr[0] == '-';
    size_t start = negative ? 1 : 0;
    size_t digits = digits_at(value, start);
    struct slice mode = slice_from(value, start + digits + 1);
    bool zero = true;

    for (size_t i = start; i < start + digits; i++)
        zero = zero && value.ptr[i] == '0';
    if (digits == 0 || digits > BY_DIGITS_MAX || start + digits == value.len ||
        value.ptr[start + digits] != ';')
        return PARAM_VALUE;
    if (one_of(mode, SLICE("R"), SLICE("RT")) == PARAM_OK)
        return negative || zero ? PARAM_VALUE : PARAM_OK;
    return one_of(mode, SLICE("N"), SLICE("NT"));
}

/* A number of seconds, without a zero in front (RFC 4865, 5). */
static enum param_result check_holdfor(const struct command_param *param)
{
    struct slice value = param->value;
    bool number = value.len > 0 && value.len <= HOLD_DIGITS_MAX && value.ptr[0] != '0' &&
                  digits_at(value, 0) == value.len;

    return number ? PARAM_OK : PARAM_VALUE;
}

/* Whether ${value} stands in ${form}, where a "0" means any digit. */
static bool has_form(struct slice value, struct slice form)
{
    if (value.len != form.len)
        return false;
    for (size_t i = 0; i < form.len; i++) {
        bool fits = form.ptr[i] == '0' ? digits_at(value, i) > 0
                                       : ascii_lower(value.ptr[i]) == ascii_lower(form.ptr[i]);

        if (!fits)
            return false;
    }
    return true;
}

/* A date and time of RFC 3339; whether there is such a day is the upstream's to say. */
static enum param_result check_holduntil(const struct command_param *param)
{
    static const struct slice moment = SLICE_INIT("0000-00-00T00:00:00");
    struct slice zone = slice_from(param->value, moment.len);

    if (!has_form(slice_first(param->value, moment.len), moment))
        return PARAM_VALUE;
    if (zone.len > 1 && zone.ptr[0] == '.' && digits_at(zone, 1) > 0)
        zone = slice_from(zone, 1 + digits_at(zone, 1));
    return has_form(zone, SLICE("Z")) || has_form(zone, SLICE("+00:00")) ||
                   has_form(zone, SLICE("-00:00"))
               ? PARAM_OK
               : PARAM_VALUE;
}

/* -9 to 9, without a zero in front (RFC 6710, 4). */
static enum param_result check_priority(const struct command_param *param)
{
    struct slice value = param->value;
    bool minus = value.len == 2 && value.ptr[0] == '-' && value.ptr[1] != '0';
    size_t at = minus ? 1 : 0;

    return value.len == at + 1 && digits_at(value, at) == 1 ? PARAM_OK : PARAM_VALUE;
}

static const struct parameter {
    struct slice keyword;
    enum verb verb;
    unsigned extensions; /* each of them offers it */
    enum param_result (*check)(const struct command_param *param);
} parameters[] = {
    {SLICE_INIT("SIZE"), VERB_MAIL, EXTENSION_SIZE, check_size},
    {SLICE_INIT("BODY"), VERB_MAIL, EXTENSION_8BITMIME | EXTENSION_BINARYMIME, check_body},
    {SLICE_INIT("SMTPUTF8"), VERB_MAIL, EXTENSION_SMTPUTF8, check_none},
    {SLICE_INIT("RET"), VERB_MAIL, EXTENSION_DSN, check_ret},
    {SLICE_INIT("ENVID"), VERB_MAIL, EXTENSION_DSN, check_envid},
    {SLICE_INIT("AUTH"), VERB_MAIL, EXTENSION_AUTH, check_auth},
    {SLICE_INIT("NOTIFY"), VERB_RCPT, EXTENSION_DSN, check_notify},
    {SLICE_INIT("ORCPT"), VERB_RCPT, EXTENSION_DSN, check_orcpt},
    {SLICE_INIT("BY"), VERB_MAIL, EXTENSION_DELIVERBY, check_by},
    {SLICE_INIT("HOLDFOR"), VERB_MAIL, EXTENSION_FUTURERELEASE, check_holdfor},
    {SLICE_INIT("HOLDUNTIL"), VERB_MAIL, EXTENSION_FUTURERELEASE, check_holduntil},
    {SLICE_INIT("MT-PRIORITY"), VERB_MAIL, EXTENSION_MT_PRIORITY, check_priority},
    {SLICE_INIT("REQUIRETLS"), VERB_MAIL, EXTENSION_REQUIRETLS, check_none},
};

/* The parameter of that keyword for ${verb} if it was offered, or NULL. */
static const struct parameter *find_parameter(struct slice keyword, enum verb verb,
                                              unsigned offered)
{
    for (size_t i = 0; i < sizeof(parameters) / sizeof(parameters[0]); i++) {
        const struct parameter *parameter = &parameters[i];

        if (parameter->verb == verb && (parameter->extensions & offered) != 0 &&
            slice_equal_case(keyword, parameter->keyword))
            return parameter;
    }
    return NULL;
}

bool extension_offers_param(enum verb verb, const struct command_param *param,
                            const struct capabilities *offered)
{
    const struct parameter *parameter = find_parameter(param->keyword, verb, offered->extensions);

    return parameter != NULL && parameter->check(param) == PARAM_OK;
}

void extension_drop_auth(struct command_path *path, const struct capabilities *offered)
{
    size_t kept = 0;

    for (size_t i = 0; i < path->param_count; i++) {
        const struct command_param *param = &path->params[i];
        bool drop = (offered->extensions & EXTENSION_AUTH) == 0 &&
                    slice_equal_case(param->keyword, SLICE("AUTH")) &&
                    check_auth(param) == PARAM_OK;

        if (!drop)
            path->params[kept++] = *param;
    }
    path->param_count = kept;
}

/* The number in a value that check_size has passed. Returns 0, or -1 when it is past INT64_MAX:
 * more than any message can be. */
static int size_value(struct slice digits, int64_t *out)
{
    int64_t value = 0;

    for (size_t i = 0; i < digits.len; i++) {
        int digit = digits.ptr[i] - '0';

        if (value > (INT64_MAX - digit) / 10)
            return -1;
        value = value * 10 + digit;
    }
    *out = value;
    return 0;
}

static enum param_result judge_size(const struct command_path *path, uint64_t limit,
                                    int64_t *declared_size)
{
    const struct command_param *param = command_path_param(path, SLICE("SIZE"));
    int64_t size;

    if (param == NULL)
        return PARAM_OK;
    if (size_value(param->value, &size) != 0)
        return PARAM_VALUE;
    if (limit > 0 && (uint64_t)size > limit)
        return PARAM_SIZE;
    *declared_size = size;
    return PARAM_OK;
}

/* What no parameter can say of itself. */
static enum param_result judge_together(const struct command_path *path, unsigned offered)
{
    const struct command_param *body = command_path_param(path, SLICE("BODY"));

    if (command_path_param(path, SLICE("HOLDFOR")) != NULL &&
        command_path_param(path, SLICE("HOLDUNTIL")) != NULL)
        return PARAM_VALUE; /* RFC 4865, 4 */
    if (body == NULL || slice_equal_case(body->value, SLICE("7BIT")))
        return PARAM_OK;
    if (slice_equal_case(body->value, SLICE("BINARYMIME")))
        return (offered & EXTENSION_BINARYMIME) != 0 ? PARAM_OK : PARAM_VALUE;
    return (offered & EXTENSION_8BITMIME) != 0 ? PARAM_OK : PARAM_VALUE;
}

enum param_result extension_check_params(enum verb verb, const struct command_path *path,
                                         const struct capabilities *offered, int64_t *declared_size)
{
    int64_t size = EXTENSION_SIZE_UNKNOWN;
    enum param_result result;

    for (size_t i = 0; i < path->param_count; i++) {
        const struct parameter *parameter =
            find_parameter(path->params[i].keyword, verb, offered->extensions);

        if (parameter == NULL)
            return PARAM_UNKNOWN;
        result = parameter->check(&path->params[i]);
        if (result != PARAM_OK)
            return result;
    }
    result = judge_together(path, offered->extensions);
    if (result == PARAM_OK)
        result = judge_size(path, offered->size_limit, &size);
    if (declared_size != NULL)
        *declared_size = size;
    return result;
}
