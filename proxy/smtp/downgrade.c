/* downgrade: see downgrade.h. */
#include "proxy/smtp/downgrade.h"

#include "filters/base/utf8.h"

static bool is_one_of(struct slice text, const struct slice *all, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (slice_equal_case(text, all[i]))
            return true;
    return false;
}

static bool only_asks(struct slice keyword)
{
    static const struct slice ASKING[] = {
        SLICE_INIT("RET"),    SLICE_INIT("ENVID"),       SLICE_INIT("ORCPT"),
        SLICE_INIT("NOTIFY"), SLICE_INIT("MT-PRIORITY"),
    };

    return is_one_of(keyword, ASKING, sizeof(ASKING) / sizeof(ASKING[0]));
}

/* By-mode "R" wants the message back rather than late, which nobody would do then; "N" wants to
 * hear of it (RFC 2852, 4). */
static bool wants_return(struct slice by)
{
    return slice_find(by, 'R') != SLICE_NOT_FOUND || slice_find(by, 'r') != SLICE_NOT_FOUND;
}

static bool can_be_left_out(const struct command_param *param,
                            const struct downgrade_message *message)
{
    if (slice_equal_case(param->keyword, SLICE("BODY")))
        return slice_equal_case(param->value, SLICE("7BIT")) ||
               (slice_equal_case(param->value, SLICE("8BITMIME")) && !message->eight_bit);
    if (slice_equal_case(param->keyword, SLICE("SMTPUTF8")))
        return !message->utf8;
    if (slice_equal_case(param->keyword, SLICE("BY")))
        return !wants_return(param->value);
    return only_asks(param->keyword);
}

static bool is_offered(const struct command_param *param, enum verb verb,
                       const struct capabilities *offered)
{
    const struct command_path alone = {.params = {*param}, .param_count = 1};

    return extension_check_params(verb, &alone, offered, NULL) == PARAM_OK &&
           (!utf8_beyond_ascii(param->value) || (offered->extensions & EXTENSION_SMTPUTF8) != 0);
}

static void note(struct bytes *left_out, struct slice keyword)
{
    struct slice rest = bytes_slice(left_out);

    while (rest.len > 0) {
        struct slice word;

        rest = slice_from(rest, 1);
        word = slice_first(rest, slice_find(rest, ' '));
        if (slice_equal_case(word, keyword))
            return;
        rest = slice_from(rest, word.len);
    }
    bytes_append_char(left_out, ' ');
    bytes_append(left_out, keyword);
}

const struct command_param *downgrade_path(struct command_path *path, enum verb verb,
                                           const struct downgrade_message *message,
                                           const struct capabilities *offered,
                                           struct bytes *left_out)
{
    size_t kept = 0;

    for (size_t i = 0; i < path->param_count; i++) {
        const struct command_param *param = &path->params[i];

        if (is_offered(param, verb, offered))
            path->params[kept++] = *param;
        else if (can_be_left_out(param, message))
            note(left_out, param->keyword);
        else
            return param;
    }
    path->param_count = kept;
    return NULL;
}
