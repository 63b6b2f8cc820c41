/* postern: the program. Finds the subcommand and leaves the rest to it. */
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "filters/content/content.h"
#include "proxy/commands.h"
#include "proxy/options.h"
#include "proxy/version.h"

struct subcommand {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *purpose;
};

static const struct subcommand subcommands[] = {
    {"proxy", command_proxy, "run the gateway"},
    {"milter", command_milter, "run the policy as a milter under Postfix or Sendmail"},
    {"check", command_check, "check a configuration and run its samples"},
    {"explain", command_explain, "judge one message offline and say why"},
    {"milter-probe", command_milter_probe,
     "speak to any milter as an MTA would, and show all of it"},
    {"quarantine", command_quarantine, "list, show, release and delete messages set aside"},
    {"archive", command_archive, "list, show and delete copies of delivered messages"},
    {"sink", command_sink, "a small upstream for trials: accepts mail, writes a Maildir"},
};

static void usage(FILE *out)
{
    (void)fprintf(out, "usage: postern COMMAND [OPTIONS]\n\n");
    for (size_t i = 0; i < sizeof subcommands / sizeof subcommands[0]; i++)
        (void)fprintf(out, "  %-12s  %s\n", subcommands[i].name, subcommands[i].purpose);
    (void)fprintf(out, "\n`postern COMMAND --help` says more; so does postern(8).\n"
                       "`postern --version` says which Postern this is.\n");
}

static int no_such_command(const char *name)
{
    struct spelling spelling;
    bool option = name[0] == '-';

    spelling_init(&spelling, slice_str(name));
    for (size_t i = 0; !option && i < sizeof subcommands / sizeof subcommands[0]; i++)
        spelling_try(&spelling, slice_str(subcommands[i].name));
    if (option) {
        spelling_try(&spelling, SLICE("--help"));
        spelling_try(&spelling, SLICE("--version"));
    }
    options_no_such("postern", option ? "option" : "command", &spelling);
    usage(stderr);
    return EX_USAGE;
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        usage(stderr);
        return EX_USAGE;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
        usage(stdout);
        return EX_OK;
    }
    if (strcmp(argv[1], "--version") == 0) {
        (void)printf("postern %s\n", POSTERN_VERSION);
        return EX_OK;
    }
    content_ready();
    for (size_t i = 0; i < sizeof subcommands / sizeof subcommands[0]; i++)
        if (strcmp(argv[1], subcommands[i].name) == 0)
            return subcommands[i].run(argc - 1, argv + 1);
    return no_such_command(argv[1]);
}
