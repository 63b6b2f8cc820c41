/* postern archive: lists, shows and deletes the copies in the archive. */
#include "conf/config.h"
#include "proxy/commands.h"
#include "proxy/depot_command.h"

static const char USAGE[] =
    "usage: postern archive [-c FILE] list [--json]\n"
    "       postern archive [-c FILE] show ID [--raw | --json]\n"
    "       postern archive [-c FILE] delete [--older-than TIME] [ID...]\n\n"
    "Works on the copies of delivered messages that rules have had archived.\n\n"
    "  -c FILE            configuration (default " CONFIG_DEFAULT_FILE ")\n"
    "  --json             the record of each, a line of JSON\n"
    "  --raw              the message itself, byte for byte\n"
    "  --older-than TIME  all that are older, such as 365d\n"
    "  --help             this text\n\n"
    "What is unconfirmed was left by a gateway that died, or that lost the mail server,\n"
    "before it knew whether the message was delivered.\n";

static const struct depot_conf *find(const struct config *config)
{
    return &config->archive;
}

int command_archive(int argc, char **argv)
{
    static const struct depot_command COMMAND = {"archive", USAGE, find, NULL};
    return depot_command_run(&COMMAND, argc, argv);
}
