/* options: what the command lines of the subcommands have in common. */
#ifndef PROXY_OPTIONS_H
#define PROXY_OPTIONS_H

#include <getopt.h>
#include <stdio.h>

#include "conf/spelling.h"
#include "filters/base/must_use.h"

/* options_next(argc, argv, shorts, longs): as getopt_long, for the command that argv[0] names. What
 * is wrong with an option is said on stderr, in our words and with the nearest right one; '?' is
 * returned then. ${shorts} begins with ":". */
MUST_USE int options_next(int argc, char **argv, const char *shorts, const struct option *longs);

/* options_config(argc, argv, usage, status): reads -c FILE and --help. Returns the file to load, or
 * NULL when there is nothing more to do: usage or an error was printed, and ${status} is the exit
 * code. */
const char *options_config(int argc, char **argv, void (*usage)(FILE *out), int *status);

/* options_no_such(program, what, spelling): says on stderr that ${program} ("postern quarantine")
 * has no ${what} ("command") like the word of ${spelling}, and which of its candidates is near. */
void options_no_such(const char *program, const char *what, const struct spelling *spelling);

#endif
