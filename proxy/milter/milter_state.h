/* milter_state: a milter as its own files share it; nobody else includes this. Each part is
 * explained in the header of the file that owns it.
 *
 * From the roof down, each file calling only those below it:
 *   milter             its life, what happens on its connection, what its owner asks
 *   milter_answer      verdicts and what else it says
 *   milter_message, milter_say, milter_negotiate      content; events; options: what is said to it
 *   milter_macros, milter_send                        what goes before a command; it leaves
 *   milter_job         what it is asked at the moment, and how that ends
 *   milter_edits, milter_index, milter_link           changes; how Sendmail counts; the connection
 *   milter_trace       who looks on
 */
#ifndef PROXY_MILTER_MILTER_STATE_H
#define PROXY_MILTER_MILTER_STATE_H

#include "proxy/milter/milter.h"
#include "proxy/milter/milter_edits.h"
#include "proxy/milter/milter_job.h"
#include "proxy/milter/milter_link.h"
#include "proxy/milter/milter_message.h"
#include "proxy/milter/wire/packet_command.h"
#include "proxy/net/connection.h"

struct milter {
    struct loop *loop;
    const struct milter_conf *conf;
    const struct limits *limits;
    struct log *log;
    void (*wake)(void *ctx);
    void *ctx;
    uint32_t version;
    const struct milter_trace *trace;

    struct connection *connection;
    struct packet_reader reader;
    struct packet_options options; /* settled; its lists are in ${session} */
    struct arena session;          /* of the connection */
    struct bytes out;              /* packets being written */
    enum milter_phase phase;
    unsigned defined; /* 1 << stage: macros were sent on this connection */
    bool introduced;  /* it was told of the client */
    bool transaction; /* it was told of a message, and not of its end */

    enum milter_stance stance;
    const char *failure;
    enum milter_fault fault;
    bool untouchable; /* failed after it had begun to change: never continue */
    struct verdict verdict;

    struct milter_job job;
    enum packet_command_kind command; /* said last */
    bool awaiting;                    /* its answer */
    int skipping;                     /* command that it wants no more of; 0: none */
    struct milter_content content;
    struct arena message;
    struct milter_staged staged;
    uint64_t spent_ms;
    bool utf8; /* the message has SMTPUTF8 */
};

#endif
