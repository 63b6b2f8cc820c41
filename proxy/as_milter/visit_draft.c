/* The message as the rules have left it: as a draft, which final rules judge, and as the list of
 * edits that the MTA and the record are told. */
#include "filters/base/mailbox.h"
#include "proxy/as_milter/visit_private.h"

static int name_all(struct visit *v, struct draft *draft)
{
    const struct visit_message *m = &v->m;

    draft_init(draft, &v->m.arena, m->sender);
    for (size_t i = 0; i < m->guest_count; i++) {
        const struct guest *guest = &m->guests[i];

        if (guest->state != GUEST_ACCEPTED)
            continue;
        if (draft_name(draft, guest->address, SLICE_NONE) != 0 ||
            (guest->redirect.ptr != NULL && draft_readdress(draft, guest->redirect) != 0))
            return -1;
    }
    return 0;
}

/* Whether the MTA has taken it as a recipient, or is told to. */
static bool is_known(const struct visit_message *m, const struct edit_list *list,
                     struct slice address)
{
    for (size_t i = 0; i < m->guest_count; i++)
        if (m->guests[i].state == GUEST_ACCEPTED && mailbox_same(m->guests[i].address, address))
            return true;
    for (size_t i = 0; i < list->count; i++)
        if (list->items[i].kind == EDIT_ADD_RECIPIENT &&
            mailbox_same(list->items[i].value, address))
            return true;
    return false;
}

/* The MTA knows all recipients as they were named. One that others were redirected to is neither
 * added nor removed by that. */
static int redirects(struct visit *v, struct edit_list *list)
{
    struct draft draft;

    if (name_all(v, &draft) != 0)
        return -1;
    for (size_t i = 0; i < v->m.guest_count; i++) {
        const struct guest *guest = &v->m.guests[i];
        struct edit gone = {.kind = EDIT_REMOVE_RECIPIENT, .by = guest->by};
        struct edit come = {.kind = EDIT_ADD_RECIPIENT, .by = guest->by};

        if (guest->state != GUEST_ACCEPTED || guest->redirect.ptr == NULL)
            continue;
        gone.value = come.instead = guest->address;
        come.value = gone.instead = guest->redirect;
        if (!draft_has(&draft, gone.value) && edit_list_add(list, &v->m.arena, &gone) != 0)
            return -1;
        if (!is_known(&v->m, list, come.value) && edit_list_add(list, &v->m.arena, &come) != 0)
            return -1;
    }
    return 0;
}

int visit_draft_make(struct visit *v, struct draft *draft, struct slice body)
{
    if (name_all(v, draft) != 0)
        return -1;
    draft_receive(draft, &v->m.header);
    draft->body = body;
    return draft_apply(draft, eval_edits(v->eval));
}

static int append(struct visit *v, struct edit_list *list, const struct edit_list *more)
{
    if (more->failed)
        return -1;
    for (size_t i = 0; i < more->count; i++)
        if (edit_list_add(list, &v->m.arena, &more->items[i]) != 0)
            return -1;
    return 0;
}

/* Whether nobody gets the message, edited or not. */
static bool lost(const struct verdict *verdict)
{
    return verdict->scope != SCOPE_RECIPIENT &&
           (verdict_refuses(verdict->kind) || verdict->kind == VERDICT_DISCARD);
}

int visit_draft_edits(struct visit *v, struct edit_list *list)
{
    if (lost(&v->m.verdict))
        return 0;
    if (redirects(v, list) != 0)
        return -1;
    if (append(v, list, eval_edits(v->eval)) != 0)
        return -1;
    return append(v, list, eval_final_edits(v->eval));
}
