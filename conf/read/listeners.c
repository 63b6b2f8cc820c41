/* listeners: see listeners.h. */
#include "conf/read/listeners.h"

#include "conf/config.h"
#include "conf/listener_conf.h"
#include "conf/peers.h"
#include "conf/policy.h"
#include "conf/protocol.h"
#include "conf/read/endpoint.h"
#include "conf/read/policies.h"
#include "conf/read/protocol.h"
#include "conf/read/setting.h"
#include "conf/read/tls.h"
#include "conf/read/transparent.h"
#include "conf/upstream_conf.h"
#include "filters/base/address.h"
#include "filters/base/endpoint.h"
#include "filters/base/newline.h"

static const struct choice NEWLINES[] = {
    {"normalize", NEWLINE_NORMALIZE},
    {"reject", NEWLINE_REJECT},
    {"allow", NEWLINE_ALLOW},
    {NULL, 0},
};

static const struct choice REFUSE_AT[] = {
    {"early", REFUSE_EARLY}, {"rcpt", REFUSE_RCPT}, {NULL, 0}};

static const struct choice ROUTED[] = {{"reject", ROUTED_REJECT}, {"pass", ROUTED_PASS}, {NULL, 0}};

static const struct choice TRANSPARENT[] = {{"off", TRANSPARENT_OFF},
                                            {"redirect", TRANSPARENT_REDIRECT},
                                            {"tproxy", TRANSPARENT_TPROXY},
                                            {NULL, 0}};

static const struct choice AUTH[] = {
    {"relay", AUTH_RELAY}, {"tls-only", AUTH_TLS_ONLY}, {"off", AUTH_OFF}, {NULL, 0}};

static const struct setting_row ROWS[] = {
    {SETTING("address", OTHER)},
    {SETTING("name", TEXT), SETTING_AT(struct listener_conf, name)},
    {SETTING("upstream", OTHER)},
    {SETTING("policy", OTHER)},
    {SETTING("protocol", CHOICE), SETTING_AT(struct listener_conf, protocol),
     .choices = protocol_choices},
    {SETTING("transparent", CHOICE), SETTING_AT(struct listener_conf, transparent),
     .choices = TRANSPARENT},
    {SETTING("client_source", BOOL), SETTING_AT(struct listener_conf, client_source)},
    {SETTING("proxy_protocol", OTHER)},
    {SETTING("xclient", OTHER)},
    {SETTING("bare_newline", CHOICE), SETTING_AT(struct listener_conf, bare_newline),
     .choices = NEWLINES},
    {SETTING("refuse_at", CHOICE), SETTING_AT(struct listener_conf, refuse_at),
     .choices = REFUSE_AT},
    {SETTING("routed_addresses", CHOICE), SETTING_AT(struct listener_conf, routed_addresses),
     .choices = ROUTED},
    {SETTING("add_received", BOOL), SETTING_AT(struct listener_conf, add_received)},
    {SETTING("strip_extensions", OTHER)},
    {SETTING("tls", OTHER)},
    {SETTING("auth", CHOICE), SETTING_AT(struct listener_conf, auth), .choices = AUTH},
    {.name = NULL},
};

static void read_address(struct build *build, const config_setting_t *group,
                         struct listener_conf *listener)
{
    const config_setting_t *address = setting_member(group, "address");

    if (address == NULL) {
        diag_add(build->diag, DIAG_ERROR, listener->place,
                 "a listener needs an 'address', such as \"[::]:25\"");
        return;
    }
    if (endpoint_read(build, address, &listener->endpoint, true) && listener->name.len == 0)
        listener->name = listener->endpoint.text;
}

static const struct upstream_conf *find_upstream(struct build *build, const config_setting_t *s,
                                                 struct slice name)
{
    const struct config *config = build->config;
    struct spelling spelling;

    spelling_init(&spelling, name);
    for (size_t i = 0; i < config->upstream_count; i++) {
        if (slice_equal(config->upstreams[i].name, name))
            return &config->upstreams[i];
        spelling_try(&spelling, config->upstreams[i].name);
    }
    diag_add(build->diag, DIAG_ERROR, setting_place(build, s), "there is no upstream '%.*s'%s",
             SLICE_ARG(name), spelling_hint(&spelling, build->arena));
    return NULL;
}

static void read_names(struct build *build, const config_setting_t *group,
                       struct listener_conf *listener)
{
    const config_setting_t *upstream = setting_member(group, "upstream");
    const config_setting_t *policy = setting_member(group, "policy");
    struct slice name;

    if (build->config->upstream_count > 0)
        listener->upstream = &build->config->upstreams[0];
    if (upstream != NULL && setting_text(build, upstream, "the name of an upstream", &name))
        listener->upstream = find_upstream(build, upstream, name);
    if (build->config->policy_count > 0)
        listener->policy = &build->config->policies[0];
    if (policy != NULL && setting_text(build, policy, "the name of a policy", &name))
        listener->policy = policies_find(build, policy, name);
}

/* Upper-cases ${keyword} in a copy. false when it is none (RFC 5321, 4.1.1.1). */
static bool read_keyword(struct build *build, const config_setting_t *s, struct slice *keyword)
{
    static const char WANTED[] = "EHLO keywords such as \"CHUNKING\"";
    char *copy;

    if (!setting_text(build, s, WANTED, keyword))
        return false;
    copy = build_alloc(build, keyword->len + 1, 1);
    for (size_t i = 0; copy != NULL && i < keyword->len; i++) {
        char c = keyword->ptr[i];

        copy[i] = ascii_upper(c);
        if (!ascii_is_alnum(c) && (c != '-' || i == 0)) {
            setting_error(build, s, WANTED);
            return false;
        }
    }
    if (copy != NULL && keyword->len == 0)
        setting_error(build, s, WANTED);
    keyword->ptr = copy;
    return copy != NULL && keyword->len > 0;
}

static void read_extensions(struct build *build, const config_setting_t *s,
                            struct listener_conf *listener)
{
    struct slice *keywords;

    if (s == NULL)
        return;
    keywords = build_alloc(build, setting_count(s), sizeof(*keywords));
    listener->strip_extensions = keywords;
    for (size_t i = 0; keywords != NULL && i < setting_count(s); i++)
        if (read_keyword(build, setting_item(s, i), &keywords[listener->strip_count]))
            listener->strip_count++;
}

/* Addresses of hosts we believe: nothing but addresses, so that no list file or DNS decides it. */
static void read_peers(struct build *build, const config_setting_t *s, struct peers *peers)
{
    struct address_range *ranges;

    if (s == NULL)
        return;
    ranges = build_alloc(build, setting_count(s), sizeof(*ranges));
    peers->ranges = ranges;
    for (size_t i = 0; ranges != NULL && i < setting_count(s); i++) {
        const config_setting_t *item = setting_item(s, i);
        struct slice text;

        if (setting_string(item, &text) && address_range_parse(text, &ranges[peers->count]) == 0)
            peers->count++;
        else
            setting_error(build, item, "addresses or ranges such as \"10.0.0.0/8\"");
    }
}

static void refuse_twins(struct build *build, const struct listener_conf *all, size_t i)
{
    for (size_t j = 0; j < i; j++) {
        bool name = slice_equal(all[i].name, all[j].name);
        bool address = endpoint_equal(&all[i].endpoint, &all[j].endpoint) &&
                       (all[i].endpoint.path.len > 0 || all[i].endpoint.address.port != 0);

        if (all[i].name.len == 0 || (!name && !address))
            continue;
        diag_add(build->diag, DIAG_ERROR, all[i].place,
                 "listener '%.*s' has the %s of the one in line %u: each needs its own",
                 SLICE_ARG(all[i].name), address ? "address" : "name", all[j].place.line);
        return;
    }
}

/* The first address of the upstream that is ${listener}, or NULL. */
static const struct endpoint *find_way(const struct upstream_conf *upstream,
                                       const struct endpoint *listener)
{
    for (size_t i = 0; i < upstream->endpoint_count; i++)
        if (endpoint_reaches(&upstream->endpoints[i], listener))
            return &upstream->endpoints[i];
    return NULL;
}

/* Mail that an upstream hands straight back would go round until it has too many Received fields.
 */
static void refuse_loops(struct build *build, const struct listener_conf *all, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        bool sends = all[i].upstream != NULL && all[i].transparent == TRANSPARENT_OFF;

        for (size_t j = 0; sends && j < count; j++) {
            const struct endpoint *to = find_way(all[i].upstream, &all[j].endpoint);

            if (all[j].endpoint.text.len == 0 || to == NULL)
                continue;
            diag_add(build->diag, DIAG_ERROR, all[i].place,
                     "listener '%.*s' would send its mail to listener '%.*s' of this very gateway: "
                     "upstream '%.*s' is \"%.*s\"",
                     SLICE_ARG(all[i].name), SLICE_ARG(all[j].name),
                     SLICE_ARG(all[i].upstream->name), SLICE_ARG(to->text));
            break;
        }
    }
}

/* Who intercepts has no say in the addresses of the server that was meant, and a server that speaks
 * LMTP only delivers. */
static void default_routed(const config_setting_t *group, struct listener_conf *listener)
{
    if (setting_member(group, "routed_addresses") == NULL &&
        (listener->transparent != TRANSPARENT_OFF || listener->protocol == PROTOCOL_LMTP))
        listener->routed_addresses = ROUTED_PASS;
}

static void read_listener(struct build *build, const config_setting_t *group,
                          struct listener_conf *listener)
{
    listener->place = setting_place(build, group);
    setting_read(build, group, ROWS, listener);
    if (!config_setting_is_group(group))
        return;
    default_routed(group, listener);
    read_address(build, group, listener);
    read_names(build, group, listener);
    read_extensions(build, setting_member(group, "strip_extensions"), listener);
    read_peers(build, setting_member(group, "proxy_protocol"), &listener->proxy_protocol);
    read_peers(build, setting_member(group, "xclient"), &listener->xclient);
    tls_read_listener(build, setting_member(group, "tls"), &listener->tls);
    tls_check_listener(build, listener);
    tls_check_auth(build, listener);
    transparent_check(build, listener);
}

void listeners_read(struct build *build, const config_setting_t *root)
{
    size_t count;
    const config_setting_t *list = setting_list(build, root, "listeners", &count);
    struct listener_conf *listeners = build_alloc(build, count, sizeof(*listeners));

    if (listeners == NULL)
        return;
    for (size_t i = 0; i < count; i++) {
        read_listener(build, setting_item(list, i), &listeners[i]);
        refuse_twins(build, listeners, i);
        protocol_check_listener(build, &listeners[i]);
    }
    refuse_loops(build, listeners, count);
    build->config->listeners = listeners;
    build->config->listener_count = count;
    transparent_check_all(build, root);
}
