/* facts: see facts.h. */
#include "filters/eval/facts.h"

#include <stdio.h>

#include "filters/base/mailbox.h"
#include "filters/eval/facts_header.h"

/* --- the session ------------------------------------------------------------------------------ */

static void forget_answers(struct eval *e)
{
    memset(e->session_answers, TRUTH_OPEN, e->rules->kind_counts[LEAF_SESSION]);
}

int facts_keep_tls(struct arena *arena, const struct event_tls *tls, struct event_tls *out)
{
    *out = (struct event_tls){.active = tls->active};
    if (!tls->active)
        return 0;
    out->version = arena_copy(arena, tls->version);
    out->cipher = arena_copy(arena, tls->cipher);
    out->name = arena_copy(arena, tls->name);
    out->client_cert = arena_copy(arena, tls->client_cert);
    return out->version.ptr != NULL && out->cipher.ptr != NULL && out->name.ptr != NULL &&
                   out->client_cert.ptr != NULL
               ? 0
               : -1;
}

bool facts_known(const struct eval *e, enum field_id field, enum stage stage)
{
    bool of_tls = field >= FIELD_TLS && field <= FIELD_CLIENT_CERT;

    return stage <= e->m->stage || (of_tls && e->tls.active);
}

int facts_connect(struct eval *e, const struct event *event)
{
    e->client = event->u.connect.client;
    (void)address_text(&e->client, e->client_text);
    e->has_helo = false;
    e->has_login = false;
    e->client_name_state = LOOKUP_NONE;
    forget_answers(e);
    arena_fini(&e->session);
    e->listed = NULL;
    if (facts_keep_tls(&e->session, &event->u.connect.tls, &e->tls) != 0)
        return -1;
    return bytes_set(&e->listener, event->u.connect.listener);
}

int facts_helo(struct eval *e, const struct event *event)
{
    e->has_helo = true;
    forget_answers(e);
    return bytes_set(&e->helo, event->u.helo.name);
}

int facts_auth(struct eval *e, const struct event *event)
{
    e->has_login = true;
    return bytes_set(&e->login, event->u.auth.login);
}

int facts_forms(struct eval *e, struct slice address, struct comparable *out)
{
    struct slice kept;

    bytes_renew(&e->forms);
    if (comparable_address(address, &e->forms, out) != 0)
        return -1;
    if (e->forms.len == 0)
        return 0;
    kept = arena_copy(&e->work, bytes_slice(&e->forms));
    *out = comparable_moved(out, bytes_slice(&e->forms), kept.ptr);
    return kept.ptr != NULL ? 0 : -1;
}

bool facts_missing(const struct eval *e, enum field_id field)
{
    return field == FIELD_CLIENT_NAME &&
           (e->client_name_state == LOOKUP_NONE || e->client_name_state == LOOKUP_ASKED);
}

bool facts_failed(const struct eval *e, enum field_id field)
{
    return field == FIELD_CLIENT_NAME && e->client_name_state == LOOKUP_FAILED;
}

void facts_answer(struct eval *e, const struct answer *answer)
{
    forget_answers(e);
    e->lost &= ~LOST_NAME;
    if (bytes_set(&e->client_name, answer->text) != 0)
        e->lost |= LOST_NAME;
    e->client_name_state = answer->failed ? LOOKUP_FAILED : LOOKUP_KNOWN;
}

/* In texts a name that could not be looked up is as none. */
static struct slice client_name(const struct eval *e)
{
    return e->client_name_state == LOOKUP_KNOWN ? bytes_slice(&e->client_name) : SLICE("unknown");
}

/* --- values ----------------------------------------------------------------------------------- */

/* For a field with one value: 1 the first time. */
static int once(size_t *cursor)
{
    return (*cursor)++ == 0;
}

static int one_text(size_t *cursor, struct value *value, struct slice text)
{
    value->text = text;
    return once(cursor);
}

static int one_number(size_t *cursor, struct value *value, double number)
{
    value->text = SLICE_NONE;
    value->number = number;
    return once(cursor);
}

static int body_line(const struct message *m, size_t *cursor, struct value *value)
{
    struct slice rest = slice_from(m->body, *cursor);
    size_t end;

    if (rest.len == 0)
        return 0;
    end = slice_find(rest, '\n');
    *cursor += end == SLICE_NOT_FOUND ? rest.len : end + 1;
    value->text = slice_first(rest, end);
    if (value->text.len > 0 && value->text.ptr[value->text.len - 1] == '\r')
        value->text.len--;
    return 1;
}

/* The next tag from *${index} on that a rule above ${at} has set. */
static bool next_tag(const struct eval *e, const struct standpoint *at, size_t *index,
                     struct slice *tag)
{
    const struct ruleset *rules = e->rules;

    while (*index < rules->tag_count && rules->tags[*index].rule < at->rule) {
        const struct tagging *tagging = &rules->tags[(*index)++];

        if ((e->m->marks[tagging->rule] & MARK_FIRED) == 0 ||
            (entry_shadow(eval_entry(e, tagging->rule)) && !at->shadow))
            continue;
        *tag = tagging->tag;
        return true;
    }
    return false;
}

int facts_tag(const struct eval *e, const struct standpoint *at, size_t *cursor, struct slice *tag)
{
    const struct eval *before = e->before;
    const struct standpoint end = {.rule = SIZE_MAX, .shadow = at->shadow};
    size_t first = before != NULL && before->m != NULL ? before->rules->tag_count : 0, own;
    bool found;

    if (*cursor < first && next_tag(before, &end, cursor, tag))
        return 1;
    own = *cursor - first;
    found = next_tag(e, at, &own, tag);
    *cursor = first + own;
    return found;
}

double facts_score(const struct eval *e, bool shadow)
{
    double score = e->before != NULL ? facts_score(e->before, shadow) : 0;

    for (size_t i = 0; e->m != NULL && i < e->rules->count; i++)
        if (entry_shadow(eval_entry(e, i)) == shadow && (e->m->marks[i] & MARK_FIRED) != 0)
            score += eval_entry(e, i)->score;
    return score;
}

static struct slice bool_text(bool value)
{
    return value ? SLICE("true") : SLICE("false");
}

static struct slice tls_text(const struct event_tls *tls, enum field_id field)
{
    if (field == FIELD_TLS_VERSION)
        return tls->version;
    if (field == FIELD_TLS_CIPHER)
        return tls->cipher;
    return field == FIELD_TLS_NAME ? tls->name : tls->client_cert;
}

static int one_bool(size_t *cursor, struct value *value, bool it)
{
    value->number = it;
    return one_text(cursor, value, bool_text(it));
}

/* Whether is always known; the others have a value only if there is one. */
static int tls_value(const struct event_tls *tls, enum field_id field, size_t *cursor,
                     struct value *value)
{
    if (field == FIELD_TLS)
        return one_bool(cursor, value, tls->active);
    struct slice text = tls_text(tls, field);
    return text.len > 0 ? one_text(cursor, value, text) : 0;
}

static int client_value(const struct eval *e, size_t *cursor, struct value *value)
{
    value->address = &e->client;
    return one_text(cursor, value, slice_str(e->client_text));
}

static int size_value(const struct message *m, size_t *cursor, struct value *value)
{
    if (m->stage >= STAGE_MESSAGE)
        return one_number(cursor, value, (double)m->size_bytes);
    return one_number(cursor, value, (double)m->declared_size);
}

/* The value that ${field}, an address or its domain, has of one address; false when it has none.
 * The domain of an address without one is the value "", as that of the null sender is: who knows
 * what the server behind us makes of <user%far.test> or <far.test!user>. Only <Postmaster> alone
 * has no domain at all: it is always that server's own. */
static bool take_address(struct value *value, const struct comparable *address, bool domain)
{
    value->forms = domain ? comparable_domain(address) : *address;
    value->text = value->forms.text;
    return !domain || !mailbox_postmaster(address->text);
}

static int one_address(size_t *cursor, struct value *value, const struct comparable *address,
                       bool domain)
{
    return take_address(value, address, domain) ? once(cursor) : 0;
}

static int from_value(struct eval *e, const struct leaf *leaf, size_t *cursor, struct value *value)
{
    struct comparable address;
    int got;

    do
        got = facts_header_from_forms(e, cursor, &address);
    while (got > 0 && !take_address(value, &address, leaf->field == FIELD_FROM_DOMAIN));
    return got;
}

static int find_value(struct eval *e, const struct leaf *leaf, const struct standpoint *at,
                      size_t *cursor, struct value *value)
{
    const struct message *m = e->m;

    switch (leaf->field) {
    case FIELD_CLIENT: return client_value(e, cursor, value);
    case FIELD_CLIENT_PORT: return one_number(cursor, value, e->client.port);
    case FIELD_CLIENT_NAME: return one_text(cursor, value, client_name(e));
    case FIELD_LISTENER: return one_text(cursor, value, bytes_slice(&e->listener));
    case FIELD_HELO: return e->has_helo ? one_text(cursor, value, bytes_slice(&e->helo)) : 0;
    case FIELD_TLS:
    case FIELD_TLS_VERSION:
    case FIELD_TLS_CIPHER:
    case FIELD_TLS_NAME:
    case FIELD_CLIENT_CERT: return tls_value(&m->tls, leaf->field, cursor, value);
    case FIELD_AUTH: return e->has_login ? one_text(cursor, value, bytes_slice(&e->login)) : 0;
    case FIELD_SENDER: return one_address(cursor, value, &m->sender_forms, false);
    case FIELD_SENDER_DOMAIN: return one_address(cursor, value, &m->sender_forms, true);
    case FIELD_RECIPIENT: return one_address(cursor, value, &at->recipient->forms, false);
    case FIELD_RECIPIENT_DOMAIN: return one_address(cursor, value, &at->recipient->forms, true);
    case FIELD_RECIPIENT_COUNT: return one_number(cursor, value, (double)m->recipient_count);
    case FIELD_SIZE: return size_value(m, cursor, value);
    case FIELD_HEADER:
    case FIELD_RAW_HEADER: return facts_header_named(e, leaf, cursor, value);
    case FIELD_HEADER_LINE: return facts_header_line(e, cursor, value);
    case FIELD_HEADER_AMBIGUOUS: return one_bool(cursor, value, facts_header_ambiguous(e));
    case FIELD_FROM_ADDRESS:
    case FIELD_FROM_DOMAIN: return from_value(e, leaf, cursor, value);
    case FIELD_HOPS: return one_number(cursor, value, (double)facts_header_hops(e));
    case FIELD_RAW_BODY: return body_line(m, cursor, value);
    case FIELD_SCORE: return one_number(cursor, value, at->score);
    case FIELD_TAG: return facts_tag(e, at, cursor, &value->text);
    case FIELD_MISSING_HEADER:
    case FIELD_COUNT: break;
    }
    return 0;
}

int facts_value(struct eval *e, const struct leaf *leaf, const struct standpoint *at,
                size_t *cursor, struct value *value)
{
    value->forms.text = SLICE_NONE; /* unless it turns out to be an address */
    value->clean = false;
    value->number = 0;
    value->address = NULL;
    return find_value(e, leaf, at, cursor, value);
}

/* --- texts ------------------------------------------------------------------------------------ */

static struct slice number_text(struct facts_source *source, double number)
{
    int len = snprintf(source->number, sizeof(source->number), "%.10g", number);

    return slice_make(source->number, len > 0 ? (size_t)len : 0);
}

static struct slice recipient_text(const struct facts_source *source)
{
    if (source->recipient.ptr != NULL)
        return source->recipient;
    if (source->e->m->recipients != NULL)
        return source->e->m->recipients->address;
    return SLICE_NONE;
}

static struct slice from_text(struct facts_source *source)
{
    struct slice address = SLICE_NONE;
    size_t cursor = 0;

    if (facts_header_from(source->e, &cursor, &address) < 0)
        source->failed = true;
    return address;
}

static struct slice size_text(struct facts_source *source)
{
    const struct message *m = source->e->m;

    if (m->stage >= STAGE_MESSAGE)
        return number_text(source, (double)m->size_bytes);
    return m->declared_size >= 0 ? number_text(source, (double)m->declared_size) : SLICE_NONE;
}

struct slice facts_text(void *ctx, enum field_id field)
{
    struct facts_source *source = ctx;
    struct eval *e = source->e;
    const struct message *m = e->m;

    if (!facts_known(e, field, field_get(field)->stage))
        return SLICE_NONE;
    switch (field) {
    case FIELD_CLIENT: return slice_str(e->client_text);
    case FIELD_CLIENT_PORT: return number_text(source, e->client.port);
    case FIELD_CLIENT_NAME: return client_name(e);
    case FIELD_LISTENER: return bytes_slice(&e->listener);
    case FIELD_HELO: return e->has_helo ? bytes_slice(&e->helo) : SLICE_NONE;
    case FIELD_TLS: return bool_text(m->tls.active);
    case FIELD_TLS_VERSION:
    case FIELD_TLS_CIPHER:
    case FIELD_TLS_NAME:
    case FIELD_CLIENT_CERT: return tls_text(&m->tls, field);
    case FIELD_AUTH: return e->has_login ? bytes_slice(&e->login) : SLICE_NONE;
    case FIELD_SENDER: return m->sender;
    case FIELD_SENDER_DOMAIN: return mailbox_domain(m->sender);
    case FIELD_RECIPIENT: return recipient_text(source);
    case FIELD_RECIPIENT_DOMAIN: return mailbox_domain(recipient_text(source));
    case FIELD_RECIPIENT_COUNT: return number_text(source, (double)m->recipient_count);
    case FIELD_SIZE: return size_text(source);
    case FIELD_HEADER_AMBIGUOUS: return bool_text(facts_header_ambiguous(e));
    case FIELD_FROM_ADDRESS: return from_text(source);
    case FIELD_FROM_DOMAIN: return mailbox_domain(from_text(source));
    case FIELD_HOPS: return number_text(source, (double)facts_header_hops(e));
    case FIELD_SCORE: return number_text(source, source->score);
    case FIELD_HEADER:
    case FIELD_RAW_HEADER:
    case FIELD_HEADER_LINE:
    case FIELD_MISSING_HEADER:
    case FIELD_RAW_BODY:
    case FIELD_TAG:
    case FIELD_COUNT: break;
    }
    return SLICE_NONE;
}
