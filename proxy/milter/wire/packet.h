/* packet: the milter protocol's frame, and the pieces that packets are made of (version 6, as
 * libmilter 8.17 speaks it).
 *
 * A packet is a length of four octets in network order, a byte that says what it is, and data; the
 * length counts the byte and the data. Data are integers in network order and strings that end in
 * a NUL. What packets mean is in packet_command.h (MTA to milter), packet_reply.h (milter to MTA)
 * and packet_options.h (their first exchange). All of it works in both directions: the gateway is
 * the MTA, tests and tools are either.
 *
 * A milter is not trusted. Whatever does not fit its frame exactly is an error, and after an error
 * nothing more can be read from that connection.
 */
#ifndef PROXY_MILTER_WIRE_PACKET_H
#define PROXY_MILTER_WIRE_PACKET_H

#include "filters/base/bytes.h"
#include "filters/base/must_use.h"

#define PACKET_LENGTH_BYTES 4
#define PACKET_HEAD_BYTES   (PACKET_LENGTH_BYTES + 1)

/* Octets of a packet that is read whole: its byte and its data. */
#define PACKET_MAX (1024 * 1024)
/* Octets of a packet that is read as a stream: a length beyond it is garbage. */
#define PACKET_STREAM_MAX INT32_MAX
/* Octets of data that libmilter takes in one command, unless more was negotiated. */
#define PACKET_DATA_MAX 65535
/* The same where both sides have agreed on larger ones (PACKET_STEP_DATA_256K,
 * PACKET_STEP_DATA_1M): for header fields, which are not cut. */
#define PACKET_MEDIUM_MAX (256 * 1024 - 1)
#define PACKET_LARGE_MAX  (1024 * 1024 - 1)
/* Octets of content in one packet, as libmilter and MTAs cut it, whatever was agreed: it is
 * libmilter that agrees, and a milter above it may have room for no more. */
#define PACKET_CHUNK_MAX 65535

/* What an MTA says. */
enum packet_command_kind {
    PACKET_COMMAND_ABORT = 'A',
    PACKET_COMMAND_BODY = 'B',
    PACKET_COMMAND_CONNECT = 'C',
    PACKET_COMMAND_MACRO = 'D',
    PACKET_COMMAND_BODYEOB = 'E',
    PACKET_COMMAND_HELO = 'H',
    PACKET_COMMAND_QUIT_NC = 'K',
    PACKET_COMMAND_HEADER = 'L',
    PACKET_COMMAND_MAIL = 'M',
    PACKET_COMMAND_EOH = 'N',
    PACKET_COMMAND_OPTNEG = 'O',
    PACKET_COMMAND_QUIT = 'Q',
    PACKET_COMMAND_RCPT = 'R',
    PACKET_COMMAND_DATA = 'T',
    PACKET_COMMAND_UNKNOWN = 'U',
};

/* What a milter says. */
enum packet_reply_kind {
    PACKET_REPLY_ADD_RECIPIENT = '+',
    PACKET_REPLY_REMOVE_RECIPIENT = '-',
    PACKET_REPLY_ADD_RECIPIENT_PARAMS = '2',
    PACKET_REPLY_SHUTDOWN = '4',
    PACKET_REPLY_ACCEPT = 'a',
    PACKET_REPLY_REPLACE_BODY = 'b',
    PACKET_REPLY_CONTINUE = 'c',
    PACKET_REPLY_DISCARD = 'd',
    PACKET_REPLY_CHANGE_SENDER = 'e',
    PACKET_REPLY_CONN_FAIL = 'f',
    PACKET_REPLY_ADD_HEADER = 'h',
    PACKET_REPLY_INSERT_HEADER = 'i',
    PACKET_REPLY_CHANGE_HEADER = 'm',
    PACKET_REPLY_OPTNEG = 'O',
    PACKET_REPLY_PROGRESS = 'p',
    PACKET_REPLY_QUARANTINE = 'q',
    PACKET_REPLY_REJECT = 'r',
    PACKET_REPLY_SKIP = 's',
    PACKET_REPLY_TEMPFAIL = 't',
    PACKET_REPLY_REPLYCODE = 'y',
};

struct packet {
    char code;         /* what it is: enum packet_command_kind or enum packet_reply_kind */
    bool ended;        /* false: a piece of a streamed packet, and more of it follows */
    struct slice data; /* of the input; the whole data, or this piece's */
};

/* --- reading --- */

enum packet_result {
    PACKET_MORE,  /* more input is needed */
    PACKET_READY, /* a packet, or a piece of a streamed one */
    PACKET_BAD,   /* length 0, or beyond the limit */
};

struct packet_reader {  /* all zero before the first packet of a connection */
    size_t limit_bytes; /* of a packet read whole; 0: PACKET_MAX. Stays as it is */
    char streamed;      /* packets of this code are handed out in pieces; 0: none. Stays as it is.
                         * For PACKET_REPLY_REPLACE_BODY: rspamd sends a new body of any size in one
                         * packet */
    uint32_t left;      /* data of a streamed packet that are not handed out yet */
};

/* packet_read(reader, input, packet, consumed): looks for a packet at the front of ${input}, all
 * that came and was not consumed yet. On PACKET_READY ${consumed} octets of it are done with, and
 * ${packet} is a slice of them; otherwise ${consumed} is 0. A streamed packet comes in as many
 * pieces as the input does, none of them empty but the only one of a packet without data; the last
 * one has ${ended} set. How much a streamed packet may hold in all is the caller's to count. */
enum packet_result packet_read(struct packet_reader *reader, struct slice input,
                               struct packet *packet, size_t *consumed);

/* What is left of a packet's data while it is taken apart. A failure sticks, and what is taken
 * after it is 0 or empty, so that a parser may take all it expects and look once at the end. */
struct packet_fields {
    struct slice rest;
    bool bad; /* there was less than was taken */
};

/* packet_take_byte(fields), packet_take_u16(fields), packet_take_u32(fields): the next integer. */
char packet_take_byte(struct packet_fields *fields);
uint16_t packet_take_u16(struct packet_fields *fields);
uint32_t packet_take_u32(struct packet_fields *fields);

/* packet_take_string(fields): what stands before the next NUL, which is taken too. A slice of the
 * packet; its ptr is never NULL unless it failed. */
struct slice packet_take_string(struct packet_fields *fields);

/* packet_fields_end(fields): whether all was there and nothing is left over. */
bool packet_fields_end(const struct packet_fields *fields);

/* --- writing --- */

/* packet_begin(out, code): appends the head of a packet whose length is not known yet. Returns
 * where it begins in ${out}, for packet_end. */
size_t packet_begin(struct bytes *out, char code);

/* packet_end(out, start, data_max): the packet begun at ${start} is complete. Returns 0; or -1,
 * and takes the whole packet out again, when ${out} has failed or the packet has more than
 * ${data_max} octets of data (${out} has then not failed). */
MUST_USE int packet_end(struct bytes *out, size_t start, size_t data_max);

/* packet_put_u32(out, value), packet_put_u16(out, value): append an integer. */
void packet_put_u32(struct bytes *out, uint32_t value);
void packet_put_u16(struct bytes *out, uint16_t value);

/* packet_put_string(out, s): appends ${s} and a NUL. NULs inside ${s} are left out: each would
 * begin a string of its own. */
void packet_put_string(struct bytes *out, struct slice s);

/* packet_put_head(out, code, data_size): appends the head of a packet whose ${data_size} octets
 * (less than PACKET_STREAM_MAX) the caller sends after it. */
void packet_put_head(struct bytes *out, char code, uint32_t data_size);

/* packet_put_chunks(out, code, content, chunk_max): appends ${content} as packets of at most
 * ${chunk_max} octets of data each; none for no content. 0, or -1 when ${out} failed, which may
 * then end in some of them. */
MUST_USE int packet_put_chunks(struct bytes *out, char code, struct slice content,
                               size_t chunk_max);

#endif
