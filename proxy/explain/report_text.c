/* report_text: an explanation for a person. */
#include "conf/policy.h"
#include "filters/base/utf8.h"
#include "proxy/explain/edits_text.h"
#include "proxy/explain/label.h"
#include "proxy/explain/printable.h"
#include "proxy/explain/report.h"
#include "proxy/explain/view_text.h"

#define PARTS_MAX  20 /* shown; --view shows more */
#define DOUBTS_MAX 10

static void append(struct bytes *out, const char *text)
{
    bytes_append(out, slice_str(text));
}

/* --- what came --- */

static void write_address(struct bytes *out, const char *name, struct slice address,
                          const char *from)
{
    label_write(out, name);
    append(out, "<");
    printable_append(out, address);
    append(out, ">");
    if (from != NULL)
        bytes_format(out, " (from the message's %s)", from);
}

/* Who has spoken: a rule, or the gateway itself before any rule was asked. */
static void write_by(struct bytes *out, const struct verdict *verdict)
{
    append(out, verdict->party == PARTY_GATEWAY ? "the gateway: " : "rule ");
    printable_append(out, verdict->by);
}

/* A verdict on the message is told once, below. */
static void write_recipient(struct bytes *out, const struct verdict *verdict)
{
    bool kept = verdict->kind == VERDICT_QUARANTINE && verdict->scope == SCOPE_RECIPIENT;

    append(out, verdict_refuses(verdict->kind)     ? ": "
                : verdict->kind == VERDICT_DISCARD ? ": 250 2.1.5 Ok, and taken off"
                : kept ? ": 250 2.1.5 Ok, and taken off for the quarantine: "
                       : ": accepted");
    if (verdict_refuses(verdict->kind))
        printable_append(out, reply_first_line(verdict->reply.wire));
    if (kept)
        printable_append(out, verdict->reason);
    if (verdict->redirect.ptr != NULL) {
        append(out, ", redirected to <");
        printable_append(out, verdict->redirect);
        append(out, ">");
    }
}

static void write_recipients(const struct explanation *x, struct bytes *out)
{
    const struct trial_input *input = &x->request->input;

    for (size_t i = 0; i < input->recipient_count; i++) {
        const struct verdict *verdict =
            i < x->trial.recipient_count ? &x->trial.recipients[i].verdict : NULL;

        write_address(out, "recipient", input->recipients[i], x->request->recipients_from);
        if (verdict == NULL) {
            append(out, ": not asked\n");
            continue;
        }
        write_recipient(out, verdict);
        if (verdict->by.len > 0) {
            append(out, " (");
            write_by(out, verdict);
            append(out, ")");
        }
        append(out, "\n");
    }
}

static void write_origin(const struct explanation *x, struct bytes *out)
{
    const struct explanation_request *request = x->request;
    const struct origin *origin = &request->input.origin;
    char client[ADDRESS_TEXT_MAX];

    label_write(out, "policy");
    printable_append(out, request->policy->name);
    append(out, "\n");
    if (origin->listener.len > 0) {
        label_write(out, "listener");
        printable_append(out, origin->listener);
        append(out, "\n");
    }
    label_write(out, "client");
    bytes_append(out, origin->client.port != 0 ? address_port_text(&origin->client, client)
                                               : address_text(&origin->client, client));
    append(out, "\n");
    if (origin->client_name.len > 0) {
        label_write(out, "name");
        printable_append(out, origin->client_name);
        append(out, "\n");
    }
    label_write(out, "helo");
    if (origin->helo.len > 0)
        printable_append(out, origin->helo);
    else
        append(out, "(none)");
    append(out, "\n");
    if (origin->auth.ptr != NULL) {
        label_write(out, "auth");
        printable_append(out, origin->auth);
        append(out, "\n");
    }
    write_address(out, "sender", request->input.sender, request->sender_from);
    append(out, "\n");
}

static void write_message(const struct explanation *x, struct bytes *out)
{
    label_write(out, "message");
    if (x->request->input.message.ptr == NULL)
        append(out, "(none: the envelope only)\n");
    else if (!x->trial.header_known)
        append(out, "not heard: the answer came before it\n");
    else
        bytes_format(out, "%zu bytes, %zu header field%s\n", x->request->input.message.len,
                     x->trial.header.count, x->trial.header.count == 1 ? "" : "s");
}

/* Where some readers of mail end the header. */
static void write_stray(const struct explanation *x, struct bytes *out)
{
    struct explained_stray stray;

    if (!explanation_stray(x, &stray))
        return;
    label_write(out, "ambiguous");
    bytes_format(out, "line %zu of the header is no field (%s): ", stray.line, stray.why);
    printable_quote(out, utf8_cut(stray.text, EXPLANATION_EXCERPT));
    append(out, "\n");
}

/* What the message contains, where some rule has asked: its parts, and what is ambiguous. */
static void write_content(const struct explanation *x, struct bytes *out)
{
    const struct reading *reading = &x->trial.readings.received;
    const struct content *content = reading->content;

    if (!reading->made)
        return;
    if (content == NULL) {
        label_write(out, "content");
        bytes_format(out, "not read: %s\n", content_why(reading->result));
        return;
    }
    for (size_t i = 0; i < content->part_count && i < PARTS_MAX; i++) {
        bytes_format(out, "part %-*zu", LABEL_COLUMNS - 5, i + 1);
        view_text_part(content, i, out);
        append(out, "\n");
    }
    if (content->part_count > PARTS_MAX)
        bytes_format(out, "%*s(%zu more parts: see --view)\n", LABEL_COLUMNS, "",
                     content->part_count - PARTS_MAX);
    view_text_doubts(content, LABEL_COLUMNS, DOUBTS_MAX, out);
}

/* --- rules --- */

static void write_field(enum field_id field, struct slice name, struct bytes *out)
{
    bytes_append(out, field_get(field)->name);
    if (name.len > 0) {
        append(out, " ");
        printable_append(out, name);
    }
}

static void write_list(const struct listing *match, struct bytes *out)
{
    if (match->entry == NULL)
        return;
    append(out, ", in @");
    printable_append(out, match->list);
    append(out, " by ");
    printable_quote(out, match->entry->written);
    append(out, " at ");
    printable_append(out, slice_str(match->entry->place.file));
    bytes_format(out, ":%u", match->entry->place.line);
}

static void write_spot(const struct spot *spot, struct bytes *out)
{
    if (spot->line > 0)
        bytes_format(out, ", line %zu", spot->line);
    if (spot->part > 0)
        bytes_format(out, ", part %zu", spot->part);
    if (spot->part > 0 && spot->line == 0 && spot->first_line > 0)
        bytes_format(out, " (lines %zu to %zu)", spot->first_line, spot->last_line);
    if (spot->reading != NULL)
        bytes_format(out, ", %s", spot->reading);
}

static void write_hit(const struct hit *hit, struct bytes *out)
{
    append(out, "       ");
    write_field(hit->field, hit->name, out);
    append(out, hit->excerpt_start > 0 ? ": ..." : ": ");
    printable_quote(out, hit->excerpt);
    append(out, hit->excerpt_start + hit->excerpt.len < hit->length ? "..." : "");
    if (hit->start > 0 || hit->end < hit->length)
        bytes_format(out, ", bytes %zu to %zu of %zu", hit->start, hit->end, hit->length);
    write_spot(&hit->spot, out);
    write_list(&hit->list, out);
    append(out, "\n");
}

static void write_actions(const struct rule *rule, struct bytes *out)
{
    for (size_t i = 0; i < rule->action_count; i++) {
        append(out, i == 0 ? ": " : ", ");
        bytes_append(out, rule_action_name(rule->actions[i].kind));
        if (rule->actions[i].name.len > 0) {
            append(out, " ");
            printable_append(out, rule->actions[i].name);
        }
    }
}

/* Why a rule that was not refuted has not acted. */
static void write_reason(const struct explained *list, size_t index, struct bytes *out)
{
    struct rule_plan plan = ruleset_plan(list->rules, index);
    enum rule_outcome outcome = eval_outcome(list->eval, list->final, index);

    if (outcome == OUTCOME_UNDECIDED) {
        append(out, " until ");
        bytes_append(out, stage_name(plan.acts));
        append(out, list->final ? ", after the milters" : "");
    } else if (outcome == OUTCOME_HELD && plan.held_by != SLICE_NOT_FOUND) {
        append(out, " back by ");
        printable_append(out, ruleset_plan(list->rules, plan.held_by).rule->name);
    }
}

/* Why a rule was refuted: what its condition saw. */
static void write_miss(const struct explained *list, size_t index, struct bytes *out)
{
    struct eval_miss miss;

    if (!eval_miss(list->eval, list->final, index, &miss))
        return;
    append(out, "       but ");
    write_field(miss.field, miss.name, out);
    if (miss.count > 0) {
        append(out, " is ");
        printable_quote(out, utf8_cut(miss.value, EXPLANATION_EXCERPT));
        append(out, miss.value.len > EXPLANATION_EXCERPT ? "..." : "");
        write_list(&miss.list, out);
    } else {
        append(out, miss.held                            ? " holds"
                    : miss.field == FIELD_MISSING_HEADER ? ": it is there"
                                                         : " has no value");
    }
    if (miss.count > 1)
        bytes_format(out, " and %zu more", miss.count - 1);
    append(out, miss.held ? ", which is excluded\n" : "\n");
}

static void write_rule(const struct explanation *x, const struct explained *list, size_t index,
                       struct bytes *out)
{
    const struct rule *rule = ruleset_plan(list->rules, index).rule;
    const char *outcome = explanation_outcome(list, index);

    bytes_format(out, "  %3zu  ", index + 1);
    printable_append(out, rule->name);
    if (rule->mode == RULE_SHADOW)
        append(out, " (shadow)");
    append(out, ": ");
    append(out, outcome);
    if (rule->mode != RULE_OFF)
        write_reason(list, index, out);
    if (strcmp(outcome, "fired") == 0)
        write_actions(rule, out);
    append(out, "\n");
    write_miss(list, index, out);
    for (size_t i = 0; i < x->hit_count; i++)
        if (explanation_concerns(list, index, &x->hits[i]))
            write_hit(&x->hits[i], out);
}

static void write_rules(const struct explanation *x, struct bytes *out)
{
    struct explained list = explanation_list(x, false);
    struct explained final = explanation_list(x, true);

    bytes_format(out, "\nrules%s\n", ruleset_count(list.rules) == 0 ? ": none" : "");
    for (size_t i = 0; i < ruleset_count(list.rules); i++)
        write_rule(x, &list, i, out);
    if (ruleset_count(final.rules) > 0)
        append(out, "\nfinal rules\n");
    for (size_t i = 0; i < ruleset_count(final.rules); i++)
        write_rule(x, &final, i, out);
    if (x->hits_left_out > 0)
        bytes_format(out, "       and %zu more matches\n", x->hits_left_out);
}

/* --- what came of it --- */

static void write_names(struct bytes *out, const char *name, const struct slice *names,
                        size_t count)
{
    if (count == 0)
        return;
    label_write(out, name);
    for (size_t i = 0; i < count; i++) {
        append(out, i > 0 ? ", " : "");
        printable_append(out, names[i]);
    }
    append(out, "\n");
}

/* As in the record. */
static void write_failures(struct bytes *out, const struct eval_report *report)
{
    if (report->failure_count == 0)
        return;
    label_write(out, "failed");
    for (size_t i = 0; i < report->failure_count; i++) {
        append(out, i > 0 ? ", " : "");
        bytes_append(out, failure_name(report->causes[i]));
        append(out, ": ");
        printable_append(out, report->failures[i]);
    }
    append(out, "\n");
}

static void write_results(const struct explanation *x, struct bytes *out)
{
    const struct eval_report *report = &x->report;
    bool any = report->score != 0 || report->tag_count > 0 || report->log_count > 0 ||
               report->failure_count > 0 || x->trial.delay_ms > 0;

    if (any)
        append(out, "\n");
    if (report->score != 0) {
        label_write(out, "score");
        bytes_format(out, "%g\n", report->score);
    }
    write_names(out, "tags", report->tags, report->tag_count);
    for (size_t i = 0; i < report->log_count; i++)
        write_names(out, "log", &report->logs[i], 1);
    write_failures(out, report);
    if (x->trial.delay_ms > 0) {
        label_write(out, "delay");
        bytes_format(out, "%u ms\n", x->trial.delay_ms);
    }
}

static void write_verdict(const struct explanation *x, struct bytes *out)
{
    const struct verdict *verdict = &x->trial.verdict;

    label_write(out, "verdict");
    bytes_append(out, verdict_name(verdict->kind));
    if (verdict->by.len > 0) {
        append(out, " by ");
        write_by(out, verdict);
        append(out, " at ");
        bytes_append(out, stage_name(verdict->stage));
    }
    if (verdict->reason.len > 0) {
        append(out, ": ");
        printable_append(out, verdict->reason);
    }
    if (verdict->failure != FAILURE_NONE) {
        append(out, ", because of a failure: ");
        bytes_append(out, failure_name(verdict->failure));
    }
    append(out, "\n");
    for (size_t i = 0; i < x->reply_count; i++)
        write_names(out, "reply", &x->reply[i], 1);
    if (x->reply_count == 0)
        append(out, "reply      the upstream's\n");
    for (size_t i = 0; i < x->note_count; i++)
        write_names(out, "note", &x->notes[i], 1);
}

void report_text_write(const struct explanation *x, struct bytes *out)
{
    write_origin(x, out);
    write_recipients(x, out);
    write_message(x, out);
    write_stray(x, out);
    write_content(x, out);
    write_rules(x, out);
    write_results(x, out);
    edits_text_write(x, out);
    edits_text_would(&x->report.would, out);
    write_verdict(x, out);
}
