/* config_load: see config_load.h. The settings at the root, and the order of the readers. */
#include "conf/read/config_load.h"

#include <unistd.h>

#include "conf/config_private.h"
#include "conf/file.h"
#include "conf/read/depots.h"
#include "conf/read/limits.h"
#include "conf/read/listeners.h"
#include "conf/read/lists.h"
#include "conf/read/milter.h"
#include "conf/read/needs.h"
#include "conf/read/policies.h"
#include "conf/read/resolver.h"
#include "conf/read/routes.h"
#include "conf/read/sense.h"
#include "conf/read/setting.h"
#include "conf/read/syntax.h"
#include "conf/read/upstreams.h"
#include "filters/base/digest.h"

#define HOSTNAME_MAX 255 /* RFC 1035, 2.3.4 */

static const struct choice AMBIGUOUS[] = {{"continue", false}, {"reject", true}, {NULL, 0}};

static const struct setting_row TOP[] = {
    {SETTING("hostname", TEXT), SETTING_AT(struct config, hostname)},
    {SETTING("workers", COUNT), SETTING_AT(struct config, workers), .max = 1024},
    {SETTING("user", TEXT), SETTING_AT(struct config, user)},
    {SETTING("state_dir", PATH), SETTING_AT(struct config, state_dir)},
    {SETTING("control", LATER)},
    {SETTING("listeners", OTHER)},
    {SETTING("upstreams", OTHER)},
    {SETTING("limits", OTHER)},
    {SETTING("timeouts", OTHER)},
    {SETTING("on_failure", OTHER)},
    {SETTING("header_ambiguous", CHOICE), SETTING_AT(struct config, reject_ambiguous),
     .choices = AMBIGUOUS},
    {SETTING("resolver", OTHER)},
    {SETTING("audit", OTHER)},
    {SETTING("log", OTHER)},
    {SETTING("admin", LATER)},
    {SETTING("quarantine", OTHER)},
    {SETTING("archive", OTHER)},
    {SETTING("milter", OTHER)},
    {SETTING("lists", OTHER)},
    {SETTING("rules", OTHER)},
    {SETTING("milters", OTHER)},
    {SETTING("final_rules", OTHER)},
    {SETTING("policies", OTHER)},
    {.name = NULL},
};

/* A name that can stand in a greeting and in HELO: letters, digits, dots, hyphens, or an address
 * literal. */
static bool hostname_valid(struct slice name)
{
    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];

        if (!ascii_is_alnum(c) && strchr(".-_:[]", c) == NULL)
            return false;
    }
    return name.len > 0 && name.len <= HOSTNAME_MAX;
}

static void read_hostname(struct build *build, const config_setting_t *root)
{
    struct config *config = build->config;
    const config_setting_t *s = setting_member(root, "hostname");
    char name[HOSTNAME_MAX + 1] = "";

    if (s != NULL) {
        if (config->hostname.len > 0 && !hostname_valid(config->hostname))
            setting_error(build, s, "a host name such as \"gw.example.org\"");
        return;
    }
    if (gethostname(name, sizeof(name) - 1) == 0 && hostname_valid(slice_str(name)))
        config->hostname = build_text(build, slice_str(name));
    else
        diag_add(build->diag, DIAG_ERROR, setting_place(build, root),
                 "this machine's name cannot be used in SMTP: set 'hostname'");
}

static void read_root(struct build *build, const config_setting_t *root, enum config_needs needs)
{
    setting_read(build, root, TOP, build->config);
    read_hostname(build, root);
    depots_read(build, root);
    limits_read(build, root);
    resolver_read(build, root);
    lists_read(build, root);
    upstreams_read(build, root);
    policies_read(build, root);
    listeners_read(build, root);
    routes_check(build);
    milter_read(build, root, needs != CONFIG_NEEDS_PROXY);
    needs_places(build, root);
    needs_check(build, root, needs);
}

/* --- the file ----------------------------------------------------------------------------------
 */

static void explain(struct build *build, const char *text, unsigned line)
{
    const struct syntax_error error = {text, line};

    syntax_explain(build->source, &error, build->diag);
}

static void parse(struct build *build, enum config_needs needs)
{
    config_t parsed;

    config_init(&parsed);
    if (build->source->open_string)
        explain(build, "syntax error", build->source->line);
    else if (!config_read_string(&parsed, build->source->text.data))
        explain(build, config_error_text(&parsed), (unsigned)config_error_line(&parsed));
    else if (!setting_whole(config_root_setting(&parsed)))
        build_out_of_memory(build);
    else {
        syntax_join(build->source, build->diag);
        read_root(build, config_root_setting(&parsed), needs);
    }
    config_destroy(&parsed);
}

/* The text ends in a line end and a NUL of our own. */
static void identify_text(struct build *build)
{
    struct slice text = bytes_slice(&build->source->text);

    build->digest = digest_begin();
    if (build->digest != NULL)
        digest_add(build->digest, slice_first(text, text.len - 2));
}

static void identify(struct build *build)
{
    char digest[DIGEST_HEX_MAX];

    if (digest_end(build->digest, digest) == 0)
        memcpy(build->config->id, digest, sizeof(build->config->id) - 1);
    else
        build_out_of_memory(build);
}

/* Everything in ${path}, which a configuration without errors is then. */
static void read_all(struct build *build, const char *path, enum config_needs needs)
{
    struct source source;

    build->source = &source;
    build->config->file = file_absolute(build->arena, slice_str(path));
    if (source_read(&source, path, build->arena, build->diag) == 0) {
        identify_text(build);
        needs_sources(build);
        parse(build, needs);
        identify(build);
    }
    source_fini(&source);
    build->source = NULL;
    if (build->config->file.ptr == NULL)
        build_out_of_memory(build);
}

struct config *config_load(const char *path, enum config_needs needs, config_doubt *doubt,
                           struct diag *diag)
{
    struct config *config = config_create();
    struct build build = {.config = config, .diag = diag};
    size_t before = diag->errors;

    if (config == NULL) {
        build_out_of_memory(&build);
        return NULL;
    }
    build.arena = config_arena(config);
    read_all(&build, path, needs);
    if (diag->errors == before)
        sense_check(&build);
    if (diag->errors == before && doubt != NULL)
        doubt(config, diag);
    if (diag->errors == before)
        return config;
    config_unref(config);
    return NULL;
}
