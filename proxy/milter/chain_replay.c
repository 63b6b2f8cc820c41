/* chain_replay: see chain_replay.h. */
#include "proxy/milter/chain_replay.h"

#define SESSION_BLOCK_BYTES 1024
#define MESSAGE_BLOCK_BYTES 2048
#define CAPACITY_FIRST      8

void chain_replay_init(struct chain_replay *replay, size_t session_bytes, size_t message_bytes)
{
    *replay = (struct chain_replay){.session_count = 0};
    arena_init(&replay->session_arena, SESSION_BLOCK_BYTES, session_bytes);
    arena_init(&replay->message_arena, MESSAGE_BLOCK_BYTES, message_bytes);
}

void chain_replay_fini(struct chain_replay *replay)
{
    arena_fini(&replay->session_arena);
    arena_fini(&replay->message_arena);
}

void chain_replay_reset(struct chain_replay *replay)
{
    replay->message = NULL;
    replay->message_count = replay->capacity = 0;
    arena_reset(&replay->message_arena);
}

size_t chain_replay_count(const struct chain_replay *replay)
{
    return replay->session_count + replay->message_count;
}

struct chain_event *chain_replay_get(struct chain_replay *replay, size_t at)
{
    if (at < replay->session_count)
        return &replay->session[at];
    return &replay->message[at - replay->session_count];
}

/* --- copies --- */

/* The text that an event carries beside its numbers; NULL: none that milters are told. */
static struct slice *text_of(struct event *event)
{
    switch (event->kind) {
    case EVENT_HELO: return &event->u.helo.name;
    case EVENT_MAIL: return &event->u.mail.sender;
    case EVENT_RCPT:
    case EVENT_RCPT_REFUSED: return &event->u.rcpt.recipient;
    case EVENT_CONNECT:
    case EVENT_AUTH:
    case EVENT_DATA:
    case EVENT_HEADER:
    case EVENT_MESSAGE: break;
    }
    return NULL;
}

static bool has_params(enum event_kind kind)
{
    return kind == EVENT_MAIL || kind == EVENT_RCPT || kind == EVENT_RCPT_REFUSED;
}

static int keep(struct arena *arena, struct slice *s)
{
    *s = arena_copy(arena, *s);
    return s->ptr != NULL ? 0 : -1;
}

static int keep_params(struct arena *arena, struct chain_event *entry,
                       const struct milter_facts *facts)
{
    struct slice *params = arena_alloc(arena, facts->param_count * sizeof(*params));

    if (params == NULL)
        return -1;
    for (size_t i = 0; i < facts->param_count; i++) {
        params[i] = facts->params[i];
        if (keep(arena, &params[i]) != 0)
            return -1;
    }
    entry->params = params;
    entry->param_count = facts->param_count;
    return keep(arena, &entry->rcpt_mailer) != 0 || keep(arena, &entry->rcpt_host) != 0 ||
                   keep(arena, &entry->rcpt_addr) != 0
               ? -1
               : 0;
}

static int copy(struct arena *arena, struct chain_event *entry, const struct event *event,
                const struct milter_facts *facts)
{
    struct slice *text;

    *entry = (struct chain_event){.event = *event,
                                  .rcpt_mailer = facts->rcpt_mailer,
                                  .rcpt_host = facts->rcpt_host,
                                  .rcpt_addr = facts->rcpt_addr};
    text = text_of(&entry->event);
    if (text != NULL && keep(arena, text) != 0)
        return -1;
    if (event->kind == EVENT_CONNECT)
        entry->event.u.connect.listener = SLICE_NONE;
    if (event->kind == EVENT_MAIL)
        entry->event.u.mail.tls = (struct event_tls){.active = event->u.mail.tls.active};
    return has_params(event->kind) ? keep_params(arena, entry, facts) : 0;
}

/* --- adding --- */

static int add_to_session(struct chain_replay *replay, const struct event *event,
                          const struct milter_facts *facts)
{
    struct chain_event entry;

    if (event->kind == EVENT_CONNECT) {
        chain_replay_reset(replay);
        replay->session_count = 0;
    }
    arena_reset(&replay->session_arena); /* nothing but the name of the HELO before is in it */
    replay->lost = copy(&replay->session_arena, &entry, event, facts) != 0;
    if (replay->lost)
        return -1;
    if (replay->session_count > 0 && event->kind == EVENT_HELO)
        replay->session_count = 1;
    replay->session[replay->session_count++] = entry;
    return 0;
}

static int make_room(struct chain_replay *replay)
{
    size_t capacity = replay->capacity > 0 ? 2 * replay->capacity : CAPACITY_FIRST;
    struct chain_event *message;

    if (replay->message_count < replay->capacity)
        return 0;
    message = arena_alloc(&replay->message_arena, capacity * sizeof(*message));
    if (message == NULL)
        return -1;
    if (replay->message_count > 0)
        memcpy(message, replay->message, replay->message_count * sizeof(*message));
    replay->message = message;
    replay->capacity = capacity;
    return 0;
}

/* The upstream has refused what was told as good. */
static void take_back(struct chain_replay *replay, struct slice recipient)
{
    struct chain_event *last;

    if (replay->message_count == 0)
        return;
    last = &replay->message[replay->message_count - 1];
    if (last->event.kind == EVENT_RCPT && slice_equal(last->event.u.rcpt.recipient, recipient))
        last->refused = true;
}

int chain_replay_add(struct chain_replay *replay, const struct event *event,
                     const struct milter_facts *facts)
{
    if (event->kind == EVENT_CONNECT || event->kind == EVENT_HELO)
        return add_to_session(replay, event, facts);
    if (replay->lost)
        return -1;
    if (event->kind == EVENT_RCPT_REFUSED)
        take_back(replay, event->u.rcpt.recipient);
    if (make_room(replay) != 0 ||
        copy(&replay->message_arena, &replay->message[replay->message_count], event, facts) != 0)
        return -1;
    replay->message_count++;
    return 0;
}

struct milter_facts chain_replay_facts(const struct chain_event *entry,
                                       const struct milter_facts *now)
{
    struct milter_facts facts = *now;

    facts.params = entry->params;
    facts.param_count = entry->param_count;
    facts.rcpt_mailer = entry->rcpt_mailer;
    facts.rcpt_host = entry->rcpt_host;
    facts.rcpt_addr = entry->rcpt_addr;
    return facts;
}
