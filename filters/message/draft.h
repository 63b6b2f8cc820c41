/* draft: the message as edited so far, envelope and all.
 *
 * Rules, milters and final rules change one message one after another. Each list of edits is
 * applied to the draft before the next party looks at it. What no edit touches stays the bytes that
 * came: the header is copied when it is edited first, the body never.
 */
#ifndef FILTERS_MESSAGE_DRAFT_H
#define FILTERS_MESSAGE_DRAFT_H

#include "filters/base/must_use.h"
#include "filters/edit.h"
#include "filters/message/header.h"

struct draft_recipient {
    struct slice address;
    struct slice params; /* those of its RCPT, each after a blank; ORCPT and NOTIFY of that of one
                          * whose place it took; none for another that edits added */
    struct slice wanted; /* of an added one: what the edit gave it, unchecked; empty: nothing */
    bool redirected;     /* it is not the address that was named */
};

/* To be read by everyone, and changed through the functions below. */
struct draft {
    struct arena *arena;
    struct slice sender;
    struct slice sender_wanted; /* the parameters that its edit gave it, unchecked; empty: none */
    struct draft_recipient *recipients;
    size_t recipient_count;
    struct slice body;
    bool header_touched, body_touched;
    struct slice quarantine; /* the reason of an EDIT_QUARANTINE; ptr NULL: none */
    /* private */
    size_t recipient_capacity;
    bool redirects;            /* some recipient is not the address that was named */
    struct slice named_sender; /* as the client named them */
    struct draft_recipient *named;
    size_t named_count, named_capacity;
    const struct header *received;
    struct header edited;
};

/* draft_init(draft, arena, sender): one without recipients and without a message. What edits make
 * is in ${arena}, which must outlive it. */
void draft_init(struct draft *draft, struct arena *arena, struct slice sender);

/* draft_name(draft, address, params): a recipient that the client named and that is in; before the
 * first edit. One named twice is there twice. 0, or -1 when the arena is full. */
MUST_USE int draft_name(struct draft *draft, struct slice address, struct slice params);

/* draft_readdress(draft, address): the recipient named last goes to ${address} instead, which is
 * not copied; there already, it is there once, as when it is named after that. 0, or -1 when the
 * arena is full. */
MUST_USE int draft_readdress(struct draft *draft, struct slice address);

/* draft_has(draft, address): whether that mailbox is a recipient now. */
bool draft_has(const struct draft *draft, struct slice address);

/* draft_lasting_params(arena, params): of the parameters of a RCPT, each after a blank, ORCPT and
 * NOTIFY (RFC 3461, 4): they are about the message's sender, and stay where its recipient is
 * replaced. ptr NULL when the arena is full. */
struct slice draft_lasting_params(struct arena *arena, struct slice params);

/* draft_receive(draft, header): the header as received, which must outlive the draft; before the
 * first edit of a header. The body is set by the caller. */
void draft_receive(struct draft *draft, const struct header *header);

/* draft_apply(draft, edits): applies a list. Names, values and addresses are copied; a new body is
 * not: it must outlive the draft. An added recipient that is there already stays as it is; one that
 * the client named keeps its parameters, wherever it was in between. Returns 0, or -1 when the
 * arena is full or an edit cannot be applied (rewrite_apply); what is edited then is undefined. */
MUST_USE int draft_apply(struct draft *draft, const struct edit_list *edits);

/* draft_changes(draft, edit): whether applying ${edit} now would make the message another, for
 * anybody; if not, it is nothing to record. After draft_receive. */
bool draft_changes(const struct draft *draft, const struct edit *edit);

/* draft_breaks(draft, edit, domain): whether applying it would break a DKIM-Signature of the
 * message (dkim_broken), and in ${domain} whose: 1, 0, or -1 when the arena is full. */
MUST_USE int draft_breaks(struct draft *draft, const struct edit *edit, struct slice *domain);

/* draft_header(draft): the header as it is now; NULL before draft_receive. */
const struct header *draft_header(const struct draft *draft);

/* draft_sender_touched(draft): whether the sender, or what is said of it, is no longer as the
 * client named it. draft_envelope_touched(draft): the same of sender or recipients. */
bool draft_sender_touched(const struct draft *draft);
bool draft_envelope_touched(const struct draft *draft);

/* draft_size(draft): octets of the whole message as it would go out. */
uint64_t draft_size(const struct draft *draft);

/* draft_emit(draft, out): appends the header as it goes out before the body: the bytes received
 * where nothing was edited. 0, or -1 with out->failed. */
MUST_USE int draft_emit(const struct draft *draft, struct bytes *out);

#endif
