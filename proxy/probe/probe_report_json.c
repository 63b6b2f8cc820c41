/* probe_report_json: a probe for a program. */
#include "filters/base/json.h"
#include "proxy/probe/names.h"
#include "proxy/probe/probe_report.h"

#define DIFF_LINE_MAX 4096 /* octets of one line of a diff, with its mark */

/* --- negotiation --- */

static void write_bits(struct json *j, const char *name,
                       const char *(*word)(size_t index, uint32_t *bit), uint32_t mask)
{
    const char *text;
    uint32_t bit;

    json_array(j, name);
    for (size_t i = 0; (text = word(i, &bit)) != NULL; i++)
        if ((mask & bit) != 0)
            json_string(j, NULL, slice_str(text));
    json_end_array(j);
}

static void write_options(struct json *j, const char *name, const struct packet_options *options)
{
    json_object(j, name);
    json_integer(j, "version", options->version);
    json_integer(j, "action_bits", options->actions);
    write_bits(j, "actions", names_action, options->actions);
    json_integer(j, "protocol_bits", options->steps);
    write_bits(j, "protocol", names_step, options->steps);
    json_object(j, "macros");
    for (unsigned stage = 0; stage < PACKET_STAGE_COUNT; stage++)
        if ((options->symbols.given >> stage & 1) != 0)
            json_string(j, names_stage((enum packet_stage)stage), options->symbols.lists[stage]);
    json_end_object(j);
    json_end_object(j);
}

/* --- steps --- */

static void write_answer(struct json *j, const struct transcript_answer *answer)
{
    json_object(j, NULL);
    if (answer->known) {
        json_string(j, "answer", slice_str(names_reply(answer->kind)));
        json_string(j, "text", answer->text);
    } else {
        json_string(j, "wrong", slice_str(answer->wrong));
        json_string(j, "octets", answer->text);
    }
    if (answer->known &&
        (answer->kind == PACKET_REPLY_INSERT_HEADER || answer->kind == PACKET_REPLY_CHANGE_HEADER))
        json_integer(j, "index", answer->index);
    if (answer->parameters.len > 0)
        json_string(j, "parameters", answer->parameters);
    if (answer->known && answer->kind == PACKET_REPLY_REPLACE_BODY)
        json_integer(j, "size", (int64_t)answer->octets);
    if (answer->count > 1)
        json_integer(j, "count", answer->count);
    json_number(j, "ms", (double)answer->after_us / 1000.0);
    json_end_object(j);
}

static void write_macros(struct json *j, const struct transcript_step *step)
{
    json_array(j, "macros");
    for (size_t i = 0; i < step->macro_count; i++) {
        json_object(j, NULL);
        json_string(j, "name", step->macros[i].name);
        json_string(j, "value", step->macros[i].value);
        json_end_object(j);
    }
    json_end_array(j);
}

static void write_step(struct json *j, const struct transcript_step *step)
{
    json_object(j, NULL);
    json_string(j, "command", slice_str(names_command(step->kind)));
    json_bool(j, "sent", step->unsent == NULL);
    if (step->unsent != NULL)
        json_string(j, "reason", slice_str(step->unsent));
    else
        json_string(j, "text", step->text);
    write_macros(j, step);
    json_bool(j, "awaited", step->awaited);
    json_array(j, "answers");
    for (const struct transcript_answer *answer = step->answers; answer != NULL;
         answer = answer->next)
        write_answer(j, answer);
    json_end_array(j);
    json_end_object(j);
}

/* --- outcome --- */

static void write_edit(struct json *j, const struct edit *edit)
{
    json_object(j, NULL);
    json_string(j, "edit", edit_name(edit->kind));
    if (edit_is_header(edit->kind)) {
        json_string(j, "name", edit->name);
        if (edit->kind != EDIT_ADD_HEADER)
            json_integer(j, "index", edit->index);
    }
    if (edit->kind == EDIT_REPLACE_BODY)
        json_integer(j, "size", (int64_t)edit->value.len);
    else if (edit->kind != EDIT_DELETE_HEADER)
        json_string(j, "value", edit->value);
    json_end_object(j);
}

static void write_diff(struct json *j, const char *name, const struct diff *diff)
{
    struct bytes line;
    struct slice whole;

    bytes_init(&line, DIFF_LINE_MAX);
    json_array(j, name);
    for (size_t i = 0; i < diff->count; i++) {
        bytes_clear(&line);
        if (diff->lines[i].mark != '@')
            bytes_append_char(&line, diff->lines[i].mark);
        bytes_append(&line, slice_first(diff->lines[i].text, DIFF_LINE_MAX - 1));
        if (bytes_take(&line, &whole) == 0)
            json_string(j, NULL, whole);
        else
            bytes_fail(j->out);
    }
    json_end_array(j);
    bytes_fini(&line);
}

static void write_message(struct json *j, const struct probe_message *message)
{
    json_object(j, NULL);
    json_string(j, "verdict",
                message->verdict.failure == FAILURE_NONE ? verdict_name(message->verdict.kind)
                                                         : SLICE("failure"));
    json_string(j, "stage", stage_name(message->verdict.stage));
    if (message->verdict.failure == FAILURE_NONE && message->verdict.reply.wire.len > 0)
        json_string(j, "reply", message->verdict.reply.wire);
    if (message->note != NULL)
        json_string(j, "note", slice_str(message->note));
    json_array(j, "edits");
    for (size_t i = 0; i < message->edits.count; i++)
        write_edit(j, &message->edits.items[i]);
    json_end_array(j);
    json_bool(j, "edits_fit", !message->unfit);
    write_diff(j, "envelope_diff", &message->envelope);
    write_diff(j, "header_diff", &message->header);
    write_diff(j, "body_diff", &message->body.diff);
    json_end_object(j);
}

/* --- all --- */

static struct slice fault_name(enum milter_fault fault)
{
    switch (fault) {
    case MILTER_FAULT_NONE: break;
    case MILTER_FAULT_UNREACHABLE: return SLICE("unreachable");
    case MILTER_FAULT_SILENT: return SLICE("timeout");
    case MILTER_FAULT_LOST: return SLICE("lost");
    case MILTER_FAULT_PROTOCOL: return SLICE("protocol");
    case MILTER_FAULT_MESSAGE: return SLICE("message");
    }
    return SLICE("none");
}

static void write_failure(const struct probe *probe, struct json *j)
{
    const char *expected = probe_report_expected(probe);

    json_object(j, "failure");
    json_string(j, "kind", fault_name(probe->fault));
    json_string(j, "text", slice_str(probe->failure));
    if (expected != NULL)
        json_string(j, "expected", slice_str(expected));
    json_end_object(j);
}

void probe_report_json(const struct probe *probe, struct bytes *out)
{
    const struct transcript *t = &probe->transcript;
    struct json j;

    json_init(&j, out);
    json_object(&j, NULL);
    json_string(&j, "milter", probe->request->endpoint.text);
    if (t->offered)
        write_options(&j, "offered", &t->offer);
    if (t->answered)
        write_options(&j, "answered", &t->answer);
    if (t->settled)
        write_options(&j, "agreed", &t->agreed);
    json_array(&j, "steps");
    for (const struct transcript_step *step = t->steps; step != NULL; step = step->next)
        write_step(&j, step);
    json_end_array(&j);
    json_array(&j, "messages");
    for (const struct probe_message *m = probe->messages; m != NULL; m = m->next)
        write_message(&j, m);
    json_end_array(&j);
    if (probe->failure != NULL)
        write_failure(probe, &j);
    json_end_object(&j);
    bytes_append_char(out, '\n');
}
