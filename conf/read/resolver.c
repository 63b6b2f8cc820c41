/* resolver: see resolver.h. */
#include "conf/read/resolver.h"

#include "conf/config.h"
#include "conf/read/setting.h"
#include "conf/resolver_conf.h"
#include "filters/base/address.h"

#define SERVERS_MAX   8
#define DNS_PORT      53
#define TIMEOUT_MS    2000 /* by default (PROTOCOL E01) */
#define TIMEOUT_MIN   100
#define TIMEOUT_MAX   30000
#define SERVER_WANTED "the address of a name server such as \"127.0.0.1:53\" or \"[::1]:53\""

static const struct setting_row ROWS[] = {
    {SETTING("servers", OTHER)},
    {SETTING("timeout", TIME), SETTING_AT(struct resolver_conf, timeout_ms), .min = TIMEOUT_MIN,
     .max = TIMEOUT_MAX},
    {SETTING("client_names", BOOL), SETTING_AT(struct resolver_conf, client_names)},
    {.name = NULL},
};

static bool read_server(struct build *build, const config_setting_t *s, struct address *server)
{
    struct slice text;

    if (!setting_string(s, &text)) {
        setting_error(build, s, SERVER_WANTED);
        return false;
    }
    if (address_parse(text, server) == 0)
        server->port = DNS_PORT;
    else if (address_parse_port(text, server) != 0)
        server->port = 0;
    if (server->port != 0)
        return true;
    setting_error(build, s, SERVER_WANTED);
    return false;
}

static void read_servers(struct build *build, const config_setting_t *servers)
{
    struct resolver_conf *conf = &build->config->resolver;
    size_t count = setting_count(servers);
    struct address *out = build_alloc(build, count, sizeof(*out));

    if (out == NULL)
        return;
    if (count > SERVERS_MAX) {
        diag_add(build->diag, DIAG_ERROR, setting_place(build, servers),
                 "'servers' has %zu name servers: at most %d are asked", count, SERVERS_MAX);
        return;
    }
    conf->servers = out;
    for (size_t i = 0; i < count; i++)
        if (read_server(build, setting_item(servers, i), &out[conf->server_count]))
            conf->server_count++;
}

void resolver_read(struct build *build, const config_setting_t *root)
{
    const config_setting_t *group = setting_member(root, "resolver");
    const config_setting_t *servers = setting_member(group, "servers");

    build->config->resolver = (struct resolver_conf){.timeout_ms = TIMEOUT_MS};
    setting_read(build, group, ROWS, &build->config->resolver);
    if (servers != NULL)
        read_servers(build, servers);
}
