/* The parts of `postern quarantine`: command_quarantine.c (what is wanted, delete),
 * command_quarantine_show.c (list, show), command_quarantine_release.c. */
#ifndef PROXY_COMMAND_QUARANTINE_H
#define PROXY_COMMAND_QUARANTINE_H

#include "conf/config.h"
#include "proxy/record/quarantine_read.h"

struct quarantine_request {
    struct config *config;
    const char *dir;
    bool json, raw;
    struct slice to; /* release: to this address instead; empty: to its own */
};

/* command_quarantine_error(id, result): says on stderr why a message could not be opened, and
 * returns the exit code of that. */
int command_quarantine_error(const char *id, enum quarantine_result result);

/* command_quarantine_show_list(request), command_quarantine_show_one(request, id): the subcommands.
 * Exit codes. */
int command_quarantine_show_list(const struct quarantine_request *request);
int command_quarantine_show_one(const struct quarantine_request *request, const char *id);

/* command_quarantine_release(request, id): sends one message on and takes from the store what the
 * upstream has. Exit code: EX_OK when that is all of it, EX_TEMPFAIL when another try may help. */
int command_quarantine_release(const struct quarantine_request *request, const char *id);

#endif
