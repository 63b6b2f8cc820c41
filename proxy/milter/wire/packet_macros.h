/* packet_macros: which macros go to a milter with which command (MILTER 6).
 *
 * A list of macros is a text of names with blanks between, as SETSYMLIST has it. Names are compared
 * and handed out without their braces: "{daemon_name}" is daemon_name, "{j}" and "j" are both j. On
 * the wire names of more than one letter have braces; packet_command_macros puts them on.
 */
#ifndef PROXY_MILTER_WIRE_PACKET_MACROS_H
#define PROXY_MILTER_WIRE_PACKET_MACROS_H

#include "filters/base/arena.h"
#include "filters/base/must_use.h"
#include "proxy/milter/wire/packet_options.h"

#define PACKET_MACROS_MAX 50 /* names of one list that count, as in Sendmail */

/* Whose defaults: the setting `macros`. */
enum packet_macros_style {
    PACKET_MACROS_POSTFIX,
    PACKET_MACROS_SENDMAIL,
};

/* packet_macros_stage(command): the stage whose macros go before ${command}; PACKET_STAGE_COUNT
 * when none do. */
enum packet_stage packet_macros_stage(enum packet_command_kind command);

/* packet_macros_wanted(style, symbols, command): the list of macros that go before ${command}: what
 * the milter asked for, else the default of ${style}. Empty when none do. Static, or a slice of
 * ${symbols}. */
struct slice packet_macros_wanted(enum packet_macros_style style,
                                  const struct packet_symbols *symbols,
                                  enum packet_command_kind command);

/* packet_macros_next(list, name): takes the next name off ${list}, without braces. False when there
 * is none. */
bool packet_macros_next(struct slice *list, struct slice *name);

/* packet_macros_bare(name): ${name} without its braces, if it has them. */
struct slice packet_macros_bare(struct slice name);

/* packet_macros_keep(symbols, arena): copies the lists into ${arena}, for the time after the packet
 * they came in; each is cut after PACKET_MACROS_MAX names. 0, or -1 when the arena is full. */
MUST_USE int packet_macros_keep(struct packet_symbols *symbols, struct arena *arena);

#endif
