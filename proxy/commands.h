/* commands: the subcommands of `postern`, one file each (command_NAME.c).
 *
 * Each gets its own arguments, argv[0] being the subcommand's name, parses them with getopt_long,
 * knows --help, and returns the exit code of the program (sysexits(3)).
 */
#ifndef PROXY_COMMANDS_H
#define PROXY_COMMANDS_H

int command_proxy(int argc, char **argv);
int command_milter(int argc, char **argv);
int command_check(int argc, char **argv);
int command_explain(int argc, char **argv);
int command_milter_probe(int argc, char **argv);
int command_sink(int argc, char **argv);
int command_quarantine(int argc, char **argv);
int command_archive(int argc, char **argv);

#endif
