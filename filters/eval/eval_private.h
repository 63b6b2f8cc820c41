/* eval_private: what the parts of the evaluator share: the state of one session and of the message
 * under way.
 *
 * The parts, from the bottom: questions (what was asked, and the answers), facts_take,
 * facts_header, facts_mailbox and facts (what is known), budget (time), sightings (where many
 * patterns may match), match (one leaf and its values), condition (three-valued trees), recipients
 * (who the message is for), fire (a rule acts), step, walk_recipient and walk (the list from top to
 * bottom), making, compose, effects_envelope,
 * effects_header and effects (edits), report and report_join, edits (when they are made), judge
 * (one list of rules, from event to verdict); eval is the door. Memory: `work` holds the state of
 * one message and is given back with it; `texts` holds what was told to the outside and lives until
 * eval_reset.
 */
#ifndef FILTERS_EVAL_EVAL_PRIVATE_H
#define FILTERS_EVAL_EVAL_PRIVATE_H

#include "filters/eval/eval.h"
#include "filters/match/comparable.h"
#include "filters/rules/ruleset_private.h"

/* The answer to a question. Zero is "not known yet", so that zeroed memory is an empty cache. */
enum truth {
    TRUTH_OPEN,
    TRUTH_TRUE,
    TRUTH_FALSE,
    TRUTH_FAILED, /* a limit was hit or a lookup failed, and nothing else settles it */
    TRUTH_ASKED,  /* only the answer to a question can decide it; seen by condition.c alone */
    TRUTH_STOP,   /* judging stops here; eval->stop says why */
};

enum stop { STOP_NONE, STOP_MORE /* the turn is over */, STOP_ASKED, STOP_MEMORY };

/* How far a rule is. */
enum rule_state {
    STATE_UNSEEN,
    STATE_OPEN,           /* judged, undecided */
    STATE_PENDING,        /* holds, but is held back */
    STATE_PENDING_FAILED, /* could not be judged, and that is held back */
    STATE_CLOSED,         /* nothing more to do */
};

/* What became of a rule. */
enum rule_mark {
    MARK_FIRED = 1,
    MARK_FAILED = 2,
    MARK_UNCHECKED = 4, /* failed, counts as false */
    MARK_LOOKUP = 8,    /* what failed was a lookup */
    MARK_CONTENT = 16,  /* ... was reading what the message says */
};

#define NO_RULE UINT32_MAX

struct recipient {
    struct recipient *next;
    struct slice address; /* as the client sent it; in ${buffer}, as its forms are */
    struct comparable forms;
    char *buffer;
    size_t buffer_bytes;
    uint32_t flagged_by;    /* the accept rule that settled it, or NO_RULE */
    uint32_t removed_by;    /* the discard or quarantine that took it off after RCPT, or NO_RULE */
    uint32_t routed_by;     /* the last rule of recipients that has routed it, or NO_RULE */
    uint32_t redirected_by; /* the redirect that replaced it after RCPT, or NO_RULE */
    struct slice target;    /* the address in its place, since RCPT or later; ptr NULL: its own */
    struct slice reason;    /* ... of a quarantine; else ptr NULL */
    bool unsettled;         /* some rule of recipients has not had its last word of it at RCPT */
    uint8_t *answers;       /* enum truth of each LEAF_RECIPIENT, by slot */
};

/* What a condition matched, for `$1`, `${listtext}` and `${matched}`. */
struct captures {
    struct pattern_match match;
    struct slice listtext;
    struct slice matched;
    struct listing list;
    const struct recipient *recipient; /* whose it is, for a LEAF_RECIPIENT */
    bool set;
};

/* What a list held of a question, noted when it was first answered so. */
struct listed {
    const struct leaf *leaf;
    struct listing match;
    struct listed *next;
};

/* Captures and recipient of a rule that fired, copied. */
struct saved {
    struct pattern_match match;
    struct slice listtext, matched;
    struct slice recipient; /* ptr NULL: the message's first */
};

/* How a shadow rule would have ended the list; the reply's first line lives until eval_reset. */
struct shadow_verdict {
    struct shadow_verdict *next;
    size_t rule;
    enum verdict_kind kind;
    struct slice reply;
};

/* A recipient that a shadow rule would have redirected. */
struct shadow_redirect {
    struct shadow_redirect *next;
    size_t rule;
    const struct recipient *recipient;
    struct slice target;
};

/* What the rules above leave open at a place in the list. */
struct view {
    bool all, refusal;         /* held back: everything, refusals too */
    bool score_open, tag_open; /* not known */
};

/* A walk through the list, kept while a turn is over. */
struct walk {
    size_t index;
    struct view message, recipient;
    struct view shadow;         /* of it only score and tag */
    double score, shadow_score; /* of the rules above that fired */
};

/* From where a condition is judged. */
struct standpoint {
    size_t rule;
    bool shadow;
    bool declared; /* what SIZE= declares counts as the size */
    size_t only;   /* this value alone of what the message says, counted from 1; 0: all of them */
    const struct recipient *recipient; /* NULL: for the message */
    double score;
    bool score_open, tag_open;
};

/* Who a message says it is from, and who is to be answered. */
enum mailbox_kind { MAILBOX_FROM, MAILBOX_FROM_NAME, MAILBOX_REPLY_TO, MAILBOX_KINDS };

struct mailboxes {
    struct slice *items;
    struct comparable **forms; /* of each that was asked for and has more than one */
    size_t count;
    bool known;
    bool unread; /* some field could not be read: there may be more */
};

/* How far the asking of a leaf has come in what sightings.h has found for it. */
struct seeing {
    const struct sighting *next; /* of the value under way, or of a later one; NULL: none */
    bool all;                    /* from here on everything counts as seen */
};

/* Where the search of a leaf goes on in the next turn. */
struct progress {
    const struct leaf *leaf;           /* NULL: none under way */
    const struct recipient *recipient; /* whose it is, for a LEAF_RECIPIENT */
    size_t cursor;                     /* of the values */
    struct seeing seeing;              /* in them, if the leaf is in a set */
    uint32_t test;
    bool begun;               /* the test */
    struct list_cursor place; /* in it, once begun; of a pattern only its own part */
};

struct message {
    enum stage stage;
    unsigned news; /* 1 << stage of the facts that came with the last event */
    /* facts */
    struct slice sender; /* as the client sent it */
    struct comparable sender_forms;
    int64_t declared_size;
    struct event_tls tls;
    bool utf8; /* its addresses may be other than ASCII */
    uint64_t size_bytes;
    const struct header *header; /* NULL before EVENT_HEADER */
    struct slice body;
    struct slice *decoded, *unfolded, *lines; /* of each header field, made when asked for */
    struct slice *generous;                   /* of each, once decoded: header_decode_generously */
    bool *clean;                              /* of each: what is decoded is well-formed UTF-8 */
    uint32_t *name_first, *name_next;         /* fields of a name: number + 1, 0 for none */
    struct mailboxes mailboxes[MAILBOX_KINDS];
    const struct comparable *
        *host_forms; /* of each link_host that was asked for and has more than one */
    /* recipients */
    struct recipient *recipients, **end; /* accepted ones; where the next is linked */
    struct recipient **last;             /* the link of the last one, for EVENT_RCPT_REFUSED */
    struct recipient *current;           /* the one of this EVENT_RCPT */
    struct recipient *spare;             /* not accepted: room for another */
    size_t recipient_count;
    bool taken_off;            /* some were discarded or quarantined, at RCPT */
    struct verdict last_taken; /* ... and the message is, when nobody else is left */
    size_t last_taker;         /* the rule of it */
    bool kept;                 /* the quarantine has a copy for some, whenever it was taken off */
    struct verdict said;       /* of the current recipient */
    /* answers */
    uint8_t *answers; /* enum truth of each leaf, by index */
    struct captures **captures;
    struct listed *listed;
    struct sightings **sightings; /* of each leaf_set, made when needed */
    struct list_room *list_room;  /* likewise: one list is asked at a time */
    uint8_t *states, *marks;      /* of each rule */
    uint32_t routed_by; /* the last in file order that has routed the message, or NO_RULE */
    struct saved **saved;
    uint32_t *spent; /* matching time of each rule, in SPENT_UNIT_NS; NULL until needed */
    /* the list */
    struct walk walk;
    struct progress progress;          /* of the search that the turn's end has cut short */
    size_t end_rule;                   /* rules from here on are not read */
    struct shadow_verdict *shadows;    /* of those shadow rules that would have ended the list */
    struct shadow_redirect *redirects; /* ... by sending some recipients elsewhere */
    uint64_t delay_ms;
    /* effects */
    struct making *making; /* edits under way; NULL: none */
    struct edit_list edits;
    bool edits_stale;
    struct bytes new_body;        /* as the edits make it */
    struct edit_list skipped;     /* left out for the sake of a DKIM signature */
    struct edit_list would_edits; /* of shadow rules */
    bool would_made;
};

struct budget {
    uint64_t looked_ns, turn_began_ns; /* when the clock was read; 0: not yet */
    uint64_t message_ns, shadow_ns;    /* spent on matching */
    size_t searches, bytes, judged;    /* since the last look */
    size_t asker;
    bool asker_shadow;
    bool running, slow;
    bool late;      /* the turn is over for what can pause between two rules */
    bool turn_over; /* ... and for what can pause anywhere */
};

/* How far a question is. */
enum lookup {
    LOOKUP_NONE,
    LOOKUP_WANTED, /* by the condition that is judged now */
    LOOKUP_ASKED,
    LOOKUP_KNOWN,
    LOOKUP_FAILED,
};

/* A question, and the answer to it. */
struct asked {
    struct question question;
    enum lookup state;
    struct slice text;             /* once known */
    const struct content *content; /* ... of QUESTION_CONTENT */
    enum content_result result;
    struct asked *next;
};

/* All of them, see questions.h. */
struct questions {
    struct asked *of_session, *of_message;
    const struct question *asked; /* those that wait for an answer, linked */
    bool wanted;                  /* one at least is LOOKUP_WANTED */
};

#define LOST_ANSWER (1U << 31)

struct eval {
    struct eval_options options;
    const struct ruleset *rules; /* judged here */
    const struct eval *before;   /* ... by final rules, in what this one has left; else NULL */
    struct eval *final;          /* judges the final rules; NULL: there are none, or it is this */
    struct arena work, texts;
    /* the session */
    struct arena session;
    struct event_tls tls; /* as known at connect; not active: known with each MAIL */
    struct address client;
    char client_text[ADDRESS_TEXT_MAX];
    struct bytes forms; /* of the address taken in last, before they are copied */
    /* A bit for each event of the session, by kind, that memory was out for; LOST_ANSWER: an
     * answer.
     */
    unsigned lost;
    struct bytes listener;
    struct bytes helo;
    bool has_helo;
    struct bytes login; /* of the last EVENT_AUTH */
    bool has_login;
    struct questions questions;
    unsigned failed;       /* 1 << each enum failure in the condition judged last */
    struct listed *listed; /* of each LEAF_SESSION, in ${session} */
    /* the message */
    struct message *m; /* NULL between messages */
    bool concluded;
    struct verdict verdict; /* once concluded */
    bool resuming, walked;  /* VERDICT_MORE was said; by then the list was gone through */
    enum stop stop;
    struct budget budget;
    struct slice *logs;
    size_t log_count, log_capacity;
    uint8_t session_answers[]; /* enum truth of each LEAF_SESSION, by slot */
};

/* eval_stop_memory(e): notes that memory is out; TRUTH_STOP, for `return eval_stop_memory(e)`. */
static inline enum truth eval_stop_memory(struct eval *e)
{
    e->stop = STOP_MEMORY;
    return TRUTH_STOP;
}

static inline const struct entry *eval_entry(const struct eval *e, size_t index)
{
    return &e->rules->entries[index];
}

/* eval_on(e, failure): what is said of that failure of a rule. */
static inline enum verdict_kind eval_on(const struct eval *e, enum failure failure)
{
    if (failure == FAILURE_CONTENT)
        return e->options.on_content;
    return failure == FAILURE_LOOKUP ? e->options.on_lookup : e->options.on_regex;
}

/* eval_set_failure(e, index, failure): why rule ${index} failed. */
static inline void eval_set_failure(struct eval *e, size_t index, enum failure failure)
{
    unsigned marks = e->m->marks[index] & ~(unsigned)(MARK_LOOKUP | MARK_CONTENT);

    if (failure == FAILURE_LOOKUP)
        marks |= MARK_LOOKUP;
    if (failure == FAILURE_CONTENT)
        marks |= MARK_CONTENT;
    e->m->marks[index] = (uint8_t)marks;
}

/* eval_failure(e, index): why rule ${index} failed. eval_on_failure(e, index): what is said then.
 */
static inline enum failure eval_failure(const struct eval *e, size_t index)
{
    if ((e->m->marks[index] & MARK_CONTENT) != 0)
        return FAILURE_CONTENT;
    return (e->m->marks[index] & MARK_LOOKUP) != 0 ? FAILURE_LOOKUP : FAILURE_REGEX;
}

static inline enum verdict_kind eval_on_failure(const struct eval *e, size_t index)
{
    return eval_on(e, eval_failure(e, index));
}

/* eval_goes_on(e): whether the facts to come still matter: without a verdict, or one that leaves
 * something to be edited: an accepted message, or one that is kept in the quarantine, be it for
 * some recipients only. */
static inline bool eval_goes_on(const struct eval *e)
{
    if (!e->concluded || e->verdict.kind == VERDICT_ACCEPT || e->verdict.kind == VERDICT_QUARANTINE)
        return true;
    return e->verdict.kind == VERDICT_DISCARD && e->m != NULL && e->m->kept;
}

/* eval_conclude(e, index, verdict): the list ends at rule ${index} with ${verdict}. */
static inline void eval_conclude(struct eval *e, size_t index, const struct verdict *verdict)
{
    e->concluded = true;
    e->verdict = *verdict;
    e->m->end_rule = index;
}

#endif
