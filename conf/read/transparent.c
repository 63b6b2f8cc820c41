/* transparent: see transparent.h. */
#include "conf/read/transparent.h"

#include "conf/config.h"
#include "conf/listener_conf.h"
#include "conf/read/setting.h"
#include "conf/upstream_conf.h"
#include "conf/upstream_tls.h"
#include "filters/base/address.h"

static void refuse(struct build *build, const struct listener_conf *listener, const char *problem)
{
    diag_add(build->diag, DIAG_ERROR, listener->place, "listener '%.*s': %s",
             SLICE_ARG(listener->name), problem);
}

/* Nobody knows the name of a host that a client has chosen. */
static bool verifies_nobody(const struct upstream_tls *tls)
{
    bool verifies = tls->mode == UPSTREAM_TLS_VERIFIED ||
                    (tls->mode == UPSTREAM_TLS_IMPLICIT && tls->ca.len > 0);

    return verifies && tls->name.len == 0;
}

void transparent_check(struct build *build, const struct listener_conf *listener)
{
    if (listener->client_source && listener->transparent != TRANSPARENT_TPROXY)
        refuse(build, listener,
               "'client_source' needs transparent = \"tproxy\": only then do the replies to the "
               "client's address come back here");
    if (listener->transparent == TRANSPARENT_OFF)
        return;
    if (listener->endpoint.address.family == ADDRESS_UNIX)
        refuse(build, listener,
               "'transparent' needs an IP address: no connection to a unix socket was meant for "
               "another host");
    if (listener->proxy_protocol.count > 0)
        refuse(build, listener,
               "'transparent' and 'proxy_protocol' exclude each other: a balancer connects to this "
               "gateway itself, and nothing is intercepted");
    if (listener->upstream != NULL && verifies_nobody(&listener->upstream->tls))
        refuse(build, listener,
               "the certificate of an original destination can only be verified with 'tls_name' in "
               "the upstream, the name in it");
}

static void check_upstream(struct build *build, const struct upstream_conf *upstream)
{
    const struct config *config = build->config;
    size_t plain = 0, transparent = 0;

    for (size_t i = 0; i < config->listener_count; i++) {
        if (config->listeners[i].upstream != upstream)
            continue;
        if (config->listeners[i].transparent == TRANSPARENT_OFF)
            plain++;
        else
            transparent++;
    }
    if (!upstream->addressed && (plain > 0 || transparent == 0))
        diag_add(build->diag, DIAG_ERROR, upstream->place,
                 "an upstream needs an 'address', such as \"127.0.0.1:10025\"; only that of "
                 "transparent listeners does without");
    else if (upstream->endpoint_count > 0 && plain == 0 && transparent > 0)
        diag_add(build->diag, DIAG_WARNING, upstream->place,
                 "the 'address' of upstream '%.*s' is never connected to: its listeners are "
                 "transparent, and go to the original destination",
                 SLICE_ARG(upstream->name));
    if (transparent > 0 && upstream->keepalive > 0)
        diag_add(build->diag, DIAG_ERROR, upstream->place,
                 "'keepalive' and transparent listeners exclude each other: a connection to one "
                 "original destination cannot serve another; set keepalive = 0");
}

void transparent_check_all(struct build *build, const config_setting_t *root)
{
    const config_setting_t *list = setting_member(root, "upstreams");

    for (size_t i = 0; i < build->config->upstream_count; i++) {
        if (config_setting_is_group(setting_item(list, i)))
            check_upstream(build, &build->config->upstreams[i]);
    }
}
