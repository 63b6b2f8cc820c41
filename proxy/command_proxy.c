/* postern proxy: runs the gateway in the foreground. */
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>
#include <unistd.h>

#include "proxy/commands.h"
#include "proxy/net/capability.h"
#include "proxy/net/transparent.h"
#include "proxy/options.h"
#include "proxy/session/gateway.h"

static void usage(FILE *out)
{
    (void)fprintf(out,
                  "usage: postern proxy [-c FILE]\n\n"
                  "Runs the SMTP gateway in the foreground.\n\n"
                  "  -c FILE   configuration (default %s)\n"
                  "  --help    this text\n\n"
                  "SIGTERM and SIGINT drain and end it, a second one drops what is left; SIGHUP\n"
                  "reloads. Readiness is told by sd_notify(3).\n",
                  CONFIG_DEFAULT_FILE);
}

static void print_line(void *ctx, struct slice line)
{
    (void)fprintf(ctx, "%.*s\n", SLICE_ARG(line));
}

static bool needs_client_source(const struct config *config)
{
    for (size_t i = 0; i < config->listener_count; i++)
        if (config->listeners[i].client_source)
            return true;
    return false;
}

/* Says why a client's address cannot be taken; returns -1. */
static int refuse_client_source(char *error, size_t error_size)
{
    (void)snprintf(error, error_size,
                   "client_source: connecting from a client's address needs CAP_NET_RAW or "
                   "CAP_NET_ADMIN: %s",
                   strerror(errno));
    return -1;
}

/* Returns 0, or -1 and a sentence. */
static int become(const struct passwd *user, bool client_source, char *error, size_t error_size)
{
    if ((client_source && capability_hold() != 0) || initgroups(user->pw_name, user->pw_gid) != 0 ||
        setgid(user->pw_gid) != 0 || setuid(user->pw_uid) != 0) {
        (void)snprintf(error, error_size, "user: cannot become '%s'", user->pw_name);
        return -1;
    }
    if (client_source && user->pw_uid != 0 && capability_keep_transparent() != 0)
        return refuse_client_source(error, error_size);
    return 0;
}

/* Returns 0, or -1 and a sentence. Without a user to become, root stays root, with a warning. */
static int drop_privileges(const struct config *config, char *error, size_t error_size)
{
    if (geteuid() != 0 || config->user.len == 0)
        return 0;
    const struct passwd *user = getpwnam(config->user.ptr);
    if (user == NULL) {
        (void)snprintf(error, error_size, "user: there is no user '%s'", config->user.ptr);
        return -1;
    }
    return become(user, needs_client_source(config), error, error_size);
}

/* Not first seen when mail is to be delivered. Returns 0, or -1 and a sentence. */
static int check_rights(const struct config *config, char *error, size_t error_size)
{
    if (!needs_client_source(config) || transparent_permitted())
        return 0;
    return refuse_client_source(error, error_size);
}

static int serve(struct config *config, const struct diag *diag)
{
    char error[512] = "";
    int status = EX_OSERR;
    struct gateway *gateway = gateway_open(config, error, sizeof error);
    if (gateway == NULL || drop_privileges(config, error, sizeof error) != 0 ||
        check_rights(config, error, sizeof error) != 0 ||
        gateway_start(gateway, error, sizeof error) != 0) {
        (void)fprintf(stderr, "postern: %s\n", error);
        gateway_destroy(gateway);
        return status;
    }
    gateway_report(gateway, diag);
    if (geteuid() == 0)
        gateway_warn(gateway, "running as root: set `user` to drop privileges");
    if (gateway_run(gateway, getenv("NOTIFY_SOCKET")) == 0)
        status = EX_OK;
    gateway_destroy(gateway);
    return status;
}

static int load_and_serve(const char *file)
{
    struct diag diag;
    diag_init(&diag);
    int status = EX_CONFIG;
    struct config *config = config_load(file, CONFIG_NEEDS_PROXY, &diag);
    if (config == NULL)
        diag_print(&diag, print_line, stderr);
    else
        status = serve(config, &diag);
    config_unref(config);
    diag_fini(&diag);
    return status;
}

int command_proxy(int argc, char **argv)
{
    int status;
    const char *file = options_config(argc, argv, usage, &status);
    if (file == NULL)
        return status;
    (void)signal(SIGPIPE, SIG_IGN);
    return load_and_serve(file);
}
