/* facts_mailbox: see facts_mailbox.h. */
#include "filters/eval/facts_mailbox.h"

#include "filters/eval/facts_header.h"
#include "filters/eval/facts_take.h"

#define MAILBOXES_MANY 16 /* found at the first try; more are asked for again */

/* Appends the mailboxes of one From field. */
static int add_mailboxes(struct eval *e, size_t index)
{
    struct message *m = e->m;
    struct slice value = facts_header_unfolded(e, index);
    struct slice few[MAILBOXES_MANY], *found = few, *all;
    size_t count;

    if (value.ptr == NULL)
        return -1;
    count = header_mailboxes(value, &e->work, few, MAILBOXES_MANY);
    if (count == HEADER_MAILBOXES_FAILED)
        return -1;
    if (count == 0)
        return 0;
    if (count > MAILBOXES_MANY) {
        found = arena_alloc(&e->work, count * sizeof(*found));
        if (found == NULL || header_mailboxes(value, &e->work, found, count) != count)
            return -1;
    }
    all = arena_alloc(&e->work, (m->from_count + count) * sizeof(*all));
    if (all == NULL)
        return -1;
    if (m->from_count > 0)
        memcpy(all, m->from, m->from_count * sizeof(*all));
    memcpy(all + m->from_count, found, count * sizeof(*all));
    m->from = all;
    m->from_count += count;
    return 0;
}

static int find_from(struct eval *e)
{
    struct message *m = e->m;

    for (size_t i = 0; !m->from_known && m->header != NULL && i < m->header->count; i++)
        if (slice_equal_case(m->header->fields[i].name, SLICE("From")) && add_mailboxes(e, i) != 0)
            return -1;
    m->from_known = true;
    return 0;
}

int facts_mailbox(struct eval *e, size_t *cursor, struct slice *address)
{
    struct message *m = e->m;

    if (find_from(e) != 0)
        return -1;
    if (*cursor >= m->from_count)
        return 0;
    *address = m->from[(*cursor)++];
    return 1;
}

/* Keeps the forms of an address that has more than one: they were not cheap to make. */
static int keep_forms(struct eval *e, size_t index, const struct comparable *forms)
{
    struct message *m = e->m;
    struct comparable *kept = arena_alloc(&e->work, sizeof(*kept));

    if (m->from_forms == NULL)
        m->from_forms = arena_alloc(&e->work, m->from_count * sizeof(*m->from_forms));
    if (kept == NULL || m->from_forms == NULL)
        return -1;
    *kept = *forms;
    m->from_forms[index] = kept;
    return 0;
}

static int forms_at(struct eval *e, size_t index, struct comparable *forms)
{
    const struct message *m = e->m;

    if (m->from_forms != NULL && m->from_forms[index] != NULL) {
        *forms = *m->from_forms[index];
        return 0;
    }
    if (facts_take_address(e, m->from[index], forms) != 0)
        return -1;
    return e->forms.len > 0 ? keep_forms(e, index, forms) : 0;
}

int facts_mailbox_forms(struct eval *e, size_t *cursor, struct comparable *forms)
{
    if (find_from(e) != 0)
        return -1;
    if (*cursor >= e->m->from_count)
        return 0;
    return forms_at(e, (*cursor)++, forms) == 0 ? 1 : -1;
}
