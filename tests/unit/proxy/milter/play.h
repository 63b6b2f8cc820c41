/* play: a milter that follows a script, on loopback in the loop of the test, and writes down what
 * it hears.
 */
#ifndef TESTS_UNIT_PROXY_MILTER_PLAY_H
#define TESTS_UNIT_PROXY_MILTER_PLAY_H

#include "filters/base/bytes.h"
#include "filters/base/endpoint.h"
#include "proxy/milter/wire/packet_command.h"
#include "proxy/milter/wire/packet_reply.h"
#include "proxy/net/connection.h"

/* What it answers to one command. All else gets CONTINUE, if it gets an answer at all. */
struct play_line {
    char code;    /* of the command: 'C', 'H', ... */
    unsigned nth; /* of that code on all connections, from 1; 0: each */
    /* Answers with "|" between: a reply's code, and after a colon its data, with ";" between:
     *   "c", "y:550 5.7.1 no", "h:Name;value", "i:1;Name;value", "m:2;Name;value", "b:body",
     *   "+:<a@b>", "2:<a@b>;NOTIFY=NEVER", "-:<a@b>", "e:<a@b>", "q:reason";
     * "": silence; "!": close; "#hex": these octets as they are. NULL ends a script. */
    const char *say;
};

#define PLAY_LINES_MAX 12
#define PLAY_CUTS_MAX  4

struct play {
    struct loop *loop;
    int listening;
    struct loop_watch *watch;
    struct loop_timer *timer;
    struct endpoint endpoint;      /* where it listens */
    struct connection *connection; /* NULL: nobody is there */
    struct packet_reader reader;
    struct packet_options answer; /* to the offer; version 0: the offer without any NO_ or
                                   * UNANSWERED_ step */
    struct packet_options offer;  /* as it came */
    const struct play_line *lines;
    unsigned counts[256]; /* of each command */
    unsigned dials;
    bool drip;            /* answers come octet by octet */
    bool tell_macros;     /* writes them down too */
    bool deaf;            /* accepts, and reads nothing */
    struct slice body;    /* said for "B" in an answer: one packet, whatever its size */
    size_t body_cut;      /* ... or packets of so many octets; 0: one */
    struct bytes heard;   /* all commands, with "|" between */
    struct bytes content; /* of the body */
    struct bytes pending; /* answers that have not left */
};

/* play_begin(play, loop, lines): listens. play_end(play): closes all. */
void play_begin(struct play *play, struct loop *loop, const struct play_line *lines);
void play_end(struct play *play);

/* play_heard(play): what it has heard since the last look; NUL-terminated, good until then. The
 * offer is "O", macros "D" and the command's code with {name=value}, MAIL "M:<a@b>,SIZE=1", a
 * header "L:Name=value" with "_" for each LF, a body "B:5", its length. */
const char *play_heard(struct play *play);

#endif
