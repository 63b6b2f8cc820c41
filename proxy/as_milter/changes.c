/* changes: see changes.h. */
#include "proxy/as_milter/changes.h"

#include "proxy/milter/wire/packet_header.h"

/* A field as the edits have left it so far. */
struct item {
    struct slice name, value;
    unsigned number; /* of its name, as received; 0: it is new */
    bool changed;
};

struct maker {
    const struct changes_message *message;
    struct arena *arena;
    struct change_list *list;
    struct item *items;
    size_t count;
    struct item *deleted; /* as received, in the order of their deletion */
    size_t deleted_count;
};

/* --- the header, played through --- */

static unsigned number_of(const struct header *header, size_t index)
{
    unsigned number = 0;

    for (size_t i = 0; i <= index; i++)
        number += slice_equal_case(header->fields[i].name, header->fields[index].name);
    return number;
}

static int begin(struct maker *m, size_t edits)
{
    const struct header *header = m->message->header;
    size_t fields = header != NULL ? header->count : 0;

    m->items = arena_alloc(m->arena, (fields + edits) * sizeof(*m->items));
    m->deleted = arena_alloc(m->arena, fields * sizeof(*m->deleted));
    if (m->items == NULL || m->deleted == NULL)
        return -1;
    for (size_t i = 0; i < fields; i++)
        m->items[i] = (struct item){header->fields[i].name, header->fields[i].value,
                                    number_of(header, i), false};
    m->count = fields;
    return 0;
}

static size_t find(const struct maker *m, struct slice name, unsigned index)
{
    for (size_t i = 0; i < m->count; i++)
        if (slice_equal_case(m->items[i].name, name) && --index == 0)
            return i;
    return SLICE_NOT_FOUND;
}

static void insert(struct maker *m, size_t at, const struct edit *edit)
{
    if (at > m->count)
        at = m->count;
    memmove(&m->items[at + 1], &m->items[at], (m->count - at) * sizeof(*m->items));
    m->items[at] = (struct item){edit->name, edit->value, 0, true};
    m->count++;
}

static void change(struct maker *m, const struct edit *edit)
{
    size_t at = find(m, edit->name, edit->index);

    if (at == SLICE_NOT_FOUND) {
        insert(m, m->count, edit);
        return;
    }
    m->items[at].value = edit->value;
    m->items[at].changed = true;
}

static void delete (struct maker *m, const struct edit *edit)
{
    size_t at = find(m, edit->name, edit->index);

    if (at == SLICE_NOT_FOUND)
        return;
    if (m->items[at].number > 0)
        m->deleted[m->deleted_count++] = m->items[at];
    m->count--;
    memmove(&m->items[at], &m->items[at + 1], (m->count - at) * sizeof(*m->items));
}

/* --- what is asked for --- */

static int ask(struct maker *m, enum edit_kind kind, unsigned index, const struct item *item)
{
    struct change *change = &m->list->items[m->list->count];
    struct slice whole = SLICE_NONE;
    struct bytes value;

    bytes_init(&value, SIZE_MAX);
    int written = packet_header_to_milter(&value, item->value, m->message->leading_space);
    if (value.len == 0) /* an empty value would delete the field */
        bytes_append_char(&value, ' ');
    change->kind = kind;
    change->index = index;
    change->name = arena_copy(m->arena, item->name);
    if (written == 0 && bytes_take(&value, &whole) == 0)
        change->value = arena_copy(m->arena, whole);
    bytes_fini(&value);
    m->list->count++;
    return change->name.ptr == NULL || change->value.ptr == NULL ? -1 : 0;
}

static int ask_changed(struct maker *m)
{
    for (size_t i = 0; i < m->count; i++)
        if (m->items[i].number > 0 && m->items[i].changed &&
            ask(m, EDIT_CHANGE_HEADER, m->items[i].number, &m->items[i]) != 0)
            return -1;
    return 0;
}

/* The one with the highest number first, so that no number is another's when its turn comes. */
static int ask_deleted(struct maker *m)
{
    for (size_t left = m->deleted_count; left > 0; left--) {
        size_t last = 0;

        for (size_t i = 1; i < left; i++)
            if (m->deleted[i].number > m->deleted[last].number)
                last = i;
        if (ask(m, EDIT_DELETE_HEADER, m->deleted[last].number, &m->deleted[last]) != 0)
            return -1;
        m->deleted[last] = m->deleted[left - 1];
    }
    return 0;
}

/* New fields below all others are added; the others go to their places, from the top. */
static int ask_new(struct maker *m)
{
    size_t tail = m->count;

    while (tail > 0 && m->items[tail - 1].number == 0)
        tail--;
    for (size_t i = 0; i < m->count; i++) {
        bool below = i >= tail && tail > 0;

        if (m->items[i].number == 0 && ask(m, below ? EDIT_ADD_HEADER : EDIT_INSERT_HEADER,
                                           below ? 0 : (unsigned)i + 1, &m->items[i]) != 0)
            return -1;
    }
    return 0;
}

/* --- the envelope --- */

static int ask_text(struct maker *m, enum edit_kind kind, struct slice text)
{
    struct change *change = &m->list->items[m->list->count++];

    *change = (struct change){.kind = kind, .value = arena_copy(m->arena, text)};
    return change->value.ptr != NULL ? 0 : -1;
}

static int ask_address(struct maker *m, enum edit_kind kind, struct slice address)
{
    struct slice text = arena_format(m->arena, "<%.*s>", SLICE_ARG(address));

    return text.ptr != NULL ? ask_text(m, kind, text) : -1;
}

/* An MTA knows a recipient only as it has told it. */
static int ask_removed(struct maker *m, struct slice address)
{
    const struct changes_message *message = m->message;

    for (size_t i = 0; i < message->recipient_count; i++)
        if (slice_equal(message->recipients[i].address, address))
            return ask_text(m, EDIT_REMOVE_RECIPIENT, message->recipients[i].raw);
    return ask_address(m, EDIT_REMOVE_RECIPIENT, address);
}

/* An MTA is told the body once, as the last edit has it, and puts together what it is told twice.
 */
static void ask_body(struct maker *m, struct slice body)
{
    struct change *change = NULL;

    for (size_t i = 0; i < m->list->count && change == NULL; i++)
        if (m->list->items[i].kind == EDIT_REPLACE_BODY)
            change = &m->list->items[i];
    if (change == NULL)
        change = &m->list->items[m->list->count++];
    *change = (struct change){.kind = EDIT_REPLACE_BODY, .value = body};
}

static int play(struct maker *m, const struct edit *edit)
{
    switch (edit->kind) {
    case EDIT_ADD_HEADER: insert(m, m->count, edit); break;
    case EDIT_INSERT_HEADER: insert(m, edit->index, edit); break;
    case EDIT_CHANGE_HEADER: change(m, edit); break;
    case EDIT_DELETE_HEADER: delete (m, edit); break;
    case EDIT_REPLACE_BODY: ask_body(m, edit->value); break;
    case EDIT_QUARANTINE: return ask_text(m, edit->kind, edit->value);
    case EDIT_SET_SENDER:
    case EDIT_ADD_RECIPIENT: return ask_address(m, edit->kind, edit->value);
    case EDIT_REMOVE_RECIPIENT: return ask_removed(m, edit->value);
    case EDIT_ARCHIVE: break; /* of shadow rules at most: conf/read/milter.c */
    }
    return 0;
}

int changes_make(const struct changes_message *message, const struct edit_list *edits,
                 struct arena *arena, struct change_list *list)
{
    struct maker m = {.message = message, .arena = arena, .list = list};
    size_t fields = message->header != NULL ? message->header->count : 0;

    *list = (struct change_list){.count = 0};
    if (edits->count == 0)
        return 0;
    list->items = arena_alloc(arena, (fields + edits->count) * sizeof(*list->items));
    if (list->items == NULL || begin(&m, edits->count) != 0)
        return -1;
    for (size_t i = 0; i < edits->count; i++)
        if (play(&m, &edits->items[i]) != 0)
            return -1;
    return ask_changed(&m) == 0 && ask_deleted(&m) == 0 && ask_new(&m) == 0 ? 0 : -1;
}
