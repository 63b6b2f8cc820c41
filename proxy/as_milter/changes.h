/* changes: edits as an MTA is asked for them by a milter.
 *
 * The engine counts the fields of a header as the edits before have left them. Postfix does so too;
 * Sendmail counts those it has deleted. So the edits are played through first, and what they come
 * to is asked for in an order in which both counts are the same: fields changed, then fields
 * deleted from the last one up, then new ones. (Only a new field between two others would be put
 * by Postfix's count; no rule makes one.) Pure.
 */
#ifndef PROXY_AS_MILTER_CHANGES_H
#define PROXY_AS_MILTER_CHANGES_H

#include "filters/base/must_use.h"
#include "filters/edit.h"
#include "filters/message/header.h"

/* One request. Texts end in a NUL that is not counted. */
struct change {
    enum edit_kind kind;
    unsigned index;     /* CHANGE, DELETE: which of that name as received, from 1; INSERT: where,
                         * 0 before the field the MTA itself has put on top */
    struct slice name;  /* of a field */
    struct slice value; /* of a field, as packet_header_to_milter makes it; an address in brackets;
                         * a reason; a body */
};

struct change_list {
    struct change *items;
    size_t count;
};

struct changes_recipient {
    struct slice address; /* without brackets */
    struct slice raw;     /* as the MTA told it */
};

/* What the edits are made to. */
struct changes_message {
    const struct header *header; /* as received; NULL: none came */
    const struct changes_recipient *recipients;
    size_t recipient_count;
    bool leading_space; /* field values begin with what stands after the colon */
};

/* changes_make(message, edits, arena, list): 0, or -1 when the arena is full. The list's texts are
 * in the arena. */
MUST_USE int changes_make(const struct changes_message *message, const struct edit_list *edits,
                          struct arena *arena, struct change_list *list);

#endif
