/* milter_index: header fields as Sendmail counts them for a milter: those that were deleted keep
 * their place, and a deleted one that is changed comes back there (MILTER 3). An edit counts the
 * fields that there are. */
#include "proxy/milter/milter_index.h"

#include "proxy/milter/milter_state.h"

#define ROOM_MORE 16

static bool make_room(struct milter *m)
{
    struct milter_counting *counting = &m->staged.counting;
    size_t capacity = 2 * counting->count + ROOM_MORE;
    struct milter_counted *fields;

    if (counting->count < counting->capacity)
        return true;
    fields = arena_alloc(&m->message, capacity * sizeof(*fields));
    if (fields == NULL)
        return false;
    if (counting->count > 0)
        memcpy(fields, counting->fields, counting->count * sizeof(*fields));
    counting->fields = fields;
    counting->capacity = capacity;
    return true;
}

static bool insert(struct milter *m, size_t at, struct slice name)
{
    struct milter_counting *counting = &m->staged.counting;

    if (!make_room(m))
        return false;
    memmove(&counting->fields[at + 1], &counting->fields[at],
            (counting->count - at) * sizeof(*counting->fields));
    counting->fields[at] = (struct milter_counted){name, false};
    counting->count++;
    return true;
}

/* The header as the milter was told it. */
static bool begin(struct milter *m)
{
    const struct header *header = m->job.header;

    if (m->staged.counting.fields != NULL)
        return true;
    if (!make_room(m))
        return false;
    for (size_t i = 0; i < header->above; i++)
        if (!insert(m, i, header->fields[i].name))
            return false;
    m->staged.counting.above = header->on_top;
    return true;
}

/* How many of the first ${end} fields are there, of that name; SLICE_NONE: of any. */
static unsigned living(const struct milter_counting *counting, size_t end, struct slice name)
{
    unsigned count = 0;

    for (size_t i = 0; i < end; i++)
        if (!counting->fields[i].deleted &&
            (name.len == 0 || slice_equal_case(counting->fields[i].name, name)))
            count++;
    return count;
}

/* The place of the ${index}-th of that name, deleted ones counted; the count when there is none. */
static size_t find(const struct milter_counting *counting, struct slice name, unsigned index)
{
    unsigned seen = 0;

    for (size_t i = 0; i < counting->count; i++)
        if (slice_equal_case(counting->fields[i].name, name) && ++seen >= index)
            return i;
    return counting->count;
}

/* CHANGE or DELETE. */
static int change(struct milter *m, struct edit *edit)
{
    struct milter_counting *counting = &m->staged.counting;
    size_t at = find(counting, edit->name, edit->index);
    bool deletes = edit->kind == EDIT_DELETE_HEADER;
    struct milter_counted *field = &counting->fields[at];

    if (at == counting->count) {
        edit->kind = EDIT_ADD_HEADER;
        return deletes ? 0 : insert(m, at, edit->name) ? 1 : -1;
    }
    if (!field->deleted) {
        edit->index = living(counting, at + 1, edit->name);
        field->deleted = deletes;
        return 1;
    }
    if (deletes)
        return 0;
    edit->kind = EDIT_INSERT_HEADER;
    edit->counts_ours = true;
    edit->index = living(counting, at, SLICE_NONE) + (at >= counting->above);
    field->deleted = false;
    return 1;
}

/* INSERT: our own field counts for the place. */
static int insert_at(struct milter *m, struct edit *edit)
{
    struct milter_counting *counting = &m->staged.counting;
    bool above = edit->index <= counting->above;
    size_t at = above ? edit->index : (size_t)edit->index - 1;

    if (at > counting->count)
        at = counting->count;
    edit->index = living(counting, at, SLICE_NONE) + !above;
    counting->above += above;
    return insert(m, at, edit->name) ? 1 : -1;
}

int milter_index_edit(struct milter *m, struct edit *edit)
{
    if (!begin(m))
        return -1;
    if (edit->kind == EDIT_CHANGE_HEADER || edit->kind == EDIT_DELETE_HEADER)
        return change(m, edit);
    if (edit->kind == EDIT_INSERT_HEADER)
        return insert_at(m, edit);
    return insert(m, m->staged.counting.count, edit->name) ? 1 : -1;
}
