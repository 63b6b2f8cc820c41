/* options: the command line of the subcommands that need a configuration and nothing else. */
#ifndef PROXY_OPTIONS_H
#define PROXY_OPTIONS_H

#include <stdio.h>

/* options_config(argc, argv, usage, status): reads -c FILE and --help. Returns the file to load, or
 * NULL when there is nothing more to do: usage or an error was printed, and ${status} is the exit
 * code. */
const char *options_config(int argc, char **argv, void (*usage)(FILE *out), int *status);

#endif
