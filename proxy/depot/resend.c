/* resend: see resend.h. */
#include "proxy/depot/resend.h"

#include "conf/config.h"
#include "filters/base/utf8.h"
#include "filters/message/header.h"
#include "proxy/smtp/dot.h"
#include "proxy/smtp/downgrade.h"
#include "proxy/upstream/upstream.h"

#include <stdio.h>

#define FAREWELL_MS 20 /* for the QUIT and its reply */
#define CHUNK_BYTES 65536

enum resend_stage {
    AT_OPENING,
    AT_MAIL,
    AT_RCPT,
    AT_DATA,
    AT_CONTENT,
    AT_END,
    AT_FAREWELL,
};

struct resend {
    const struct resend_request *request;
    struct loop *loop;
    struct upstream *upstream;
    struct loop_timer *farewell;
    struct bytes line; /* the command under way */
    enum resend_stage stage;
    size_t index; /* of the recipient that a reply is for */
    size_t sent;
    bool binary; /* by BDAT: it has no dots to be stuffed (RFC 3030, 3) */
    struct capabilities offered;
    struct downgrade_message holds;
    struct dot_writer writer;
};

/* --- outcomes --- */

static void settle(struct resend *r, size_t index, enum resend_outcome outcome, int code,
                   struct slice text)
{
    struct resend_recipient *recipient = &r->request->recipients[index];
    recipient->outcome = outcome;
    recipient->code = code;
    recipient->text = arena_copy(r->request->arena, text);
}

static void settle_reply(struct resend *r, size_t index)
{
    const struct reply *reply = upstream_reply(r->upstream);
    settle(r, index, reply->code / 100 == 2 ? RESEND_TAKEN : RESEND_REFUSED, reply->code,
           reply_first_line(reply->wire));
}

static void part(struct resend *r)
{
    r->stage = AT_FAREWELL;
    upstream_quit(r->upstream);
    loop_timer_set(r->farewell, FAREWELL_MS);
}

/* Those of whom nothing else is known yet; until the end of data the upstream has accepted nothing,
 * whatever it said of a recipient. */
static void settle_rest(struct resend *r, enum resend_outcome outcome, int code, struct slice text)
{
    size_t first = r->stage == AT_END ? r->index : 0;
    for (size_t i = first; i < r->request->recipient_count; i++)
        if (r->request->recipients[i].outcome != RESEND_REFUSED)
            settle(r, i, outcome, code, text);
    part(r);
}

/* The last reply is a word on the whole message. */
static void refused_whole(struct resend *r)
{
    const struct reply *reply = upstream_reply(r->upstream);
    settle_rest(r, RESEND_REFUSED, reply->code, reply_first_line(reply->wire));
}

static void went_away(struct resend *r)
{
    bool unknown = r->stage == AT_END && !upstream_cut_short(r->upstream);
    settle_rest(r, unknown ? RESEND_UNKNOWN : RESEND_OPEN, 0,
                slice_str(upstream_failure(r->upstream)));
}

/* --- the envelope --- */

/* Whether some address can be said only with SMTPUTF8. */
static bool unicode_envelope(const struct resend *r)
{
    bool high = utf8_beyond_ascii(r->request->entry->record.sender);
    for (size_t i = 0; i < r->request->recipient_count; i++)
        high = high || utf8_beyond_ascii(r->request->recipients[i].address);
    return high;
}

static void look_at_message(struct resend *r)
{
    struct slice message = r->request->entry->message;
    struct header_scan scan = {0};
    struct header_end end = {0};
    r->holds.eight_bit = utf8_beyond_ascii(message);
    if (header_scan(&scan, message, true, &end) > 0)
        r->holds.utf8 = utf8_beyond_ascii(slice_first(message, end.fields_end));
    r->holds.utf8 = r->holds.utf8 || unicode_envelope(r);
}

/* The command for ${address}, without what the upstream does not offer now: false when that cannot
 * be left out, and nothing was sent then. */
static bool make_path(struct resend *r, enum verb verb, struct slice address, struct slice params,
                      struct command_path *path)
{
    /* The address here only makes it a whole argument; what was stored can be read. */
    struct slice argument = arena_format(r->request->arena, "TO:<any> %.*s", SLICE_ARG(params));
    if (argument.ptr == NULL || command_parse_path(argument, SLICE("TO:"), true, path) != PATH_OK) {
        settle_rest(r, RESEND_OPEN, 0, SLICE("out of memory"));
        return false;
    }
    path->address = address;
    const struct command_param *missing =
        downgrade_path(path, verb, &r->holds, &r->offered, r->request->left_out);
    if (missing == NULL)
        return true;
    settle_rest(r, RESEND_OPEN, 0,
                arena_format(r->request->arena,
                             "the mail server does not offer %.*s%s%.*s any more, and the message "
                             "cannot go without it",
                             SLICE_ARG(missing->keyword), missing->has_value ? "=" : "",
                             SLICE_ARG(missing->value)));
    return false;
}

static void say_path(struct resend *r, enum resend_stage stage, enum verb verb,
                     const struct command_path *path)
{
    struct slice line;
    bytes_renew(&r->line);
    r->stage = stage;
    if (command_write_path(&r->line, verb, path) == 0 && bytes_take(&r->line, &line) == 0)
        upstream_command(r->upstream, line);
    else
        settle_rest(r, RESEND_OPEN, 0, SLICE("out of memory"));
}

static void add_param(struct command_path *path, struct command_param param)
{
    if (path->param_count < COMMAND_PARAMS_MAX)
        path->params[path->param_count++] = param;
}

static void say_mail(struct resend *r)
{
    const struct depot_record *record = &r->request->entry->record;
    struct command_path path;
    char size[sizeof "18446744073709551615"];
    int digits = snprintf(size, sizeof size, "%zu", r->request->entry->message.len);
    r->offered = extension_offer(upstream_capabilities(r->upstream), NULL, 0, 0, true);
    look_at_message(r);
    if (!make_path(r, VERB_MAIL, record->sender, record->params, &path))
        return;
    if (unicode_envelope(r) && command_path_param(&path, SLICE("SMTPUTF8")) == NULL) {
        if ((r->offered.extensions & EXTENSION_SMTPUTF8) == 0) {
            settle_rest(r, RESEND_OPEN, 0, SLICE("the mail server does not offer SMTPUTF8"));
            return;
        }
        add_param(&path, (struct command_param){.keyword = SLICE("SMTPUTF8")});
    }
    if ((r->offered.extensions & EXTENSION_SIZE) != 0)
        add_param(&path,
                  (struct command_param){SLICE("SIZE"), slice_make(size, (size_t)digits), true});
    say_path(r, AT_MAIL, VERB_MAIL, &path);
}

static void say_rcpt(struct resend *r)
{
    const struct resend_recipient *recipient = &r->request->recipients[r->index];
    struct command_path path;
    if (make_path(r, VERB_RCPT, recipient->address, recipient->params, &path))
        say_path(r, AT_RCPT, VERB_RCPT, &path);
}

static void say_data(struct resend *r)
{
    size_t accepted = 0;
    for (size_t i = 0; i < r->request->recipient_count; i++)
        accepted += r->request->recipients[i].outcome != RESEND_REFUSED;
    r->stage = AT_DATA;
    if (accepted == 0)
        part(r);
    else if (r->binary)
        upstream_chunk(r->upstream, r->request->entry->message.len, true);
    else
        upstream_data(r->upstream);
}

static void rcpt_replied(struct resend *r)
{
    if (upstream_reply(r->upstream)->code / 100 != 2)
        settle_reply(r, r->index);
    if (++r->index < r->request->recipient_count)
        say_rcpt(r);
    else
        say_data(r);
}

/* --- the content --- */

static void end_content(struct resend *r)
{
    struct slice dot = r->binary ? SLICE_NONE : dot_write_end(&r->writer);
    r->stage = AT_END;
    r->index = 0;
    upstream_end(r->upstream, dot, r->request->config->timeouts.end_of_data_ms);
}

static void send_content(struct resend *r)
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
static void end_replied(struct resend *r)
{
    const struct resend_request *q = r->request;
    bool lmtp = upstream_lmtp(r->upstream);
    for (; r->index < q->recipient_count; r->index++) {
        if (q->recipients[r->index].outcome == RESEND_REFUSED)
            continue;
        settle_reply(r, r->index);
        if (lmtp)
            break;
    }
    for (r->index++; r->index < q->recipient_count; r->index++) {
        if (q->recipients[r->index].outcome == RESEND_REFUSED)
            continue;
        upstream_end_more(r->upstream);
        return;
    }
    part(r);
}

/* --- the steps --- */

static void reply_came(struct resend *r)
{
    bool good = upstream_reply(r->upstream)->code / 100 == 2;
    switch (r->stage) {
    case AT_OPENING: say_mail(r); return;
    case AT_MAIL:
        if (good)
            say_rcpt(r);
        else
            refused_whole(r);
        return;
    case AT_RCPT: rcpt_replied(r); return;
    case AT_DATA: refused_whole(r); return;
    case AT_END: end_replied(r); return;
    case AT_CONTENT:
    case AT_FAREWELL: return;
    }
}

/* Whether there may be more to do at once. */
static bool resend_step(struct resend *r)
{
    if (r->stage == AT_FAREWELL)
        return false;
    switch (upstream_status(r->upstream)) {
    case UPSTREAM_OPENING:
    case UPSTREAM_WAITING: return false;
    case UPSTREAM_READY: reply_came(r); return true;
    case UPSTREAM_CONTENT: send_content(r); return upstream_status(r->upstream) != UPSTREAM_CONTENT;
    case UPSTREAM_REFUSED: refused_whole(r); return true;
    case UPSTREAM_NONE:
    case UPSTREAM_CHALLENGE:
    case UPSTREAM_LOST: went_away(r); return true;
    }
    return false;
}

static void upstream_woke(void *ctx)
{
    struct resend *r = ctx;
    while (resend_step(r))
        continue;
    upstream_flush(r->upstream);
}

static void farewell_over(void *ctx)
{
    struct resend *r = ctx;
    loop_stop(r->loop);
}

static void begin_session(void *ctx)
{
    struct resend *r = ctx;
    const struct resend_request *q = r->request;
    const struct depot_record *record = &q->entry->record;
    struct identity identity = {.client = record->client, .helo = record->helo, .esmtp = true};
    if (q->tls != NULL)
        upstream_secure(r->upstream, tls_store_upstream(q->tls, q->upstream));
    upstream_towards(r->upstream, q->destination, NULL, NULL);
    upstream_open(r->upstream, q->config, q->upstream, q->config->hostname, &identity);
    upstream_woke(r);
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

int resend_run(const struct resend_request *request)
{
    struct resend r = {.request = request, .loop = loop_create()};
    int result = -1;
    if (r.loop == NULL)
        return -1;
    bytes_init(&r.line, SIZE_MAX);
    dot_writer_init(&r.writer);
    r.binary = is_binary(request->entry->record.params);
    r.upstream = upstream_create(r.loop, upstream_woke, &r);
    r.farewell = loop_timer_create(r.loop, farewell_over, &r);
    if (r.upstream != NULL && r.farewell != NULL && loop_post(r.loop, begin_session, &r) == 0)
        result = loop_run(r.loop);
    upstream_destroy(r.upstream);
    loop_timer_destroy(r.farewell);
    bytes_fini(&r.line);
    loop_destroy(r.loop);
    return result;
}
