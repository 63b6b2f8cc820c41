/* action: see action.h. */
#include "filters/rules/action.h"

#include "filters/base/mailbox.h"
#include "filters/rules/leaf.h"
#include "filters/rules/names.h"

#define CODE_LEN 4 /* of a reply, and a blank */

static void say(struct compiler *c, enum diag_level level, struct place place,
                enum action_kind kind, const char *sentence)
{
    diag_add(c->diag, level, place, "rule '%.*s': '%.*s': %s", SLICE_ARG(c->entry->rule->name),
             SLICE_ARG(rule_action_name(kind)), sentence);
}

static void complain(struct compiler *c, struct place place, enum action_kind kind,
                     const char *sentence)
{
    say(c, DIAG_ERROR, place, kind, sentence);
}

/* --- texts ------------------------------------------------------------------------------------ */

static bool is_edit(enum action_kind kind)
{
    return kind == ACTION_REDIRECT ||
           (kind >= ACTION_ADD_HEADER && kind <= ACTION_REMOVE_RECIPIENT);
}

/* Takes into account what ${text} names. The captures of `replace` are its own pattern's. */
static void note_text(struct entry *entry, const struct text *text, enum action_kind kind)
{
    if (text->uses_captures && kind != ACTION_REPLACE && kind != ACTION_REPLACE_BODY)
        entry->text_captures = true;
    entry->text_matched = entry->text_matched || text->uses_matched;
    for (size_t i = 0; i < text->count; i++) {
        const struct text_part *part = &text->parts[i];
        const struct field_info *field;

        if (part->kind == TEXT_HEADER && is_edit(kind) && entry->text_stage < STAGE_HEADER)
            entry->text_stage = STAGE_HEADER;
        if (part->kind != TEXT_FIELD)
            continue;
        field = field_get(part->field);
        if (field->of_recipient)
            entry->text_recipient = true;
        if (field->looked_up)
            entry->text_asks |= UINT64_C(1) << part->field;
        if (!is_edit(kind))
            continue;
        if (part->field == FIELD_SIZE)
            entry->text_stage = STAGE_MESSAGE;
        else if (field->stage > entry->text_stage)
            entry->text_stage = field->stage;
    }
}

static int parse_text(struct compiler *c, struct act *act, struct slice source, struct text *text)
{
    const char *error = "out of memory";

    if (text_parse(text, source, &c->out->arena, &error) != 0) {
        complain(c, act->action->place, act->kind, error);
        return -1;
    }
    note_text(c->entry, text, act->kind);
    return 0;
}

static bool is_static(const struct text *text)
{
    for (size_t i = 0; i < text->count; i++)
        if (text->parts[i].kind != TEXT_LITERAL)
            return false;
    return true;
}

/* The text of a static ${text}; ptr NULL when memory is out. */
static struct slice static_text(struct compiler *c, const struct text *text)
{
    const struct text_values none = {.match = NULL};

    return text_expand(text, &none, &c->out->arena);
}

/* --- replies ---------------------------------------------------------------------------------- */

/* What stands before a text without code, and the class of a code. */
struct reply_default {
    int reply_class, code;
    struct slice enhanced;
};

static struct reply_default default_of(enum action_kind kind, int written)
{
    if (kind == ACTION_REJECT)
        return (struct reply_default){5, 550, SLICE("5.7.1")};
    if (kind == ACTION_TEMPFAIL)
        return (struct reply_default){4, 451, SLICE("4.7.1")};
    return (struct reply_default){written / 100 == 5 ? 5 : 4, 421, SLICE("4.7.0")};
}

/* What would be said otherwise than it is written. */
static const char *reply_doubt(struct slice line)
{
    if (line.len > 3 && line.ptr[3] == '-' && reply_split(slice_first(line, 3)).code != 0)
        return "a blank stands behind a reply code: the lines of a longer reply are a list of "
               "texts";
    return NULL;
}

/* The codes of the first line count for all; a later line may repeat them. */
static int read_codes(struct compiler *c, struct act *act, struct reply_text first)
{
    struct reply_default fallback = default_of(act->kind, first.code);
    const char *wrong = reply_check(first, fallback.reply_class);

    if (wrong != NULL) {
        complain(c, act->action->place, act->kind, wrong);
        return -1;
    }
    act->code = first.code != 0 ? first.code : fallback.code;
    act->enhanced = first.enhanced;
    if (first.code == 0 && first.enhanced.len == 0)
        act->enhanced = fallback.enhanced;
    return 0;
}

static size_t literal_length(const struct text *line)
{
    size_t length = 0;

    for (size_t i = 0; i < line->count; i++)
        if (line->parts[i].kind == TEXT_LITERAL)
            length += line->parts[i].literal.len;
    return length;
}

static bool is_sayable(const struct text *line)
{
    for (size_t i = 0; i < line->count; i++)
        for (size_t k = 0; line->parts[i].kind == TEXT_LITERAL && k < line->parts[i].literal.len;
             k++)
            if (!reply_sayable(line->parts[i].literal.ptr[k]))
                return false;
    return true;
}

/* What the operator has written is said as it stands, or not at all. */
static int check_line(struct compiler *c, const struct act *act, const struct text *line)
{
    size_t codes = CODE_LEN + act->enhanced.len + (act->enhanced.len > 0);

    if (!is_sayable(line)) {
        complain(
            c, act->action->place, act->kind,
            "a reply is printable ASCII (RFC 5321), without accents and tabs; a second line is "
            "a second text: [ \"...\", \"...\" ]");
        return -1;
    }
    if (codes + literal_length(line) > REPLY_LINE_MAX - strlen("\r\n")) {
        complain(c, act->action->place, act->kind,
                 "a line of a reply has at most 510 characters, its codes included");
        return -1;
    }
    return 0;
}

static int read_line(struct compiler *c, struct act *act, size_t index, struct text *line)
{
    struct reply_text parts = reply_split(act->action->lines[index]);
    const char *doubt;

    doubt = reply_doubt(act->action->lines[index]);
    if (doubt != NULL)
        say(c, DIAG_WARNING, act->action->place, act->kind, doubt);
    if (index == 0 && read_codes(c, act, parts) != 0)
        return -1;
    if ((parts.code != 0 && parts.code != act->code) ||
        (parts.enhanced.len > 0 && !slice_equal(parts.enhanced, act->enhanced))) {
        complain(c, act->action->place, act->kind, "all lines of a reply have the same codes");
        return -1;
    }
    if (parse_text(c, act, parts.text, line) != 0)
        return -1;
    return check_line(c, act, line);
}

/* The whole reply, if nothing in it depends on facts. */
static void make_static_reply(struct compiler *c, struct act *act)
{
    struct slice lines[REPLY_LINES_MAX];

    for (size_t i = 0; i < act->line_count; i++) {
        if (!is_static(&act->lines[i]))
            return;
        lines[i] = static_text(c, &act->lines[i]);
        if (lines[i].ptr == NULL)
            return;
    }
    act->reply = reply_make(&c->out->arena, act->code, act->enhanced, lines, act->line_count);
}

static void compile_reply(struct compiler *c, struct act *act)
{
    size_t count = act->action->line_count;
    struct text *lines;

    if (count == 0 || count > REPLY_LINES_MAX) {
        complain(c, act->action->place, act->kind, "a reply has 1 to 64 lines");
        return;
    }
    lines = compiler_alloc(c, count, sizeof(*lines));
    if (lines == NULL)
        return;
    act->lines = lines;
    act->line_count = count;
    for (size_t i = 0; i < count; i++)
        if (read_line(c, act, i, &lines[i]) != 0)
            return;
    make_static_reply(c, act);
}

/* --- edits ------------------------------------------------------------------------------------ */

static void compile_header(struct compiler *c, struct act *act)
{
    c->entry->edits_header = true;
    if (!names_valid(act->action->name))
        complain(c, act->action->place, act->kind, "that is no name of a header field");
    (void)parse_text(c, act, act->action->text, &act->text);
}

static void compile_address(struct compiler *c, struct act *act)
{
    struct slice address;

    c->entry->edits_envelope = true;
    if (parse_text(c, act, act->action->text, &act->text) != 0 || !is_static(&act->text))
        return;
    address = static_text(c, &act->text);
    if (act->kind == ACTION_REMOVE_RECIPIENT) {
        if (address.len == 0)
            complain(c, act->action->place, act->kind, "an address or a wildcard is needed");
    } else if (!mailbox_valid(address, true) &&
               !(act->kind == ACTION_SET_SENDER && address.len == 0)) {
        complain(c, act->action->place, act->kind, "that is no mail address (local@domain)");
    }
}

/* The text of a replacement, whose captures are those of its own pattern. */
static void compile_replacement(struct compiler *c, struct act *act)
{
    const struct action *action = act->action;

    act->pattern = compiler_pattern(c, action->pattern, action->pattern_flags, action->place);
    if (act->pattern == NULL)
        return;
    for (size_t i = 0; i < act->text.count; i++) {
        const struct text_part *part = &act->text.parts[i];

        if (part->kind == TEXT_CAPTURE && part->capture > pattern_group_count(act->pattern))
            complain(c, action->place, act->kind, "its pattern has no such group");
    }
}

static void compile_replace(struct compiler *c, struct act *act)
{
    compile_header(c, act);
    compile_replacement(c, act);
}

/* What changes the body is done when all of it is there. */
static void compile_body(struct compiler *c, struct act *act)
{
    c->entry->edits_body = c->entry->asks_content = true;
    c->entry->text_asks |= UINT64_C(1) << FIELD_BODY;
    c->entry->text_stage = STAGE_MESSAGE;
    if (parse_text(c, act, act->action->text, &act->text) == 0 && act->text.count == 0 &&
        act->kind != ACTION_REPLACE_BODY)
        complain(c, act->action->place, act->kind, "a text is needed");
    if (act->kind == ACTION_REPLACE_BODY)
        compile_replacement(c, act);
}

/* A message that is one attachment becomes a text: its header then says so. */
static void compile_attachment(struct compiler *c, struct act *act)
{
    const struct action *action = act->action;
    const struct leaf **leaves =
        compiler_alloc(c, action->condition_count, sizeof(const struct leaf *));

    compile_body(c, act);
    c->entry->edits_header = true;
    for (size_t i = 0; leaves != NULL && i < action->condition_count; i++)
        leaves[i] = leaf_alone(c, &action->conditions[i]);
    act->leaves = leaves;
    act->leaf_count = action->condition_count;
}

/* Without a pattern all fields of the name go. */
static void compile_removal(struct compiler *c, struct act *act)
{
    const struct action *action = act->action;

    compile_header(c, act);
    if (action->pattern.ptr != NULL)
        act->pattern = compiler_pattern(c, action->pattern, action->pattern_flags, action->place);
}

static void compile_score(struct compiler *c, struct act *act)
{
    c->entry->sets_score = true;
    c->entry->score += act->action->number;
}

static void compile_spoken(struct compiler *c, struct act *act)
{
    c->entry->speaks = true;
    if (act->kind == ACTION_LOG)
        (void)parse_text(c, act, act->action->text, &act->text);
}

static void compile_reason(struct compiler *c, struct act *act)
{
    if (act->action->text.len == 0)
        complain(c, act->action->place, act->kind, "a quarantine needs a reason");
    (void)parse_text(c, act, act->action->text, &act->text);
}

static void compile_terminal(struct compiler *c, struct act *act)
{
    struct entry *entry = c->entry;

    if (entry->terminal != NULL)
        complain(c, act->action->place, act->kind, "a rule has one terminal action at most");
    entry->terminal = act;
    entry->refuses = rule_action_refuses(act->kind);
    entry->passes = rule_action_passes(act->kind);
    if (entry->refuses)
        compile_reply(c, act);
    else if (act->kind == ACTION_REDIRECT)
        compile_address(c, act);
    else if (act->kind == ACTION_QUARANTINE)
        compile_reason(c, act);
}

static void compile_act(struct compiler *c, struct act *act)
{
    switch (act->kind) {
    case ACTION_ACCEPT:
    case ACTION_ACCEPT_ALL:
    case ACTION_REJECT:
    case ACTION_TEMPFAIL:
    case ACTION_DISCONNECT:
    case ACTION_DISCARD:
    case ACTION_QUARANTINE:
    case ACTION_REDIRECT: compile_terminal(c, act); break;
    case ACTION_ADD_HEADER:
    case ACTION_INSERT_HEADER:
    case ACTION_SET_HEADER:
    case ACTION_PREPEND:
    case ACTION_APPEND: compile_header(c, act); break;
    case ACTION_REMOVE_HEADER: compile_removal(c, act); break;
    case ACTION_REPLACE: compile_replace(c, act); break;
    case ACTION_REPLACE_BODY:
    case ACTION_APPEND_TEXT:
    case ACTION_APPEND_HTML: compile_body(c, act); break;
    case ACTION_REMOVE_ATTACHMENT: compile_attachment(c, act); break;
    case ACTION_SET_SENDER:
    case ACTION_ADD_RECIPIENT:
    case ACTION_REMOVE_RECIPIENT: compile_address(c, act); break;
    case ACTION_ARCHIVE: c->entry->archives = true; break;
    case ACTION_UPSTREAM: c->entry->route = act->action->text; break;
    case ACTION_SCORE: compile_score(c, act); break;
    case ACTION_TAG:
        c->entry->sets_tag = true;
        if (act->action->text.len == 0)
            complain(c, act->action->place, act->kind, "a tag needs a name");
        break;
    case ACTION_LOG:
    case ACTION_DELAY: compile_spoken(c, act); break;
    }
}

void action_compile(struct compiler *c)
{
    const struct rule *rule = c->entry->rule;
    struct act *acts = compiler_alloc(c, rule->action_count, sizeof(*acts));

    if (acts == NULL)
        return;
    c->entry->acts = acts;
    c->entry->act_count = rule->action_count;
    for (size_t i = 0; i < rule->action_count; i++) {
        acts[i].kind = rule->actions[i].kind;
        acts[i].action = &rule->actions[i];
        compile_act(c, &acts[i]);
    }
}
