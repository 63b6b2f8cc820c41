/* How a message is read that rules ask about: within which limits, when anew, and what is told. */
#include "conf/reading.h"

#include "conf/limits.h"
#include "tests/unit/filters/eval/content_text.h"
#include "tests/unit/filters/rules/rule_text.h"
#include "tests/unit/support.h"

#define FIELDS "From: a@b.test\r\nContent-Type: multipart/mixed; boundary=B\r\n"
#define BODY   "--B\r\nContent-Type: text/plain; name=a.exe\r\n\r\nx\r\n--B\r\n\r\ny\r\n--B--\r\n"

static const struct limits LIMITS = {
    .mime_depth = 4, .mime_parts = 10, .content_time_ms = 1000, .header_bytes = 4096};

struct scene {
    struct arena arena;
    struct header header;
    struct reading_order order;
    struct readings readings;
    uint64_t now_ns, step_ns;
    bool gone;
};

static struct scene *clocked; /* a clock has no context */

static uint64_t clock_ns(void *ctx)
{
    assert_null(ctx);
    clocked->now_ns += clocked->step_ns;
    return clocked->now_ns;
}

static bool is_gone(void *ctx)
{
    return ((struct scene *)ctx)->gone;
}

static void begin(struct scene *s, struct slice body)
{
    *s = (struct scene){.now_ns = 5};
    clocked = s;
    arena_init(&s->arena, 1024, (size_t)1 << 20);
    assert_int_equal(header_parse(&s->header, SLICE(FIELDS), true, &s->arena), 0);
    s->order = (struct reading_order){.limits = &LIMITS,
                                      .header = &s->header,
                                      .body = body,
                                      .clock_ns = clock_ns,
                                      .given_up = is_gone,
                                      .ctx = s};
}

static void end(struct scene *s)
{
    reading_forget(&s->readings);
    assert_false(s->readings.received.made);
    assert_null(s->readings.received.content);
    arena_fini(&s->arena);
}

static enum content_result make(struct scene *s)
{
    struct reading *reading = &s->readings.received;

    reading_make(reading, &s->order);
    assert_true(reading->made);
    assert_true((reading->content != NULL) == (reading->result == CONTENT_READ));
    return reading->result;
}

/* As many parts as may be there are read, however little stands in them. */
static void as_many_as_may_be(void **state)
{
    struct limits limits = LIMITS;
    struct bytes body;
    struct scene s;

    (void)state;
    limits.mime_parts = 10000;
    bytes_init(&body, (size_t)1 << 22);
    for (unsigned i = 1; i < limits.mime_parts; i++)
        bytes_append(&body, SLICE("--B\r\nContent-Type: text/plain; name=a.txt\r\n\r\nx\r\n"));
    bytes_append(&body, SLICE("--B--\r\n"));
    begin(&s, bytes_slice(&body));
    s.order.limits = &limits;
    assert_int_equal(make(&s), CONTENT_READ);
    assert_int_equal(s.readings.received.content->part_count, limits.mime_parts);
    end(&s);
    bytes_fini(&body);
}

static void within_limits(void **state)
{
    struct limits narrow = LIMITS;
    struct scene s;

    (void)state;
    begin(&s, SLICE(BODY));
    assert_int_equal(make(&s), CONTENT_READ);
    assert_int_equal(s.readings.received.content->values[CONTENT_ATTACHMENT].count, 1);
    end(&s);
    begin(&s, SLICE(BODY));
    narrow.mime_parts = 2;
    s.order.limits = &narrow;
    assert_int_equal(make(&s), CONTENT_LIMIT);
    end(&s);
}

/* Work enough that the allowance is asked. */
static struct slice much(void)
{
    static char text[1 << 20];

    memset(text, 'x', sizeof(text));
    memcpy(text, BODY, sizeof(BODY) - 1);
    return slice_make(text, sizeof(text));
}

static void within_time(void **state)
{
    struct scene s;

    (void)state;
    begin(&s, much());
    assert_int_equal(make(&s), CONTENT_READ);
    end(&s);
    begin(&s, much());
    s.step_ns = 600000000; /* content_time is over at the second look */
    assert_int_equal(make(&s), CONTENT_OVER);
    end(&s);
    begin(&s, much());
    s.step_ns = 10;
    s.order.time_ns = 15; /* less */
    assert_int_equal(make(&s), CONTENT_OVER);
    end(&s);
    begin(&s, much());
    s.gone = true;
    assert_int_equal(make(&s), CONTENT_OVER);
    end(&s);
}

/* Rules, and final rules of a draft that nobody has edited, share a reading. */
static void due(void **state)
{
    const struct edit edit = {
        .kind = EDIT_ADD_HEADER, .name = SLICE("X"), .value = SLICE(" y"), .by = SLICE("r")};
    struct edit_list edits = {.count = 0};
    struct reading_order order;
    struct draft draft;
    struct arena full;
    struct scene s;

    (void)state;
    begin(&s, SLICE(BODY));
    draft_init(&draft, &s.arena, SLICE("a@b.test"));
    draft_receive(&draft, &s.header);
    draft.body = s.order.body;
    order = s.order;
    assert_ptr_equal(reading_due(&s.readings, &order, NULL), &s.readings.received);
    assert_ptr_equal(reading_due(&s.readings, &order, &draft), &s.readings.received);
    assert_int_equal(edit_list_add(&edits, &s.arena, &edit), 0);
    assert_int_equal(draft_apply(&draft, &edits), 0);
    assert_ptr_equal(reading_due(&s.readings, &order, &draft), &s.readings.edited);
    assert_ptr_not_equal(order.header, draft_header(&draft)); /* a copy */
    assert_int_equal(order.header->count, 3);
    draft.body_touched = true;
    draft.body = SLICE("another\r\n");
    assert_ptr_equal(reading_due(&s.readings, &order, &draft), &s.readings.edited);
    assert_text(order.body, "another\r\n");
    reading_make(&s.readings.edited, &order);
    assert_int_equal(s.readings.edited.result, CONTENT_READ);
    assert_int_equal(s.readings.edited.content->values[CONTENT_ATTACHMENT].count, 0);
    reading_forget(&s.readings);
    arena_init(&full, 64, 1); /* no room for the copy */
    draft.arena = &full;
    assert_ptr_equal(reading_due(&s.readings, &order, &draft), &s.readings.edited);
    assert_true(s.readings.edited.made);
    assert_int_equal(s.readings.edited.result, CONTENT_MEMORY);
    arena_fini(&full);
    end(&s);
}

/* A whole message, judged: the answer is told once, and read once. */
static struct verdict judge(struct scene *s, const char *rules, enum verdict_kind on_content)
{
    struct pattern_scratch *scratch = pattern_scratch_create();
    struct rule_text text;
    struct diag diag;

    diag_init(&diag);
    rule_text_init(&text, rules);
    struct ruleset *compiled = ruleset_compile(text.rules, text.count, NULL, &diag);
    const struct eval_options options = {.rules = compiled,
                                         .scratch = scratch,
                                         .on_content = on_content,
                                         .memory_limit_bytes = (size_t)1 << 20};
    struct eval *eval = eval_create(&options);
    const struct event events[] = {
        {.kind = EVENT_MAIL, .u.mail = {.sender = SLICE("a@b.test")}},
        {.kind = EVENT_RCPT, .u.rcpt = {SLICE("u@x.test")}},
        {.kind = EVENT_DATA},
        {.kind = EVENT_HEADER, .u.header = {&s->header}},
        {.kind = EVENT_MESSAGE, .u.message = {s->order.body, 100}},
    };
    struct verdict verdict = {.kind = VERDICT_CONTINUE};

    for (size_t i = 0; i < COUNT_OF(events); i++)
        do {
            assert_true(verdict.kind != VERDICT_MORE || reading_asked(eval));
            reading_answer(&s->readings, eval, &s->order, NULL);
            verdict = eval_feed(eval, &events[i]);
        } while (verdict.kind == VERDICT_MORE);
    assert_false(reading_asked(eval));
    eval_destroy(eval);
    ruleset_destroy(compiled);
    rule_text_fini(&text);
    diag_fini(&diag);
    pattern_scratch_destroy(scratch);
    return verdict;
}

static void told(void **state)
{
    struct limits narrow = LIMITS;
    struct verdict verdict;
    struct scene s;

    (void)state;
    begin(&s, SLICE(BODY));
    assert_int_equal(judge(&s, "r: attachment=a.exe -> discard\n", VERDICT_REJECT).kind,
                     VERDICT_DISCARD);
    reading_forget(&s.readings);
    (void)judge(&s, "r: header[A]=x -> discard\n", VERDICT_REJECT);
    assert_false(s.readings.received.made); /* nobody has asked */
    narrow.mime_parts = 1;
    s.order.limits = &narrow;
    verdict = judge(&s, "r: attachment=a.exe -> discard\n", VERDICT_REJECT);
    assert_int_equal(verdict.kind, VERDICT_REJECT);
    assert_int_equal(verdict.failure, FAILURE_CONTENT);
    end(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(within_limits), cmocka_unit_test(as_many_as_may_be),
        cmocka_unit_test(within_time),   cmocka_unit_test(due),
        cmocka_unit_test(told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
