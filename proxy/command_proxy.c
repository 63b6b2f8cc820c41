/* postern proxy: runs the gateway in the foreground. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>
#include <unistd.h>

#include "conf/config.h"
#include "proxy/commands.h"
#include "proxy/explain/relay.h"
#include "proxy/gateway/gateway.h"
#include "proxy/options.h"
#include "proxy/process/privilege.h"
#include "proxy/process/readiness.h"
#include "proxy/startup.h"

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

static int serve(struct config *config, struct diag *diag)
{
    const struct readiness readiness = {config, CONFIG_NEEDS_PROXY, DIAG_ERROR};
    const struct privilege wanted = privilege_for(config, CONFIG_NEEDS_PROXY);
    char error[512] = "";
    int status = EX_OSERR;
    readiness_open(&readiness, diag);
    if (diag->errors > 0)
        return startup_refuse(diag);
    struct gateway *gateway = gateway_open(config, error, sizeof error);
    bool opened = gateway != NULL && privilege_drop(&wanted, error, sizeof error) == 0;
    if (opened)
        readiness_serve(&readiness, diag);
    if (diag->errors > 0) {
        gateway_destroy(gateway);
        return startup_refuse(diag);
    }
    if (!opened || gateway_start(gateway, error, sizeof error) != 0) {
        (void)fprintf(stderr, "postern: %s\n", error);
        gateway_destroy(gateway);
        return status;
    }
    gateway_report(gateway, diag);
    if (geteuid() == 0 && config->user.len == 0)
        gateway_warn(gateway, STARTUP_AS_ROOT);
    if (gateway_run(gateway, getenv("NOTIFY_SOCKET")) == 0)
        status = EX_OK;
    gateway_destroy(gateway);
    return status;
}

int command_proxy(int argc, char **argv)
{
    int status;
    const char *file = options_config(argc, argv, usage, &status);
    if (file == NULL)
        return status;
    (void)signal(SIGPIPE, SIG_IGN);
    return startup_run(file, CONFIG_NEEDS_PROXY, relay_check, serve);
}
