/* report_json: an explanation for a program. */
#include "conf/config.h"
#include "conf/policy.h"
#include "filters/base/json.h"
#include "filters/base/utf8.h"
#include "proxy/explain/report.h"
#include "proxy/explain/view_json.h"

#define DIFF_LINE_MAX 4096 /* bytes of one line of a diff, with its mark */

static void write_names(struct json *j, const char *name, const struct slice *names, size_t count)
{
    json_array(j, name);
    for (size_t i = 0; i < count; i++)
        json_string(j, NULL, names[i]);
    json_end_array(j);
}

/* The first line of a reply, or nothing. */
static void write_reply_line(struct json *j, const struct verdict *verdict)
{
    struct slice wire = verdict->reply.wire;

    if (verdict_refuses(verdict->kind))
        json_string(j, "reply", reply_first_line(wire));
}

static void write_by(struct json *j, const struct verdict *verdict)
{
    if (verdict->by.len > 0)
        json_string(j, "by", verdict->by);
}

static void write_reason(struct json *j, const struct verdict *verdict)
{
    if (verdict->reason.len > 0)
        json_string(j, "reason", verdict->reason);
}

static void write_recipients(const struct explanation *x, struct json *j)
{
    const struct trial_input *input = &x->request->input;

    json_array(j, "recipients");
    for (size_t i = 0; i < input->recipient_count; i++) {
        json_object(j, NULL);
        json_string(j, "address", input->recipients[i]);
        if (i < x->trial.recipient_count) {
            const struct verdict *verdict = &x->trial.recipients[i].verdict;

            json_string(j, "verdict", verdict_name(verdict->kind));
            write_by(j, verdict);
            write_reply_line(j, verdict);
            write_reason(j, verdict);
            if (verdict->redirect.ptr != NULL)
                json_string(j, "redirect", verdict->redirect);
        }
        json_end_object(j);
    }
    json_end_array(j);
}

static void write_stray(const struct explanation *x, struct json *j)
{
    struct explained_stray stray;

    if (!explanation_stray(x, &stray))
        return;
    json_object(j, "ambiguous");
    json_integer(j, "line", (int64_t)stray.line);
    json_text(j, "why", slice_str(stray.why));
    json_string(j, "text", utf8_cut(stray.text, EXPLANATION_EXCERPT));
    json_end_object(j);
}

/* Null: no rule has asked. */
static void write_content(const struct reading *reading, struct json *j)
{
    if (!reading->made) {
        json_null(j, "content");
        return;
    }
    json_object(j, "content");
    view_json_content(reading->content, reading->result, j);
    json_end_object(j);
}

static void write_envelope(const struct explanation *x, struct json *j)
{
    const struct explanation_request *request = x->request;
    const struct origin *origin = &request->input.origin;
    char client[ADDRESS_TEXT_MAX];

    json_text(j, "configuration", request->config->file);
    json_string(j, "policy", request->policy->name);
    json_string(j, "listener", origin->listener);
    json_string(j, "client", address_text(&origin->client, client));
    json_integer(j, "client_port", origin->client.port);
    if (origin->client_name.len > 0)
        json_string(j, "client_name", origin->client_name);
    json_string(j, "helo", origin->helo);
    if (origin->auth.ptr != NULL)
        json_string(j, "auth", origin->auth);
    json_string(j, "sender", request->input.sender);
    if (request->sender_from != NULL)
        json_string(j, "sender_from", slice_str(request->sender_from));
    write_recipients(x, j);
    if (request->recipients_from != NULL)
        json_string(j, "recipients_from", slice_str(request->recipients_from));
    if (!x->trial.header_known) {
        json_null(j, "message");
        return;
    }
    json_object(j, "message");
    json_integer(j, "size", (int64_t)request->input.message.len);
    json_integer(j, "header_fields", (int64_t)x->trial.header.count);
    write_stray(x, j);
    write_content(&x->trial.readings.received, j);
    json_end_object(j);
}

static void write_list(const struct listing *match, struct json *j)
{
    if (match->entry == NULL)
        return;
    json_object(j, "list");
    json_string(j, "name", match->list);
    json_string(j, "entry", match->entry->written);
    json_text(j, "file", slice_str(match->entry->place.file));
    json_integer(j, "line", match->entry->place.line);
    json_end_object(j);
}

static void write_spot(const struct spot *spot, struct json *j)
{
    if (spot->line > 0)
        json_integer(j, "message_line", (int64_t)spot->line);
    if (spot->part > 0)
        json_integer(j, "part", (int64_t)spot->part);
    if (spot->first_line > 0) {
        json_integer(j, "part_line", (int64_t)spot->first_line);
        json_integer(j, "part_last_line", (int64_t)spot->last_line);
    }
    if (spot->reading != NULL)
        json_text(j, "view", slice_str(spot->reading));
}

static void write_hits(const struct explanation *x, const struct explained *list, size_t index,
                       struct json *j)
{
    json_array(j, "matches");
    for (size_t i = 0; i < x->hit_count; i++) {
        const struct hit *hit = &x->hits[i];

        if (!explanation_concerns(list, index, hit))
            continue;
        json_object(j, NULL);
        json_string(j, "field", field_get(hit->field)->name);
        if (hit->name.len > 0)
            json_string(j, "name", hit->name);
        json_string(j, "excerpt", hit->excerpt);
        json_integer(j, "excerpt_start", (int64_t)hit->excerpt_start);
        json_integer(j, "length", (int64_t)hit->length);
        json_integer(j, "start", (int64_t)hit->start);
        json_integer(j, "end", (int64_t)hit->end);
        write_spot(&hit->spot, j);
        write_list(&hit->list, j);
        json_end_object(j);
    }
    json_end_array(j);
}

/* Why a rule was refuted. */
static void write_miss(const struct explained *list, size_t index, struct json *j)
{
    struct eval_miss miss;

    if (!eval_miss(list->eval, list->final, index, &miss))
        return;
    json_object(j, "missed");
    json_string(j, "field", field_get(miss.field)->name);
    if (miss.name.len > 0)
        json_string(j, "name", miss.name);
    json_bool(j, "excluded", miss.held);
    if (miss.count > 0)
        json_string(j, "value", utf8_cut(miss.value, EXPLANATION_EXCERPT));
    else
        json_null(j, "value");
    json_integer(j, "values", (int64_t)miss.count);
    write_list(&miss.list, j);
    json_end_object(j);
}

static void write_rule(const struct explanation *x, const struct explained *list, size_t index,
                       struct json *j)
{
    static const char *const MODES[] = {
        [RULE_ENFORCE] = "enforce", [RULE_SHADOW] = "shadow", [RULE_OFF] = "off"};
    struct rule_plan plan = ruleset_plan(list->rules, index);
    const struct rule *rule = plan.rule;

    json_object(j, NULL);
    json_string(j, "name", rule->name);
    json_text(j, "file", slice_str(rule->place.file));
    json_integer(j, "line", rule->place.line);
    json_text(j, "mode", slice_str(MODES[rule->mode]));
    json_text(j, "outcome", slice_str(explanation_outcome(list, index)));
    if (rule->mode != RULE_OFF) {
        json_string(j, "acts", stage_name(plan.acts));
        if (plan.held_by != SLICE_NOT_FOUND)
            json_string(j, "held_by", ruleset_plan(list->rules, plan.held_by).rule->name);
    }
    json_array(j, "actions");
    for (size_t i = 0; i < rule->action_count; i++)
        json_string(j, NULL, rule_action_name(rule->actions[i].kind));
    json_end_array(j);
    write_hits(x, list, index, j);
    write_miss(list, index, j);
    json_end_object(j);
}

static void write_rules(const struct explanation *x, bool final, struct json *j)
{
    struct explained list = explanation_list(x, final);

    json_array(j, final ? "final_rules" : "rules");
    for (size_t i = 0; i < ruleset_count(list.rules); i++)
        write_rule(x, &list, i, j);
    json_end_array(j);
}

static void write_edits(const char *name, const struct edit_list *edits, struct json *j)
{
    json_array(j, name);
    for (size_t i = 0; edits != NULL && i < edits->count; i++) {
        const struct edit *edit = &edits->items[i];

        json_object(j, NULL);
        json_string(j, "what", edit_title(edit));
        json_string(j, "by", edit->by);
        if (edit_is_header(edit->kind)) {
            json_string(j, "name", edit->name);
            json_integer(j, "index", edit->index);
        }
        if (edit->kind != EDIT_DELETE_HEADER && edit->kind != EDIT_REPLACE_BODY)
            json_string(j, "value", edit->value);
        if (edit->breaks.ptr != NULL)
            json_string(j, "breaks_dkim", edit->breaks);
        if (edit->kind == EDIT_REPLACE_BODY && edit->reason.ptr != NULL)
            json_string(j, "why", edit->reason);
        json_end_object(j);
    }
    json_end_array(j);
}

static void write_diff(struct json *j, const char *name, const struct diff *diff)
{
    json_array(j, name);
    for (size_t i = 0; i < diff->count; i++) {
        struct bytes line;
        struct slice whole;

        bytes_init(&line, DIFF_LINE_MAX);
        if (diff->lines[i].mark != '@')
            bytes_append_char(&line, diff->lines[i].mark);
        bytes_append(&line, slice_first(diff->lines[i].text, DIFF_LINE_MAX - 1));
        if (bytes_take(&line, &whole) == 0)
            json_text(j, NULL, whole);
        else
            bytes_fail(j->out);
        bytes_fini(&line);
    }
    json_end_array(j);
}

static void write_revised(struct json *j, const struct revised *body)
{
    json_array(j, "parts_diff");
    for (size_t i = 0; i < body->count; i++) {
        json_object(j, NULL);
        json_integer(j, "part", (int64_t)body->parts[i].part);
        json_text(j, "before", body->parts[i].before);
        json_text(j, "after", body->parts[i].after);
        json_integer(j, "lines_before", (int64_t)body->parts[i].text.before);
        json_integer(j, "lines_after", (int64_t)body->parts[i].text.after);
        write_diff(j, "diff", &body->parts[i].text.diff);
        json_end_object(j);
    }
    json_end_array(j);
}

static void write_would(const struct eval_would *would, struct json *j)
{
    json_object(j, "would");
    json_array(j, "rules");
    for (size_t i = 0; i < would->rule_count; i++) {
        json_object(j, NULL);
        json_string(j, "rule", would->rules[i].rule);
        json_string(j, "verdict", verdict_name(would->rules[i].kind));
        if (would->rules[i].reply.len > 0)
            json_string(j, "reply", would->rules[i].reply);
        json_end_object(j);
    }
    json_end_array(j);
    write_edits("edits", would->edits, j);
    json_end_object(j);
}

/* As in the record. */
static void write_failures(const struct eval_report *report, struct json *j)
{
    json_array(j, "failures");
    for (size_t i = 0; i < report->failure_count; i++) {
        struct bytes text;
        struct slice whole;

        bytes_init(&text, SIZE_MAX);
        bytes_append(&text, failure_name(report->causes[i]));
        bytes_append(&text, SLICE(": "));
        bytes_append(&text, report->failures[i]);
        if (bytes_take(&text, &whole) == 0)
            json_string(j, NULL, whole);
        else
            bytes_fail(j->out);
        bytes_fini(&text);
    }
    json_end_array(j);
}

static void write_results(const struct explanation *x, struct json *j)
{
    const struct eval_report *report = &x->report;

    json_number(j, "score", report->score);
    write_names(j, "tags", report->tags, report->tag_count);
    write_names(j, "logs", report->logs, report->log_count);
    write_failures(report, j);
    json_bool(j, "unchecked", report->unchecked);
    json_integer(j, "delay_ms", x->trial.delay_ms);
    write_edits("edits", &x->trial.edits, j);
    write_edits("skipped", x->report.skipped, j);
    write_diff(j, "envelope_diff", &x->envelope);
    write_diff(j, "header_diff", &x->header);
    write_diff(j, "body_diff", &x->body.diff);
    write_revised(j, &x->parts);
    write_would(&report->would, j);
}

static void write_verdict(const struct explanation *x, struct json *j)
{
    const struct verdict *verdict = &x->trial.verdict;

    json_string(j, "verdict", verdict_name(verdict->kind));
    write_by(j, verdict);
    if (verdict->kind != VERDICT_CONTINUE)
        json_string(j, "stage", stage_name(verdict->stage));
    write_reason(j, verdict);
    if (verdict->failure != FAILURE_NONE)
        json_string(j, "failure", failure_name(verdict->failure));
    if (x->reply_count > 0)
        write_names(j, "reply", x->reply, x->reply_count);
    else
        json_null(j, "reply"); /* the upstream's */
    write_names(j, "notes", x->notes, x->note_count);
}

void report_json_write(const struct explanation *x, struct bytes *out)
{
    struct json j;

    json_init(&j, out);
    json_object(&j, NULL);
    write_envelope(x, &j);
    write_rules(x, false, &j);
    write_rules(x, true, &j);
    write_results(x, &j);
    write_verdict(x, &j);
    json_end_object(&j);
    bytes_append_char(out, '\n');
}
