/* edit: one change of a message or its envelope, as data.
 *
 * The third word of the seam. Edits mean what the milter protocol's mean: they are an ordered list
 * and later ones see earlier ones; occurrences of a header are counted by name, without case, from
 * 1, in the header as the edits before have left it.
 */
#ifndef FILTERS_EDIT_H
#define FILTERS_EDIT_H

#include "filters/base/arena.h"
#include "filters/base/must_use.h"

enum edit_kind {
    EDIT_ADD_HEADER,       /* name, value: at the end of the header, but above a line that is no
                              field */
    EDIT_INSERT_HEADER,    /* name, value, index: where, 0 the top (below what is above a field of
                            * ours); too large: as add */
    EDIT_CHANGE_HEADER,    /* name, value, index: the index-th of that name; none such: as add */
    EDIT_DELETE_HEADER,    /* name, index; none such: nothing */
    EDIT_REPLACE_BODY,     /* value; name: what of it a rule has changed, "append_text", where the
                            * header stays as it is; empty: a milter's, which also takes the place of
                            * what stands from a line on that is no field */
    EDIT_SET_SENDER,       /* value: address without brackets, empty for <> */
    EDIT_ADD_RECIPIENT,    /* value */
    EDIT_REMOVE_RECIPIENT, /* value: any written way of the mailbox (mailbox_same) */
    EDIT_QUARANTINE,       /* value: reason */
    EDIT_ARCHIVE,          /* a copy of the message is kept as it is delivered; changes nothing */
};

struct edit {
    enum edit_kind kind;
    unsigned index;
    bool above;          /* it counts only fields above a line that is none, as milters hear them */
    bool counts_ours;    /* of EDIT_INSERT_HEADER: ${index} counts the field that the gateway puts
                          * on top once all edits are made: 0 is above it, as milters mean it */
    struct slice name;   /* of the header, as written */
    struct slice value;  /* of a header: the bytes after the colon as they stand on the wire, the
                          * leading blank included, folds as CRLF and a blank, no final line end */
    struct slice by;     /* who made it: a rule's or milter's name */
    struct slice reason; /* of EDIT_REMOVE_RECIPIENT: the quarantine keeps a copy for it, and why;
                          * ptr NULL: none is kept. Of one that was left out: why */
    struct slice instead; /* of a redirect. EDIT_REMOVE_RECIPIENT: who takes its place;
                           * EDIT_ADD_RECIPIENT: whose place it takes, and whose ORCPT and NOTIFY it
                           * keeps; empty: nobody, nobody's */
    struct slice breaks;  /* the domain of a DKIM-Signature that covers what it changes; ptr NULL:
                           * none does */
    struct slice params;  /* of EDIT_SET_SENDER, EDIT_ADD_RECIPIENT: ESMTP parameters as somebody
                           * outside wrote them, with blanks between; empty: none */
};

#define EDITS_MAX 10000 /* of one message */

/* An ordered list; the items live in the arena it was filled from. All zero is the empty list. An
 * edit that could not be added is remembered: who makes the edits, or looks for one among them,
 * asks for ${failed} first, as draft_apply does; a record may tell of those that are there. */
struct edit_list {
    struct edit *items;
    size_t count, capacity;
    bool failed; /* some edit is missing: nobody may act on the rest */
};

/* edit_list_add(list, arena, edit): appends a copy of ${edit} (its slices are not copied). Returns
 * 0, or -1 when EDITS_MAX or the arena's limit is reached: the list has failed. */
MUST_USE int edit_list_add(struct edit_list *list, struct arena *arena, const struct edit *edit);

/* edit_name(kind): "add_header", ... for the audit record. */
struct slice edit_name(enum edit_kind kind);

/* edit_title(edit): the same of an edit: of one of the body what a rule has changed, if it says. */
struct slice edit_title(const struct edit *edit);

/* edit_is_header(kind): whether it changes the header block (the first four). */
bool edit_is_header(enum edit_kind kind);

#endif
