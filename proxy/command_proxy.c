/* postern proxy: runs the gateway in the foreground. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>
#include <unistd.h>

#include "conf/read/config_load.h"
#include "proxy/commands.h"
#include "proxy/explain/relay.h"
#include "proxy/gateway/gateway.h"
#include "proxy/options.h"
#include "proxy/problems.h"
#include "proxy/process/privilege.h"
#include "proxy/process/readiness.h"

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

/* Everything that is in the way at once, before the first of it is. */
static int refuse(const struct diag *diag)
{
    problems_print(diag);
    return EX_OSERR;
}

static int serve(struct config *config, struct diag *diag)
{
    const struct readiness readiness = {config, CONFIG_NEEDS_PROXY, DIAG_ERROR};
    const struct privilege wanted = privilege_for(config, CONFIG_NEEDS_PROXY);
    char error[512] = "";
    int status = EX_OSERR;
    readiness_open(&readiness, diag);
    if (diag->errors > 0)
        return refuse(diag);
    struct gateway *gateway = gateway_open(config, error, sizeof error);
    bool opened = gateway != NULL && privilege_drop(&wanted, error, sizeof error) == 0;
    if (opened)
        readiness_serve(&readiness, diag);
    if (diag->errors > 0) {
        gateway_destroy(gateway);
        return refuse(diag);
    }
    if (!opened || gateway_start(gateway, error, sizeof error) != 0) {
        (void)fprintf(stderr, "postern: %s\n", error);
        gateway_destroy(gateway);
        return status;
    }
    gateway_report(gateway, diag);
    if (geteuid() == 0 && config->user.len == 0)
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
    struct config *config = config_load(file, CONFIG_NEEDS_PROXY, relay_check, &diag);
    if (config == NULL)
        problems_print(&diag);
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
