/* story: see story.h. */
#include "tests/unit/filters/eval/story.h"

#include <stdlib.h>

#include "tests/unit/filters/eval/content_text.h"
#include "tests/unit/support.h"

#define ANSWER_MAX 4096
#define PLENTY     ((size_t)1 << 25)

struct teller {
    struct rule_text rules;
    struct ruleset *ruleset;
    struct eval *eval;
    struct pattern_scratch *scratch;
    const struct story_options *options;
    struct arena arena; /* what events point to */
    struct header header;
    struct verdict verdict;
    char answer[ANSWER_MAX];
    struct slice name; /* the client's; empty: nobody answers */
    struct content_text content;
    enum content_result result;
    bool really; /* the message itself is read */
    struct content *own;
    struct slice body;
    bool readable; /* somebody answers what the message says */
    bool asked;
    unsigned read; /* times that it was asked what the message says */
};

/* --- printing --------------------------------------------------------------------------------- */

__attribute__((format(printf, 3, 4))) static void put(char *out, size_t size, const char *format,
                                                      ...)
{
    size_t used = strlen(out);
    va_list args;

    va_start(args, format);
    (void)vsnprintf(out + used, size - used, format, args);
    va_end(args);
}

void story_print_verdict(const struct verdict *verdict, char *out, size_t size)
{
    out[0] = '\0';
    put(out, size, "%.*s", SLICE_ARG(verdict_name(verdict->kind)));
    if (verdict->by.len > 0)
        put(out, size, " %.*s", SLICE_ARG(verdict->by));
    if (verdict->scope == SCOPE_RECIPIENT)
        put(out, size, " rcpt");
    if (verdict->scope == SCOPE_SESSION)
        put(out, size, " session");
    if (verdict->failure != FAILURE_NONE)
        put(out, size, " !%.*s", SLICE_ARG(failure_name(verdict->failure)));
    if (verdict->all)
        put(out, size, " all");
    if (verdict->delay_ms > 0)
        put(out, size, " delay=%u", verdict->delay_ms);
    if (verdict->reason.len > 0)
        put(out, size, ": %.*s", SLICE_ARG(verdict->reason));
    if (verdict->redirect.ptr != NULL)
        put(out, size, " to %.*s", SLICE_ARG(verdict->redirect));
}

static bool has_index(enum edit_kind kind)
{
    return kind == EDIT_INSERT_HEADER || kind == EDIT_CHANGE_HEADER || kind == EDIT_DELETE_HEADER;
}

void story_print_edits(const struct edit_list *list, char *out, size_t size)
{
    out[0] = '\0';
    for (size_t i = 0; i < list->count; i++) {
        const struct edit *edit = &list->items[i];

        put(out, size, "%s%.*s", i > 0 ? "; " : "", SLICE_ARG(edit_name(edit->kind)));
        if (has_index(edit->kind))
            put(out, size, "[%u]", edit->index);
        if (edit_is_header(edit->kind))
            put(out, size, " %.*s", SLICE_ARG(edit->name));
        if (edit_is_header(edit->kind) && edit->kind != EDIT_DELETE_HEADER)
            put(out, size, ":%.*s", SLICE_ARG(edit->value));
        if (!edit_is_header(edit->kind) && edit->value.len > 0)
            put(out, size, " %.*s", SLICE_ARG(edit->value));
        if (edit->reason.ptr != NULL)
            put(out, size, " (%.*s)", SLICE_ARG(edit->reason));
        if (edit->instead.len > 0)
            put(out, size, edit->kind == EDIT_ADD_RECIPIENT ? " (for %.*s)" : " (to %.*s)",
                SLICE_ARG(edit->instead));
    }
}

static void put_list(struct teller *t, const char *label, const struct slice *items, size_t count)
{
    const char *between = label[0] == '\0' ? "; " : ",";

    if (count == 0)
        return;
    put(t->answer, ANSWER_MAX, "%s", label);
    for (size_t i = 0; i < count; i++)
        put(t->answer, ANSWER_MAX, "%s%.*s", i > 0 ? between : "", SLICE_ARG(items[i]));
}

static void tell_report(struct teller *t)
{
    struct eval_report report = eval_report(t->eval);

    put(t->answer, ANSWER_MAX, "score=%g", report.score);
    put_list(t, " rules=", report.rules, report.rule_count);
    put_list(t, " tags=", report.tags, report.tag_count);
    put_list(t, " failures=", report.failures, report.failure_count);
    if (report.unchecked)
        put(t->answer, ANSWER_MAX, " unchecked");
}

static void tell_would(struct teller *t)
{
    struct eval_would would = eval_report(t->eval).would;
    char edits[ANSWER_MAX];

    story_print_edits(would.edits, edits, sizeof(edits));
    for (size_t i = 0; i < would.rule_count; i++) {
        put(t->answer, ANSWER_MAX, "%s%.*s %.*s", i > 0 ? "; " : "",
            SLICE_ARG(verdict_name(would.rules[i].kind)), SLICE_ARG(would.rules[i].rule));
        if (would.rules[i].reply.len > 0)
            put(t->answer, ANSWER_MAX, ": %.*s", SLICE_ARG(would.rules[i].reply));
    }
    if (edits[0] != '\0')
        put(t->answer, ANSWER_MAX, " edits=%s", edits);
}

static void tell_interest(struct teller *t)
{
    unsigned interest = eval_interest(t->eval);

    put(t->answer, ANSWER_MAX, "%s%s%s", (interest & INTEREST_HEADER) != 0 ? "H" : "",
        (interest & INTEREST_MESSAGE) != 0 ? "M" : "", (interest & INTEREST_EDITS) != 0 ? "E" : "");
}

static void tell_outcome(struct teller *t, struct slice name)
{
    static const char *const NAMES[] = {"fired", "no", "held", "undecided", "failed", "not tried"};

    for (size_t i = 0; i < t->rules.count; i++)
        if (slice_equal(t->rules.rules[i].name, name))
            put(t->answer, ANSWER_MAX, "%s", NAMES[eval_outcome(t->eval, false, i)]);
}

/* CRLF as "|", so that an answer stays one line. */
static void flatten(char *text)
{
    char *out = text;

    for (const char *in = text; *in != '\0'; in++) {
        if (in[0] == '\r' && in[1] == '\n') {
            *out++ = '|';
            in++;
        } else {
            *out++ = *in;
        }
    }
    *out = '\0';
}

/* --- events ----------------------------------------------------------------------------------- */

static void answer_one(struct teller *t, const struct question *asked)
{
    const struct answer name = {.failed = slice_equal(t->name, SLICE("?")), .text = t->name};
    struct answer content = {.content = NULL};

    switch (asked->kind) {
    case QUESTION_CLIENT_NAME:
        t->asked = true;
        if (t->name.len > 0)
            eval_answer(t->eval, asked, &name);
        break;
    case QUESTION_CONTENT:
        t->read++;
        if (t->really)
            t->result = content_text_read(&t->header, t->body, &t->own);
        content.content = t->really ? t->own : &t->content.content;
        content.result = t->result;
        content.failed = t->result != CONTENT_READ;
        if (t->readable)
            eval_answer(t->eval, asked, &content);
        break;
    }
}

/* A question that nobody has an answer to in the story stays unanswered. */
static void answer(struct teller *t)
{
    for (const struct question *asked = eval_questions(t->eval); asked != NULL; asked = asked->next)
        answer_one(t, asked);
}

static void feed(struct teller *t, struct event *event)
{
    char verdict[ANSWER_MAX];
    size_t turns = 0;

    t->asked = false;
    t->read = 0;
    do {
        t->verdict = eval_feed(t->eval, event);
        assert_true(++turns < 1000000);
        if (t->verdict.kind == VERDICT_MORE && t->options->turns != NULL)
            ++*t->options->turns;
        answer(t);
    } while (t->verdict.kind == VERDICT_MORE);
    story_print_verdict(&t->verdict, verdict, ANSWER_MAX);
    assert_true(t->read <= 1);
    put(t->answer, ANSWER_MAX, "%s%s%s", t->asked ? "asked " : "", t->read > 0 ? "read " : "",
        verdict);
}

/* ${text} with each "|" as CRLF, and one at its end. */
static struct slice lines_of(struct teller *t, struct slice text)
{
    char *out = arena_alloc(&t->arena, 2 * text.len + 2);
    size_t len = 0;

    assert_non_null(out);
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '|') {
            out[len++] = '\r';
            out[len++] = '\n';
        } else {
            out[len++] = text.ptr[i];
        }
    }
    if (text.len > 0) {
        out[len++] = '\r';
        out[len++] = '\n';
    }
    return slice_make(out, len);
}

static struct slice word(struct slice *rest)
{
    size_t blank = slice_find(*rest, ' ');
    struct slice first = slice_first(*rest, blank);

    *rest = slice_trim(slice_from(*rest, blank == SLICE_NOT_FOUND ? rest->len : blank));
    return first;
}

static void tell_mail(struct teller *t, struct slice argument)
{
    struct event event = {.kind = EVENT_MAIL, .u.mail = {.declared_size = EVENT_SIZE_UNKNOWN}};

    event.u.mail.sender = word(&argument);
    if (slice_equal(event.u.mail.sender, SLICE("<>")))
        event.u.mail.sender = SLICE_NONE;
    if (slice_starts(argument, SLICE("size=")))
        event.u.mail.declared_size = strtoll(argument.ptr + 5, NULL, 10);
    event.u.mail.utf8 = slice_equal(argument, SLICE("utf8"));
    feed(t, &event);
}

static void tell_message(struct teller *t, struct slice argument)
{
    struct event event = {.kind = EVENT_MESSAGE};

    event.u.message.body = t->body = lines_of(t, argument);
    event.u.message.size_bytes = event.u.message.body.len;
    feed(t, &event);
}

static void tell_header(struct teller *t, struct slice argument)
{
    struct event event = {.kind = EVENT_HEADER, .u.header = {&t->header}};

    t->header = (struct header){.count = 0};
    assert_int_equal(header_parse(&t->header, lines_of(t, argument), true, &t->arena), 0);
    feed(t, &event);
}

static void tell_connect(struct teller *t, struct slice argument)
{
    struct event event = {.kind = EVENT_CONNECT, .u.connect = {.listener = SLICE("inbound")}};

    assert_int_equal(address_parse(word(&argument), &event.u.connect.client), 0);
    event.u.connect.client.port = 1025;
    event.u.connect.tls =
        (struct event_tls){.active = argument.len > 0, .version = word(&argument)};
    event.u.connect.tls.client_cert = argument;
    feed(t, &event);
}

/* Returns false when ${name} is no event. */
static bool tell_event(struct teller *t, struct slice name, struct slice argument)
{
    struct event event = {.kind = EVENT_DATA};

    if (slice_equal(name, SLICE("connect"))) {
        tell_connect(t, argument);
    } else if (slice_equal(name, SLICE("auth"))) {
        event.kind = EVENT_AUTH;
        event.u.auth.login = argument;
        feed(t, &event);
    } else if (slice_equal(name, SLICE("helo"))) {
        event.kind = EVENT_HELO;
        event.u.helo.name = argument;
        feed(t, &event);
    } else if (slice_equal(name, SLICE("mail"))) {
        tell_mail(t, argument);
    } else if (slice_equal(name, SLICE("rcpt"))) {
        event.kind = EVENT_RCPT;
        event.u.rcpt.recipient = argument;
        feed(t, &event);
    } else if (slice_equal(name, SLICE("refused"))) {
        event.kind = EVENT_RCPT_REFUSED;
        feed(t, &event);
    } else if (slice_equal(name, SLICE("data"))) {
        feed(t, &event);
    } else if (slice_equal(name, SLICE("header"))) {
        tell_header(t, argument);
    } else if (slice_equal(name, SLICE("message"))) {
        tell_message(t, argument);
    } else {
        return false;
    }
    return true;
}

static void tell_content(struct teller *t, struct slice argument)
{
    static const char *const RESULTS[] = {
        [CONTENT_READ] = "read",
        [CONTENT_LIMIT] = "limit",
        [CONTENT_OVER] = "over",
        [CONTENT_MEMORY] = "memory",
    };

    t->readable = true;
    t->really = slice_equal(argument, SLICE("really"));
    t->result = CONTENT_READ;
    for (unsigned i = CONTENT_LIMIT; i < COUNT_OF(RESULTS); i++)
        if (slice_equal(argument, slice_str(RESULTS[i])))
            t->result = (enum content_result)i;
    content_text_init(&t->content, t->result == CONTENT_READ && !t->really ? argument : SLICE_NONE);
}

static void tell_question(struct teller *t, struct slice name, struct slice argument)
{
    struct eval_report report = eval_report(t->eval);

    if (slice_equal(name, SLICE("edits"))) {
        story_print_edits(eval_edits(t->eval), t->answer, ANSWER_MAX);
    } else if (slice_equal(name, SLICE("skipped"))) {
        story_print_edits(eval_report(t->eval).skipped, t->answer, ANSWER_MAX);
    } else if (slice_equal(name, SLICE("route"))) {
        bool last = slice_equal(argument, SLICE("last"));
        put(t->answer, ANSWER_MAX, "%.*s", SLICE_ARG(eval_route(t->eval, last)));
    } else if (slice_equal(name, SLICE("interest"))) {
        tell_interest(t);
    } else if (slice_equal(name, SLICE("report"))) {
        tell_report(t);
    } else if (slice_equal(name, SLICE("logs"))) {
        put_list(t, "", report.logs, report.log_count);
        eval_logs_taken(t->eval);
    } else if (slice_equal(name, SLICE("would"))) {
        tell_would(t);
    } else if (slice_equal(name, SLICE("outcome"))) {
        tell_outcome(t, argument);
    } else if (slice_equal(name, SLICE("reply"))) {
        put(t->answer, ANSWER_MAX, "%.*s", SLICE_ARG(t->verdict.reply.wire));
    } else if (slice_equal(name, SLICE("name"))) {
        t->name = argument;
    } else if (slice_equal(name, SLICE("content"))) {
        tell_content(t, argument);
    } else if (slice_equal(name, SLICE("reset"))) {
        eval_reset(t->eval);
    } else {
        fail_msg("no such line in a story: %.*s", SLICE_ARG(name));
    }
}

static void tell_line(struct teller *t, struct slice line, char *told, size_t size)
{
    struct slice arrow = SLICE(" =>");
    size_t end = line.len;
    struct slice rest, name;

    for (size_t i = 0; i + arrow.len <= line.len; i++)
        if (slice_equal(slice_first(slice_from(line, i), arrow.len), arrow))
            end = i;
    rest = slice_trim(slice_first(line, end));
    put(told, size, "%.*s =>", SLICE_ARG(rest));
    name = word(&rest);
    t->answer[0] = '\0';
    if (!tell_event(t, name, rest))
        tell_question(t, name, rest);
    flatten(t->answer);
    put(told, size, "%s%s\n", t->answer[0] != '\0' ? " " : "", t->answer);
}

/* --- stories ---------------------------------------------------------------------------------- */

static void teller_init(struct teller *t, const char *rules, const struct story_options *options)
{
    struct diag diag;
    struct eval_options eval = {
        .clock_ns = options->clock_ns,
        .clock_ctx = options->clock_ctx,
        .rule_budget_ns = options->rule_budget_ns,
        .message_budget_ns = options->message_budget_ns,
        .turn_ns = options->turn_ns,
        .on_regex = options->on_regex == VERDICT_CONTINUE && !options->on_regex_continue
                        ? VERDICT_TEMPFAIL
                        : options->on_regex,
        .on_lookup = options->on_lookup,
        .on_content = options->on_content,
        .memory_limit_bytes =
            options->memory_limit_bytes > 0 ? options->memory_limit_bytes : PLENTY,
        .trace = options->trace,
    };

    t->options = options;
    rule_text_init(&t->rules, rules);
    arena_init(&t->arena, 4096, PLENTY);
    diag_init(&diag);
    t->ruleset = ruleset_compile(t->rules.rules, t->rules.count, options->lists, &diag);
    for (const struct problem *p = diag.first; p != NULL && t->ruleset == NULL; p = p->next)
        print_message("%.*s\n", SLICE_ARG(p->text));
    assert_non_null(t->ruleset);
    diag_fini(&diag);
    t->scratch = pattern_scratch_create();
    assert_non_null(t->scratch);
    eval.rules = t->ruleset;
    eval.scratch = t->scratch;
    t->eval = eval_create(&eval);
    assert_non_null(t->eval);
}

static void teller_fini(struct teller *t)
{
    eval_destroy(t->eval);
    content_destroy(t->own);
    pattern_scratch_destroy(t->scratch);
    ruleset_destroy(t->ruleset);
    rule_text_fini(&t->rules);
    arena_fini(&t->arena);
}

void story_check(const char *title, const char *rules, const char *script,
                 const struct story_options *options)
{
    static const struct story_options NONE = {.turn_ns = 0};
    size_t size = 2 * strlen(script) + 65536;
    char *told = calloc(1, size);
    struct teller *t = calloc(1, sizeof(*t));

    assert_non_null(told);
    assert_non_null(t);
    teller_init(t, rules, options != NULL ? options : &NONE);
    for (const char *at = script; *at != '\0';) {
        size_t len = strcspn(at, "\n");

        tell_line(t, slice_make(at, len), told, size);
        at += len + (at[len] == '\n');
    }
    teller_fini(t);
    free(t);
    if (strcmp(told, script) != 0)
        fail_msg("%s: rules:\n%s\nthis was told:\n%s\nnot what was written:\n%s", title, rules,
                 told, script);
    free(told);
}

void story_check_all(const struct story *stories, size_t count)
{
    for (size_t i = 0; i < count; i++)
        story_check(stories[i].title, stories[i].rules, stories[i].script, NULL);
}

void story_check_condition(const char *title, const char *condition, const char *header, char holds)
{
    static const char BEFORE[] = "connect 192.0.2.1 => continue\nhelo client.test => continue\n"
                                 "mail a@b.test => continue\nrcpt u@x.test => continue\n"
                                 "data => continue\n";
    const char *answer = holds == 'y'   ? "reject r"
                         : holds == 'n' ? "continue"
                                        : "tempfail r !regex";
    char rule[1024], script[4096];

    (void)snprintf(rule, sizeof(rule), "r message: missing_header[Zz] & (%s) -> reject(550 r)",
                   condition);
    (void)snprintf(script, sizeof(script), "%sheader %s => %s\n", BEFORE, header, answer);
    story_check(title, rule, script, NULL);
}
