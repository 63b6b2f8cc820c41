/* packet_options: what MTA and milter agree on before anything else (MILTER 4, 5).
 *
 * The MTA offers a version, the changes it can make and the protocol steps it can leave out or
 * wait for; the milter answers with the part of it that it wants, and with the macros it wants to
 * hear of at each stage.
 */
#ifndef PROXY_MILTER_WIRE_PACKET_OPTIONS_H
#define PROXY_MILTER_WIRE_PACKET_OPTIONS_H

#include "proxy/milter/wire/packet.h"

#define PACKET_VERSION_MIN 2
#define PACKET_VERSION_MAX 6

/* What a milter may change. */
enum packet_action {
    PACKET_ACTION_ADD_HEADERS = 0x001, /* insert them too */
    PACKET_ACTION_REPLACE_BODY = 0x002,
    PACKET_ACTION_ADD_RECIPIENTS = 0x004,
    PACKET_ACTION_REMOVE_RECIPIENTS = 0x008,
    PACKET_ACTION_CHANGE_HEADERS = 0x010, /* delete them too */
    PACKET_ACTION_QUARANTINE = 0x020,
    PACKET_ACTION_CHANGE_SENDER = 0x040,
    PACKET_ACTION_ADD_RECIPIENTS_PARAMS = 0x080,
    PACKET_ACTION_SET_MACROS = 0x100,
};
#define PACKET_ACTIONS_V2  0x0000003FU
#define PACKET_ACTIONS_ALL 0x000001FFU

/* Protocol steps. NO_: the event is not sent; UNANSWERED_: it is, without a reply. */
enum packet_step {
    PACKET_STEP_NO_CONNECT = 0x00000001,
    PACKET_STEP_NO_HELO = 0x00000002,
    PACKET_STEP_NO_MAIL = 0x00000004,
    PACKET_STEP_NO_RCPT = 0x00000008,
    PACKET_STEP_NO_BODY = 0x00000010,
    PACKET_STEP_NO_HEADERS = 0x00000020,
    PACKET_STEP_NO_EOH = 0x00000040,
    PACKET_STEP_UNANSWERED_HEADERS = 0x00000080,
    PACKET_STEP_NO_UNKNOWN = 0x00000100,
    PACKET_STEP_NO_DATA = 0x00000200,
    PACKET_STEP_SKIP = 0x00000400,              /* the milter may answer SKIP */
    PACKET_STEP_REFUSED_RECIPIENT = 0x00000800, /* refused recipients are sent too */
    PACKET_STEP_UNANSWERED_CONNECT = 0x00001000,
    PACKET_STEP_UNANSWERED_HELO = 0x00002000,
    PACKET_STEP_UNANSWERED_MAIL = 0x00004000,
    PACKET_STEP_UNANSWERED_RCPT = 0x00008000,
    PACKET_STEP_UNANSWERED_DATA = 0x00010000,
    PACKET_STEP_UNANSWERED_UNKNOWN = 0x00020000,
    PACKET_STEP_UNANSWERED_EOH = 0x00040000,
    PACKET_STEP_UNANSWERED_BODY = 0x00080000,
    PACKET_STEP_LEADING_SPACE = 0x00100000, /* header values keep their leading blank */
    PACKET_STEP_DATA_256K = 0x10000000,     /* larger commands than PACKET_DATA_MAX */
    PACKET_STEP_DATA_1M = 0x20000000,
};
#define PACKET_STEPS_V2 0x0000007FU
/* Without the two for larger commands. */
#define PACKET_STEPS_ALL 0x001FFFFFU

/* Stages that have macros of their own. */
enum packet_stage {
    PACKET_STAGE_CONNECT,
    PACKET_STAGE_HELO,
    PACKET_STAGE_MAIL,
    PACKET_STAGE_RCPT,
    PACKET_STAGE_DATA,
    PACKET_STAGE_EOM, /* before EOH, in the protocol's numbers */
    PACKET_STAGE_EOH,
    PACKET_STAGE_COUNT, /* also: no stage */
};

#define PACKET_SYMBOLS_BYTES_MAX 4096 /* of one list */

/* The macros a milter asked for. All zero: it asked for none in particular. */
struct packet_symbols {
    unsigned given;                         /* 1 << stage: there is a list, which may be empty */
    struct slice lists[PACKET_STAGE_COUNT]; /* names with blanks between: packet_macros_next */
};

struct packet_options {
    uint32_t version;
    uint32_t actions; /* mask of enum packet_action */
    uint32_t steps;   /* mask of enum packet_step */
    struct packet_symbols symbols;
};

/* packet_options_offer(version): all that can be offered in ${version} (2 to 6). */
struct packet_options packet_options_offer(uint32_t version);

/* packet_options_parse(fields, options): takes the data of an OPTNEG, either side's. Lists for
 * unknown stages are passed over; of two for one stage the later counts. The lists are slices of
 * the packet. Returns NULL, or a sentence saying what is wrong. */
const char *packet_options_parse(struct packet_fields fields, struct packet_options *options);

/* packet_options_settle(offer, answer, settled): what holds after a milter has answered ${answer}
 * to ${offer}. Returns NULL, or a sentence saying why they cannot work together: a version older
 * than 2 or newer than the offer, actions that were not offered. Bits its version does not know,
 * and steps that were not offered, are dropped; events that its version does not know have their
 * NO_ step set. Macro lists count only if they were offered. ${settled} may be ${answer}; its
 * lists are still slices of the packet (packet_macros_keep). */
const char *packet_options_settle(const struct packet_options *offer,
                                  const struct packet_options *answer,
                                  struct packet_options *settled);

/* packet_options_data_max(options): octets of data a command may have once ${options} are
 * settled. */
size_t packet_options_data_max(const struct packet_options *options);

/* packet_options_sends(options, command): whether a milter with these settled ${options} is sent
 * ${command}. Its macros are sent in any case. */
bool packet_options_sends(const struct packet_options *options, enum packet_command_kind command);

/* packet_options_waits(options, command): whether it answers ${command}. */
bool packet_options_waits(const struct packet_options *options, enum packet_command_kind command);

/* packet_options_put(out, options): appends the data of an OPTNEG: the version, the masks, and the
 * lists there are. */
void packet_options_put(struct bytes *out, const struct packet_options *options);

#endif
