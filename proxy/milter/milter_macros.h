/* milter_macros: the macros that go before a command (MILTER 6). */
#ifndef PROXY_MILTER_MILTER_MACROS_H
#define PROXY_MILTER_MILTER_MACROS_H

#include "proxy/milter/wire/packet.h"

struct milter;

/* milter_macros_say(m, command): writes what goes before ${command}: of what the facts of the job
 * know, what the milter has asked for, or else what the style of its configuration names. False: it
 * has failed. */
bool milter_macros_say(struct milter *m, enum packet_command_kind command);

#endif
