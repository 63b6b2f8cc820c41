/* scene: one milter under test, its scripted peer, and a session to tell it. */
#ifndef TESTS_UNIT_PROXY_MILTER_SCENE_H
#define TESTS_UNIT_PROXY_MILTER_SCENE_H

#include "conf/limits.h"
#include "conf/milter_conf.h"
#include "filters/event.h"
#include "filters/message/header.h"
#include "proxy/milter/milter.h"
#include "tests/unit/proxy/milter/play.h"
#include "tests/unit/proxy/net/ground.h"

struct scene {
    struct loop *loop;
    struct play play;
    struct milter_conf conf;
    struct limits limits;
    struct milter_facts facts;
    struct milter *milter;
    struct event event;   /* fed last */
    struct header header; /* of the message */
    struct arena arena;
    unsigned wakes;
};

/* scene_begin(s, lines): a milter that follows ${lines}; what it may do, and the answer to the
 * offer, can be changed before the first event. scene_end(s): nothing may be left open. */
void scene_begin(struct scene *s, const struct play_line *lines);
void scene_end(struct scene *s);

/* scene_wake(ctx): for a milter that a test makes in place of ${s}'s own, with ${s} as its ctx. */
void scene_wake(void *ctx);

/* scene_settle(s): until it is not busy. scene_quiet(s): the peer has a moment to hear. */
void scene_settle(struct scene *s);
void scene_quiet(struct scene *s);

/* Each is one event, and the verdict on it. */
struct verdict scene_connect(struct scene *s);
struct verdict scene_helo(struct scene *s);
struct verdict scene_mail(struct scene *s, const char *sender);
struct verdict scene_rcpt(struct scene *s, const char *recipient);
struct verdict scene_data(struct scene *s);

/* scene_envelope(s): connect to data, with u@example.org from s@example.org; the last verdict. */
struct verdict scene_envelope(struct scene *s);

/* scene_start(s, header, body): begins with a message; ${header} is its fields, with CRLF.
 * scene_message(s, header, body): and waits for the verdict. */
#define SCENE_BUDGET_MS 60000
void scene_start(struct scene *s, const char *header, struct slice body);
struct verdict scene_message(struct scene *s, const char *header, struct slice body);

/* scene_edits(s): the edits as one text: "add_header X-A= 1|delete_header[2] X-B|..."; good until
 * the next call. */
const char *scene_edits(struct scene *s);

#endif
