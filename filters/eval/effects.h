/* effects: what rules that fired do to the message, as edits (postern.conf(5), "Actions").
 *
 * Rules only note that they fired. When the edits are asked for, their actions are gone through in
 * file order on a copy of the header and of the recipients, so that later ones see earlier ones.
 */
#ifndef FILTERS_EVAL_EFFECTS_H
#define FILTERS_EVAL_EFFECTS_H

#include "filters/eval/facts.h"
#include "filters/message/header_text.h"

enum effects_result {
    EFFECTS_OK,
    EFFECTS_MORE, /* the turn is over; call again */
    EFFECTS_MEMORY,
    EFFECTS_REGEX,   /* a pattern of `replace` or `remove_header` hit its limit, or the rule its */
    EFFECTS_ADDRESS, /* a text became no mail address */
    EFFECTS_UTF8,    /* it became one that needs SMTPUTF8, which the message has not (RFC 6531) */
};

/* Where an action that goes through the header, or the recipients, is; all zero at its start. */
struct effects_place {
    size_t recipient;
    size_t field;
    unsigned index;               /* of those of its name that were gone through */
    bool looking;                 /* the field is decoded, and searched */
    struct slice decoded;         /* ... */
    struct pattern_cursor cursor; /* of remove_header */
    struct pattern_replacing replacing;
    struct header_text *before, *after; /* of replace: the field, and what becomes of it */
    size_t taken; /* bytes of the field that ${after} has, as they were or replaced */
};

/* One making of edits, from the first rule to the last. Kept while a turn is over. */
struct effects {
    struct eval *e;
    bool shadow;              /* for the second list, that only shadow rules see */
    bool pausable;            /* the caller calls again after EFFECTS_MORE */
    struct edit_list made;    /* what was asked for */
    struct edit_list unseen;  /* of enforced rules, where only those of shadow rules are */
    struct edit_list *list;   /* where the edits of the rule under way go */
    struct header header;     /* as edited so far */
    bool has_header;          /* before EVENT_HEADER no header edits are made */
    size_t inserted;          /* fields of insert_header at the top */
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
    struct effects_place place;
    struct arena scratch; /* of one act, and of one field for those that go through the header */
};

/* effects_make(e, shadow, pausable, list, rule): the edits of all rules that fired, into ${list}.
 * With ${shadow} those of shadow rules only, made in their places between the others. On failure
 * *${rule} is the one that failed. EFFECTS_MORE, only with ${pausable}: the turn is over; called
 * again with the same arguments it goes on. Called with others it begins anew. Between budget_begin
 * and budget_end. */
enum effects_result effects_make(struct eval *e, bool shadow, bool pausable, struct edit_list *list,
                                 size_t *rule);

/* effects_shadowed(e): whether some shadow rule that would have acted has edits. */
bool effects_shadowed(const struct eval *e);

/* effects_drop(e): forgets a making under way, if there is one. */
void effects_drop(struct eval *e);

/* effects_ready(effects): whether the rule under way may do some work now: EFFECTS_OK, or
 * EFFECTS_REGEX when its time is out, or EFFECTS_MORE. effects_charge(effects, bytes): it has gone
 * over so many bytes. EFFECTS_OK or EFFECTS_MEMORY. */
enum effects_result effects_ready(struct effects *effects);
enum effects_result effects_charge(struct effects *effects, size_t bytes);

/* effects_text(effects, text): expanded for the rule under way; ptr NULL when memory is out. */
struct slice effects_text(struct effects *effects, const struct text *text);

/* effects_add(effects, edit): adds an edit, and applies it to the copy if it is one of the header;
 * one that changes nothing is left out. */
enum effects_result effects_add(struct effects *effects, struct edit edit);

#endif
