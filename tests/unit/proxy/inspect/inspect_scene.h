/* scene: a session that inspect judges, by a configuration and with scripted milters.
 */
#ifndef TESTS_UNIT_PROXY_INSPECT_INSPECT_SCENE_H
#define TESTS_UNIT_PROXY_INSPECT_INSPECT_SCENE_H

#include "proxy/inspect/inspect.h"
#include "tests/unit/proxy/inspect/policy.h"
#include "tests/unit/proxy/inspect/scripted_chain.h"

#define MESSAGE_BYTES 262144

struct scene {
    struct policy_text text;
    struct milters_setup setup;
    struct milter_facts facts;
    struct inspect *inspect;
    struct arena arena; /* of the message */
    struct draft draft;
    struct header header;
    const char *name; /* of the client; NULL: nobody knows */
    unsigned questions, pauses, wakes;
};

/* --- a session --- */

static inline void on_wake(void *ctx)
{
    struct scene *s = ctx;
    s->wakes++;
}

static inline const struct milter_facts *facts(void *ctx, const struct event *event)
{
    assert_non_null(event);
    return &((struct scene *)ctx)->facts;
}

/* ${conf} is the configuration, ${lines} what its milters say. */
static inline void begin(struct scene *s, const char *const conf[POLICY_PARTS],
                         const struct script_line *lines)
{
    memset(s, 0, sizeof *s);
    policy_begin(&s->text, conf);
    script_begin(lines);
    s->setup = (struct milters_setup){.config = s->text.config,
                                      .policy = s->text.policy,
                                      .scratch = s->text.scratch,
                                      .wake = on_wake,
                                      .facts = facts,
                                      .ctx = s};
    s->inspect = inspect_create(&s->setup);
    assert_non_null(s->inspect);
    arena_init(&s->arena, 1024, MESSAGE_BYTES);
}

static inline void end(struct scene *s)
{
    inspect_destroy(s->inspect);
    arena_fini(&s->arena);
    script_end();
    policy_end(&s->text);
}

static inline void answer(struct scene *s, const struct question *question)
{
    const struct answer answer = {.failed = s->name == NULL, .text = slice_str(s->name)};
    assert_int_equal(question->kind, QUESTION_CLIENT_NAME);
    s->questions++;
    inspect_answer(s->inspect, question, &answer);
}

/* As a session does it: until there is a verdict, or milters are waited for. */
static inline struct verdict feed(struct scene *s, const struct event *event)
{
    for (;;) {
        struct verdict verdict = inspect_feed(s->inspect, event);
        if (verdict.kind != VERDICT_MORE || inspect_waits(s->inspect))
            return verdict;
        const struct question *question = inspect_questions(s->inspect);
        if (question != NULL)
            answer(s, question);
        else
            s->pauses++;
    }
}

static inline struct verdict connects(struct scene *s, const char *address)
{
    struct event event = {.kind = EVENT_CONNECT};
    assert_int_equal(address_parse(slice_str(address), &event.u.connect.client), 0);
    return feed(s, &event);
}

static inline struct verdict helo(struct scene *s, const char *name)
{
    return feed(s, &(struct event){.kind = EVENT_HELO, .u.helo.name = slice_str(name)});
}

static inline struct verdict mail(struct scene *s, const char *sender)
{
    draft_init(&s->draft, &s->arena, slice_str(sender));
    return feed(s, &(struct event){.kind = EVENT_MAIL,
                                   .u.mail = {.sender = slice_str(sender),
                                              .declared_size = EVENT_SIZE_UNKNOWN}});
}

static inline struct verdict rcpt(struct scene *s, const char *recipient)
{
    struct verdict verdict =
        feed(s, &(struct event){.kind = EVENT_RCPT, .u.rcpt.recipient = slice_str(recipient)});
    if (verdict.kind == VERDICT_CONTINUE)
        assert_int_equal(draft_name(&s->draft, slice_str(recipient), SLICE_NONE), 0);
    return verdict;
}

static inline struct verdict data(struct scene *s)
{
    inspect_attach(s->inspect, &s->draft);
    return feed(s, &(struct event){.kind = EVENT_DATA});
}

static inline struct verdict header(struct scene *s, const char *fields)
{
    assert_int_equal(header_parse(&s->header, slice_str(fields), true, &s->arena), 0);
    draft_receive(&s->draft, &s->header);
    return feed(s, &(struct event){.kind = EVENT_HEADER, .u.header.header = &s->header});
}

static const struct event MESSAGE = {
    .kind = EVENT_MESSAGE, .u.message = {.body = SLICE_INIT("hello\r\n"), .size_bytes = 100}};

static inline struct verdict message(struct scene *s)
{
    s->draft.body = MESSAGE.u.message.body;
    inspect_deadline(s->inspect, SCRIPT_BUDGET);
    return feed(s, &MESSAGE);
}

/* From MAIL, up to what is before EVENT_HEADER. */
static inline void envelope(struct scene *s)
{
    assert_int_equal(mail(s, "a@b.test").kind, VERDICT_CONTINUE);
    assert_int_equal(rcpt(s, "u@x.test").kind, VERDICT_CONTINUE);
    assert_int_equal(data(s).kind, VERDICT_CONTINUE);
}

static inline void reset(struct scene *s)
{
    inspect_reset(s->inspect);
    arena_reset(&s->arena);
}

/* --- what came of it --- */

static inline void assert_said(struct verdict got, enum verdict_kind want, const char *who,
                               int line)
{
    if (got.kind == want && slice_equal(got.by, slice_str(who)))
        return;
    print_error("line %d: %.*s by \"%.*s\"\n", line, SLICE_ARG(verdict_name(got.kind)),
                SLICE_ARG(got.by));
    fail();
}

/* assert_verdict(got, want, who): its kind, and by whom. */
#define assert_verdict(got, want, who) assert_said((got), (want), (who), __LINE__)

/* The edits, and who made them: "one: add_header X|". Good until the next call. */
static inline const char *edits(struct scene *s)
{
    static char text[1000];
    const struct edit_list *list = inspect_edits(s->inspect);
    int at = 0;
    text[0] = '\0';
    for (size_t i = 0; i < list->count; i++) {
        const struct edit *edit = &list->items[i];
        at += snprintf(text + at, sizeof text - (size_t)at, "%.*s: %.*s %.*s|", SLICE_ARG(edit->by),
                       SLICE_ARG(edit_name(edit->kind)), SLICE_ARG(edit->name));
    }
    assert_false(list->failed);
    return text;
}

/* The names of the fields of the message as it would go out, with "," between. */
static inline const char *goes_out(const struct scene *s)
{
    static char text[1000];
    const struct header *left = draft_header(&s->draft);
    int at = 0;
    for (size_t i = 0; i < left->count; i++)
        at += snprintf(text + at, sizeof text - (size_t)at, "%s%.*s", i > 0 ? "," : "",
                       SLICE_ARG(left->fields[i].name));
    return text;
}

#define FIELDS "From: a@b.test\r\nSubject: hello\r\n"
#define ADDS(what)                                                                                 \
    {                                                                                              \
        .kind = EDIT_ADD_HEADER, .name = SLICE_INIT(what), .value = SLICE_INIT(" 1")               \
    }

#define ONE_MILTER MILTERS(ASKED("one"))

static const char *const MILTER_ALONE[POLICY_PARTS] = {ONE_MILTER};

/* Each adds a field, the final rule if it sees that of the second milter. */
static const char *const ALL_THREE[POLICY_PARTS] = {
    RULES(ALWAYS("rule", ADDS_FIELD("X-Rule"))), MILTERS(ASKED("one") "," ASKED("two")),
    FINAL_RULES(RULE("final", "header = { X-Two = '1'; }", ADDS_FIELD("X-Final")))};

#endif
