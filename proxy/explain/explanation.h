/* explanation: one message judged offline, and all that there is to say about it.
 *
 * Made once, then printed for a person (report_text) or for a program (report_json).
 */
#ifndef PROXY_EXPLAIN_EXPLANATION_H
#define PROXY_EXPLAIN_EXPLANATION_H

#include "filters/base/must_use.h"
#include "proxy/explain/revised.h"
#include "proxy/explain/spot.h"
#include "proxy/explain/trial.h"

#define EXPLANATION_HITS_MAX  1000 /* matches shown of one message */
#define EXPLANATION_EXCERPT   160  /* bytes shown of a value that matched */
#define EXPLANATION_NOTES_MAX 11

/* One value that matched. Slices live in the explanation's arena. */
struct hit {
    bool final;      /* of the final rules */
    size_t rule;     /* the first that asked */
    size_t question; /* as in struct eval_hit */
    enum field_id field;
    struct slice name;    /* of the header, for a named field */
    struct slice excerpt; /* of the value, around the match */
    size_t excerpt_start; /* where it begins in the value */
    size_t length;        /* of the whole value */
    size_t start, end;    /* what matched of the value */
    struct listing list;
    struct spot spot;
};

struct explanation_request {
    const struct config *config;
    const struct policy *policy;
    const struct listener_conf *listener; /* NULL: none */
    struct trial_input input;
    const char *sender_from, *recipients_from; /* where they were taken from when nobody said:
                                                  "Return-Path"; else NULL */
};

/* One of the two lists of rules, and what came of it. */
struct explained {
    const struct ruleset *rules;
    struct eval *eval;
    bool final;
};

struct explanation {
    const struct explanation_request *request;
    struct arena arena;
    struct eval_trace trace;
    struct trial trial;
    struct lines lines; /* of the message as it came */
    struct eval_report report;
    struct hit *hits;
    size_t hit_count, hits_left_out;
    struct diff envelope, header; /* what edits change, if the message goes on */
    struct body_diff body;        /* ..., as octets */
    struct revised parts;         /* ..., as its parts say it, if that was read */
    struct readings rewritten;    /* the message as it goes on, where its body is another */
    const struct slice
        *reply; /* its lines as the client would hear them, without CRLF; none: the upstream's */
    size_t reply_count;
    struct slice notes[EXPLANATION_NOTES_MAX]; /* what the gateway itself would do besides */
    size_t note_count;
};

/* explanation_make(x, request): judges and collects. ${request} and what it points to must live
 * until explanation_end. Returns 0, or -1 when memory is out; explanation_end either way. */
MUST_USE int explanation_make(struct explanation *x, const struct explanation_request *request);
void explanation_end(struct explanation *x);

/* explanation_list(x, final): the rules, or the final rules. */
struct explained explanation_list(const struct explanation *x, bool final);

/* explanation_outcome(list, index): "fired", "no", ..., what became of that rule. */
const char *explanation_outcome(const struct explained *list, size_t index);

/* explanation_concerns(list, index, hit): whether it is a match of that rule's condition. */
bool explanation_concerns(const struct explained *list, size_t index, const struct hit *hit);

/* A line of the header that is no field, so that readers disagree on where the header ends. */
struct explained_stray {
    size_t line; /* of the message, from 1 */
    struct slice text;
    const char *why;
};

/* explanation_stray(x, stray): fills in the first such line; false when there is none, or the
 * header was not heard. */
bool explanation_stray(const struct explanation *x, struct explained_stray *stray);

#endif
