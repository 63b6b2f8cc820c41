/* probe_report_text: a probe for a person. */
#include "proxy/explain/printable.h"
#include "proxy/probe/names.h"
#include "proxy/probe/probe_report.h"

#define LABEL_WIDTH   11
#define COMMAND_WIDTH 8
#define TEXT_SHOWN    300 /* octets of one command or answer */
#define US_PER_MS     1000U

static void append(struct bytes *out, const char *text)
{
    bytes_append(out, slice_str(text));
}

static void label(struct bytes *out, const char *name)
{
    bytes_format(out, "%-*s", LABEL_WIDTH, name);
}

static void write_excerpt(struct bytes *out, struct slice text)
{
    printable_append(out, slice_first(text, TEXT_SHOWN));
    if (text.len > TEXT_SHOWN)
        bytes_format(out, "... (%zu octets)", text.len);
}

/* --- negotiation --- */

static void write_bits(struct bytes *out, const char *name,
                       const char *(*word)(size_t index, uint32_t *bit), uint32_t mask)
{
    const char *text;
    uint32_t bit;

    label(out, name);
    if (mask == 0)
        append(out, "none");
    for (size_t i = 0; (text = word(i, &bit)) != NULL; i++) {
        if ((mask & bit) == 0)
            continue;
        mask &= ~bit;
        append(out, text);
        append(out, mask != 0 ? " " : "");
    }
    if (mask != 0)
        bytes_format(out, "and unknown ones: 0x%X", (unsigned)mask);
    append(out, "\n");
}

static void write_options(struct bytes *out, const char *name, const struct packet_options *options)
{
    label(out, name);
    bytes_format(out, "version %u\n", (unsigned)options->version);
    write_bits(out, "  actions", names_action, options->actions);
    write_bits(out, "  protocol", names_step, options->steps);
    for (unsigned stage = 0; stage < PACKET_STAGE_COUNT; stage++) {
        if ((options->symbols.given >> stage & 1) == 0)
            continue;
        label(out, "  macros");
        append(out, names_stage((enum packet_stage)stage));
        append(out, ": ");
        printable_append(out, options->symbols.lists[stage]);
        append(out, "\n");
    }
}

static void write_negotiation(const struct probe *probe, struct bytes *out)
{
    const struct transcript *t = &probe->transcript;

    label(out, "milter");
    printable_append(out, probe->request->endpoint.text);
    append(out, "\n");
    if (t->offered)
        write_options(out, "offered", &t->offer);
    if (t->answered)
        write_options(out, "answered", &t->answer);
    if (t->settled &&
        (t->agreed.steps != t->answer.steps || t->agreed.actions != t->answer.actions))
        write_options(out, "agreed", &t->agreed);
}

/* --- steps --- */

static void write_time(struct bytes *out, uint64_t us)
{
    bytes_format(out, " (%llu.%llu ms)", (unsigned long long)(us / US_PER_MS),
                 (unsigned long long)(us % US_PER_MS / (US_PER_MS / 10)));
}

static void write_answer(struct bytes *out, const struct transcript_answer *answer)
{
    if (!answer->known) {
        append(out, "WRONG: ");
        append(out, answer->wrong);
        append(out, ": ");
    } else {
        append(out, names_reply(answer->kind));
        if (answer->kind == PACKET_REPLY_INSERT_HEADER ||
            answer->kind == PACKET_REPLY_CHANGE_HEADER)
            bytes_format(out, " [%u]", (unsigned)answer->index);
        if (answer->kind == PACKET_REPLY_REPLACE_BODY)
            bytes_format(out, ", %llu octets", (unsigned long long)answer->octets);
        append(out, answer->text.len > 0 ? ": " : "");
    }
    write_excerpt(out, answer->text);
    if (answer->parameters.len > 0)
        append(out, " ");
    write_excerpt(out, answer->parameters);
    if (answer->count > 1)
        bytes_format(out, ", %u times", answer->count);
    write_time(out, answer->after_us);
    append(out, "\n");
}

static void write_answers(struct bytes *out, const struct transcript_step *step)
{
    const struct transcript_answer *first = step->answers;

    if (first == NULL) {
        append(out, step->awaited ? ": no answer\n" : "\n");
    } else if (first->next == NULL && first->known) {
        append(out, ": ");
        write_answer(out, first);
    } else {
        append(out, "\n");
        for (const struct transcript_answer *answer = first; answer != NULL;
             answer = answer->next) {
            append(out, "    ");
            write_answer(out, answer);
        }
    }
}

static void write_macros(struct bytes *out, const struct transcript_step *step)
{
    for (size_t i = 0; i < step->macro_count; i++) {
        append(out, "    {");
        printable_append(out, step->macros[i].name);
        append(out, "} ");
        printable_quote(out, step->macros[i].value);
        append(out, "\n");
    }
}

static void write_step(struct bytes *out, const struct transcript_step *step, bool verbose)
{
    bool bare = step->text.len == 0 && step->unsent == NULL;

    bytes_format(out, "  %-*s", bare ? 0 : COMMAND_WIDTH, names_command(step->kind));
    if (!bare)
        append(out, " ");
    if (step->unsent != NULL) {
        append(out, "not sent: ");
        append(out, step->unsent);
        append(out, "\n");
    } else {
        write_excerpt(out, step->text);
        write_answers(out, step);
    }
    if (verbose)
        write_macros(out, step);
}

static void write_steps(const struct probe *probe, bool verbose, struct bytes *out)
{
    if (probe->transcript.steps == NULL)
        return;
    append(out, "\nsteps\n");
    for (const struct transcript_step *step = probe->transcript.steps; step != NULL;
         step = step->next)
        write_step(out, step, verbose);
}

/* --- outcome --- */

static void write_diff(struct bytes *out, const char *name, const struct diff *diff)
{
    if (diff->count == 0)
        return;
    bytes_format(out, "--- %s as sent\n+++ %s as the milter wants it\n", name, name);
    for (size_t i = 0; i < diff->count; i++) {
        if (diff->lines[i].mark != '@')
            bytes_append_char(out, diff->lines[i].mark);
        printable_append(out, diff->lines[i].text);
        append(out, "\n");
    }
}

static void write_edit(struct bytes *out, const struct edit *edit)
{
    append(out, "  ");
    bytes_append(out, edit_name(edit->kind));
    if (edit_is_header(edit->kind) && edit->kind != EDIT_ADD_HEADER)
        bytes_format(out, " [%u]", edit->index);
    append(out, edit->name.len > 0 ? " " : "");
    printable_append(out, edit->name);
    if (edit->kind == EDIT_REPLACE_BODY) {
        bytes_format(out, " %zu octets", edit->value.len);
    } else if (edit->kind != EDIT_DELETE_HEADER) {
        append(out, " ");
        printable_quote(out, slice_trim(slice_first(edit->value, TEXT_SHOWN)));
    }
    append(out, "\n");
}

static void write_edits(struct bytes *out, const struct probe_message *message)
{
    if (message->edits.count > 0)
        append(out, "\nedits\n");
    for (size_t i = 0; i < message->edits.count; i++)
        write_edit(out, &message->edits.items[i]);
    if (message->envelope.count + message->header.count + message->body.diff.count > 0)
        append(out, "\n");
    write_diff(out, "envelope", &message->envelope);
    write_diff(out, "header", &message->header);
    write_diff(out, "body", &message->body.diff);
    if (message->body.after > 0 && message->body.diff.count == 0)
        bytes_format(out, "body: %zu lines before, %zu now\n", message->body.before,
                     message->body.after);
}

static void write_note(struct bytes *out, const char *note)
{
    label(out, "note");
    append(out, note);
    append(out, "\n");
}

static void write_reply(struct bytes *out, struct slice wire)
{
    for (size_t end; (end = slice_find(wire, '\n')) != SLICE_NOT_FOUND;) {
        label(out, "reply");
        printable_append(out, slice_first(wire, end > 0 ? end - 1 : 0));
        append(out, "\n");
        wire = slice_from(wire, end + 1);
    }
}

static void write_message(struct bytes *out, const struct probe_message *message, bool numbered)
{
    const struct verdict *verdict = &message->verdict;

    if (numbered)
        bytes_format(out, "\nmessage %u\n", message->number);
    write_edits(out, message);
    append(out, numbered && message->edits.count == 0 ? "" : "\n");
    if (verdict->failure != FAILURE_NONE)
        return;
    label(out, "verdict");
    bytes_append(out, verdict_name(verdict->kind));
    append(out, " at ");
    bytes_append(out, stage_name(verdict->stage));
    append(out, "\n");
    write_reply(out, verdict->reply.wire);
    if (message->unfit)
        write_note(out, "an edit cannot be made: its field is none, or its value breaks out of it");
    if (message->note != NULL)
        write_note(out, message->note);
    if (message->verdict.kind != VERDICT_CONTINUE && verdict->stage < STAGE_MESSAGE &&
        message->note == NULL)
        write_note(out, "what comes later was not sent");
}

/* --- all --- */

static void write_failure(const struct probe *probe, struct bytes *out)
{
    const char *expected = probe_report_expected(probe);

    if (probe->failure == NULL)
        return;
    label(out, "failure");
    append(out, probe->failure);
    append(out, "\n");
    if (expected == NULL)
        return;
    label(out, "expected");
    append(out, expected);
    append(out, "\n");
}

const char *probe_report_expected(const struct probe *probe)
{
    const struct transcript_step *step = probe->transcript.discards;

    if (step == NULL)
        step = transcript_asked(&probe->transcript);
    if (probe->fault == MILTER_FAULT_NONE || probe->fault == MILTER_FAULT_UNREACHABLE ||
        probe->fault == MILTER_FAULT_MESSAGE || step == NULL)
        return NULL;
    if (probe->transcript.unasked)
        return "nothing, until it is asked";
    return names_expected(step->kind);
}

void probe_report_text(const struct probe *probe, bool verbose, struct bytes *out)
{
    write_negotiation(probe, out);
    write_steps(probe, verbose, out);
    for (const struct probe_message *message = probe->messages; message != NULL;
         message = message->next)
        write_message(out, message, probe->request->repeat > 1);
    write_failure(probe, out);
}
