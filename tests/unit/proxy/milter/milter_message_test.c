/* Content on its way to a milter: chunks, backpressure, what is skipped (MILTER 1, 2, 5). */
#include "filters/verdict.h"
#include "tests/unit/proxy/milter/scene.h"

#include <malloc.h>
#include <stdlib.h>

#define LARGE (20U << 20)

/* Content that tells where it stands. */
static char *make_content(size_t size)
{
    char *content = malloc(size);

    assert_non_null(content);
    for (size_t i = 0; i < size; i++)
        content[i] = (char)(i ^ (i >> 8) ^ (i >> 16));
    return content;
}

static void options(struct scene *s, uint32_t steps)
{
    s->play.answer = packet_options_offer(PACKET_VERSION_MAX);
    s->play.answer.steps = steps;
}

/* Every octet arrives, answered chunk by chunk or not at all. */
static void large(void **state)
{
    char *content = make_content(LARGE);

    (void)state;
    for (unsigned answered = 0; answered < 2; answered++) {
        struct scene s;

        scene_begin(&s, NULL);
        options(&s, answered ? 0U : (uint32_t)PACKET_STEP_UNANSWERED_BODY);
        (void)scene_envelope(&s);
        assert_int_equal(scene_message(&s, "A: 1\r\n", slice_make(content, LARGE)).kind,
                         VERDICT_CONTINUE);
        assert_int_equal(s.play.counts['B'], (LARGE + PACKET_CHUNK_MAX - 1) / PACKET_CHUNK_MAX);
        assert_true(slice_equal(bytes_slice(&s.play.content), slice_make(content, LARGE)));
        assert_int_equal(s.wakes > 0, 1);
        scene_end(&s);
    }
    free(content);
}

/* Octets of memory in use; nothing under a sanitizer. */
static size_t memory(void)
{
    struct mallinfo2 info = mallinfo2();

    return info.uordblks + info.hblkhd;
}

#define MEMORY_MAX (4U << 20) /* the queue of a connection at its fullest, doubled as it grows */

/* One that does not read holds up what is sent, in bounded memory, and fails in its time. */
static void deaf(void **state)
{
    char *content = make_content(LARGE);
    struct scene s;
    size_t before;

    (void)state;
    scene_begin(&s, NULL);
    options(&s, PACKET_STEP_UNANSWERED_BODY | PACKET_STEP_UNANSWERED_HEADERS |
                    PACKET_STEP_UNANSWERED_EOH);
    s.conf.content_timeout_ms = 300;
    (void)scene_envelope(&s);
    connection_pause(s.play.connection, true);
    before = memory();
    scene_start(&s, "A: 1\r\n", slice_make(content, LARGE));
    scene_quiet(&s);
    assert_true(milter_busy(s.milter));
    assert_true(memory() <= before + MEMORY_MAX);
    scene_settle(&s);
    assert_int_equal(milter_verdict(s.milter).kind, VERDICT_TEMPFAIL);
    assert_string_equal(milter_failure(s.milter), "it does not take the content in time");
    scene_end(&s);
    free(content);
}

/* One that reads late gets all of it. */
static void slow(void **state)
{
    char *content = make_content(LARGE);
    struct scene s;

    (void)state;
    scene_begin(&s, NULL);
    options(&s, PACKET_STEP_UNANSWERED_BODY);
    (void)scene_envelope(&s);
    scene_start(&s, "", slice_make(content, LARGE));
    for (unsigned i = 0; i < 10; i++) {
        connection_pause(s.play.connection, i % 2 == 0);
        scene_quiet(&s);
    }
    scene_settle(&s);
    assert_int_equal(milter_verdict(s.milter).kind, VERDICT_CONTINUE);
    assert_true(slice_equal(bytes_slice(&s.play.content), slice_make(content, LARGE)));
    scene_end(&s);
    free(content);
}

struct row {
    const char *name;
    struct play_line line;
    size_t body;
    const char *heard; /* after DATA */
};

static const struct row ROWS[] = {
    {"no body", {'E', 0, "c"}, 0, "T|L:A=1|L:B=2_ 3|N|E"},
    {"one chunk", {'E', 0, "c"}, 65535, "T|L:A=1|L:B=2_ 3|N|B:65535|E"},
    {"one octet more", {'E', 0, "c"}, 65536, "T|L:A=1|L:B=2_ 3|N|B:65535|B:1|E"},
    {"no more header", {'L', 1, "s"}, 3, "T|L:A=1|N|B:3|E"},
    {"no more body", {'B', 1, "s"}, 200000, "T|L:A=1|L:B=2_ 3|N|B:65535|E"},
    {"progress", {'B', 1, "p|p|c"}, 3, "T|L:A=1|L:B=2_ 3|N|B:3|E"},
    {"nothing after a refusal", {'L', 2, "r"}, 3, "T|L:A=1|L:B=2_ 3"},
};

static void rows(void **state)
{
    char *content = make_content(200000);

    (void)state;
    for (size_t i = 0; i < COUNT_OF(ROWS); i++) {
        const struct play_line lines[] = {ROWS[i].line, {.say = NULL}};
        struct scene s;

        scene_begin(&s, lines);
        (void)scene_envelope(&s);
        (void)scene_message(&s, "A: 1\r\nB: 2\r\n 3\r\n", slice_make(content, ROWS[i].body));
        assert_row_slice(slice_str(strstr(play_heard(&s.play), "T|")), slice_str(ROWS[i].heard),
                         ROWS[i].name, i);
        scene_end(&s);
    }
    free(content);
}

/* SKIP that was not agreed is no answer. */
static void skip_not_agreed(void **state)
{
    static const struct play_line lines[] = {{'B', 1, "s"}, {.say = NULL}};
    struct scene s;

    (void)state;
    scene_begin(&s, lines);
    options(&s, 0);
    (void)scene_envelope(&s);
    assert_int_equal(scene_message(&s, "", SLICE("x\r\n")).kind, VERDICT_TEMPFAIL);
    scene_end(&s);
}

/* Fields up to what was agreed, and one octet more. Such a one is not cut: the milter has failed,
 * and the next message finds it well again. */
static const struct {
    uint32_t steps;
    size_t value;
    const char *failure;
} FIELDS[] = {
    {0, 65532, NULL}, /* with the name and two NULs */
    {0, 65533, "a header field is longer than the 64 KiB that it takes"},
    {PACKET_STEP_DATA_256K, 100000, NULL},
    {PACKET_STEP_DATA_256K, 262141, "a header field is longer than the 256 KiB that it takes"},
    {PACKET_STEP_DATA_1M, 100000, NULL},
    {PACKET_STEP_DATA_1M, 1048573, "a header field is longer than the 1 MiB that it takes"},
};

static char *make_field(size_t value)
{
    char *field = malloc(value + 6);

    assert_non_null(field);
    memset(field, 'x', value + 6);
    memcpy(field, "A: ", 3);
    memcpy(field + 3 + value, "\r\n", 3);
    return field;
}

static void long_fields(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(FIELDS); i++) {
        const char *failure = FIELDS[i].failure;
        char *field = make_field(FIELDS[i].value);
        struct scene s;

        scene_begin(&s, NULL);
        options(&s, FIELDS[i].steps);
        (void)scene_envelope(&s);
        assert_int_equal(scene_message(&s, field, SLICE("x\r\n")).kind,
                         failure == NULL ? VERDICT_CONTINUE : VERDICT_TEMPFAIL);
        if (failure != NULL)
            assert_string_equal(milter_failure(s.milter), failure);
        milter_reset(s.milter);
        (void)scene_envelope(&s);
        assert_int_equal(scene_message(&s, "A: 1\r\n", SLICE("x\r\n")).kind, VERDICT_CONTINUE);
        scene_end(&s);
        free(field);
    }
}

/* A milter that resets just before the body: its next connection begins with an offer. */
static void resets_before_body(void **state)
{
    char *content = make_content(LARGE);
    struct scene s;

    (void)state;
    scene_begin(&s, NULL);
    options(&s, PACKET_STEP_UNANSWERED_BODY | PACKET_STEP_UNANSWERED_HEADERS |
                    PACKET_STEP_UNANSWERED_EOH);
    (void)scene_envelope(&s);
    connection_reset(s.play.connection);
    s.play.connection = NULL;
    assert_int_equal(scene_message(&s, "A: 1\r\n", slice_make(content, LARGE)).kind,
                     VERDICT_TEMPFAIL);
    (void)play_heard(&s.play);
    milter_reset(s.milter);
    (void)scene_envelope(&s);
    assert_int_equal(scene_message(&s, "A: 1\r\n", SLICE("x\r\n")).kind, VERDICT_CONTINUE);
    assert_int_equal(s.play.dials, 2);
    assert_int_equal(slice_find(slice_str(play_heard(&s.play)), 'O'), 0);
    scene_end(&s);
    free(content);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(large),
        cmocka_unit_test(deaf),
        cmocka_unit_test(slow),
        cmocka_unit_test(rows),
        cmocka_unit_test(skip_not_agreed),
        cmocka_unit_test(long_fields),
        cmocka_unit_test(resets_before_body),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
