/* extension_params: the parameters of MAIL and RCPT that the extensions bring, and what their
 * values may be: SIZE (RFC 1870), BODY (RFC 6152), SMTPUTF8 (RFC 6531), RET, ENVID, NOTIFY, ORCPT
 * (RFC 3461), AUTH (RFC 4954).
 */
#include "proxy/smtp/extension.h"

#define SIZE_DIGITS_MAX 20 /* RFC 1870, 6 */

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
    return one_of(param->value, SLICE("7BIT"), SLICE("8BITMIME"));
}

static enum param_result check_ret(const struct command_param *param)
{
    return one_of(param->value, SLICE("FULL"), SLICE("HDRS"));
}

/* The value of an upper-case hexadecimal digit (RFC 3461, 4), or -1. */
static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
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

/* xtext, not empty; with ${utf8} bytes above 0x7F too (RFC 6533, 3: they were found well-formed
 * when the command was parsed). */
static bool valid_xtext(struct slice s, bool utf8)
{
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.ptr[i];

        if (c == '+' && !valid_hexchar(s, i))
            return false;
        if (c <= ' ' || c == '=' || c == 0x7F || (c > 0x7F && !utf8))
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

static const struct parameter {
    struct slice keyword;
    enum verb verb;
    enum extension extension; /* offers it */
    enum param_result (*check)(const struct command_param *param);
} parameters[] = {
    {SLICE_INIT("SIZE"), VERB_MAIL, EXTENSION_SIZE, check_size},
    {SLICE_INIT("BODY"), VERB_MAIL, EXTENSION_8BITMIME, check_body},
    {SLICE_INIT("SMTPUTF8"), VERB_MAIL, EXTENSION_SMTPUTF8, check_none},
    {SLICE_INIT("RET"), VERB_MAIL, EXTENSION_DSN, check_ret},
    {SLICE_INIT("ENVID"), VERB_MAIL, EXTENSION_DSN, check_envid},
    {SLICE_INIT("AUTH"), VERB_MAIL, EXTENSION_AUTH, check_auth},
    {SLICE_INIT("NOTIFY"), VERB_RCPT, EXTENSION_DSN, check_notify},
    {SLICE_INIT("ORCPT"), VERB_RCPT, EXTENSION_DSN, check_orcpt},
};

/* The parameter of that keyword for ${verb} if it was offered, or NULL. */
static const struct parameter *find_parameter(struct slice keyword, enum verb verb,
                                              unsigned offered)
{
    for (size_t i = 0; i < sizeof(parameters) / sizeof(parameters[0]); i++) {
        const struct parameter *parameter = &parameters[i];

        if (parameter->verb == verb && (parameter->extension & offered) != 0 &&
            slice_equal_case(keyword, parameter->keyword))
            return parameter;
    }
    return NULL;
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
    result = judge_size(path, offered->size_limit, &size);
    if (declared_size != NULL)
        *declared_size = size;
    return result;
}
