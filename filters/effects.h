/* effects: what rules that fired do to the message, as edits (RULES.md, "Actions").
 *
 * Rules only note that they fired. When the edits are asked for, their actions are gone through in
 * file order on a copy of the header and of the recipients, so that later ones see earlier ones.
 */
#ifndef FILTERS_EFFECTS_H
#define FILTERS_EFFECTS_H

#include "filters/facts.h"

enum effects_result {
    EFFECTS_OK,
    EFFECTS_MEMORY,
    EFFECTS_REGEX,   /* a pattern of `replace` hit its limit */
    EFFECTS_ADDRESS, /* a text became no mail address */
};

/* One making of edits, from the first rule to the last. */
struct effects {
    struct eval *e;
    bool shadow;              /* for the second list, that only shadow rules see */
    struct edit_list *list;   /* where the edits of the rule under way go */
    struct header header;     /* as edited so far */
    bool has_header;          /* before EVENT_HEADER no header edits are made */
    size_t inserted;          /* fields of insert_header at the top */
    struct slice *recipients; /* as edited so far; NULL: not asked for yet */
    size_t recipient_count, recipient_capacity;
    /* the rule under way */
    size_t rule;
    const struct entry *entry;
    struct facts_source source;
    struct text_values values;
};

/* effects_make(e, shadow, list, rule): the edits of all rules that fired, into ${list}. With
 * ${shadow} those of shadow rules only, made in their places between the others. On failure
 * *${rule} is the one that failed. */
enum effects_result effects_make(struct eval *e, bool shadow, struct edit_list *list, size_t *rule);

/* effects_text(effects, text): expanded for the rule under way; ptr NULL when memory is out. */
struct slice effects_text(struct effects *effects, const struct text *text);

/* effects_add(effects, edit): adds an edit, and applies it to the copy if it is one of the header.
 */
enum effects_result effects_add(struct effects *effects, struct edit edit);

#endif
