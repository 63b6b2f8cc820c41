/* samples: see samples.h. */
#include "conf/read/samples.h"

#include "conf/origin.h"
#include "conf/read/setting.h"
#include "conf/sample.h"

static const struct setting_row ROWS[] = {
    {SETTING("from", OTHER)},
    {SETTING("to", OTHER)},
    {SETTING("client", OTHER)},
    {SETTING("helo", OTHER)},
    {SETTING("message", PATH), SETTING_AT(struct sample, message)},
    {SETTING("expect", OTHER)},
    {SETTING("facts", OTHER)},
    {.name = NULL},
};

static const char EXPECTATIONS[] = "\"continue\", \"accept\", \"discard\", \"quarantine\" or the "
                                   "beginning of a reply such as \"550 5.7.1\"";

static void read_fact(struct build *build, const config_setting_t *s, const char *name,
                      struct origin *origin)
{
    struct slice value;
    const char *error;

    if (config_setting_type(s) == CONFIG_TYPE_INT || config_setting_type(s) == CONFIG_TYPE_INT64)
        value = arena_format(build->arena, "%lld", config_setting_get_int64(s));
    else if (config_setting_type(s) == CONFIG_TYPE_BOOL && strcmp(name, "tls") == 0)
        value = config_setting_get_bool(s) ? SLICE("true") : SLICE("false");
    else if (setting_string(s, &value))
        value = build_text(build, value);
    else
        value = SLICE_NONE; /* true and false belong to facts that this build has not got */
    error = origin_set(origin, slice_str(name), value);
    if (error == ORIGIN_LATER)
        setting_later(build, s, name);
    else if (error == ORIGIN_UNKNOWN)
        diag_add(build->diag, DIAG_ERROR, setting_place(build, s), "a fact is %s, not '%s'",
                 ORIGIN_UNKNOWN, name);
    else if (error != NULL || value.ptr == NULL)
        setting_error(build, s, error != NULL ? error : "a string");
}

static void read_facts(struct build *build, const config_setting_t *group, struct origin *origin)
{
    const config_setting_t *all = setting_member(group, "facts");
    const config_setting_t *client = setting_member(group, "client");
    const config_setting_t *helo = setting_member(group, "helo");

    origin_init(origin);
    if (client != NULL)
        read_fact(build, client, "client", origin);
    if (helo != NULL)
        read_fact(build, helo, "helo", origin);
    if (all != NULL && !config_setting_is_group(all)) {
        setting_error(build, all, "a group of facts { helo = \"...\"; }");
        return;
    }
    for (int i = 0; all != NULL && i < config_setting_length(all); i++) {
        const config_setting_t *s = config_setting_get_elem(all, (unsigned)i);

        read_fact(build, s, config_setting_name(s), origin);
    }
}

static void read_envelope(struct build *build, const config_setting_t *group, struct sample *out)
{
    const config_setting_t *from = setting_member(group, "from");
    const config_setting_t *to = setting_member(group, "to");

    out->sender = SLICE("");
    if (from != NULL)
        (void)setting_text(build, from, "an address, or \"\" for a bounce", &out->sender);
    if (to == NULL || setting_count(to) == 0)
        diag_add(build->diag, DIAG_ERROR, out->place,
                 "a sample needs 'to', a recipient or a list of them");
    else
        (void)setting_texts(build, to, "an address or a list of addresses", &out->recipients,
                            &out->recipient_count);
}

static void read_expect(struct build *build, const config_setting_t *group, struct sample *out)
{
    static const char *const WORDS[] = {"continue", "accept", "discard", "quarantine"};
    const config_setting_t *expect = setting_member(group, "expect");

    if (expect == NULL) {
        diag_add(build->diag, DIAG_ERROR, out->place, "a sample needs 'expect': %s", EXPECTATIONS);
        return;
    }
    if (!setting_text(build, expect, EXPECTATIONS, &out->expect))
        return;
    for (size_t i = 0; i < sizeof(WORDS) / sizeof(*WORDS); i++)
        if (slice_equal(slice_str(WORDS[i]), out->expect))
            return;
    if (!slice_starts(out->expect, SLICE("4")) && !slice_starts(out->expect, SLICE("5")))
        setting_error(build, expect, EXPECTATIONS);
}

bool samples_read(struct build *build, const config_setting_t *setting, struct slice rule,
                  struct sample *out)
{
    size_t before = build->diag->errors;

    out->place = setting_place(build, setting);
    out->rule = rule;
    setting_read(build, setting, ROWS, out);
    if (config_setting_is_group(setting)) {
        read_facts(build, setting, &out->origin);
        read_envelope(build, setting, out);
        read_expect(build, setting, out);
    }
    return build->diag->errors == before;
}
