/* audit_format: a record as one line of JSON (postern(8), "AUDIT RECORD").
 *
 * Every member stands in every record, null or empty when there is nothing to say, so that a query
 * need not ask first; only tls, forwarded, message_id, subject, from, header_ambiguous, lists,
 * milters, incomplete and unacknowledged are there just when they have a value. The line is
 * bounded: a text takes at most FIELD_MAX bytes escaped, and each list has a budget. The recipients
 * stand last and may have all that is left, so that a thousand of them do not push out the verdict.
 */
#include "conf/audit_conf.h"
#include "filters/base/digest.h"
#include "filters/base/json.h"
#include "filters/base/slice.h"
#include "proxy/record/audit.h"
#include "proxy/record/stamp.h"

#include <stdio.h>

#define FIELD_MAX      768 /* bytes of one text, escapes included */
#define ITEM_MAX       (2 * FIELD_MAX + 128)
#define EDITS_BUDGET   4096
#define LISTED_MAX     (4 * FIELD_MAX + 128)
#define LISTED_BUDGET  (LISTED_MAX + 1024)
#define SMALL_BUDGET   3072 /* of rules, tags, would, failures and milters each */
#define RECIPIENTS_MIN 8192
#define FIXED_FIELDS   20   /* texts outside the lists */
#define FRAME_BYTES    1024 /* names, numbers and brackets */
#define CLOSING_BYTES  64   /* after the last recipient */
#define HASH_DIGITS    32   /* of the 64: enough to tell addresses apart */
#define EDIT_NAME_ROOM 32   /* for "remove_recipient " */

_Static_assert(FIXED_FIELDS *(FIELD_MAX + 3) + FRAME_BYTES + EDITS_BUDGET + 5 * SMALL_BUDGET +
                       LISTED_BUDGET + RECIPIENTS_MIN + CLOSING_BYTES <=
                   AUDIT_LINE_MAX,
               "the budgets do not fit into a line");

struct format {
    struct json json;
    struct bytes *out;
    size_t start; /* of the line in ${out} */
    const struct audit_record *record;
    const struct audit_conf *conf;
    const unsigned char *key;
};

/* -- texts -- */

static void write_value(struct format *f, const char *name, struct slice value)
{
    char cut[FIELD_MAX + 3];
    struct slice fitting = audit_fit(value, FIELD_MAX);
    if (fitting.len < value.len) {
        memcpy(cut, fitting.ptr, fitting.len);
        memcpy(cut + fitting.len, "...", 3);
        fitting = slice_make(cut, fitting.len + 3);
    }
    json_text(&f->json, name, fitting);
}

static void write_or_null(struct format *f, const char *name, struct slice value)
{
    if (value.len > 0)
        write_value(f, name, value);
    else
        json_null(&f->json, name);
}

static void write_auth(struct format *f)
{
    if (f->record->has_auth)
        write_value(f, "auth", f->record->auth);
    else
        json_null(&f->json, "auth");
    if (!f->record->contested)
        return;
    json_object(&f->json, "auth_identities");
    write_or_null(f, "authentication", f->record->auth_verified);
    write_or_null(f, "authorization", f->record->auth_asked);
    json_end_object(&f->json);
}

/* conceal(f, value, privacy, digest): what may be shown of ${value}: itself, its hash in ${digest},
 * or nothing. The null sender is nobody's address and stays. */
static struct slice conceal(const struct format *f, struct slice value, enum privacy privacy,
                            char digest[DIGEST_HEX_MAX])
{
    switch (privacy) {
    case PRIVACY_PLAIN: return value;
    case PRIVACY_OMIT: break;
    case PRIVACY_HASH:
        if (value.len == 0)
            return value;
        if (digest_keyed(f->key, AUDIT_KEY_BYTES, value, digest) == 0)
            return slice_make(digest, HASH_DIGITS);
        break;
    }
    return SLICE_NONE;
}

static void write_private(struct format *f, const char *name, struct slice value,
                          enum privacy privacy)
{
    char digest[DIGEST_HEX_MAX];
    if (privacy == PRIVACY_OMIT)
        return;
    struct slice shown = conceal(f, value, privacy, digest);
    if (shown.len == 0 && value.len > 0)
        json_null(&f->json, name); /* the digest failed */
    else
        write_value(f, name, shown);
}

/* -- replies -- */

static void write_reply(struct format *f, const char *name, struct slice reply)
{
    bool secret = audit_secret(f->record, f->conf, reply);
    write_or_null(f, name, secret ? audit_secret_codes(reply) : reply);
}

/* -- lists -- */

/* has_room(f, end): whether one more item of any size keeps a list within its budget. */
static bool has_room(const struct format *f, size_t end)
{
    return f->out->len + ITEM_MAX <= end;
}

static void write_more(struct format *f, const char *name, size_t left_out)
{
    if (left_out > 0)
        json_integer(&f->json, name, (int64_t)left_out);
}

static void write_recipients(struct format *f)
{
    const struct audit_record *record = f->record;
    size_t end = f->start + AUDIT_LINE_MAX - CLOSING_BYTES;
    size_t i = 0;
    json_array(&f->json, "recipients");
    for (; i < record->recipient_count && has_room(f, end); i++) {
        const struct audit_recipient *recipient = &record->recipients[i];
        bool secret = audit_secret_recipient(record, f->conf, recipient);
        json_object(&f->json, NULL);
        write_private(f, "address", recipient->address, f->conf->recipients);
        write_or_null(f, "reply", secret ? audit_secret_codes(recipient->reply) : recipient->reply);
        json_end_object(&f->json);
    }
    json_end_array(&f->json);
    write_more(f, "more_recipients", record->recipient_count - i);
}

static void write_names(struct format *f, const char *name, const char *more,
                        const struct slice *names, size_t count)
{
    size_t end = f->out->len + SMALL_BUDGET;
    size_t i = 0;
    json_array(&f->json, name);
    for (; i < count && has_room(f, end); i++)
        write_value(f, NULL, names[i]);
    json_end_array(&f->json);
    write_more(f, more, count - i);
}

/* edit_object(f, edit): what it names, as far as it may be shown: a header's name, an address, a
 * reason. Contents of headers and bodies are not for the record. */
static struct slice edit_object(const struct format *f, const struct edit *edit,
                                char digest[DIGEST_HEX_MAX])
{
    switch (edit->kind) {
    case EDIT_ADD_HEADER:
    case EDIT_INSERT_HEADER:
    case EDIT_CHANGE_HEADER:
    case EDIT_DELETE_HEADER: return edit->name;
    case EDIT_SET_SENDER: return conceal(f, edit->value, f->conf->sender, digest);
    case EDIT_ADD_RECIPIENT:
    case EDIT_REMOVE_RECIPIENT: return conceal(f, edit->value, f->conf->recipients, digest);
    case EDIT_QUARANTINE: return edit->value;
    case EDIT_REPLACE_BODY: return edit->name;
    case EDIT_ARCHIVE: break;
    }
    return SLICE_NONE;
}

static void write_edit(struct format *f, const char *by, const char *what, const struct edit *edit)
{
    char digest[DIGEST_HEX_MAX];
    char text[FIELD_MAX + EDIT_NAME_ROOM];
    struct slice object = slice_first(edit_object(f, edit, digest), FIELD_MAX);
    bool itself = edit->kind == EDIT_REPLACE_BODY && object.len > 0;
    struct slice name = itself ? SLICE_NONE : edit_name(edit->kind);
    int len = snprintf(text, sizeof(text) - FIELD_MAX, "%.*s%s", SLICE_ARG(name),
                       object.len > 0 && !itself ? " " : "");
    size_t start = len > 0 ? (size_t)len : 0;
    if (object.len > 0)
        memcpy(text + start, object.ptr, object.len);
    json_object(&f->json, NULL);
    write_value(f, by, edit->by);
    write_value(f, what, slice_make(text, start + object.len));
    if (edit->breaks.ptr != NULL)
        write_value(f, "breaks_dkim", edit->breaks);
    if (edit->kind == EDIT_REPLACE_BODY && edit->reason.ptr != NULL)
        write_value(f, "why", edit->reason);
    json_end_object(&f->json);
}

static void write_edit_list(struct format *f, const char *name, const char *more,
                            const struct edit_list *edits)
{
    size_t end = f->out->len + EDITS_BUDGET;
    size_t i = 0;
    json_array(&f->json, name);
    for (; i < edits->count && has_room(f, end); i++)
        write_edit(f, "by", "what", &edits->items[i]);
    json_end_array(&f->json);
    write_more(f, more, edits->count - i);
}

/* Those that were left out only where there are some. */
static void write_edits(struct format *f)
{
    const struct edit_list none = {.count = 0};
    const struct eval_report *report = f->record->report;

    write_edit_list(f, "edits", "more_edits", f->record->edits != NULL ? f->record->edits : &none);
    if (report != NULL && report->skipped != NULL && report->skipped->count > 0)
        write_edit_list(f, "skipped", "more_skipped", report->skipped);
}

static void write_milters(struct format *f)
{
    if (f->record->milter_count == 0)
        return;
    size_t end = f->out->len + SMALL_BUDGET;
    size_t i = 0;
    json_array(&f->json, "milters");
    for (; i < f->record->milter_count && has_room(f, end); i++) {
        const struct audit_milter *milter = &f->record->milters[i];
        json_object(&f->json, NULL);
        write_value(f, "name", milter->name);
        json_text(&f->json, "verdict", milter->verdict);
        json_integer(&f->json, "ms", (int64_t)milter->ms);
        json_end_object(&f->json);
    }
    json_end_array(&f->json);
    write_more(f, "more_milters", f->record->milter_count - i);
}

/* -- what the rules did -- */

static void write_would_rule(struct format *f, const struct eval_would_rule *story)
{
    json_object(&f->json, NULL);
    write_value(f, "rule", story->rule);
    if (story->kind != VERDICT_CONTINUE)
        json_text(&f->json, "verdict", verdict_name(story->kind));
    if (story->reply.len > 0)
        write_reply(f, "reply", story->reply);
    json_end_object(&f->json);
}

/* The shadow rules that held, each with how it would have ended the list, and the edits they would
 * have made. */
static void write_would(struct format *f, const struct eval_would *would)
{
    size_t edit_count = would->edits != NULL ? would->edits->count : 0;
    size_t end = f->out->len + SMALL_BUDGET;
    size_t i = 0, k = 0;
    json_array(&f->json, "would");
    for (; i < would->rule_count && has_room(f, end); i++)
        write_would_rule(f, &would->rules[i]);
    for (; k < edit_count && has_room(f, end); k++)
        write_edit(f, "rule", "edit", &would->edits->items[k]);
    json_end_array(&f->json);
    write_more(f, "more_would", would->rule_count - i + edit_count - k);
}

/* Only where there are some. */
static void write_listed(struct format *f, const struct eval_report *report)
{
    size_t end = f->out->len + LISTED_BUDGET;
    size_t i = 0;
    if (report->listed_count == 0)
        return;
    json_array(&f->json, "lists");
    for (; i < report->listed_count && f->out->len + LISTED_MAX <= end; i++) {
        const struct eval_listed *listed = &report->listed[i];
        const struct list_entry *entry = listed->match.entry;
        json_object(&f->json, NULL);
        write_value(f, "rule", listed->rule);
        write_value(f, "list", listed->match.list);
        write_or_null(f, "entry",
                      audit_secret(f->record, f->conf, entry->written) ? SLICE_NONE
                                                                       : entry->written);
        write_value(f, "file", slice_str(entry->place.file));
        json_integer(&f->json, "line", entry->place.line);
        json_end_object(&f->json);
    }
    json_end_array(&f->json);
    write_more(f, "more_lists", report->listed_count - i);
}

static void write_report(struct format *f)
{
    const struct eval_report none = {.score = 0};
    const struct eval_report *report = f->record->report != NULL ? f->record->report : &none;
    write_names(f, "rules", "more_rules", report->rules, report->rule_count);
    write_listed(f, report);
    json_number(&f->json, "score", report->score);
    write_names(f, "tags", "more_tags", report->tags, report->tag_count);
    write_would(f, &report->would);
}

/* -- the record -- */

static void write_time(struct format *f)
{
    char text[STAMP_BYTES_MAX];
    json_text(&f->json, "time", stamp_text(f->record->time_us, text));
}

static void write_client(struct format *f)
{
    char text[ADDRESS_TEXT_MAX];
    json_object(&f->json, "client");
    json_text(&f->json, "address", address_text(&f->record->client, text));
    json_integer(&f->json, "port", f->record->client.port);
    if (f->record->client_name.len > 0)
        write_value(f, "name", f->record->client_name);
    json_end_object(&f->json);
}

static void write_forwarded(struct format *f)
{
    const struct audit_forwarded *forwarded = f->record->forwarded;
    char text[ADDRESS_TEXT_MAX];
    if (forwarded == NULL)
        return;
    json_object(&f->json, "forwarded");
    if (forwarded->address.family == ADDRESS_NONE)
        json_null(&f->json, "address");
    else
        json_text(&f->json, "address", address_text(&forwarded->address, text));
    json_integer(&f->json, "port", forwarded->address.port);
    write_or_null(f, "name", forwarded->name);
    write_or_null(f, "helo", forwarded->helo);
    json_end_object(&f->json);
}

static void write_envelope(struct format *f)
{
    const struct audit_record *record = f->record;
    if (record->has_sender)
        write_private(f, "sender", record->sender, f->conf->sender);
    else
        json_null(&f->json, "sender");
    json_integer(&f->json, "size", (int64_t)record->size_bytes);
    if (record->message_id.len > 0)
        write_value(f, "message_id", record->message_id);
    if (record->subject.len > 0)
        write_private(f, "subject", record->subject, f->conf->subject);
    if (record->from.len > 0)
        write_private(f, "from", record->from, f->conf->sender);
    if (record->header_ambiguous)
        json_bool(&f->json, "header_ambiguous", true);
}

static void write_decision(struct format *f)
{
    const struct audit_record *record = f->record;
    json_text(&f->json, "verdict", record->verdict);
    write_or_null(f, "stage", record->stage);
    if (record->decided_by == PARTY_NONE) {
        json_null(&f->json, "decided_by");
    } else {
        json_object(&f->json, "decided_by");
        write_value(f, party_name(record->decided_by).ptr, record->decider);
        json_end_object(&f->json);
    }
    write_reply(f, "reply", record->reply);
}

static void write_quarantine(struct format *f)
{
    if (f->record->quarantine_id.len == 0)
        return;
    json_object(&f->json, "quarantine");
    write_value(f, "id", f->record->quarantine_id);
    write_value(f, "reason", f->record->quarantine_reason);
    json_end_object(&f->json);
}

static void write_archived(struct format *f)
{
    if (f->record->archive_id.len == 0)
        return;
    json_object(&f->json, "archived");
    write_value(f, "id", f->record->archive_id);
    if (f->record->archive_unconfirmed)
        json_bool(&f->json, "unconfirmed", true);
    json_end_object(&f->json);
}

static void write_upstream(struct format *f)
{
    const struct audit_record *record = f->record;
    if (record->upstream_address.len == 0) {
        json_null(&f->json, "upstream");
        return;
    }
    json_object(&f->json, "upstream");
    if (record->upstream_name.len > 0)
        write_value(f, "name", record->upstream_name);
    write_value(f, "address", record->upstream_address);
    write_reply(f, "reply", record->upstream_reply);
    write_or_null(f, "queue_id", record->upstream_queue_id);
    json_end_object(&f->json);
}

static void write_tls(struct format *f)
{
    if (f->record->tls_version.len == 0 && !f->record->passthrough)
        return;
    json_object(&f->json, "tls");
    if (f->record->passthrough) {
        json_bool(&f->json, "passthrough", true);
        json_integer(&f->json, "client_bytes", (int64_t)f->record->client_bytes);
        json_integer(&f->json, "upstream_bytes", (int64_t)f->record->upstream_bytes);
    } else {
        write_value(f, "version", f->record->tls_version);
        write_value(f, "cipher", f->record->tls_cipher);
    }
    json_end_object(&f->json);
}

int audit_format(const struct audit_record *record, const struct audit_conf *conf,
                 const unsigned char key[AUDIT_KEY_BYTES], struct bytes *out)
{
    struct format f = {.out = out, .start = out->len, .record = record, .conf = conf, .key = key};
    json_init(&f.json, out);
    json_object(&f.json, NULL);
    write_time(&f);
    write_value(&f, "session", record->session);
    write_or_null(&f, "transaction", record->transaction);
    write_value(&f, "listener", record->listener);
    write_value(&f, "policy", record->policy);
    write_client(&f);
    write_or_null(&f, "helo", record->helo);
    write_tls(&f);
    write_forwarded(&f);
    write_auth(&f);
    write_envelope(&f);
    write_decision(&f);
    write_quarantine(&f);
    write_archived(&f);
    write_report(&f);
    write_edits(&f);
    write_milters(&f);
    write_names(&f, "failures", "more_failures", record->failures, record->failure_count);
    write_upstream(&f);
    if (record->incomplete)
        json_bool(&f.json, "incomplete", true);
    if (record->unacknowledged)
        json_bool(&f.json, "unacknowledged", true);
    json_integer(&f.json, "duration_ms", (int64_t)record->duration_ms);
    write_recipients(&f);
    json_end_object(&f.json);
    return bytes_end(out);
}
