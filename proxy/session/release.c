/* release: see release.h. */
#include "proxy/session/release.h"

#include "proxy/session/upstream.h"
#include "proxy/smtp/dot.h"

#define FAREWELL_MS 20 /* for the QUIT and its reply */
#define CHUNK_BYTES 65536

enum stage_of_release {
    AT_OPENING,
    AT_MAIL,
    AT_RCPT,
    AT_DATA,
    AT_CONTENT,
    AT_END,
    AT_FAREWELL,
};

struct release {
    const struct release_request *request;
    struct loop *loop;
    struct upstream *upstream;
    struct loop_timer *farewell;
    struct bytes line; /* the command under way */
    enum stage_of_release stage;
    size_t index; /* of the recipient that a reply is for */
    size_t sent;
    bool binary; /* by BDAT: it has no dots to be stuffed (RFC 3030, 3) */
    struct dot_writer writer;
};

/* --- outcomes --- */

static struct slice first_line(struct slice wire)
{
    return slice_first(wire, slice_find(wire, '\r'));
}

static void settle(struct release *r, size_t index, enum release_outcome outcome, int code,
                   struct slice text)
{
    struct release_recipient *recipient = &r->request->recipients[index];
    recipient->outcome = outcome;
    recipient->code = code;
    recipient->text = arena_copy(r->request->arena, text);
}

static void settle_reply(struct release *r, size_t index)
{
    const struct reply *reply = upstream_reply(r->upstream);
    settle(r, index, reply->code / 100 == 2 ? RELEASE_TAKEN : RELEASE_REFUSED, reply->code,
           first_line(reply->wire));
}

static void part(struct release *r)
{
    r->stage = AT_FAREWELL;
    upstream_quit(r->upstream);
    loop_timer_set(r->farewell, FAREWELL_MS);
}

/* Those of whom nothing else is known yet; until the end of data the upstream has accepted nothing,
 * whatever it said of a recipient. */
static void settle_rest(struct release *r, enum release_outcome outcome, int code,
                        struct slice text)
{
    size_t first = r->stage == AT_END ? r->index : 0;
    for (size_t i = first; i < r->request->recipient_count; i++)
        if (r->request->recipients[i].outcome != RELEASE_REFUSED)
            settle(r, i, outcome, code, text);
    part(r);
}

/* The last reply is a word on the whole message. */
static void refused(struct release *r)
{
    const struct reply *reply = upstream_reply(r->upstream);
    settle_rest(r, RELEASE_REFUSED, reply->code, first_line(reply->wire));
}

static void lost(struct release *r)
{
    bool unknown = r->stage == AT_END && !upstream_cut_short(r->upstream);
    settle_rest(r, unknown ? RELEASE_UNKNOWN : RELEASE_OPEN, 0,
                slice_str(upstream_failure(r->upstream)));
}

/* --- the envelope --- */

static void say(struct release *r, enum stage_of_release stage)
{
    struct slice line;
    bytes_append(&r->line, SLICE("\r\n"));
    r->stage = stage;
    if (bytes_take(&r->line, &line) == 0)
        upstream_command(r->upstream, line);
    else
        settle_rest(r, RELEASE_OPEN, 0, SLICE("out of memory"));
}

static void begin_line(struct release *r, struct slice verb, struct slice address,
                       struct slice params)
{
    bytes_renew(&r->line);
    bytes_append(&r->line, verb);
    bytes_append(&r->line, address);
    bytes_append_char(&r->line, '>');
    if (params.len > 0)
        bytes_append_char(&r->line, ' ');
    bytes_append(&r->line, params);
}

static void say_mail(struct release *r)
{
    const struct quarantine_record *record = &r->request->entry->record;
    unsigned offered = upstream_capabilities(r->upstream)->extensions;
    if (r->binary && (offered & EXTENSION_CHUNKING) == 0) {
        settle_rest(r, RELEASE_OPEN, 0, SLICE("the mail server takes no BINARYMIME now"));
        return;
    }
    begin_line(r, SLICE("MAIL FROM:<"), record->sender, record->params);
    if ((offered & EXTENSION_SIZE) != 0)
        bytes_format(&r->line, " SIZE=%zu", r->request->entry->message.len);
    say(r, AT_MAIL);
}

static void say_rcpt(struct release *r)
{
    const struct release_recipient *recipient = &r->request->recipients[r->index];
    begin_line(r, SLICE("RCPT TO:<"), recipient->address, recipient->params);
    say(r, AT_RCPT);
}

static void say_data(struct release *r)
{
    size_t accepted = 0;
    for (size_t i = 0; i < r->request->recipient_count; i++)
        accepted += r->request->recipients[i].outcome != RELEASE_REFUSED;
    r->stage = AT_DATA;
    if (accepted == 0)
        part(r);
    else if (r->binary)
        upstream_chunk(r->upstream, r->request->entry->message.len, true);
    else
        upstream_data(r->upstream);
}

static void rcpt_answered(struct release *r)
{
    if (upstream_reply(r->upstream)->code / 100 != 2)
        settle_reply(r, r->index);
    if (++r->index < r->request->recipient_count)
        say_rcpt(r);
    else
        say_data(r);
}

/* --- the content --- */

static void end_content(struct release *r)
{
    struct slice dot = r->binary ? SLICE_NONE : dot_write_end(&r->writer);
    r->stage = AT_END;
    r->index = 0;
    upstream_end(r->upstream, dot, r->request->config->timeouts.end_of_data_ms);
}

static void send_content(struct release *r)
{
    struct slice rest = slice_from(r->request->entry->message, r->sent);
    r->stage = AT_CONTENT;
    while (rest.len > 0 && upstream_status(r->upstream) == UPSTREAM_CONTENT) {
        struct dot_slices wire = {.count = 0};
        size_t used = rest.len;
        if (upstream_congested(r->upstream))
            return;
        if (r->binary)
            upstream_content(r->upstream, &rest, 1);
        else
            used = dot_write(&r->writer, slice_first(rest, CHUNK_BYTES), &wire);
        if (!r->binary)
            upstream_content(r->upstream, wire.items, wire.count);
        r->sent += used;
        rest = slice_from(rest, used);
    }
    if (upstream_status(r->upstream) == UPSTREAM_CONTENT)
        end_content(r);
}

/* In LMTP the replies come in the order of the recipients that were accepted (RFC 2033, 4.2). */
static void end_answered(struct release *r)
{
    const struct release_request *q = r->request;
    bool lmtp = upstream_lmtp(r->upstream);
    for (; r->index < q->recipient_count; r->index++) {
        if (q->recipients[r->index].outcome == RELEASE_REFUSED)
            continue;
        settle_reply(r, r->index);
        if (lmtp)
            break;
    }
    for (r->index++; r->index < q->recipient_count; r->index++) {
        if (q->recipients[r->index].outcome == RELEASE_REFUSED)
            continue;
        upstream_end_more(r->upstream);
        return;
    }
    part(r);
}

/* --- the steps --- */

static void answered(struct release *r)
{
    bool good = upstream_reply(r->upstream)->code / 100 == 2;
    switch (r->stage) {
    case AT_OPENING: say_mail(r); return;
    case AT_MAIL:
        if (good)
            say_rcpt(r);
        else
            refused(r);
        return;
    case AT_RCPT: rcpt_answered(r); return;
    case AT_DATA: refused(r); return;
    case AT_END: end_answered(r); return;
    case AT_CONTENT:
    case AT_FAREWELL: return;
    }
}

/* Whether there may be more to do at once. */
static bool step(struct release *r)
{
    if (r->stage == AT_FAREWELL)
        return false;
    switch (upstream_status(r->upstream)) {
    case UPSTREAM_OPENING:
    case UPSTREAM_WAITING: return false;
    case UPSTREAM_READY: answered(r); return true;
    case UPSTREAM_CONTENT: send_content(r); return upstream_status(r->upstream) != UPSTREAM_CONTENT;
    case UPSTREAM_REFUSED: refused(r); return true;
    case UPSTREAM_NONE:
    case UPSTREAM_CHALLENGE:
    case UPSTREAM_LOST: lost(r); return true;
    }
    return false;
}

static void wake(void *ctx)
{
    struct release *r = ctx;
    while (step(r))
        continue;
    upstream_flush(r->upstream);
}

static void stop(void *ctx)
{
    struct release *r = ctx;
    loop_stop(r->loop);
}

static void start(void *ctx)
{
    struct release *r = ctx;
    const struct release_request *q = r->request;
    const struct quarantine_record *record = &q->entry->record;
    struct identity identity = {.client = record->client, .helo = record->helo, .esmtp = true};
    if (q->tls != NULL)
        upstream_secure(r->upstream, tls_store_upstream(q->tls, q->upstream));
    upstream_towards(r->upstream, q->destination, NULL, NULL);
    upstream_open(r->upstream, q->config, q->upstream, q->config->hostname, &identity);
    wake(r);
}

static bool is_binary(struct slice params)
{
    while (params.len > 0) {
        struct slice param = slice_first(params, slice_find(params, ' '));
        if (slice_equal_case(param, SLICE("BODY=BINARYMIME")))
            return true;
        params = slice_from(params, param.len + 1);
    }
    return false;
}

int release_send(const struct release_request *request)
{
    struct release r = {.request = request, .loop = loop_create()};
    int result = -1;
    if (r.loop == NULL)
        return -1;
    bytes_init(&r.line, SIZE_MAX);
    dot_writer_init(&r.writer);
    r.binary = is_binary(request->entry->record.params);
    r.upstream = upstream_create(r.loop, wake, &r);
    r.farewell = loop_timer_create(r.loop, stop, &r);
    if (r.upstream != NULL && r.farewell != NULL && loop_post(r.loop, start, &r) == 0)
        result = loop_run(r.loop);
    upstream_destroy(r.upstream);
    loop_timer_destroy(r.farewell);
    bytes_fini(&r.line);
    loop_destroy(r.loop);
    return result;
}
