#include "proxy/session/parameters.h"

#include "proxy/session/state.h"

/* What is said of the content or of the login is not an edit's to say. */
static bool is_ours(struct slice keyword)
{
    static const struct slice ours[] = {SLICE_INIT("SIZE"), SLICE_INIT("BODY"),
                                        SLICE_INIT("SMTPUTF8"), SLICE_INIT("AUTH")};
    for (size_t i = 0; i < sizeof ours / sizeof ours[0]; i++)
        if (slice_equal_case(keyword, ours[i]))
            return true;
    return false;
}

static void left_out(const struct session *s, const char *which, struct slice what)
{
    char quoted[LOG_QUOTE_MAX];
    log_write(s->host->log, LOG_LEVEL_WARNING,
              "session %s: a milter's %s parameter is left out, the upstream cannot be told: %s",
              s->id, which, log_quote(what, quoted));
}

static void write_param(struct bytes *out, const struct command_param *param)
{
    bytes_format(out, " %.*s%s%.*s", SLICE_ARG(param->keyword), param->has_value ? "=" : "",
                 SLICE_ARG(param->value));
}

struct slice parameters_keep(struct session *s, enum verb verb, struct slice wanted)
{
    const char *name = verb == VERB_MAIL ? "MAIL" : "RCPT";
    struct command_path path = {.param_count = 0};
    struct bytes out;
    if (wanted.len == 0)
        return SLICE_NONE;
    /* The address only makes it a whole argument. */
    struct slice argument = arena_format(&s->tx.arena, "TO:<any> %.*s", SLICE_ARG(wanted));
    if (command_parse_path(argument, SLICE("TO:"), s->tx.envelope.utf8, &path) != PATH_OK) {
        left_out(s, name, wanted);
        return SLICE_NONE;
    }
    bytes_init(&out, SIZE_MAX);
    for (size_t i = 0; i < path.param_count; i++) {
        const struct command_param *param = &path.params[i];
        if (!is_ours(param->keyword) && extension_offers_param(verb, param, &s->offered))
            write_param(&out, param);
        else
            left_out(s, name, param->keyword);
    }
    struct slice kept = SLICE_NONE, whole;
    if (bytes_take(&out, &whole) != 0)
        arena_fail(&s->tx.arena);
    else if (whole.len > 0)
        kept = arena_copy(&s->tx.arena, whole);
    bytes_fini(&out);
    return kept;
}
