#include "proxy/session/transaction.h"

#include "conf/limits.h"

#define BODY_PARAMS_MAX 64 /* " BODY=BINARYMIME SMTPUTF8" and to spare */

void transaction_init(struct transaction *t, const struct limits *limits)
{
    *t = (struct transaction){0};
    dot_writer_init(&t->delivery.writer);
    arena_init(&t->arena, TRANSACTION_BLOCK_BYTES, TRANSACTION_ARENA_BYTES);
    spool_init(&t->spool, limits->memory_per_message_bytes, limits->spool_dir.ptr);
    bytes_init(&t->plan.header, SIZE_MAX);
}

void transaction_reset(struct transaction *t, const struct limits *limits)
{
    arena_fini(&t->arena);
    spool_fini(&t->spool);
    bytes_fini(&t->plan.header);
    transaction_init(t, limits);
}

/* The parameters that speak of the content, not of the sender. */
static struct slice body_params(struct arena *arena, const struct command_path *path)
{
    struct bytes out;
    struct slice whole, copy = SLICE_NONE;
    bytes_init(&out, BODY_PARAMS_MAX);
    const struct command_param *body = command_path_param(path, SLICE("BODY"));
    if (body != NULL && body->has_value) {
        bytes_append(&out, SLICE(" BODY="));
        bytes_append(&out, body->value);
    }
    if (command_path_param(path, SLICE("SMTPUTF8")) != NULL)
        bytes_append(&out, SLICE(" SMTPUTF8"));
    if (bytes_take(&out, &whole) == 0)
        copy = arena_copy(arena, whole);
    bytes_fini(&out);
    return copy;
}

static struct slice command_wire(struct arena *arena, enum verb verb,
                                 const struct command_path *path)
{
    struct bytes out;
    bytes_init(&out, SIZE_MAX);
    struct slice whole, copy = SLICE_NONE;
    if (command_write_path(&out, verb, path) == 0 && bytes_take(&out, &whole) == 0)
        copy = arena_copy(arena, whole);
    bytes_fini(&out);
    return copy;
}

int transaction_begin(struct transaction *t, const struct command_path *path)
{
    t->envelope.begun = true;
    t->envelope.sender = arena_copy(&t->arena, path->address);
    t->envelope.mail_wire = command_wire(&t->arena, VERB_MAIL, path);
    t->envelope.body_params = body_params(&t->arena, path);
    bool failed = t->envelope.sender.ptr == NULL || t->envelope.mail_wire.ptr == NULL ||
                  t->envelope.body_params.ptr == NULL;
    return failed ? -1 : 0;
}

static int grow(struct transaction *t)
{
    size_t capacity = t->envelope.capacity > 0 ? 2 * t->envelope.capacity : 4;
    struct recipient *grown = arena_alloc(&t->arena, capacity * sizeof *grown);
    if (grown == NULL)
        return -1;
    if (t->envelope.recipient_count > 0)
        memcpy(grown, t->envelope.recipients, t->envelope.recipient_count * sizeof *grown);
    t->envelope.recipients = grown;
    t->envelope.capacity = capacity;
    return 0;
}

struct recipient *transaction_add(struct transaction *t, const struct command_path *path)
{
    if (t->envelope.recipient_count == t->envelope.capacity && grow(t) != 0)
        return NULL;
    struct recipient *recipient = &t->envelope.recipients[t->envelope.recipient_count];
    recipient->address = arena_copy(&t->arena, path->address);
    recipient->wire = command_wire(&t->arena, VERB_RCPT, path);
    recipient->told = recipient->address;
    recipient->state = RECIPIENT_REFUSED;
    if (recipient->address.ptr == NULL || recipient->wire.ptr == NULL)
        return NULL;
    t->envelope.recipient_count++;
    return recipient;
}

void transaction_settle(struct transaction *t, struct recipient *recipient,
                        enum recipient_state state, struct slice reply)
{
    recipient->state = state;
    recipient->reply = arena_copy(&t->arena, reply_first_line(reply));
    if (state == RECIPIENT_ACCEPTED)
        t->envelope.accepted_count++;
    else if (state == RECIPIENT_DISCARDED || state == RECIPIENT_QUARANTINED)
        t->envelope.discarded_count++;
    if (state == RECIPIENT_QUARANTINED)
        t->envelope.quarantined_count++;
}

struct slice transaction_body(const struct transaction *t, struct slice view)
{
    return slice_from(view, t->content.header_end.body_start);
}

size_t transaction_content_start(const struct transaction *t)
{
    bool rest = t->plan.header.len > 0 && !t->draft.body_touched;
    return rest ? t->content.header_end.body_start : 0;
}

bool transaction_kept_whole(const struct transaction *t)
{
    return t->keeping.verdict.kind == VERDICT_QUARANTINE ||
           t->keeping.verdict.kind == VERDICT_DISCARD;
}

void transaction_stream(struct transaction *t)
{
    t->content.mode = CONTENT_STREAM;
}

void transaction_drain(struct transaction *t)
{
    spool_reset(&t->spool);
    t->content.mode = CONTENT_DRAIN;
}
