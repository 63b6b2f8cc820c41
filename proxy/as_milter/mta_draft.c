/* mta_draft: see mta_draft.h. */
#include "proxy/as_milter/mta_draft.h"

#include "filters/base/mailbox.h"
#include "proxy/as_milter/mta_state.h"
#include "proxy/record/describe.h"

static int name_all(struct mta_session *s, struct draft *draft)
{
    const struct mta_message *m = &s->m;

    draft_init(draft, &s->m.arena, m->sender);
    for (size_t i = 0; i < m->recipient_count; i++) {
        const struct mta_recipient *recipient = &m->recipients[i];

        if (recipient->state != MTA_RECIPIENT_ACCEPTED)
            continue;
        if (draft_name(draft, recipient->address, SLICE_NONE) != 0 ||
            (recipient->redirect.ptr != NULL && draft_readdress(draft, recipient->redirect) != 0))
            return -1;
    }
    return 0;
}

/* Whether the MTA has taken it as a recipient, or is told to. */
static bool is_known(const struct mta_message *m, const struct edit_list *list,
                     struct slice address)
{
    for (size_t i = 0; i < m->recipient_count; i++)
        if (m->recipients[i].state == MTA_RECIPIENT_ACCEPTED &&
            mailbox_same(m->recipients[i].address, address))
            return true;
    for (size_t i = 0; i < list->count; i++)
        if (list->items[i].kind == EDIT_ADD_RECIPIENT &&
            mailbox_same(list->items[i].value, address))
            return true;
    return false;
}

/* The MTA knows all recipients as they were named. One that others were redirected to is neither
 * added nor removed by that. */
static int redirects(struct mta_session *s, struct edit_list *list)
{
    struct draft draft;

    if (name_all(s, &draft) != 0)
        return -1;
    for (size_t i = 0; i < s->m.recipient_count; i++) {
        const struct mta_recipient *recipient = &s->m.recipients[i];
        struct edit gone = {.kind = EDIT_REMOVE_RECIPIENT, .by = recipient->by};
        struct edit come = {.kind = EDIT_ADD_RECIPIENT, .by = recipient->by};

        if (recipient->state != MTA_RECIPIENT_ACCEPTED || recipient->redirect.ptr == NULL)
            continue;
        gone.value = come.instead = recipient->address;
        come.value = gone.instead = recipient->redirect;
        if (!draft_has(&draft, gone.value) && edit_list_add(list, &s->m.arena, &gone) != 0)
            return -1;
        if (!is_known(&s->m, list, come.value) && edit_list_add(list, &s->m.arena, &come) != 0)
            return -1;
    }
    return 0;
}

int mta_draft_make(struct mta_session *s, struct draft *draft, struct slice body)
{
    if (name_all(s, draft) != 0)
        return -1;
    draft_receive(draft, &s->m.header);
    draft->body = body;
    return draft_apply(draft, eval_edits(s->eval));
}

static int append(struct mta_session *s, struct edit_list *list, const struct edit_list *more)
{
    if (more->failed)
        return -1;
    for (size_t i = 0; i < more->count; i++)
        if (edit_list_add(list, &s->m.arena, &more->items[i]) != 0)
            return -1;
    return 0;
}

int mta_draft_edits(struct mta_session *s, struct edit_list *list)
{
    if (describe_nobody_gets(&s->m.verdict))
        return 0;
    if (redirects(s, list) != 0)
        return -1;
    if (append(s, list, eval_edits(s->eval)) != 0)
        return -1;
    return append(s, list, eval_final_edits(s->eval));
}
