/* postern quarantine: lists, shows, releases and deletes the messages of the quarantine. */
#include "conf/config.h"
#include "proxy/commands.h"
#include "proxy/depot/release.h"
#include "proxy/depot_command.h"

static const char USAGE[] =
    "usage: postern quarantine [-c FILE] list [--json]\n"
    "       postern quarantine [-c FILE] show ID [--raw | --json]\n"
    "       postern quarantine [-c FILE] release [--to ADDRESS | --force] ID...\n"
    "       postern quarantine [-c FILE] delete [--older-than TIME] [ID...]\n\n"
    "Works on the messages that rules have put into the quarantine.\n\n"
    "  -c FILE            configuration (default " CONFIG_DEFAULT_FILE ")\n"
    "  --json             the record of each, a line of JSON\n"
    "  --raw              the message itself, byte for byte\n"
    "  --to ADDRESS       send a copy to this address instead; the message stays\n"
    "  --force            also what is unconfirmed\n"
    "  --older-than TIME  all that are older, such as 30d\n"
    "  --help             this text\n\n"
    "A message is released through the upstream it would have gone to, without being\n"
    "judged again, and removed for the recipients that the upstream has taken.\n";

static const struct depot_conf *find(const struct config *config)
{
    return &config->quarantine;
}

int command_quarantine(int argc, char **argv)
{
    static const struct depot_command COMMAND = {"quarantine", USAGE, find, release_message};
    return depot_command_run(&COMMAND, argc, argv);
}
