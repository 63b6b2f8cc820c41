/* upstreams: see upstreams.h. */
#include "conf/read/upstreams.h"

#include "conf/config.h"
#include "conf/read/endpoint.h"
#include "conf/read/protocol.h"
#include "conf/read/setting.h"
#include "conf/read/tls.h"
#include "conf/upstream_conf.h"
#include "conf/upstream_tls.h"
#include "filters/base/endpoint.h"

static const struct choice TLS[] = {
    {"off", UPSTREAM_TLS_OFF},           {"opportunistic", UPSTREAM_TLS_OPPORTUNISTIC},
    {"required", UPSTREAM_TLS_REQUIRED}, {"verified", UPSTREAM_TLS_VERIFIED},
    {"implicit", UPSTREAM_TLS_IMPLICIT}, {NULL, 0},
};

static const char *const SYSTEM[] = {"system", NULL};

static const struct choice IDENTIFY[] = {
    {"none", IDENTIFY_NONE},         {"xclient", IDENTIFY_XCLIENT},
    {"xforward", IDENTIFY_XFORWARD}, {"proxy-v1", IDENTIFY_PROXY_V1},
    {"proxy-v2", IDENTIFY_PROXY_V2}, {NULL, 0},
};

static const struct setting_row ROWS[] = {
    {SETTING("name", TEXT), SETTING_AT(struct upstream_conf, name)},
    {SETTING("address", OTHER)},
    {SETTING("protocol", CHOICE), SETTING_AT(struct upstream_conf, protocol),
     .choices = protocol_choices},
    {SETTING("tls", CHOICE), SETTING_AT(struct upstream_conf, tls.mode), .choices = TLS},
    {SETTING("tls_name", TEXT), SETTING_AT(struct upstream_conf, tls.name)},
    {SETTING("tls_ca", PATH), SETTING_AT(struct upstream_conf, tls.ca), .words = SYSTEM},
    {SETTING("tls_certificate", PATH), SETTING_AT(struct upstream_conf, tls.certificate)},
    {SETTING("tls_key", PATH), SETTING_AT(struct upstream_conf, tls.key)},
    {SETTING("identify", CHOICE), SETTING_AT(struct upstream_conf, identify), .choices = IDENTIFY},
    {SETTING("keepalive", COUNT), SETTING_AT(struct upstream_conf, keepalive), .min = 0,
     .max = UPSTREAM_KEEPALIVE_MAX},
    {.name = NULL},
};

static void read_endpoints(struct build *build, const config_setting_t *address,
                           struct upstream_conf *upstream)
{
    size_t count = setting_count(address);
    struct endpoint *endpoints = build_alloc(build, count, sizeof(*endpoints));

    if (endpoints == NULL)
        return;
    upstream->endpoints = endpoints;
    for (size_t i = 0; i < count; i++) {
        struct endpoint *next = &endpoints[upstream->endpoint_count];

        if (endpoint_read(build, setting_item(address, i), next, false))
            upstream->endpoint_count++;
        else
            *next = (struct endpoint){.path = SLICE_NONE};
    }
}

static void read_address(struct build *build, const config_setting_t *group,
                         struct upstream_conf *upstream)
{
    const config_setting_t *address = setting_member(group, "address");

    upstream->addressed = address != NULL;
    if (address == NULL) { /* whether one is needed, its listeners tell */
        if (upstream->name.len == 0)
            upstream->name = SLICE("original");
        return;
    }
    if (setting_count(address) == 0) {
        diag_add(build->diag, DIAG_ERROR, setting_place(build, group),
                 "an upstream needs an 'address', such as \"127.0.0.1:10025\"");
        return;
    }
    if (setting_count(address) > UPSTREAM_ENDPOINTS_MAX) {
        diag_add(build->diag, DIAG_ERROR, setting_place(build, address),
                 "'address' has %zu addresses: at most %d can be tried", setting_count(address),
                 UPSTREAM_ENDPOINTS_MAX);
        return;
    }
    read_endpoints(build, address, upstream);
    if (upstream->name.len == 0 && upstream->endpoint_count > 0)
        upstream->name = upstream->endpoints[0].text;
}

/* The header stands at the beginning of a connection and names one client (PROTOCOL X08). */
static void refuse_sharing(struct build *build, const config_setting_t *group,
                           const struct upstream_conf *upstream)
{
    const config_setting_t *keepalive = setting_member(group, "keepalive");
    bool proxy = upstream->identify == IDENTIFY_PROXY_V1 || upstream->identify == IDENTIFY_PROXY_V2;

    if (proxy && upstream->keepalive > 0)
        diag_add(build->diag, DIAG_ERROR, setting_place(build, keepalive),
                 "'keepalive' and the PROXY protocol exclude each other: a connection that has "
                 "named one client cannot serve another; set keepalive = 0, or identify = "
                 "\"xclient\"");
}

static void refuse_twin(struct build *build, const struct upstream_conf *all, size_t i)
{
    for (size_t j = 0; j < i; j++) {
        if (all[i].name.len == 0 || !slice_equal(all[i].name, all[j].name))
            continue;
        diag_add(build->diag, DIAG_ERROR, all[i].place,
                 "upstream '%.*s' is already there in line %u: give each its own 'name'",
                 SLICE_ARG(all[i].name), all[j].place.line);
        return;
    }
}

void upstreams_read(struct build *build, const config_setting_t *root)
{
    size_t count;
    const config_setting_t *list = setting_list(build, root, "upstreams", &count);
    struct upstream_conf *upstreams = build_alloc(build, count, sizeof(*upstreams));

    if (upstreams == NULL)
        return;
    for (size_t i = 0; i < count; i++) {
        const config_setting_t *group = setting_item(list, i);

        upstreams[i].place = setting_place(build, group);
        setting_read(build, group, ROWS, &upstreams[i]);
        if (config_setting_is_group(group))
            read_address(build, group, &upstreams[i]);
        protocol_check_upstream(build, &upstreams[i]);
        refuse_sharing(build, group, &upstreams[i]);
        tls_check_upstream(build, group, &upstreams[i]);
        refuse_twin(build, upstreams, i);
    }
    build->config->upstreams = upstreams;
    build->config->upstream_count = count;
}
