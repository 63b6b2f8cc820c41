#include "proxy/session/rewriting.h"

#include <string.h>
#include <time.h>

#include "conf/config.h"
#include "filters/base/hostname.h"
#include "filters/base/mailbox.h"
#include "proxy/session/lmtp.h"
#include "proxy/session/origin.h"
#include "proxy/session/parameters.h"
#include "proxy/session/state.h"

#define MAIL_VERB "MAIL FROM"
#define RCPT_VERB "RCPT TO"

static struct slice path_wire(struct arena *arena, const char *verb, struct slice address,
                              struct slice params)
{
    return arena_format(arena, "%s:<%.*s>%.*s\r\n", verb, SLICE_ARG(address), SLICE_ARG(params));
}

/* The parameters in a command made by command_write_path, with the blank before. */
static struct slice params_of(struct slice wire, const char *verb, struct slice address)
{
    size_t before = strlen(verb) + strlen(":<>") + address.len;
    return slice_from(slice_first(wire, wire.len - 2), before);
}

int rewriting_begin(struct session *s)
{
    struct transaction *t = &s->tx;
    draft_init(&t->draft, &t->arena, t->envelope.sender);
    inspect_attach(s->under.inspect, &t->draft);
    for (size_t i = 0; i < t->envelope.recipient_count; i++) {
        const struct recipient *r = &t->envelope.recipients[i];
        if (r->state != RECIPIENT_ACCEPTED || r->shared)
            continue;
        if (draft_name(&t->draft, r->told, params_of(r->wire, RCPT_VERB, r->told)) != 0)
            return -1;
    }
    return 0;
}

void rewriting_received(struct session *s)
{
    draft_receive(&s->tx.draft, &s->tx.content.header);
}

struct slice rewriting_complete(struct session *s, struct slice view)
{
    s->tx.draft.body = transaction_body(&s->tx, view);
    return s->tx.draft.body;
}

int rewriting_redirect(struct session *s, struct recipient *recipient, struct slice address)
{
    struct arena *arena = &s->tx.arena;
    struct slice params =
        draft_lasting_params(arena, params_of(recipient->wire, RCPT_VERB, recipient->address));
    recipient->told = arena_copy(arena, address);
    recipient->wire = path_wire(arena, RCPT_VERB, address, params);
    return arena_failed(arena) ? -1 : 0;
}

int rewriting_redirects(struct session *s, struct edit_list *edits)
{
    struct transaction *t = &s->tx;
    for (size_t i = 0; i < t->envelope.recipient_count; i++) {
        const struct recipient *r = &t->envelope.recipients[i];
        if (r->state != RECIPIENT_ACCEPTED || slice_equal(r->address, r->told))
            continue;
        struct edit gone = {
            .kind = EDIT_REMOVE_RECIPIENT, .value = r->address, .by = r->by, .instead = r->told};
        struct edit come = {
            .kind = EDIT_ADD_RECIPIENT, .value = r->told, .by = r->by, .instead = r->address};
        if (edit_list_add(edits, &t->arena, &gone) != 0 ||
            (!r->shared && edit_list_add(edits, &t->arena, &come) != 0))
            return -1;
    }
    return 0;
}

/* --- the envelope --- */

static uint64_t size_of(const struct transaction *t)
{
    const struct draft *draft = &t->draft;
    if (draft->body_touched)
        return draft_size(draft);
    return draft_size(draft) - draft->body.len + t->content.bytes -
           t->content.header_end.body_start;
}

static struct slice without_size(struct arena *arena, struct slice params)
{
    struct slice at = params;
    while (at.len > 0) {
        struct slice rest = slice_from(at, 1);
        struct slice param = slice_first(rest, slice_find(rest, ' '));
        if (slice_starts_case(param, SLICE("SIZE="))) {
            struct slice before = slice_first(params, params.len - at.len);
            struct slice after = slice_from(rest, param.len);
            return arena_format(arena, "%.*s%.*s", SLICE_ARG(before), SLICE_ARG(after));
        }
        at = slice_from(rest, param.len);
    }
    return params;
}

/* The MAIL command: a new sender keeps what was said of the content only and gets what its edit
 * said of it; a size that the client declared becomes the one that a held message has now (MILTER
 * 9). */
static struct slice mail_wire(struct session *s)
{
    struct transaction *t = &s->tx;
    bool same = !draft_sender_touched(&t->draft);
    bool sized = t->envelope.declared_size >= 0 && t->content.mode == CONTENT_HOLD;
    if (same && (!sized || !(t->draft.header_touched || t->draft.body_touched)))
        return t->envelope.mail_wire;
    struct slice params = same ? params_of(t->envelope.mail_wire, MAIL_VERB, t->envelope.sender)
                               : t->envelope.body_params;
    struct slice wanted = parameters_keep(s, VERB_MAIL, t->draft.sender_wanted);
    if (wanted.len > 0)
        params = arena_format(&t->arena, "%.*s%.*s", SLICE_ARG(params), SLICE_ARG(wanted));
    if (sized) {
        params = without_size(&t->arena, params);
        params = arena_format(&t->arena, "%.*s SIZE=%ju", SLICE_ARG(params), (uintmax_t)size_of(t));
    }
    return path_wire(&t->arena, MAIL_VERB, t->draft.sender, params);
}

/* Whether a new body is larger than the upstream was told; for a few fields nobody counts. */
static bool outgrown(const struct transaction *t)
{
    return t->draft.body_touched && t->envelope.declared_size >= 0 &&
           size_of(t) > (uint64_t)t->envelope.declared_size;
}

static int recipient_wires(struct session *s)
{
    struct transaction *t = &s->tx;
    for (size_t i = 0; i < t->draft.recipient_count; i++) {
        const struct draft_recipient *r = &t->draft.recipients[i];
        t->plan.rcpt_addresses[i] = r->address;
        struct slice params =
            r->wanted.len > 0 ? parameters_keep(s, VERB_RCPT, r->wanted) : r->params;
        t->plan.rcpt_wires[i] = path_wire(&t->arena, RCPT_VERB, r->address, params);
        if (t->plan.rcpt_wires[i].ptr == NULL)
            return -1;
    }
    return 0;
}

static void received_wires(struct transaction *t)
{
    size_t count = 0;
    for (size_t i = 0; i < t->envelope.recipient_count; i++) {
        if (t->envelope.recipients[i].state != RECIPIENT_ACCEPTED ||
            t->envelope.recipients[i].shared)
            continue;
        t->plan.rcpt_addresses[count] = t->envelope.recipients[i].told;
        t->plan.rcpt_wires[count++] = t->envelope.recipients[i].wire;
    }
}

int rewriting_envelope(struct session *s)
{
    struct transaction *t = &s->tx;
    bool touched = draft_envelope_touched(&t->draft);
    size_t room = t->draft.recipient_count + 1;
    t->plan.rcpt_count = t->draft.recipient_count;
    t->plan.rcpt_addresses = arena_alloc(&t->arena, room * sizeof *t->plan.rcpt_addresses);
    t->plan.rcpt_wires = arena_alloc(&t->arena, room * sizeof *t->plan.rcpt_wires);
    if (t->plan.rcpt_addresses == NULL || t->plan.rcpt_wires == NULL || lmtp_expect(s, room) != 0)
        return -1;
    t->plan.mail_wire = mail_wire(s);
    t->plan.replay = touched || outgrown(t) || !t->upstream_open;
    if (t->plan.mail_wire.ptr == NULL)
        return -1;
    if (touched)
        return recipient_wires(s);
    received_wires(t);
    return 0;
}

/* --- the header --- */

/* RFC 3848; RFC 6531, 4.3. */
static const char *received_protocol(const struct session *s)
{
    if (s->lmtp)
        return s->tx.envelope.utf8 ? "UTF8LMTP" : "LMTP";
    return s->tx.envelope.utf8 ? "UTF8SMTP" : s->hello.esmtp ? "ESMTP" : "SMTP";
}

/* What stands where the client's name is read (RFC 5321, 4.4): the name it gave if it is one, or an
 * address. Anything else could be read as our own word on who it is. */
static struct slice received_name(const struct session *s)
{
    struct slice helo = origin_helo(s);
    return hostname_valid(helo) || mailbox_literal(helo) ? helo : SLICE("unknown");
}

static struct slice received_value(struct session *s)
{
    char date[64];
    time_t now = time(NULL);
    struct tm utc;
    (void)gmtime_r(&now, &utc);
    size_t len = strftime(date, sizeof date, "%a, %d %b %Y %H:%M:%S +0000", &utc);
    char address[ADDRESS_TEXT_MAX];
    struct slice client = address_text(&s->who.client, address);
    const char *v6 = s->who.client.family == ADDRESS_V6 ? "IPv6:" : "";
    const char *secure =
        s->hello.esmtp && connection_secure(s->connection) ? "S" : ""; /* RFC 3848 */
    const char *login =
        s->login.accepted && s->hello.esmtp ? "A" : ""; /* RFC 3848; RFC 6531, 4.3 */
    struct slice name = received_name(s);
    return arena_format(
        &s->tx.arena, " from %.*s ([%s%.*s])\r\n\tby %.*s with %s%s%s id %s.%u;\r\n\t%.*s",
        SLICE_ARG(name), v6, SLICE_ARG(client), SLICE_ARG(s->under.config->hostname),
        received_protocol(s), secure, login, s->id, s->tx.envelope.number, (int)len, date);
}

/* Ours comes last, so that no rule and no milter sees it. */
static int add_received(struct session *s)
{
    struct edit edit = {.kind = EDIT_INSERT_HEADER, .name = SLICE("Received")};
    const struct edit_list list = {.items = &edit, .count = 1};
    edit.value = received_value(s);
    return edit.value.ptr != NULL ? draft_apply(&s->tx.draft, &list) : -1;
}

int rewriting_header(struct session *s)
{
    struct transaction *t = &s->tx;
    bool again = t->plan.received;
    if (s->under.listener->add_received && !again && add_received(s) != 0)
        return -1;
    t->plan.received = true;
    bytes_renew(&t->plan.header);
    if (!t->draft.header_touched && !t->draft.body_touched)
        return 0;
    return draft_emit(&t->draft, &t->plan.header);
}

/* --- the content --- */

int rewriting_content(struct session *s, struct slice *content)
{
    if (!s->tx.draft.body_touched)
        return spool_view(&s->tx.spool, content);
    *content = s->tx.draft.body;
    return 0;
}
