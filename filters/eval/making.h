/* making: edits as they are made, action by action: what those who make edits of the envelope and
 * of the header share.
 */
#ifndef FILTERS_EVAL_MAKING_H
#define FILTERS_EVAL_MAKING_H

#include "filters/eval/facts.h"
#include "filters/message/dkim.h"
#include "filters/message/header_text.h"
#include "filters/revise/revision.h"

enum making_result {
    MAKING_OK,
    MAKING_MORE, /* the turn is over; call again */
    MAKING_MEMORY,
    MAKING_REGEX,   /* a pattern of `replace` or `remove_header` hit its limit, or the rule its */
    MAKING_ADDRESS, /* a text became no mail address */
    MAKING_CONTENT, /* what the message says could not be read, or cannot be edited so */
    MAKING_DKIM,    /* an edit would break a DKIM signature, and the rule has other wishes */
    MAKING_UTF8,    /* it became one that needs SMTPUTF8, which the message has not (RFC 6531) */
};

/* making_failure(result): which failure of a rule it is; FAILURE_NONE: none that on_failure knows.
 */
enum failure making_failure(enum making_result result);

/* Where an action that goes through the header, or the recipients, is; all zero at its start. */
struct making_place {
    size_t recipient;
    size_t field;
    unsigned index;               /* of those of its name that were gone through */
    bool looking;                 /* the field is decoded, and searched */
    struct slice decoded;         /* ... */
    struct pattern_cursor cursor; /* of remove_header */
    struct pattern_replacing replacing;
    struct bytes text; /* of replace_body: what the part says */
    bool searched;     /* ... all of it */
    bool met;          /* ... and something was found; of append: some part takes the text */
    struct header_text *before, *after; /* of replace: the field, and what becomes of it */
    size_t taken; /* bytes of the field that ${after} has, as they were or replaced */
};

/* Where the new body is, when all acts are done. */
struct making_finish {
    bool begun;
    struct revision_place place;
    struct slice piece; /* what is left of the one under way */
};

/* One making of edits, from the first rule to the last. Kept while a turn is over. */
struct making {
    struct eval *e;
    bool shadow;             /* for the second list, that only shadow rules see */
    bool pausable;           /* the caller calls again after MAKING_MORE */
    struct edit_list made;   /* what was asked for */
    struct edit_list unseen; /* of enforced rules, where only those of shadow rules are */
    struct edit_list *list;  /* where the edits of the rule under way go */
    struct header header;    /* as edited so far */
    bool archived;           /* a copy is kept already */
    bool has_header;         /* before EVENT_HEADER no header edits are made */
    size_t inserted;         /* fields of insert_header at the top */
    struct dkim dkim;        /* the header's signatures, once an edit has asked for them */
    bool dkim_known;
    struct edit_list skipped; /* what was left out, because of them or for another reason */
    struct revision revision; /* of the body; of nothing until an edit needs it */
    struct making_finish finish;
    struct slice sender;      /* as edited so far */
    struct slice *recipients; /* as edited so far; NULL: not asked for yet */
    size_t recipient_count, recipient_capacity;
    /* the rule under way */
    size_t rule, act;
    size_t made_before; /* edits in the list when it began */
    bool begun;         /* its turn was over, and it goes on */
    const struct entry *entry;
    struct facts_source source;
    struct text_values values;
    struct making_place place;
    struct arena scratch; /* of one act, and of one field for those that go through the header */
};

/* making_ready(x): whether the rule under way may do some work now: MAKING_OK, or
 * MAKING_REGEX when its time is out, or MAKING_MORE. making_charge(x, bytes): it has gone
 * over so many bytes. MAKING_OK or MAKING_MEMORY. */
enum making_result making_ready(struct making *x);
enum making_result making_charge(struct making *x, size_t bytes);

/* making_text(x, text): expanded for the rule under way; ptr NULL when memory is out. */
struct slice making_text(struct making *x, const struct text *text);

/* making_add(x, edit): adds an edit, and applies it to the copy if it is one of the header;
 * one that changes nothing is left out. One that breaks a DKIM signature says so, is left out, or
 * is MAKING_DKIM, as the rule wants it. */
enum making_result making_add(struct making *x, struct edit edit);

/* making_add_body(x, edit, same): the same of an edit of the body, of whose octets ${same} stay in
 * front. making_skip(x, edit): notes an edit that was left out. MAKING_OK or MAKING_MEMORY. */
enum making_result making_add_body(struct making *x, struct edit edit, struct slice same);
enum making_result making_skip(struct making *x, const struct edit *edit);

#endif
