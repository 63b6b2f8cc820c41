/* draft: see draft.h. */
#include "filters/message/draft.h"

#include "filters/base/mailbox.h"
#include "filters/message/dkim.h"
#include "filters/message/rewrite.h"

#define FIRST_RECIPIENTS    4
#define SCRATCH_BLOCK_BYTES 4096

void draft_init(struct draft *draft, struct arena *arena, struct slice sender)
{
    *draft = (struct draft){.arena = arena, .sender = sender, .named_sender = sender};
}

/* --- the envelope --- */

static int append(struct arena *arena, struct draft_recipient **items, size_t *count,
                  size_t *capacity, const struct draft_recipient *recipient)
{
    if (*count == *capacity) {
        size_t room = *capacity > 0 ? 2 * *capacity : FIRST_RECIPIENTS;
        struct draft_recipient *grown = arena_alloc(arena, room * sizeof(*grown));

        if (grown == NULL)
            return -1;
        if (*count > 0)
            memcpy(grown, *items, *count * sizeof(*grown));
        *items = grown;
        *capacity = room;
    }
    (*items)[(*count)++] = *recipient;
    return 0;
}

static int add(struct draft *draft, const struct draft_recipient *recipient)
{
    return append(draft->arena, &draft->recipients, &draft->recipient_count,
                  &draft->recipient_capacity, recipient);
}

static const struct draft_recipient *find(const struct draft_recipient *items, size_t count,
                                          struct slice address)
{
    for (size_t i = 0; i < count; i++)
        if (mailbox_same(items[i].address, address))
            return &items[i];
    return NULL;
}

int draft_name(struct draft *draft, struct slice address, struct slice params)
{
    const struct draft_recipient recipient = {.address = address, .params = params};
    const struct draft_recipient *same = NULL;

    if (draft->redirects)
        same = find(draft->recipients, draft->recipient_count, address);
    if (append(draft->arena, &draft->named, &draft->named_count, &draft->named_capacity,
               &recipient) != 0)
        return -1;
    return same != NULL && same->redirected ? 0 : add(draft, &recipient);
}

bool draft_has(const struct draft *draft, struct slice address)
{
    return find(draft->recipients, draft->recipient_count, address) != NULL;
}

struct slice draft_lasting_params(struct arena *arena, struct slice params)
{
    struct slice kept = SLICE("");

    while (params.len > 1) {
        struct slice rest = slice_from(params, 1);
        struct slice param = slice_first(rest, slice_find(rest, ' '));

        params = slice_from(rest, param.len);
        if (slice_starts_case(param, SLICE("ORCPT=")) || slice_starts_case(param, SLICE("NOTIFY=")))
            kept = arena_format(arena, "%.*s %.*s", SLICE_ARG(kept), SLICE_ARG(param));
    }
    return kept;
}

int draft_readdress(struct draft *draft, struct slice address)
{
    const struct draft_recipient *named = &draft->named[draft->named_count - 1];
    struct draft_recipient moved = {.address = address, .redirected = true};
    const struct draft_recipient *last = NULL;

    if (draft->recipient_count > 0)
        last = &draft->recipients[draft->recipient_count - 1];
    if (last != NULL && slice_equal(last->address, named->address) && !last->redirected)
        draft->recipient_count--; /* else it was there already, and not added */
    draft->redirects = true;
    moved.params = draft_lasting_params(draft->arena, named->params);
    if (moved.params.ptr == NULL)
        return -1;
    return draft_has(draft, address) ? 0 : add(draft, &moved);
}

static int keep(struct draft *draft, struct slice value, struct slice *out)
{
    *out = arena_copy(draft->arena, value);
    return out->ptr != NULL ? 0 : -1;
}

static int add_recipient(struct draft *draft, const struct edit *edit)
{
    const struct draft_recipient *named = find(draft->named, draft->named_count, edit->value);
    struct draft_recipient new = {.params = SLICE_NONE};

    if (find(draft->recipients, draft->recipient_count, edit->value) != NULL)
        return 0;
    if (named != NULL)
        return add(draft, named);
    named = find(draft->named, draft->named_count, edit->instead);
    if (named != NULL && edit->instead.len > 0)
        new.params = draft_lasting_params(draft->arena, named->params);
    new.redirected = edit->instead.len > 0;
    if (arena_failed(draft->arena) || keep(draft, edit->value, &new.address) != 0 ||
        keep(draft, edit->params, &new.wanted) != 0)
        return -1;
    return add(draft, &new);
}

static int set_sender(struct draft *draft, const struct edit *edit)
{
    if (keep(draft, edit->value, &draft->sender) != 0)
        return -1;
    return keep(draft, edit->params, &draft->sender_wanted);
}

static void remove_recipient(struct draft *draft, struct slice address)
{
    size_t kept = 0;

    for (size_t i = 0; i < draft->recipient_count; i++)
        if (!mailbox_same(draft->recipients[i].address, address))
            draft->recipients[kept++] = draft->recipients[i];
    draft->recipient_count = kept;
}

bool draft_sender_touched(const struct draft *draft)
{
    return !slice_equal(draft->sender, draft->named_sender) || draft->sender_wanted.len > 0;
}

bool draft_envelope_touched(const struct draft *draft)
{
    if (draft_sender_touched(draft) || draft->recipient_count != draft->named_count)
        return true;
    for (size_t i = 0; i < draft->named_count; i++)
        if (!slice_equal(draft->recipients[i].address, draft->named[i].address) ||
            !slice_equal(draft->recipients[i].params, draft->named[i].params))
            return true;
    return false;
}

/* --- the message --- */

void draft_receive(struct draft *draft, const struct header *header)
{
    draft->received = header;
}

const struct header *draft_header(const struct draft *draft)
{
    return draft->header_touched ? &draft->edited : draft->received;
}

/* Makes the header one that may be edited. */
static int touch_header(struct draft *draft)
{
    if (draft->received == NULL)
        return -1;
    if (!draft->header_touched && header_clone(&draft->edited, draft->received, draft->arena) != 0)
        return -1;
    draft->header_touched = true;
    return 0;
}

static int edit_header(struct draft *draft, const struct edit *edit)
{
    return touch_header(draft) == 0 ? rewrite_apply(&draft->edited, edit, draft->arena) : -1;
}

/* To a milter the old body began at the first line that is no field; to a rule it did not. */
static int replace_body(struct draft *draft, const struct edit *edit)
{
    const struct header *header = draft_header(draft);

    if (header != NULL && header_is_ambiguous(header) && edit->name.len == 0) {
        if (touch_header(draft) != 0)
            return -1;
        rewrite_cut(&draft->edited);
    }
    draft->body = edit->value;
    draft->body_touched = true;
    return 0;
}

/* Whether a body that is not the received one needs an empty line that the message did not have. */
static bool lacks_separator(const struct draft *draft, const struct header *header)
{
    return draft->body_touched && !header->separated && !header->edited;
}

uint64_t draft_size(const struct draft *draft)
{
    const struct header *header = draft_header(draft);
    uint64_t size = draft->body.len;

    if (header == NULL)
        return size;
    return size + rewrite_size(header) + (lacks_separator(draft, header) ? 2 : 0);
}

int draft_emit(const struct draft *draft, struct bytes *out)
{
    const struct header *header = draft_header(draft);

    if (rewrite_emit(header, out) != 0)
        return -1;
    if (lacks_separator(draft, header))
        bytes_append(out, SLICE("\r\n"));
    return bytes_end(out);
}

/* --- edits --- */

static int apply(struct draft *draft, const struct edit *edit)
{
    switch (edit->kind) {
    case EDIT_ADD_HEADER:
    case EDIT_INSERT_HEADER:
    case EDIT_CHANGE_HEADER:
    case EDIT_DELETE_HEADER: return edit_header(draft, edit);
    case EDIT_REPLACE_BODY: return replace_body(draft, edit);
    case EDIT_SET_SENDER: return set_sender(draft, edit);
    case EDIT_ADD_RECIPIENT: return add_recipient(draft, edit);
    case EDIT_REMOVE_RECIPIENT: remove_recipient(draft, edit->value); return 0;
    case EDIT_QUARANTINE: return keep(draft, edit->value, &draft->quarantine);
    case EDIT_ARCHIVE: return 0;
    }
    return -1;
}

static bool changes_sender(const struct draft *draft, const struct edit *edit)
{
    return edit->params.len > 0 || draft->sender_wanted.len > 0 ||
           !slice_equal(draft->sender, edit->value);
}

bool draft_changes(const struct draft *draft, const struct edit *edit)
{
    switch (edit->kind) {
    case EDIT_ADD_HEADER:
    case EDIT_INSERT_HEADER:
    case EDIT_CHANGE_HEADER:
    case EDIT_DELETE_HEADER: return rewrite_changes(draft_header(draft), edit);
    case EDIT_REPLACE_BODY: return !slice_equal(draft->body, edit->value);
    case EDIT_SET_SENDER: return changes_sender(draft, edit);
    case EDIT_ADD_RECIPIENT: return !draft_has(draft, edit->value);
    case EDIT_REMOVE_RECIPIENT: return draft_has(draft, edit->value);
    case EDIT_QUARANTINE:
    case EDIT_ARCHIVE: break;
    }
    return true;
}

static int find_broken(struct draft *draft, const struct edit *edit, struct arena *scratch,
                       struct slice *domain)
{
    const struct header *header = draft_header(draft);
    struct dkim dkim;
    int broken;

    if (header == NULL)
        return 0;
    if (dkim_read(&dkim, header, scratch) != 0)
        return -1;
    broken = dkim_broken(&dkim, header, draft->body, edit, scratch, domain);
    return broken > 0 && keep(draft, *domain, domain) != 0 ? -1 : broken;
}

int draft_breaks(struct draft *draft, const struct edit *edit, struct slice *domain)
{
    struct arena scratch;
    int broken;

    arena_init(&scratch, SCRATCH_BLOCK_BYTES, draft->arena->limit_bytes);
    broken = find_broken(draft, edit, &scratch, domain);
    arena_fini(&scratch);
    return broken;
}

int draft_apply(struct draft *draft, const struct edit_list *edits)
{
    if (edits->failed)
        return -1;
    for (size_t i = 0; i < edits->count; i++)
        if (apply(draft, &edits->items[i]) != 0)
            return -1;
    return 0;
}
