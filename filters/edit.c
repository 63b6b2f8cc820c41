/* edit: the list that edits are kept in. */
#include "filters/edit.h"

static const struct slice NAMES[] = {
    [EDIT_ADD_HEADER] = SLICE_INIT("add_header"),
    [EDIT_INSERT_HEADER] = SLICE_INIT("insert_header"),
    [EDIT_CHANGE_HEADER] = SLICE_INIT("change_header"),
    [EDIT_DELETE_HEADER] = SLICE_INIT("delete_header"),
    [EDIT_REPLACE_BODY] = SLICE_INIT("replace_body"),
    [EDIT_SET_SENDER] = SLICE_INIT("set_sender"),
    [EDIT_ADD_RECIPIENT] = SLICE_INIT("add_recipient"),
    [EDIT_REMOVE_RECIPIENT] = SLICE_INIT("remove_recipient"),
    [EDIT_QUARANTINE] = SLICE_INIT("quarantine"),
    [EDIT_ARCHIVE] = SLICE_INIT("archive"),
};

#define FIRST_CAPACITY 8

/* The arena frees nothing singly, so the old array stays until the message ends; doubling keeps
 * that below the size of the list itself. */
static int grow(struct edit_list *list, struct arena *arena)
{
    size_t capacity = list->capacity > 0 ? 2 * list->capacity : FIRST_CAPACITY;
    struct edit *items = arena_alloc(arena, capacity * sizeof(*items));

    if (items == NULL)
        return -1;
    if (list->count > 0)
        memcpy(items, list->items, list->count * sizeof(*items));
    list->items = items;
    list->capacity = capacity;
    return 0;
}

int edit_list_add(struct edit_list *list, struct arena *arena, const struct edit *edit)
{
    bool room = list->count < EDITS_MAX && (list->count < list->capacity || grow(list, arena) == 0);

    if (!room) {
        list->failed = true;
        return -1;
    }
    list->items[list->count++] = *edit;
    return 0;
}

struct slice edit_name(enum edit_kind kind)
{
    return NAMES[kind];
}

struct slice edit_title(const struct edit *edit)
{
    bool said = edit->kind == EDIT_REPLACE_BODY && edit->name.len > 0;

    return said ? edit->name : edit_name(edit->kind);
}

bool edit_is_header(enum edit_kind kind)
{
    switch (kind) {
    case EDIT_ADD_HEADER:
    case EDIT_INSERT_HEADER:
    case EDIT_CHANGE_HEADER:
    case EDIT_DELETE_HEADER: return true;
    case EDIT_REPLACE_BODY:
    case EDIT_SET_SENDER:
    case EDIT_ADD_RECIPIENT:
    case EDIT_REMOVE_RECIPIENT:
    case EDIT_QUARANTINE:
    case EDIT_ARCHIVE: break;
    }
    return false;
}
