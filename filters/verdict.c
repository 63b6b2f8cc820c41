/* verdict: building refusals, and the names of what is in a verdict. */
#include "filters/verdict.h"

#include <assert.h>

static const struct slice KIND_NAMES[] = {
    [VERDICT_CONTINUE] = SLICE_INIT("continue"),
    [VERDICT_MORE] = SLICE_INIT("more"),
    [VERDICT_ACCEPT] = SLICE_INIT("accept"),
    [VERDICT_DISCARD] = SLICE_INIT("discard"),
    [VERDICT_QUARANTINE] = SLICE_INIT("quarantine"),
    [VERDICT_TEMPFAIL] = SLICE_INIT("tempfail"),
    [VERDICT_REJECT] = SLICE_INIT("reject"),
    [VERDICT_DISCONNECT] = SLICE_INIT("disconnect"),
};

static const struct slice FAILURE_NAMES[] = {
    [FAILURE_NONE] = SLICE_INIT("none"),       [FAILURE_REGEX] = SLICE_INIT("regex"),
    [FAILURE_MILTER] = SLICE_INIT("milter"),   [FAILURE_LOOKUP] = SLICE_INIT("lookup"),
    [FAILURE_CONTENT] = SLICE_INIT("content"), [FAILURE_MEMORY] = SLICE_INIT("memory"),
};

static const struct slice PARTY_NAMES[] = {
    [PARTY_NONE] = SLICE_INIT("none"),       [PARTY_RULE] = SLICE_INIT("rule"),
    [PARTY_MILTER] = SLICE_INIT("milter"),   [PARTY_UPSTREAM] = SLICE_INIT("upstream"),
    [PARTY_GATEWAY] = SLICE_INIT("gateway"),
};

/* What is said when the reply at hand does not fit: a refusal must never lack one. */
static const struct reply TEMPFAIL_REPLY = {
    451, SLICE_INIT("451 4.7.1 Service unavailable - try again later\r\n")};
static const struct reply REJECT_REPLY = {550, SLICE_INIT("550 5.7.1 Command rejected\r\n")};
static const struct reply DISCONNECT_REPLY = {421, SLICE_INIT("421 4.7.0 Closing connection\r\n")};

static bool has_class(struct reply reply, int reply_class)
{
    return reply.code / 100 == reply_class && reply.wire.len > 0;
}

static struct reply fitting_reply(enum verdict_kind kind, struct reply reply)
{
    switch (kind) {
    case VERDICT_TEMPFAIL: return has_class(reply, 4) ? reply : TEMPFAIL_REPLY;
    case VERDICT_REJECT: return has_class(reply, 5) ? reply : REJECT_REPLY;
    case VERDICT_DISCONNECT:
        return has_class(reply, 4) || has_class(reply, 5) ? reply : DISCONNECT_REPLY;
    case VERDICT_CONTINUE:
    case VERDICT_MORE:
    case VERDICT_ACCEPT:
    case VERDICT_DISCARD:
    case VERDICT_QUARANTINE: break;
    }
    return (struct reply){0, SLICE_NONE};
}

struct verdict verdict_refusal(enum verdict_kind kind, enum verdict_scope scope, struct reply reply)
{
    assert(verdict_refuses(kind));
    return (struct verdict){.kind = kind, .scope = scope, .reply = fitting_reply(kind, reply)};
}

struct reply verdict_greeting(const struct verdict *verdict, struct arena *arena)
{
    if (verdict->kind == VERDICT_REJECT)
        return reply_recode(arena, verdict->reply, 554);
    if (verdict->kind == VERDICT_TEMPFAIL)
        return reply_recode(arena, verdict->reply, 421);
    return verdict->reply;
}

struct slice verdict_name(enum verdict_kind kind)
{
    return KIND_NAMES[kind];
}

struct slice failure_name(enum failure failure)
{
    return FAILURE_NAMES[failure];
}

struct slice party_name(enum party party)
{
    return PARTY_NAMES[party];
}
