/* facts: see facts.h. What a field's values are and what it is in a text stands in its row. */
#include "filters/eval/facts.h"

#include <stdio.h>

#include "filters/base/mailbox.h"
#include "filters/eval/facts_header.h"
#include "filters/eval/facts_mailbox.h"
#include "filters/eval/facts_mime.h"
#include "filters/eval/questions.h"

bool facts_known(const struct eval *e, enum field_id field, enum stage stage)
{
    bool of_tls = field >= FIELD_TLS && field <= FIELD_CLIENT_CERT;

    return stage <= e->m->stage || (of_tls && e->tls.active);
}

/* --- score and tags --------------------------------------------------------------------------- */

double facts_score(const struct eval *e, bool shadow)
{
    double score = e->before != NULL ? facts_score(e->before, shadow) : 0;

    for (size_t i = 0; e->m != NULL && i < e->rules->count; i++)
        if (entry_shadow(eval_entry(e, i)) == shadow && (e->m->marks[i] & MARK_FIRED) != 0)
            score += eval_entry(e, i)->score;
    return score;
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

/* --- facts that are one text, or none --------------------------------------------------------- */

static bool listener(const struct eval *e, struct slice *text)
{
    *text = bytes_slice(&e->listener);
    return true;
}

static bool helo(const struct eval *e, struct slice *text)
{
    *text = bytes_slice(&e->helo);
    return e->has_helo;
}

static bool login(const struct eval *e, struct slice *text)
{
    *text = bytes_slice(&e->login);
    return e->has_login;
}

static bool tls_version(const struct eval *e, struct slice *text)
{
    *text = e->m->tls.version;
    return text->len > 0;
}

static bool tls_cipher(const struct eval *e, struct slice *text)
{
    *text = e->m->tls.cipher;
    return text->len > 0;
}

static bool tls_name(const struct eval *e, struct slice *text)
{
    *text = e->m->tls.name;
    return text->len > 0;
}

static bool client_cert(const struct eval *e, struct slice *text)
{
    *text = e->m->tls.client_cert;
    return text->len > 0;
}

static struct question client_name_question(const struct eval *e)
{
    return (struct question){.kind = QUESTION_CLIENT_NAME, .key = slice_str(e->client_text)};
}

/* In texts a name that could not be looked up is as none. */
static bool client_name(const struct eval *e, struct slice *text)
{
    struct question question = client_name_question(e);

    *text = questions_text(e, &question);
    if (text->ptr == NULL)
        *text = SLICE("unknown");
    return true;
}

/* --- facts that are one number, or yes or no -------------------------------------------------- */

static double client_port(const struct eval *e)
{
    return e->client.port;
}

static double recipient_count(const struct eval *e)
{
    return (double)e->m->recipient_count;
}

static double hops(const struct eval *e)
{
    return (double)facts_header_hops(e);
}

static bool tls_active(const struct eval *e)
{
    return e->m->tls.active;
}

static struct slice bool_text(bool value)
{
    return value ? SLICE("true") : SLICE("false");
}

/* --- facts with values of their own ----------------------------------------------------------- */

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

static int client_values(struct eval *e, const struct leaf *leaf, const struct standpoint *at,
                         size_t *cursor, struct value *value)
{
    (void)leaf, (void)at;
    value->address = &e->client;
    return one_text(cursor, value, slice_str(e->client_text));
}

/* What the client has declared, until it is known. */
static int size_values(struct eval *e, const struct leaf *leaf, const struct standpoint *at,
                       size_t *cursor, struct value *value)
{
    const struct message *m = e->m;

    (void)leaf, (void)at;
    if (m->stage >= STAGE_MESSAGE)
        return one_number(cursor, value, (double)m->size_bytes);
    return one_number(cursor, value, (double)m->declared_size);
}

static int score_values(struct eval *e, const struct leaf *leaf, const struct standpoint *at,
                        size_t *cursor, struct value *value)
{
    (void)e, (void)leaf;
    return one_number(cursor, value, at->score);
}

static int tag_values(struct eval *e, const struct leaf *leaf, const struct standpoint *at,
                      size_t *cursor, struct value *value)
{
    (void)leaf;
    return facts_tag(e, at, cursor, &value->text);
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

static int sender_values(struct eval *e, const struct leaf *leaf, const struct standpoint *at,
                         size_t *cursor, struct value *value)
{
    bool domain = leaf->field == FIELD_SENDER_DOMAIN;

    (void)at;
    return take_address(value, &e->m->sender_forms, domain) ? once(cursor) : 0;
}

static int recipient_values(struct eval *e, const struct leaf *leaf, const struct standpoint *at,
                            size_t *cursor, struct value *value)
{
    bool domain = leaf->field == FIELD_RECIPIENT_DOMAIN;

    (void)e;
    return take_address(value, &at->recipient->forms, domain) ? once(cursor) : 0;
}

/* Whose mailboxes a field has, or those of its domain field. */
static enum mailbox_kind mailbox_kind(enum field_id field)
{
    bool reply_to = field == FIELD_REPLY_TO_ADDRESS || field == FIELD_REPLY_TO_DOMAIN;

    return reply_to ? MAILBOX_REPLY_TO : MAILBOX_FROM;
}

static int mailbox_values(struct eval *e, const struct leaf *leaf, const struct standpoint *at,
                          size_t *cursor, struct value *value)
{
    bool domain = leaf->field == FIELD_FROM_DOMAIN || leaf->field == FIELD_REPLY_TO_DOMAIN;
    struct comparable address;
    int got;

    (void)at;
    do
        got = facts_mailbox_forms(e, mailbox_kind(leaf->field), cursor, &address);
    while (got > 0 && !take_address(value, &address, domain));
    return got;
}

static int lookalike_values(struct eval *e, const struct leaf *leaf, const struct standpoint *at,
                            size_t *cursor, struct value *value)
{
    struct comparable address;
    int got = facts_mailbox_any(e, cursor, &address);

    (void)leaf, (void)at;
    if (got > 0)
        (void)take_address(value, &address, true);
    return got;
}

static int from_name_values(struct eval *e, const struct leaf *leaf, const struct standpoint *at,
                            size_t *cursor, struct value *value)
{
    (void)leaf, (void)at;
    return facts_mailbox(e, MAILBOX_FROM_NAME, cursor, &value->text);
}

static int header_values(struct eval *e, const struct leaf *leaf, const struct standpoint *at,
                         size_t *cursor, struct value *value)
{
    (void)at;
    return facts_header_named(e, leaf, cursor, value);
}

static int line_values(struct eval *e, const struct leaf *leaf, const struct standpoint *at,
                       size_t *cursor, struct value *value)
{
    (void)leaf, (void)at;
    return facts_header_line(e, cursor, value);
}

static int body_values(struct eval *e, const struct leaf *leaf, const struct standpoint *at,
                       size_t *cursor, struct value *value)
{
    struct slice rest = slice_from(e->m->body, *cursor);
    size_t end;

    (void)leaf, (void)at;
    if (rest.len == 0)
        return 0;
    end = slice_find(rest, '\n');
    *cursor += end == SLICE_NOT_FOUND ? rest.len : end + 1;
    value->text = slice_first(rest, end);
    if (value->text.len > 0 && value->text.ptr[value->text.len - 1] == '\r')
        value->text.len--;
    return 1;
}

/* --- ... and texts of their own --------------------------------------------------------------- */

static struct slice number_text(struct facts_source *source, double number)
{
    int len = snprintf(source->number, sizeof(source->number), "%.10g", number);

    return slice_make(source->number, len > 0 ? (size_t)len : 0);
}

static struct slice client_text(struct facts_source *source)
{
    return slice_str(source->e->client_text);
}

static struct slice sender_text(struct facts_source *source)
{
    return source->e->m->sender;
}

static struct slice sender_domain_text(struct facts_source *source)
{
    return mailbox_domain(source->e->m->sender);
}

static struct slice recipient_text(struct facts_source *source)
{
    if (source->recipient.ptr != NULL)
        return source->recipient;
    if (source->e->m->recipients != NULL)
        return source->e->m->recipients->address;
    return SLICE_NONE;
}

static struct slice recipient_domain_text(struct facts_source *source)
{
    return mailbox_domain(recipient_text(source));
}

static struct slice size_text(struct facts_source *source)
{
    const struct message *m = source->e->m;

    if (m->stage >= STAGE_MESSAGE)
        return number_text(source, (double)m->size_bytes);
    return m->declared_size >= 0 ? number_text(source, (double)m->declared_size) : SLICE_NONE;
}

static struct slice score_text(struct facts_source *source)
{
    return number_text(source, source->score);
}

/* --- the table -------------------------------------------------------------------------------- */

/* How a field is read: by one of the first three, or by ${values} and, where a text may name it,
 * ${text}. Nothing: missing_header, which match answers itself. */
struct reader {
    bool (*one)(const struct eval *e, struct slice *text); /* false: there is none */
    double (*number)(const struct eval *e);
    bool (*holds)(const struct eval *e);
    int (*values)(struct eval *e, const struct leaf *leaf, const struct standpoint *at,
                  size_t *cursor, struct value *value);
    struct slice (*text)(struct facts_source *source);
    struct slice (*text_of)(const struct eval *e, enum field_id field); /* in place of ${text} */
    struct question (*question)(const struct eval *e); /* of one that is looked up (field.h) */
};

#define MIME_ASKED  .text_of = facts_mime_text, .question = facts_mime_question
#define MIME_VALUES .values = facts_mime_values, MIME_ASKED

/* clang-format off: one row, one line */
static const struct reader READERS[FIELD_COUNT] = {
    [FIELD_CLIENT] = {.values = client_values, .text = client_text},
    [FIELD_CLIENT_PORT] = {.number = client_port},
    [FIELD_CLIENT_NAME] = {.one = client_name, .question = client_name_question},
    [FIELD_LISTENER] = {.one = listener},
    [FIELD_HELO] = {.one = helo},
    [FIELD_TLS] = {.holds = tls_active},
    [FIELD_TLS_VERSION] = {.one = tls_version},
    [FIELD_TLS_CIPHER] = {.one = tls_cipher},
    [FIELD_TLS_NAME] = {.one = tls_name},
    [FIELD_CLIENT_CERT] = {.one = client_cert},
    [FIELD_AUTH] = {.one = login},
    [FIELD_SENDER] = {.values = sender_values, .text = sender_text},
    [FIELD_SENDER_DOMAIN] = {.values = sender_values, .text = sender_domain_text},
    [FIELD_RECIPIENT] = {.values = recipient_values, .text = recipient_text},
    [FIELD_RECIPIENT_DOMAIN] = {.values = recipient_values, .text = recipient_domain_text},
    [FIELD_RECIPIENT_COUNT] = {.number = recipient_count},
    [FIELD_SIZE] = {.values = size_values, .text = size_text},
    [FIELD_HEADER] = {.values = header_values},
    [FIELD_RAW_HEADER] = {.values = header_values},
    [FIELD_HEADER_LINE] = {.values = line_values},
    [FIELD_MISSING_HEADER] = {.one = NULL},
    [FIELD_HEADER_AMBIGUOUS] = {.holds = facts_header_ambiguous},
    [FIELD_FROM_ADDRESS] = {.values = mailbox_values, .text = facts_mailbox_from_text},
    [FIELD_FROM_DOMAIN] = {.values = mailbox_values, .text = facts_mailbox_from_domain_text},
    [FIELD_FROM_NAME] = {.values = from_name_values, .text = facts_mailbox_from_name_text},
    [FIELD_REPLY_TO_ADDRESS] = {.values = mailbox_values, .text = facts_mailbox_reply_to_text},
    [FIELD_REPLY_TO_DOMAIN] = {.values = mailbox_values,
                               .text = facts_mailbox_reply_to_domain_text},
    [FIELD_LOOKALIKE] = {.values = lookalike_values},
    [FIELD_HOPS] = {.number = hops},
    [FIELD_RAW_BODY] = {.values = body_values},
    [FIELD_BODY] = {MIME_VALUES},
    [FIELD_HIDDEN_TEXT] = {MIME_VALUES},
    [FIELD_ATTACHMENT] = {MIME_VALUES},
    [FIELD_ATTACHMENT_TYPE] = {MIME_VALUES},
    [FIELD_ATTACHMENT_SIZE] = {MIME_VALUES},
    [FIELD_ARCHIVE_MEMBER] = {MIME_VALUES},
    [FIELD_ARCHIVE_ENCRYPTED] = {MIME_VALUES},
    [FIELD_LINK] = {MIME_VALUES},
    [FIELD_LINK_HOST] = {MIME_VALUES},
    [FIELD_LINK_MISMATCH] = {.holds = facts_mime_mismatch, MIME_ASKED},
    [FIELD_MIME_AMBIGUOUS] = {.holds = facts_mime_ambiguous, MIME_ASKED},
    [FIELD_SCORE] = {.values = score_values, .text = score_text},
    [FIELD_TAG] = {.values = tag_values},
};
/* clang-format on */

static int one_value(const struct eval *e, const struct reader *reader, size_t *cursor,
                     struct value *value)
{
    struct slice text = SLICE_NONE;

    if (reader->number != NULL)
        return one_number(cursor, value, reader->number(e));
    if (reader->holds != NULL) {
        value->number = reader->holds(e);
        return one_text(cursor, value, bool_text(value->number != 0));
    }
    return reader->one != NULL && reader->one(e, &text) ? one_text(cursor, value, text) : 0;
}

int facts_value(struct eval *e, const struct leaf *leaf, const struct standpoint *at,
                size_t *cursor, struct value *value)
{
    const struct reader *reader = &READERS[leaf->field];

    value->forms.text = SLICE_NONE; /* unless it turns out to be an address */
    value->clean = false;
    value->number = 0;
    value->address = NULL;
    if (reader->values != NULL)
        return reader->values(e, leaf, at, cursor, value);
    return one_value(e, reader, cursor, value);
}

struct slice facts_text(void *ctx, enum field_id field)
{
    struct facts_source *source = ctx;
    const struct reader *reader = &READERS[field];
    struct slice text;

    if (!facts_known(source->e, field, field_get(field)->stage))
        return SLICE_NONE;
    if (reader->text != NULL)
        return reader->text(source);
    if (reader->text_of != NULL)
        return reader->text_of(source->e, field);
    if (reader->number != NULL)
        return number_text(source, reader->number(source->e));
    if (reader->holds != NULL)
        return bool_text(reader->holds(source->e));
    return reader->one != NULL && reader->one(source->e, &text) ? text : SLICE_NONE;
}

struct question facts_question(const struct eval *e, const struct leaf *leaf)
{
    return READERS[leaf->field].question(e);
}
