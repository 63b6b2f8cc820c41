/* transcript: see transcript.h. */
#include "proxy/probe/transcript.h"

#include "proxy/milter/wire/packet_macros.h"
#include "proxy/net/loop.h"
#include "proxy/probe/names.h"

#define NS_PER_US      1000U
#define TEXT_BYTES_MAX (1024U * 1024)
#define GARBAGE_SHOWN  32 /* octets */
#define MACRO_ROOM     64

/* --- steps --- */

static struct transcript_step *add_step(struct transcript *t, enum packet_command_kind kind)
{
    struct transcript_step *step = arena_alloc(t->arena, sizeof(*step));

    if (step == NULL) {
        t->failed = true;
        return NULL;
    }
    step->kind = kind;
    step->said_ns = loop_clock_ns(NULL);
    if (t->last != NULL)
        t->last->next = step;
    else
        t->steps = step;
    t->last = step;
    if (t->macro_count > 0 && t->macros_for == kind) {
        step->macros = t->macros;
        step->macro_count = t->macro_count;
        t->macro_count = 0;
    }
    return step;
}

void transcript_unsent(struct transcript *t, enum packet_command_kind kind, const char *why)
{
    struct transcript_step *step = add_step(t, kind);

    if (step != NULL)
        step->unsent = why;
}

const struct transcript_step *transcript_asked(const struct transcript *t)
{
    const struct transcript_step *found = NULL;

    for (const struct transcript_step *step = t->steps; step != NULL; step = step->next)
        if (step->awaited)
            found = step;
    return found;
}

static struct slice keep(struct transcript *t, struct slice s)
{
    struct slice copy = arena_copy(t->arena, s);

    t->failed = t->failed || copy.ptr == NULL;
    return copy;
}

static struct slice keep_bytes(struct transcript *t, struct bytes *text)
{
    struct slice copy = SLICE_NONE, whole;

    if (bytes_take(text, &whole) == 0)
        copy = keep(t, whole);
    else
        t->failed = true;
    bytes_fini(text);
    return copy;
}

/* --- what is said --- */

static void take_macros(struct transcript *t, const struct packet_command *command)
{
    struct packet_fields fields = command->strings;
    struct packet_macro *macros = arena_alloc(t->arena, MACRO_ROOM * sizeof(*macros));
    size_t count = 0;

    while (macros != NULL && count < MACRO_ROOM && !packet_fields_end(&fields) && !fields.bad) {
        macros[count].name = keep(t, packet_macros_bare(packet_take_string(&fields)));
        macros[count++].value = keep(t, packet_take_string(&fields));
    }
    t->failed = t->failed || macros == NULL;
    t->macros = macros;
    t->macro_count = count;
    t->macros_for = command->target;
}

static void append_connect(struct bytes *out, const struct packet_connect *connect)
{
    bytes_append(out, connect->host);
    if (connect->family == PACKET_FAMILY_UNKNOWN)
        return;
    bytes_append(out, SLICE(", "));
    bytes_append(out, connect->address);
    bytes_format(out, " port %u", (unsigned)connect->port);
}

static void append_strings(struct bytes *out, struct packet_fields strings)
{
    for (bool first = true; !packet_fields_end(&strings) && !strings.bad; first = false) {
        if (!first)
            bytes_append_char(out, ' ');
        bytes_append(out, packet_take_string(&strings));
    }
}

static struct slice command_text(struct transcript *t, const struct packet_command *command)
{
    struct bytes text;

    bytes_init(&text, TEXT_BYTES_MAX);
    switch (command->kind) {
    case PACKET_COMMAND_CONNECT: append_connect(&text, &command->connect); break;
    case PACKET_COMMAND_MAIL:
    case PACKET_COMMAND_RCPT: append_strings(&text, command->strings); break;
    case PACKET_COMMAND_HEADER:
        bytes_append(&text, command->name);
        bytes_append(&text, SLICE(": "));
        bytes_append(&text, slice_trim(command->value));
        break;
    case PACKET_COMMAND_BODY: bytes_format(&text, "%zu octets", command->value.len); break;
    case PACKET_COMMAND_HELO:
    case PACKET_COMMAND_UNKNOWN: bytes_append(&text, command->value); break;
    case PACKET_COMMAND_OPTNEG:
        bytes_format(&text, "version %u, actions 0x%X, protocol 0x%X",
                     (unsigned)command->options.version, (unsigned)command->options.actions,
                     (unsigned)command->options.steps);
        break;
    case PACKET_COMMAND_ABORT:
    case PACKET_COMMAND_MACRO:
    case PACKET_COMMAND_BODYEOB:
    case PACKET_COMMAND_QUIT_NC:
    case PACKET_COMMAND_EOH:
    case PACKET_COMMAND_QUIT:
    case PACKET_COMMAND_DATA: break;
    }
    return keep_bytes(t, &text);
}

/* The parts of the content come in one order; those that were passed over are noted. */
static void note_passed_over(struct transcript *t, enum packet_command_kind kind)
{
    static const enum packet_command_kind ORDER[] = {PACKET_COMMAND_HEADER, PACKET_COMMAND_EOH,
                                                     PACKET_COMMAND_BODY, PACKET_COMMAND_BODYEOB};

    if (kind == PACKET_COMMAND_MAIL)
        t->content_at = 0;
    for (size_t at = 0; at < sizeof(ORDER) / sizeof(*ORDER); at++) {
        if (ORDER[at] != kind)
            continue;
        for (size_t i = t->content_at; i < at; i++)
            if (names_unsent(&t->agreed, ORDER[i]) != NULL)
                transcript_unsent(t, ORDER[i], names_unsent(&t->agreed, ORDER[i]));
        t->content_at = at < 3 ? at : 0;
    }
}

static bool is_awaited(const struct transcript *t, enum packet_command_kind kind)
{
    if (kind == PACKET_COMMAND_OPTNEG)
        return true;
    return packet_options_waits(&t->agreed, kind);
}

static void on_said(void *ctx, struct packet packet)
{
    struct transcript *t = ctx;
    struct packet_command command;
    struct transcript_step *step;

    if (packet_command_parse(packet, &command) != NULL)
        return; /* ours are always whole */
    if (command.kind == PACKET_COMMAND_MACRO) {
        take_macros(t, &command);
        return;
    }
    if (command.kind == PACKET_COMMAND_OPTNEG) {
        t->offer = command.options;
        t->offered = true;
        t->answered = t->settled = false;
    }
    note_passed_over(t, command.kind);
    step = add_step(t, command.kind);
    if (step == NULL)
        return;
    step->text = command_text(t, &command);
    step->awaited = is_awaited(t, command.kind);
}

/* --- what is heard --- */

static struct transcript_answer *add_answer(struct transcript *t)
{
    struct transcript_answer *answer = arena_alloc(t->arena, sizeof(*answer));
    struct transcript_step *step = t->last;

    if (answer == NULL || step == NULL) {
        t->failed = true;
        return NULL;
    }
    answer->count = 1;
    answer->after_us = (loop_clock_ns(NULL) - step->said_ns) / NS_PER_US;
    if (step->last != NULL)
        step->last->next = answer;
    else
        step->answers = answer;
    step->last = answer;
    return answer;
}

static struct slice hexadecimal(struct transcript *t, struct slice octets)
{
    struct bytes text;

    bytes_init(&text, TEXT_BYTES_MAX);
    for (size_t i = 0; i < octets.len && i < GARBAGE_SHOWN; i++)
        bytes_format(&text, "%s%02X", i > 0 ? " " : "", (unsigned)(unsigned char)octets.ptr[i]);
    if (octets.len > GARBAGE_SHOWN)
        bytes_append(&text, SLICE(" ..."));
    return keep_bytes(t, &text);
}

static void take_options(struct transcript *t, const struct packet_options *options)
{
    t->answer = *options;
    if (packet_macros_keep(&t->answer.symbols, t->arena) != 0) {
        t->failed = true;
        t->answer.symbols.given = 0;
    }
    t->answered = true;
    t->settled = packet_options_settle(&t->offer, &t->answer, &t->agreed) == NULL;
}

static struct slice reply_text(struct transcript *t, const struct packet_reply *reply)
{
    struct bytes text;

    bytes_init(&text, TEXT_BYTES_MAX);
    if (reply->kind == PACKET_REPLY_OPTNEG)
        bytes_format(&text, "version %u, actions 0x%X, protocol 0x%X",
                     (unsigned)reply->options.version, (unsigned)reply->options.actions,
                     (unsigned)reply->options.steps);
    if (reply->name.len > 0) {
        bytes_append(&text, reply->name);
        bytes_append(&text, reply->value.len > 0 ? SLICE(": ") : SLICE(", deleted"));
        bytes_append(&text, slice_trim(reply->value));
    } else if (reply->kind != PACKET_REPLY_REPLACE_BODY) {
        bytes_append(&text, reply->value);
    }
    return keep_bytes(t, &text);
}

/* Whether it goes on with what the last answer was. */
static bool goes_on(const struct transcript *t, enum packet_reply_kind kind)
{
    const struct transcript_answer *last = t->last != NULL ? t->last->last : NULL;

    return last != NULL && last->known && last->kind == kind &&
           (kind == PACKET_REPLY_PROGRESS || kind == PACKET_REPLY_REPLACE_BODY);
}

static void take_reply(struct transcript *t, const struct packet_reply *reply)
{
    struct transcript_answer *answer;

    if (goes_on(t, reply->kind)) {
        answer = t->last->last;
        answer->count++;
        answer->after_us = (loop_clock_ns(NULL) - t->last->said_ns) / NS_PER_US;
    } else {
        answer = add_answer(t);
    }
    if (answer == NULL)
        return;
    answer->known = true;
    if (reply->kind == PACKET_REPLY_DISCARD && t->discards == NULL &&
        (t->last->kind == PACKET_COMMAND_CONNECT || t->last->kind == PACKET_COMMAND_HELO))
        t->discards = t->last;
    answer->kind = reply->kind;
    answer->index = reply->index;
    answer->text = reply_text(t, reply);
    answer->parameters = keep(t, reply->parameters);
    if (reply->kind == PACKET_REPLY_REPLACE_BODY)
        answer->octets += reply->value.len;
}

static void take_garbage(struct transcript *t, struct slice octets, const char *wrong)
{
    struct transcript_answer *answer = add_answer(t);

    if (answer == NULL)
        return;
    answer->wrong = wrong;
    answer->text = hexadecimal(t, octets);
}

static void on_heard(void *ctx, struct packet packet)
{
    struct transcript *t = ctx;
    struct packet_reply reply;
    const char *wrong = packet_reply_parse(packet, &reply);

    if (wrong != NULL) {
        take_garbage(t, slice_make(packet.data.ptr - 1, packet.data.len + 1), wrong);
        return;
    }
    if (reply.kind == PACKET_REPLY_OPTNEG && !t->answered)
        take_options(t, &reply.options);
    take_reply(t, &reply);
}

static void on_garbage(void *ctx, struct slice input, bool asked)
{
    struct transcript *t = ctx;

    t->unasked = t->unasked || !asked;
    take_garbage(t, input, asked ? "a packet of an impossible length" : "nobody asked for it");
}

/* --- life --- */

void transcript_init(struct transcript *t, struct arena *arena)
{
    *t = (struct transcript){.arena = arena};
}

struct milter_trace transcript_trace(struct transcript *t)
{
    return (struct milter_trace){
        .said = on_said, .heard = on_heard, .garbage = on_garbage, .ctx = t};
}
