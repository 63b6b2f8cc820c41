/* config: see config.h. Loads a configuration, and owns it. */
#include "conf/config.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#include "conf/file.h"
#include "conf/sense.h"
#include "conf/setting.h"
#include "conf/syntax.h"
#include "filters/base/digest.h"

#define CONFIG_BLOCK_BYTES 16384
#define CONFIG_BYTES_MAX   ((size_t)1024 * 1024 * 1024) /* a guard against mistakes, not a limit */
#define HOSTNAME_MAX       255                          /* RFC 1035, 2.3.4 */

/* What a load makes; the public part comes first, so that its address is that of the whole. */
struct loaded {
    struct config config;
    struct arena arena; /* of everything but rulesets and lists */
    atomic_uint references;
};

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
    {SETTING("milter", OTHER)},
    {SETTING("lists", OTHER)},
    {SETTING("rules", OTHER)},
    {SETTING("milters", OTHER)},
    {SETTING("final_rules", OTHER)},
    {SETTING("policies", OTHER)},
    {.name = NULL},
};

static const struct setting_row QUARANTINE[] = {
    {SETTING("directory", PATH), SETTING_AT(struct config, quarantine_dir)},
    {.name = NULL},
};

void build_out_of_memory(struct build *build)
{
    if (!build->out_of_memory)
        diag_add(build->diag, DIAG_ERROR, (struct place){NULL, 0}, "out of memory");
    build->out_of_memory = true;
}

void *build_alloc(struct build *build, size_t count, size_t size)
{
    void *items = NULL;

    if (count < CONFIG_BYTES_MAX / size)
        items = arena_alloc(build->arena, count > 0 ? count * size : 1);
    if (items == NULL)
        build_out_of_memory(build);
    return items;
}

struct slice build_text(struct build *build, struct slice s)
{
    struct slice copy = arena_copy(build->arena, s);

    if (copy.ptr == NULL)
        build_out_of_memory(build);
    return copy;
}

struct slice build_path(struct build *build, struct place place, struct slice text)
{
    struct slice path = file_beside(build->arena, slice_str(place.file), text);

    if (path.ptr != NULL)
        path = file_absolute(build->arena, path);
    if (path.ptr == NULL)
        build_out_of_memory(build);
    return path;
}

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

/* A service may write only where its manager says: the first folder of systemd's StateDirectory. */
static struct slice default_state(struct build *build, struct place place)
{
    const char *folders = getenv("STATE_DIRECTORY");

    if (folders == NULL || *folders != '/')
        return build_path(build, place, SLICE("state"));
    return build_text(build, slice_make(folders, strcspn(folders, ":")));
}

/* Where the gateway keeps what must outlive it. Nothing is made here: whoever needs it first does.
 */
static void read_state(struct build *build, const config_setting_t *root)
{
    struct config *config = build->config;

    config->quarantine_given = config->state_dir.len > 0;
    if (config->state_dir.len == 0)
        config->state_dir = default_state(build, setting_place(build, root));
    setting_read(build, setting_member(root, "quarantine"), QUARANTINE, config);
    if (config->quarantine_dir.len > 0) {
        config->quarantine_given = true;
        return;
    }
    config->quarantine_dir =
        arena_format(build->arena, "%.*s/quarantine", SLICE_ARG(config->state_dir));
    if (config->quarantine_dir.ptr == NULL)
        build_out_of_memory(build);
}

static void read_root(struct build *build, const config_setting_t *root, enum config_needs needs)
{
    setting_read(build, root, TOP, build->config);
    read_hostname(build, root);
    read_state(build, root);
    limits_read(build, root);
    resolver_read(build, root);
    lists_read(build, root);
    upstreams_read(build, root);
    policies_read(build, root);
    listeners_read(build, root);
    milter_read(build, root, needs != CONFIG_NEEDS_PROXY);
    needs_places(build, root);
    needs_check(build, root, needs);
}

static void explain(struct build *build, const char *text, unsigned line)
{
    const struct syntax_error error = {text, line};

    syntax_explain(build->source, &error, build->diag);
}

/* What is right, and yet not what can be meant. Of a part of a configuration it would mislead. */
static void doubt(struct build *build, enum config_needs needs)
{
    sense_check(build);
    if (needs != CONFIG_NEEDS_MILTER)
        relay_check(build);
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

struct config *config_load(const char *path, enum config_needs needs, struct diag *diag)
{
    struct loaded *loaded = calloc(1, sizeof(*loaded));
    size_t before = diag->errors;
    struct source source;
    struct build build;

    if (loaded == NULL) {
        diag_add(diag, DIAG_ERROR, (struct place){NULL, 0}, "out of memory");
        return NULL;
    }
    atomic_init(&loaded->references, 1);
    arena_init(&loaded->arena, CONFIG_BLOCK_BYTES, CONFIG_BYTES_MAX);
    build = (struct build){&loaded->config, &loaded->arena, diag, &source, false, NULL, NULL};
    loaded->config.file = file_absolute(&loaded->arena, slice_str(path));
    if (source_read(&source, path, &loaded->arena, diag) == 0) {
        identify_text(&build);
        needs_sources(&build);
        parse(&build, needs);
        identify(&build);
    }
    source_fini(&source);
    if (loaded->config.file.ptr == NULL)
        build_out_of_memory(&build);
    if (diag->errors == before)
        doubt(&build, needs);
    if (diag->errors == before)
        return &loaded->config;
    config_unref(&loaded->config);
    return NULL;
}

struct config *config_ref(struct config *config)
{
    struct loaded *loaded = (struct loaded *)config;

    atomic_fetch_add_explicit(&loaded->references, 1, memory_order_relaxed);
    return config;
}

void config_unref(struct config *config)
{
    struct loaded *loaded = (struct loaded *)config;

    if (config == NULL ||
        atomic_fetch_sub_explicit(&loaded->references, 1, memory_order_acq_rel) > 1)
        return;
    for (size_t i = 0; i < config->policy_count; i++) {
        ruleset_destroy(config->policies[i].rules);
        ruleset_destroy(config->policies[i].final_rules);
        for (size_t j = 0; j < config->policies[i].milter_count; j++)
            ruleset_destroy(config->policies[i].milters[j].when);
    }
    for (size_t i = 0; i < config->lists.count; i++)
        list_destroy(config->lists.items[i].list);
    arena_fini(&loaded->arena);
    free(loaded);
}

const struct policy *config_policy(const struct config *config, struct slice name)
{
    for (size_t i = 0; i < config->policy_count; i++)
        if (slice_equal(config->policies[i].name, name))
            return &config->policies[i];
    return NULL;
}

const struct upstream_conf *config_upstream(const struct config *config, struct slice name)
{
    for (size_t i = 0; i < config->upstream_count; i++)
        if (slice_equal(config->upstreams[i].name, name))
            return &config->upstreams[i];
    return NULL;
}

static bool rules_quarantine(const struct rule *rules, size_t count)
{
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < rules[i].action_count && rules[i].mode == RULE_ENFORCE; j++)
            if (rules[i].actions[j].kind == ACTION_QUARANTINE)
                return true;
    return false;
}

static bool failures_quarantine(const struct policy *policy)
{
    for (size_t i = 0; i < policy->milter_count; i++)
        if (policy->milters[i].on_failure == MILTER_FAILURE_QUARANTINE)
            return true;
    return false;
}

bool config_quarantines(const struct config *config)
{
    for (size_t i = 0; i < config->policy_count; i++) {
        const struct policy *policy = &config->policies[i];

        if (rules_quarantine(policy->rule_items, policy->rule_count) ||
            rules_quarantine(policy->final_items, policy->final_count) ||
            failures_quarantine(policy))
            return true;
    }
    return false;
}

bool config_client_source(const struct config *config)
{
    for (size_t i = 0; i < config->listener_count; i++)
        if (config->listeners[i].client_source)
            return true;
    return false;
}

const struct listener_conf *config_listener(const struct config *config, struct slice name)
{
    for (size_t i = 0; i < config->listener_count; i++)
        if (slice_equal(config->listeners[i].name, name))
            return &config->listeners[i];
    return NULL;
}

bool config_leads_here(const struct config *config, const struct endpoint *endpoint)
{
    for (size_t i = 0; i < config->listener_count; i++)
        if (endpoint_reaches(endpoint, &config->listeners[i].endpoint))
            return true;
    return false;
}

bool config_peer(const struct peers *peers, const struct address *address)
{
    for (size_t i = 0; i < peers->count; i++)
        if (address_in_range(address, &peers->ranges[i]))
            return true;
    return false;
}
