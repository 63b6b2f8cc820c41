/* facts_mailbox: see facts_mailbox.h. */
#include "filters/eval/facts_mailbox.h"

#include "filters/base/mailbox.h"
#include "filters/eval/facts_header.h"
#include "filters/eval/facts_take.h"

#define MANY 16 /* found at the first try; more are asked for again */

/* What is read out of each field of a name. */
static const struct source {
    struct slice name;
    size_t (*read)(struct slice value, struct arena *arena, struct slice *out, size_t max);
} SOURCES[MAILBOX_KINDS] = {
    [MAILBOX_FROM] = {SLICE_INIT("From"), header_mailboxes},
    [MAILBOX_FROM_NAME] = {SLICE_INIT("From"), header_names},
    [MAILBOX_REPLY_TO] = {SLICE_INIT("Reply-To"), header_mailboxes},
};

static int append(struct eval *e, struct mailboxes *boxes, const struct slice *found, size_t count)
{
    struct slice *all = arena_alloc(&e->work, (boxes->count + count) * sizeof(*all));

    if (all == NULL)
        return -1;
    if (boxes->count > 0)
        memcpy(all, boxes->items, boxes->count * sizeof(*all));
    memcpy(all + boxes->count, found, count * sizeof(*all));
    boxes->items = all;
    boxes->count += count;
    return 0;
}

/* Appends what one field says. */
static int add_field(struct eval *e, const struct source *source, struct mailboxes *boxes,
                     size_t index)
{
    struct slice value = facts_header_unfolded(e, index);
    struct slice few[MANY], *found = few;
    size_t count;

    if (value.ptr == NULL)
        return -1;
    count = source->read(value, &e->work, few, MANY);
    if (count == HEADER_MAILBOXES_FAILED)
        return -1;
    if (count == HEADER_MAILBOXES_UNREAD) {
        boxes->unread = true;
        return 0;
    }
    if (count > MANY) {
        found = arena_alloc(&e->work, count * sizeof(*found));
        if (found == NULL || source->read(value, &e->work, found, count) != count)
            return -1;
    }
    return count > 0 ? append(e, boxes, found, count) : 0;
}

static int find_all(struct eval *e, enum mailbox_kind kind)
{
    const struct source *source = &SOURCES[kind];
    struct mailboxes *boxes = &e->m->mailboxes[kind];
    const struct header *header = e->m->header;

    for (size_t i = 0; !boxes->known && header != NULL && i < header->count; i++)
        if (slice_equal_case(header->fields[i].name, source->name) &&
            add_field(e, source, boxes, i) != 0)
            return -1;
    boxes->known = true;
    return 0;
}

int facts_mailbox(struct eval *e, enum mailbox_kind kind, size_t *cursor, struct slice *text)
{
    const struct mailboxes *boxes = &e->m->mailboxes[kind];

    if (find_all(e, kind) != 0)
        return -1;
    if (*cursor >= boxes->count)
        return boxes->unread ? FACTS_UNREAD : 0;
    *text = boxes->items[(*cursor)++];
    return 1;
}

/* Keeps the forms of an address that has more than one: they were not cheap to make. */
static int keep_forms(struct eval *e, struct mailboxes *boxes, size_t index,
                      const struct comparable *forms)
{
    struct comparable *kept = arena_alloc(&e->work, sizeof(*kept));

    if (boxes->forms == NULL)
        boxes->forms = arena_alloc(&e->work, boxes->count * sizeof(*boxes->forms));
    if (kept == NULL || boxes->forms == NULL)
        return -1;
    *kept = *forms;
    boxes->forms[index] = kept;
    return 0;
}

int facts_mailbox_forms(struct eval *e, enum mailbox_kind kind, size_t *cursor,
                        struct comparable *forms)
{
    struct mailboxes *boxes = &e->m->mailboxes[kind];
    size_t index = *cursor;
    struct slice address;
    int got = facts_mailbox(e, kind, cursor, &address);

    if (got <= 0)
        return got;
    if (boxes->forms != NULL && boxes->forms[index] != NULL) {
        *forms = *boxes->forms[index];
        return 1;
    }
    if (facts_take_address(e, address, forms) != 0)
        return -1;
    return e->forms.len == 0 || keep_forms(e, boxes, index, forms) == 0 ? 1 : -1;
}

bool facts_mailbox_unread(const struct eval *e, enum field_id field)
{
    const struct mailboxes *boxes = e->m->mailboxes;
    bool both = field == FIELD_LOOKALIKE;
    bool from = both || field == FIELD_FROM_ADDRESS || field == FIELD_FROM_DOMAIN;
    bool reply_to = both || field == FIELD_REPLY_TO_ADDRESS || field == FIELD_REPLY_TO_DOMAIN;

    return (from && boxes[MAILBOX_FROM].unread) || (reply_to && boxes[MAILBOX_REPLY_TO].unread);
}

int facts_mailbox_any(struct eval *e, size_t *cursor, struct comparable *forms)
{
    int got = facts_mailbox_forms(e, MAILBOX_FROM, cursor, forms);
    size_t of_from = e->m->mailboxes[MAILBOX_FROM].count;

    if (got != 0)
        return got;
    *cursor -= of_from;
    got = facts_mailbox_forms(e, MAILBOX_REPLY_TO, cursor, forms);
    *cursor += of_from;
    return got;
}

/* --- in texts --------------------------------------------------------------------------------- */

/* The first of them. */
static struct slice mailbox_text(struct facts_source *source, enum mailbox_kind kind)
{
    struct slice text = SLICE_NONE;
    size_t cursor = 0;

    if (facts_mailbox(source->e, kind, &cursor, &text) == -1)
        source->failed = true;
    return text;
}

struct slice facts_mailbox_from_text(struct facts_source *source)
{
    return mailbox_text(source, MAILBOX_FROM);
}

struct slice facts_mailbox_from_domain_text(struct facts_source *source)
{
    return mailbox_domain(facts_mailbox_from_text(source));
}

struct slice facts_mailbox_from_name_text(struct facts_source *source)
{
    return mailbox_text(source, MAILBOX_FROM_NAME);
}

struct slice facts_mailbox_reply_to_text(struct facts_source *source)
{
    return mailbox_text(source, MAILBOX_REPLY_TO);
}

struct slice facts_mailbox_reply_to_domain_text(struct facts_source *source)
{
    return mailbox_domain(facts_mailbox_reply_to_text(source));
}
