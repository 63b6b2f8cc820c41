/* packet_command: what an MTA says to a milter, written and parsed (MILTER 2).
 *
 * The writers append one packet each. They return 0; or -1, and have appended nothing, when ${out}
 * has failed or the data are more than fit into a packet (${out} has then not failed). NULs inside
 * strings are left out. The parser is for the other side: scripted milters, tools and tests.
 */
#ifndef PROXY_MILTER_WIRE_PACKET_COMMAND_H
#define PROXY_MILTER_WIRE_PACKET_COMMAND_H

#include "filters/base/must_use.h"
#include "proxy/milter/wire/packet_options.h"

enum packet_family {
    PACKET_FAMILY_UNKNOWN = 'U',
    PACKET_FAMILY_UNIX = 'L',
    PACKET_FAMILY_V4 = '4',
    PACKET_FAMILY_V6 = '6',
};

/* Who the client is. */
struct packet_connect {
    struct slice host; /* its verified name, else "[address]", else "unknown" */
    enum packet_family family;
    uint16_t port;        /* 0 for UNIX; nothing for UNKNOWN */
    struct slice address; /* text without brackets, or a path; nothing for UNKNOWN */
};

struct packet_macro {
    struct slice name; /* without braces */
    struct slice value;
};

/* --- the MTA's side: writers --- */

/* packet_command_plain(out, kind): a command without data: DATA, EOH, BODYEOB, ABORT, QUIT,
 * QUIT_NC. */
MUST_USE int packet_command_plain(struct bytes *out, enum packet_command_kind kind);

/* packet_command_optneg(out, offer): the offer; its macro lists are not part of it. */
MUST_USE int packet_command_optneg(struct bytes *out, const struct packet_options *offer);

/* packet_command_macros(out, command, macros, count): defines ${count} macros for ${command}, which
 * follows (or would, were it not suppressed). They replace all that an earlier packet defined for
 * that command, so they all go into one. */
MUST_USE int packet_command_macros(struct bytes *out, enum packet_command_kind command,
                                   const struct packet_macro *macros, size_t count);

/* packet_command_connect(out, connect) */
MUST_USE int packet_command_connect(struct bytes *out, const struct packet_connect *connect);

/* packet_command_strings(out, kind, strings, count): HELO with its name, UNKNOWN with the whole
 * command line, MAIL and RCPT with the address in <> and each ESMTP parameter after it. */
MUST_USE int packet_command_strings(struct bytes *out, enum packet_command_kind kind,
                                    const struct slice *strings, size_t count);

/* packet_command_header(out, name, value, options): one header field; ${value} is what the message
 * has after the colon, and is turned into what ${options} ask for (packet_header_to_milter). -1
 * also when it has more octets than packet_options_data_max. */
MUST_USE int packet_command_header(struct bytes *out, struct slice name, struct slice value,
                                   const struct packet_options *options);

/* packet_command_body(out, content): the next part of the body, with CRLF line ends, as packets of
 * at most PACKET_CHUNK_MAX octets; none for no content. On -1 some of them may be in ${out}. */
MUST_USE int packet_command_body(struct bytes *out, struct slice content);

/* --- the milter's side: a parser --- */

struct packet_command {
    enum packet_command_kind kind;
    enum packet_command_kind target; /* MACRO: the command they belong to */
    struct packet_options options;   /* OPTNEG */
    struct packet_connect connect;   /* CONNECT */
    struct slice name;               /* HEADER */
    struct slice value;              /* HEADER; HELO, UNKNOWN: the string; BODY, BODYEOB: content */
    struct packet_fields strings;    /* MAIL, RCPT: one or more; MACRO: names and values in turn.
                                      * For packet_take_string until packet_fields_end */
};

/* packet_command_parse(packet, command): takes a whole packet apart; all slices are slices of it.
 * Returns NULL, or a sentence saying what is wrong: an unknown command, missing or left-over bytes,
 * a family that is none, a macro without value, MAIL or RCPT without address. */
const char *packet_command_parse(struct packet packet, struct packet_command *command);

#endif
