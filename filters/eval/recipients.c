/* recipients: see recipients.h. One that was not accepted leaves its room to the next, so that a
 * client cannot fill the memory with addresses that are all refused. */
#include "filters/eval/recipients.h"

#define BUFFER_LEAST 64

static struct recipient *make(struct eval *e, size_t length)
{
    size_t answers = e->rules->kind_counts[LEAF_RECIPIENT];
    size_t room = length > BUFFER_LEAST ? length : BUFFER_LEAST;
    struct recipient *r = arena_alloc(&e->work, sizeof(*r) + answers + room);

    if (r == NULL)
        return NULL;
    r->answers = (uint8_t *)(r + 1);
    r->buffer = (char *)(r + 1) + answers;
    r->buffer_bytes = room;
    return r;
}

/* One with room for ${length} bytes, used before or new; NULL when memory is out. */
static struct recipient *take(struct eval *e, size_t length)
{
    struct recipient *r = e->m->spare;

    if (r == NULL || r->buffer_bytes < length)
        return make(e, length);
    e->m->spare = NULL;
    memset(r->answers, TRUTH_OPEN, e->rules->kind_counts[LEAF_RECIPIENT]);
    return r;
}

static char *copy(char *to, struct slice s)
{
    if (s.len > 0)
        memcpy(to, s.ptr, s.len);
    return to + s.len;
}

int recipients_begin(struct eval *e, struct slice address)
{
    struct message *m = e->m;
    struct recipient *r;
    struct comparable forms;
    struct slice room;
    char *behind;

    bytes_clear(&e->forms);
    if (comparable_address(address, &e->forms, &forms) != 0)
        return -1;
    room = bytes_slice(&e->forms);
    r = take(e, address.len + room.len);
    if (r == NULL)
        return -1;
    behind = copy(r->buffer, address);
    (void)copy(behind, room);
    forms = comparable_moved(&forms, address, r->buffer);
    r->forms = comparable_moved(&forms, room, behind);
    r->address = slice_make(r->buffer, address.len);
    r->next = NULL;
    r->flagged_by = r->removed_by = r->redirected_by = r->routed_by = NO_RULE;
    r->reason = r->target = SLICE_NONE;
    r->unsettled = false;
    m->current = r;
    return 0;
}

void recipients_accept(struct eval *e)
{
    struct message *m = e->m;

    m->last = m->end;
    *m->end = m->current;
    m->end = &m->current->next;
    m->current = NULL;
    m->recipient_count++;
    m->edits_stale = true;
}

static void spare(struct message *m, struct recipient *r)
{
    if (m->spare == NULL || m->spare->buffer_bytes < r->buffer_bytes)
        m->spare = r;
}

void recipients_drop(struct eval *e)
{
    spare(e->m, e->m->current);
    e->m->current = NULL;
}

void recipients_refused(struct eval *e)
{
    struct message *m = e->m;

    if (m->last == NULL)
        return;
    spare(m, *m->last);
    *m->last = NULL;
    m->end = m->last;
    m->last = NULL;
    m->recipient_count--;
    m->edits_stale = true;
}
