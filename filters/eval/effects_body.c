/* effects_body: see effects_body.h. */
#include "filters/eval/effects_body.h"

#include <stdio.h>

#include "filters/eval/budget.h"
#include "filters/eval/match.h"
#include "filters/eval/questions.h"
#include "filters/revise/target.h"

#define FINISH_BYTES ((size_t)1 << 20) /* of the new body, between two looks at the clock */
#define OTHERS_MAX   256               /* texts of other rules that are looked for */
#define GROWTH_MAX   ((size_t)1 << 20) /* of a text, or of the body, beyond what it was twice */

static const struct content *content_of(const struct making *x)
{
    return questions_content(x->e);
}

static enum making_result open(struct making *x)
{
    const struct content *content = content_of(x);

    if (content == NULL)
        return questions_content_result(x->e) == CONTENT_MEMORY ? MAKING_MEMORY : MAKING_CONTENT;
    if (x->revision.content == NULL)
        revision_init(&x->revision, content, x->e->m->body, 2 * x->e->m->body.len + GROWTH_MAX);
    return making_ready(x);
}

/* --- what is said of it ----------------------------------------------------------------------- */

/* Why an edit was left out; NULL: it was not. */
static const char *reason_of(enum revision_result result)
{
    switch (result) {
    case REVISION_SEALED: return "the text is signed or encrypted";
    case REVISION_UNFIT: return "it does not fit the text's charset and encoding";
    case REVISION_LONG: return "the text is too long to edit";
    case REVISION_DONE:
    case REVISION_SAME:
    case REVISION_MEMORY: break;
    }
    return NULL;
}

static enum making_result say_skipped(struct making *x, struct slice what, const char *why)
{
    return making_skip(x, &(struct edit){.kind = EDIT_REPLACE_BODY,
                                         .name = what,
                                         .by = x->entry->rule->name,
                                         .reason = slice_str(why)});
}

/* The act has changed what it could: that is an edit, unless a signature is in its way. */
static enum making_result settle(struct making *x, struct slice what)
{
    size_t before = x->list->count;
    struct edit edit = {.kind = EDIT_REPLACE_BODY, .name = what};
    enum making_result result;

    if (!revision_changed(&x->revision))
        return MAKING_OK;
    result = making_add_body(x, edit, slice_first(x->e->m->body, revision_kept(&x->revision)));
    if (result == MAKING_OK && x->list->count == before)
        revision_undo(&x->revision);
    return result;
}

static enum making_result after(enum revision_result result)
{
    return result == REVISION_MEMORY ? MAKING_MEMORY : MAKING_OK;
}

/* --- append ----------------------------------------------------------------------------------- */

struct others {
    struct slice items[OTHERS_MAX];
    size_t count;
};

static bool is_literal(const struct text *text)
{
    return text->count == 1 && text->parts[0].kind == TEXT_LITERAL;
}

/* What the rules of ${rules} append, but for ${own}. A text with facts in it is another each time.
 */
static void collect(struct others *others, const struct ruleset *rules, const struct act *own)
{
    for (size_t i = 0; i < rules->count; i++) {
        const struct entry *entry = &rules->entries[i];

        for (size_t k = 0; entry->edits_body && k < entry->act_count; k++) {
            const struct act *act = &entry->acts[k];

            if (act != own && act->kind == own->kind && is_literal(&act->text) &&
                others->count < OTHERS_MAX)
                others->items[others->count++] = act->text.parts[0].literal;
        }
    }
}

static void collect_all(const struct making *x, struct others *others, const struct act *own)
{
    const struct eval *e = x->e;

    others->count = 0;
    collect(others, e->rules, own);
    if (e->before != NULL)
        collect(others, e->before->rules, own);
    if (e->final != NULL)
        collect(others, e->final->rules, own);
}

/* To the part under way. */
static enum making_result append_to(struct making *x, const struct act *act, struct slice text,
                                    const struct others *others)
{
    size_t part = x->place.field;
    enum revision_result result =
        revision_append(&x->revision, part, text, others->items, others->count);
    const char *why = reason_of(result);

    x->place.met = true;
    if (result == REVISION_MEMORY ||
        making_charge(x, content_of(x)->parts[part].body.len) != MAKING_OK)
        return MAKING_MEMORY;
    return why != NULL ? say_skipped(x, rule_action_name(act->kind), why) : MAKING_OK;
}

static enum making_result append_to_all(struct making *x, const struct act *act, struct slice text)
{
    bool html = act->kind == ACTION_APPEND_HTML;
    struct others others;
    enum making_result result = MAKING_OK;

    collect_all(x, &others, act);
    for (; x->place.field < content_of(x)->part_count; x->place.field++) {
        if (!revision_takes_text(&x->revision, x->place.field, html))
            continue;
        result = making_ready(x);
        if (result == MAKING_OK)
            result = append_to(x, act, text, &others);
        if (result != MAKING_OK)
            return result;
    }
    if (!x->place.met)
        result = say_skipped(x, rule_action_name(act->kind),
                             html ? "there is no HTML text" : "there is no plain text");
    return result;
}

static enum making_result append(struct making *x, const struct act *act)
{
    struct slice text = making_text(x, &act->text);
    enum making_result result;

    if (text.ptr == NULL)
        return MAKING_MEMORY;
    if (x->place.field == 0)
        revision_begin(&x->revision);
    result = append_to_all(x, act, text);
    return result == MAKING_OK ? settle(x, rule_action_name(act->kind)) : result;
}

/* --- replace ---------------------------------------------------------------------------------- */

struct replacer {
    struct making *x;
    const struct text *with;
};

/* For pattern_replace: the captures are those of this match. */
static int expand_match(void *ctx, const struct pattern_match *match, struct bytes *out)
{
    struct replacer *replacer = ctx;
    struct text_values values = replacer->x->values;
    struct slice text;

    values.match = match;
    text = text_expand(replacer->with, &values, &replacer->x->scratch);
    if (text.ptr == NULL || replacer->x->source.failed)
        return -1;
    bytes_append(out, text);
    arena_reset(&replacer->x->scratch);
    return bytes_end(out);
}

/* Gets hold of the text of the part under way. */
static enum revision_result begin_part(struct making *x, const struct act *act)
{
    struct making_place *place = &x->place;
    enum revision_result result;

    bytes_init(&place->text, 4 * x->revision.limit_bytes);
    result = revision_text(&x->revision, place->field, &place->text);
    if (result != REVISION_DONE)
        return result;
    place->looking = true;
    pattern_replace_begin(&place->replacing, act->pattern, bytes_slice(&place->text),
                          place->text.len + x->revision.limit_bytes);
    return REVISION_DONE;
}

/* A slice of the part under way. */
static enum making_result replace_slice(struct making *x, const struct act *act)
{
    struct replacer replacer = {x, &act->text};
    struct making_place *place = &x->place;
    enum pattern_result found =
        pattern_replace(&place->replacing, x->e->options.scratch, expand_match, &replacer);

    if (found == PATTERN_LIMIT)
        return MAKING_REGEX;
    place->searched = found != PATTERN_MORE;
    place->met = found == PATTERN_YES;
    return making_charge(x, place->searched ? 0 : PATTERN_SLICE_BYTES);
}

/* What is longer than can be edited has not been looked at: that is no edit that was left out. */
static enum making_result cannot(struct making *x, enum revision_result result)
{
    const char *why = reason_of(result);

    if (result == REVISION_LONG)
        return MAKING_CONTENT;
    if (result == REVISION_UNFIT)
        return say_skipped(x, rule_action_name(ACTION_REPLACE_BODY), why);
    return after(result);
}

/* One step of the part under way: its text, a slice of the search, what became of it. */
static enum making_result replace_step(struct making *x, const struct act *act, bool *done)
{
    struct making_place *place = &x->place;
    size_t size = content_of(x)->parts[place->field].body.len;
    enum revision_result result;

    if (place->looking && !place->searched)
        return replace_slice(x, act);
    if (!place->looking)
        result = begin_part(x, act);
    else if (place->met)
        result = revision_replace(&x->revision, place->field, bytes_slice(&place->text),
                                  bytes_slice(&place->replacing.text));
    else
        result = REVISION_SAME;
    *done = place->searched || result != REVISION_DONE;
    if (making_charge(x, size) != MAKING_OK)
        return MAKING_MEMORY;
    return result != REVISION_DONE ? cannot(x, result) : MAKING_OK;
}

static enum making_result replace_in(struct making *x, const struct act *act)
{
    enum making_result result = MAKING_OK;

    for (bool done = false; !done && result == MAKING_OK;) {
        result = making_ready(x);
        if (result == MAKING_OK)
            result = replace_step(x, act, &done);
    }
    return result;
}

static void next_part(struct making *x)
{
    pattern_replace_end(&x->place.replacing);
    bytes_fini(&x->place.text);
    x->place = (struct making_place){.field = x->place.field + 1};
}

static enum making_result replace(struct making *x, const struct act *act)
{
    const struct content *content = content_of(x);

    if (x->place.field == 0 && !x->place.looking)
        revision_begin(&x->revision);
    for (; x->place.field < content->part_count; next_part(x)) {
        enum making_result result = MAKING_OK;

        if (target_is_text(&content->parts[x->place.field]))
            result = replace_in(x, act);
        if (result != MAKING_OK)
            return result;
    }
    return settle(x, rule_action_name(act->kind));
}

/* --- remove_attachment ------------------------------------------------------------------------ */

/* Adds ${bit} to ${marks} of each part of which a value matches. */
static enum making_result mark(struct making *x, const struct leaf *leaf, uint8_t bit,
                               uint8_t *marks)
{
    enum content_fact fact =
        leaf->field == FIELD_ATTACHMENT ? CONTENT_ATTACHMENT : CONTENT_ATTACHMENT_TYPE;
    struct content_values values = content_of(x)->values[fact];
    struct standpoint at = {.rule = x->rule, .shadow = x->shadow};

    for (size_t i = 0; i < values.count; i++) {
        at.only = i + 1;
        switch (match_leaf(x->e, leaf, &at, false)) {
        case TRUTH_TRUE: marks[values.items[i].part] |= bit; break;
        case TRUTH_FAILED: return MAKING_REGEX;
        case TRUTH_STOP: return MAKING_MEMORY;
        case TRUTH_FALSE:
        case TRUTH_OPEN:
        case TRUTH_ASKED: break;
        }
    }
    return MAKING_OK;
}

/* The note, in which facts of attachments are those of the one that goes. */
struct note {
    struct making *x;
    const struct content_part *part;
    char size[32];
};

static struct slice note_fact(void *ctx, enum field_id field)
{
    struct note *note = ctx;

    if (field == FIELD_ATTACHMENT)
        return note->part->name;
    if (field == FIELD_ATTACHMENT_TYPE)
        return note->part->type;
    if (field == FIELD_ATTACHMENT_SIZE) {
        int len =
            snprintf(note->size, sizeof(note->size), "%llu", (unsigned long long)note->part->size);

        return slice_make(note->size, len > 0 ? (size_t)len : 0);
    }
    return facts_text(&note->x->source, field);
}

static struct slice write_note(struct making *x, const struct act *act,
                               const struct content_part *part)
{
    struct note note = {.x = x, .part = part};
    struct text_values values = x->values;
    struct slice text;

    values.field = note_fact;
    values.ctx = &note;
    text = text_expand(&act->text, &values, &x->scratch);
    return x->source.failed ? SLICE_NONE : text;
}

static enum making_result set_field(struct making *x, const char *name, const char *value)
{
    struct slice field = slice_str(name);
    size_t at;
    enum making_result result = MAKING_OK;

    if (value != NULL && header_find(&x->header, field, 0) == SLICE_NOT_FOUND)
        return making_add(
            x, (struct edit){.kind = EDIT_ADD_HEADER, .name = field, .value = slice_str(value)});
    if (value != NULL)
        result = making_add(x, (struct edit){.kind = EDIT_CHANGE_HEADER,
                                             .index = 1,
                                             .name = field,
                                             .value = slice_str(value)});
    while (result == MAKING_OK && (at = header_find(&x->header, field, 0)) != SLICE_NOT_FOUND &&
           (value == NULL || header_find(&x->header, field, at + 1) != SLICE_NOT_FOUND))
        result = making_add(x, (struct edit){.kind = EDIT_DELETE_HEADER,
                                             .index = value != NULL ? 2 : 1,
                                             .name = field});
    return result;
}

/* The message itself was the attachment: its fields say now that it is a text. */
static enum making_result say_text(struct making *x, struct slice note)
{
    bool quoted = revision_note_quoted(note);
    enum making_result result = set_field(x, "Content-Type", " text/plain; charset=utf-8");

    if (result == MAKING_OK)
        result = set_field(x, "Content-Transfer-Encoding", quoted ? " quoted-printable" : NULL);
    return result == MAKING_OK ? set_field(x, "Content-Disposition", NULL) : result;
}

static enum making_result remove_part(struct making *x, const struct act *act, size_t part)
{
    const struct content_part *p = &content_of(x)->parts[part];
    struct slice what =
        arena_format(&x->e->work, "%.*s%s%.*s%s", SLICE_ARG(rule_action_name(act->kind)),
                     p->name.len > 0 ? " " : "", SLICE_ARG(p->name), p->sealed ? " (signed)" : "");
    struct slice note = write_note(x, act, p);
    size_t before = x->list->count;
    enum revision_result removed;
    enum making_result result;

    if (what.ptr == NULL || note.ptr == NULL)
        return MAKING_MEMORY;
    revision_begin(&x->revision);
    removed = revision_remove(&x->revision, part, note);
    if (removed != REVISION_DONE)
        return after(removed);
    result = settle(x, what);
    if (result == MAKING_OK && part == 0 && x->list->count > before)
        result = say_text(x, note);
    arena_reset(&x->scratch);
    return result;
}

static enum making_result remove_marked(struct making *x, const struct act *act, uint8_t all,
                                        const uint8_t *marks)
{
    const struct content *content = content_of(x);
    enum making_result result = MAKING_OK;

    for (size_t i = 0; i < content->part_count; i++) /* before any is taken out */
        if (marks[i] == all && (content->parts[i].other || content->parts[i].encrypted))
            return MAKING_CONTENT;
    for (size_t i = 0; i < content->part_count && result == MAKING_OK; i++)
        if (marks[i] == all)
            result = remove_part(x, act, i);
    return result;
}

static enum making_result remove_attachments(struct making *x, const struct act *act)
{
    uint8_t *marks = arena_alloc(&x->e->work, content_of(x)->part_count), all = 0;
    enum making_result result = MAKING_OK;

    if (marks == NULL)
        return MAKING_MEMORY;
    for (size_t i = 0; i < act->leaf_count && result == MAKING_OK; i++) {
        all |= (uint8_t)(1U << i);
        result = mark(x, act->leaves[i], (uint8_t)(1U << i), marks);
    }
    return result == MAKING_OK ? remove_marked(x, act, all, marks) : result;
}

/* --- all of them ------------------------------------------------------------------------------ */

enum making_result effects_body_act(struct making *x, const struct act *act)
{
    enum making_result result = open(x);

    if (result != MAKING_OK)
        return result;
    if (act->kind == ACTION_REPLACE_BODY)
        return replace(x, act);
    if (act->kind == ACTION_REMOVE_ATTACHMENT)
        return remove_attachments(x, act);
    return append(x, act);
}

/* Appends up to FINISH_BYTES of the new body; false: that was all. */
static bool write_some(struct making *x)
{
    struct making_finish *finish = &x->finish;
    struct slice some;

    while (finish->piece.len == 0)
        if (!revision_next(&x->revision, &finish->place, &finish->piece))
            return false;
    some = slice_first(finish->piece, FINISH_BYTES);
    bytes_append(&x->e->m->new_body, some);
    finish->piece = slice_from(finish->piece, some.len);
    return true;
}

/* Whether there is time for more in this turn. What is written here is the time of no rule. */
static bool goes_on(struct making *x)
{
    budget_look(x->e);
    return !x->pausable || !x->e->budget.late;
}

enum making_result effects_body_finish(struct making *x)
{
    struct bytes *whole = &x->e->m->new_body;
    struct slice body;

    if (x->revision.content == NULL || !revision_touched(&x->revision) || x->shadow)
        return MAKING_OK;
    if (!x->finish.begun) {
        bytes_fini(whole);
        bytes_init(whole, x->revision.limit_bytes);
    }
    x->finish.begun = true;
    do {
        if (!goes_on(x))
            return MAKING_MORE;
    } while (write_some(x));
    if (bytes_take(whole, &body) != 0)
        return MAKING_MEMORY;
    for (size_t i = 0; i < x->made.count; i++)
        if (x->made.items[i].kind == EDIT_REPLACE_BODY)
            x->made.items[i].value = body;
    return MAKING_OK;
}
