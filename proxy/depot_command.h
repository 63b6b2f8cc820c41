/* depot_command: what `postern quarantine` and `postern archive` have in common: their options, and
 * the verbs list, show and delete.
 */
#ifndef PROXY_DEPOT_COMMAND_H
#define PROXY_DEPOT_COMMAND_H

#include "filters/base/must_use.h"
#include "proxy/depot/request.h"

struct depot_conf;

struct depot_command {
    const char *name;
    const char *usage; /* all of --help */
    const struct depot_conf *(*depot)(const struct config *config);
    /* of the verb release, for each id; NULL: there is no such verb */
    int (*release)(const struct depot_request *request, const char *id);
};

/* depot_command_run(command, argc, argv): the whole subcommand; returns its exit code. */
MUST_USE int depot_command_run(const struct depot_command *command, int argc, char **argv);

#endif
