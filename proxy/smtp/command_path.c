/* command_path: the arguments of MAIL and RCPT (RFC 5321, 4.1.1.2, 4.1.1.3 and 4.1.2).
 *
 * Lenient in what clients send (a blank after the colon or in the brackets, no brackets, a source
 * route, a dot after the domain), strict in what an address is: what two servers could read in two
 * ways does not get through. What such a spelling comes to is all that anybody hears of it.
 */
#include "filters/base/mailbox.h"
#include "filters/base/utf8.h"
#include "proxy/smtp/command.h"

static bool is_host(char c)
{
    return ascii_is_alnum(c) || c == '-' || c == '.' || c == '_';
}

/* The offset of the first ${c} outside quoted strings, or SLICE_NOT_FOUND. */
static size_t find_unquoted(struct slice s, char c)
{
    bool quoted = false;

    for (size_t i = 0; i < s.len; i++) {
        if (s.ptr[i] == '"')
            quoted = !quoted;
        else if (s.ptr[i] == '\\' && quoted)
            i++;
        else if (s.ptr[i] == c && !quoted)
            return i;
    }
    return SLICE_NOT_FOUND;
}

/* The length of "@domain" at the front, address literals included; 0 when there is none. */
static size_t route_host_length(struct slice s)
{
    size_t length = 1;
    size_t close;

    if (s.len < 2 || s.ptr[0] != '@')
        return 0;
    if (s.ptr[1] == '[') {
        close = slice_find(s, ']');
        return close != SLICE_NOT_FOUND ? close + 1 : 0;
    }
    while (length < s.len && is_host(s.ptr[length]))
        length++;
    return length > 1 ? length : 0;
}

/* Drops "@one,@two:" off the front. What is left begins with "@" if the route is malformed, and so
 * is no mailbox. */
static struct slice drop_route(struct slice path)
{
    struct slice rest = path;
    size_t length;

    while ((length = route_host_length(rest)) > 0 && length < rest.len) {
        if (rest.ptr[length] == ':')
            return slice_from(rest, length + 1);
        if (rest.ptr[length] != ',')
            break;
        rest = slice_from(rest, length + 1);
    }
    return path;
}

/* Splits ${text} into the path, brackets and all, and what follows it. */
static enum path_result split_path(struct slice text, struct slice *path, struct slice *rest)
{
    size_t length = 0;

    if (text.len == 0)
        return PATH_SYNTAX;
    if (text.ptr[0] == '<') {
        length = find_unquoted(text, '>');
        if (length == SLICE_NOT_FOUND)
            return PATH_ADDRESS;
        length++;
        if (length < text.len && !ascii_is_blank(text.ptr[length]))
            return PATH_ADDRESS;
    } else {
        while (length < text.len && !ascii_is_blank(text.ptr[length]))
            length++;
    }
    *path = slice_first(text, length);
    *rest = slice_from(text, length);
    return PATH_OK;
}

static bool is_keyword(struct slice s)
{
    if (s.len == 0 || s.ptr[0] == '-')
        return false;
    for (size_t i = 0; i < s.len; i++)
        if (!ascii_is_alnum(s.ptr[i]) && s.ptr[i] != '-')
            return false;
    return true;
}

/* esmtp-value, with what RFC 6531, 3.3, adds to it; whether UTF-8 is allowed is asked later. */
static bool is_value(struct slice s)
{
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.ptr[i];

        if (c <= ' ' || c == 0x7F || c == '=')
            return false;
    }
    return s.len > 0;
}

static enum path_result add_param(struct command_path *path, struct slice word)
{
    struct command_param param = {.keyword = word};
    size_t equals = slice_find(word, '=');

    if (equals != SLICE_NOT_FOUND) {
        param.keyword = slice_first(word, equals);
        param.value = slice_from(word, equals + 1);
        param.has_value = true;
        if (!is_value(param.value))
            return PATH_PARAMS;
    }
    if (!is_keyword(param.keyword) || path->param_count == COMMAND_PARAMS_MAX ||
        command_path_param(path, param.keyword) != NULL)
        return PATH_PARAMS;
    path->params[path->param_count++] = param;
    return PATH_OK;
}

static enum path_result parse_params(struct slice text, struct command_path *path)
{
    enum path_result result = PATH_OK;

    while (result == PATH_OK && (text = slice_trim(text)).len > 0) {
        size_t length = 0;

        while (length < text.len && !ascii_is_blank(text.ptr[length]))
            length++;
        result = add_param(path, slice_first(text, length));
        text = slice_from(text, length);
    }
    return result;
}

static struct slice strip_brackets(struct slice whole)
{
    return whole.ptr[0] == '<' ? slice_trim(slice_make(whole.ptr + 1, whole.len - 2)) : whole;
}

/* Judges ${whole}, the path as written, and the address in it. ${sender}: <> may stand here, and
 * <Postmaster> may not. */
static enum path_result check_address(struct slice whole, struct slice address, bool sender,
                                      bool utf8)
{
    if (utf8_beyond_ascii(whole) && (!utf8 || !utf8_valid(whole)))
        return PATH_UTF8;
    if (sender && whole.ptr[0] == '<' && strip_brackets(whole).len == 0)
        return PATH_OK;
    return mailbox_valid(address, utf8) || mailbox_local(address, utf8) ? PATH_OK : PATH_ADDRESS;
}

static enum path_result check_values(const struct command_path *path, bool utf8)
{
    for (size_t i = 0; i < path->param_count; i++) {
        struct slice value = path->params[i].value;

        if (utf8_beyond_ascii(value) && (!utf8 || !utf8_valid(value)))
            return PATH_PARAMS;
    }
    return PATH_OK;
}

enum path_result command_parse_path(struct slice argument, struct slice prefix, bool allow_utf8,
                                    struct command_path *path)
{
    bool sender = slice_equal_case(prefix, SLICE("FROM:"));
    struct slice whole = SLICE_NONE, rest = SLICE_NONE;
    enum path_result result;

    *path = (struct command_path){.param_count = 0};
    if (!slice_starts_case(argument, prefix))
        return PATH_SYNTAX;
    result = split_path(slice_trim_start(slice_from(argument, prefix.len)), &whole, &rest);
    if (result != PATH_OK)
        return result;
    path->address = mailbox_undotted(drop_route(strip_brackets(whole)));
    result = parse_params(rest, path);
    if (result != PATH_OK)
        return result;
    if (sender && command_path_param(path, SLICE("SMTPUTF8")) == NULL)
        allow_utf8 = false;
    result = check_address(whole, path->address, sender, allow_utf8);
    return result == PATH_OK ? check_values(path, allow_utf8) : result;
}

const struct command_param *command_path_param(const struct command_path *path,
                                               struct slice keyword)
{
    for (size_t i = 0; i < path->param_count; i++)
        if (slice_equal_case(path->params[i].keyword, keyword))
            return &path->params[i];
    return NULL;
}
