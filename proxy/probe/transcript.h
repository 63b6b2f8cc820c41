/* transcript: what an MTA and a milter say to each other, written down while they do. */
#ifndef PROXY_PROBE_TRANSCRIPT_H
#define PROXY_PROBE_TRANSCRIPT_H

#include "proxy/milter/milter.h"
#include "proxy/milter/wire/packet_command.h"
#include "proxy/milter/wire/packet_reply.h"

/* One thing that came. */
struct transcript_answer {
    bool known;                  /* false: ${wrong}, and ${text} is its octets in hexadecimal */
    enum packet_reply_kind kind; /* of a known one */
    const char *wrong;           /* what is wrong with it, static; NULL: nothing */
    struct slice text;           /* what it says: "X-A: b", an address, a reply */
    struct slice parameters;     /* ESMTP's, of an address */
    uint32_t index;              /* of inserted and changed header fields, as sent */
    uint64_t octets;             /* of a new body, all its packets together */
    unsigned count;              /* how often it came, one after the other */
    uint64_t after_us;           /* after the command; of the last of them */
    struct transcript_answer *next;
};

/* One command, or one that was not sent. */
struct transcript_step {
    enum packet_command_kind kind;
    struct slice text;  /* what it says */
    const char *unsent; /* why it was not sent, static; NULL: it was */
    bool awaited;       /* an answer was */
    const struct packet_macro *macros;
    size_t macro_count;
    uint64_t said_ns;
    struct transcript_answer *answers, *last;
    struct transcript_step *next;
};

struct transcript {
    struct arena *arena;                    /* where all of it is */
    bool failed;                            /* that was full, or the loop broke */
    bool unasked;                           /* something came while no answer was due */
    const struct transcript_step *discards; /* where it did before there is a message; NULL: not */
    bool offered, answered, settled;        /* whether these are there: */
    struct packet_options offer, answer, agreed;
    struct transcript_step *steps, *last;
    /* private */
    struct packet_macro *macros; /* said, and their command was not */
    size_t macro_count;
    enum packet_command_kind macros_for;
    size_t content_at;
};

/* transcript_init(t, arena): an empty one. */
void transcript_init(struct transcript *t, struct arena *arena);

/* transcript_trace(t): for struct milter_setup; as long-lived as ${t}. */
struct milter_trace transcript_trace(struct transcript *t);

/* transcript_unsent(t, kind, why): a command that was due and is not sent; ${why} is static. */
void transcript_unsent(struct transcript *t, enum packet_command_kind kind, const char *why);

/* transcript_asked(t): the step whose answer came or is due last: ABORT and QUIT are none. NULL:
 * there is none. */
const struct transcript_step *transcript_asked(const struct transcript *t);

#endif
