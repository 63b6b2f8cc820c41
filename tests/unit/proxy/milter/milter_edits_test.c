/* Changes: what they become, what a milter may, and what is no change at all (MILTER 3; PROTOCOL
 * ML04, ML05). */
#include "filters/verdict.h"
#include "tests/unit/proxy/milter/scene.h"

#include <stdlib.h>

#include "filters/message/rewrite.h"

#define HEADER "Received: x\r\nSubject: hi\r\nTo: a\r\n"

struct row {
    const char *say;   /* to the end of the message */
    const char *edits; /* NULL: it has failed */
    unsigned may;      /* 0: all */
};

static const struct row ROWS[] = {
    {"c", "", 0},
    {"h:X-A;1|c", "add_header X-A= 1", 0},
    {"h:X-A;a\nb|c", "add_header X-A= a\r\n b", 0},
    {"h:X-A;a\n\tb|a", "add_header X-A= a\r\n\tb", 0},
    {"i:0;X-A;1|i:1;X-B;2|i:7;X-C;3|c",
     "insert_header[0] X-A= 1|insert_header[1] X-B= 2|insert_header[7] X-C= 3", 0},
    {"i:4294967295;X-A;1|c", "insert_header[4294967295] X-A= 1", 0},
    {"m:1;Subject;new|m:0;To;b|c", "change_header[1] Subject= new|change_header[1] To= b", 0},
    {"m:4294967295;Subject;new|c", "change_header[4294967295] Subject= new", 0},
    {"m:1;Subject;|c", "delete_header[1] Subject", 0},
    {"+:<a@b.test>|2:<c@d.test>;NOTIFY=NEVER|c", "add_recipient a@b.test|add_recipient c@d.test",
     0},
    {"+:postmaster|-:<u@example.org>|c", "add_recipient postmaster|remove_recipient u@example.org",
     0},
    {"e:<>|c", "set_sender ", 0},
    {"+:< a@b.test. >|c", "add_recipient a@b.test", 0},
    {"e:<a@b.test>;SIZE=1|c", "set_sender a@b.test", 0},
    {"q:looks odd|c", "quarantine looks odd", 0},
    {"b:new|c", "replace_body new", 0},
    {"b:a|b:b\r\n|p|b:c|h:X;1|c", "replace_body ab\r\nc|add_header X= 1", 0},
    {"h:X;1|b:new|c", "add_header X= 1|replace_body new", 0},
    {"b:|c", "replace_body ", 0},
    {"b:a\nb\rc\r|b:\nd\r\r\n|b:\r|c", "replace_body a\r\nb c\r\nd \r\n ", 0},
    {"#000000056200610A42|c", "replace_body  a\r\nB", 0}, /* a NUL, a bare LF */
    /* nothing of what came before a refusal is left */
    {"h:X-A;1|b:new|r", "", 0},
    {"h:X-A;1|d", "", 0},
    /* no change */
    {"h:X A;1|c", NULL, 0},
    {"h:X:A;1|c", NULL, 0},
    {"h:;1|c", NULL, 0},
    {"+:|c", NULL, 0},
    {"+:<>|c", NULL, 0},
    {"+:<a b@c.test>|c", NULL, 0},
    {"+:<a@b.test> SIZE=1|c", NULL, 0},
    {"e:<a@b.test\r\nRCPT TO:<x>>|c", NULL, 0},
    {"-:<a@b@>|c", NULL, 0},
    {"b:a|h:X;1|b:b|c", NULL, 0},
    {"h:X;1|s", NULL, 0},
    /* not allowed */
    {"h:X-A;1|c", NULL, MILTER_MAY_ALL & ~(unsigned)MILTER_MAY_HEADERS},
    {"b:new|c", NULL, MILTER_MAY_ALL & ~(unsigned)MILTER_MAY_BODY},
    {"e:<a@b.test>|c", NULL, MILTER_MAY_ALL & ~(unsigned)MILTER_MAY_SENDER},
    {"-:<a@b.test>|c", NULL, MILTER_MAY_ALL & ~(unsigned)MILTER_MAY_RECIPIENTS},
    {"2:<a@b.test>;X=Y|c", NULL, MILTER_MAY_ALL & ~(unsigned)MILTER_MAY_RECIPIENTS},
    {"q:why|c", NULL, MILTER_MAY_ALL & ~(unsigned)MILTER_MAY_QUARANTINE},
    {"q:why|c", "quarantine why", MILTER_MAY_QUARANTINE},
};

static void judge(const struct row *row, bool drip)
{
    const struct play_line lines[] = {{'E', 0, row->say}, {.say = NULL}};
    struct scene s;

    scene_begin(&s, lines);
    s.play.drip = drip;
    if (row->may != 0)
        s.conf.may = row->may;
    (void)scene_envelope(&s);
    (void)scene_message(&s, HEADER, SLICE("hello\r\n"));
    assert_row((milter_failure(s.milter) != NULL) == (row->edits == NULL), row->say, drip);
    assert_row_slice(slice_str(scene_edits(&s)), slice_str(row->edits != NULL ? row->edits : ""),
                     row->say, drip);
    scene_end(&s);
}

static void rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(ROWS); i++)
        judge(&ROWS[i], false);
}

static void rows_split(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(ROWS); i++)
        judge(&ROWS[i], true);
}

static void not_agreed(void **state)
{
    static const struct play_line lines[] = {{'E', 0, "q:why|c"}, {.say = NULL}};
    struct scene s;

    (void)state;
    scene_begin(&s, lines);
    s.play.answer =
        (struct packet_options){PACKET_VERSION_MAX, PACKET_ACTION_ADD_HEADERS, 0, {.given = 0}};
    (void)scene_envelope(&s);
    assert_int_equal(scene_message(&s, HEADER, SLICE_NONE).kind, VERDICT_TEMPFAIL);
    assert_string_equal(milter_failure(s.milter), "it makes a change that was not agreed");
    scene_end(&s);
}

/* With leading spaces agreed, a value is what stands after the colon. */
static void leading_space(void **state)
{
    static const struct play_line lines[] = {{'E', 0, "h:X;1|h:Y; 2|c"}, {.say = NULL}};
    struct scene s;

    (void)state;
    scene_begin(&s, lines);
    s.play.answer = packet_options_offer(PACKET_VERSION_MAX);
    s.play.answer.steps = PACKET_STEP_LEADING_SPACE;
    (void)scene_envelope(&s);
    (void)scene_message(&s, HEADER, SLICE_NONE);
    assert_string_equal(scene_edits(&s), "add_header X=1|add_header Y= 2");
    assert_non_null(strstr(play_heard(&s.play), "L:Subject= hi|"));
    scene_end(&s);
}

/* A new body of 20 MB, in one packet as rspamd sends it, and in many. */
static void large_body(void **state)
{
    static const struct play_line lines[] = {{'E', 0, "h:X;1|B|c"}, {.say = NULL}};
    static const size_t cuts[] = {0, PACKET_CHUNK_MAX};
    const size_t size = 20U << 20;
    char *body = malloc(size);

    (void)state;
    assert_non_null(body);
    for (size_t i = 0; i < size; i++)
        body[i] = i % 64 == 62 ? '\r' : i % 64 == 63 ? '\n' : (char)('a' + i % 23);
    for (size_t i = 0; i < COUNT_OF(cuts); i++) {
        struct scene s;

        scene_begin(&s, lines);
        s.play.body = slice_make(body, size);
        s.play.body_cut = cuts[i];
        (void)scene_envelope(&s);
        assert_int_equal(scene_message(&s, HEADER, SLICE("x\r\n")).kind, VERDICT_CONTINUE);
        assert_int_equal(milter_edits(s.milter)->count, 2);
        assert_true(slice_equal(milter_edits(s.milter)->items[1].value, s.play.body));
        milter_reset(s.milter);
        s.limits.message_bytes = size - 1;
        (void)scene_mail(&s, "a@b.test");
        assert_int_equal(scene_message(&s, HEADER, SLICE("x\r\n")).kind, VERDICT_TEMPFAIL);
        assert_string_equal(milter_failure(s.milter), "its new body is larger than limits.message");
        scene_end(&s);
    }
    free(body);
}

/* Changes without end are a failure. */
static void too_many(void **state)
{
    const size_t count = EDITS_MAX + 1;
    char *says = malloc(6 * count + 2);
    const struct play_line lines[] = {{'E', 0, says}, {.say = NULL}};
    struct scene s;

    (void)state;
    assert_non_null(says);
    for (size_t i = 0; i < count; i++)
        memcpy(says + 6 * i, "h:X;1|", 6);
    memcpy(says + 6 * count, "c", 2);
    scene_begin(&s, lines);
    (void)scene_envelope(&s);
    assert_int_equal(scene_message(&s, HEADER, SLICE_NONE).kind, VERDICT_TEMPFAIL);
    assert_string_equal(milter_failure(s.milter), "it makes more changes than are taken");
    scene_end(&s);
    free(says);
}

/* Whatever is handed out can be done. */
static void applicable(void **state)
{
    static const struct play_line lines[] = {
        {'E', 0, "h:X;a\n\n\nb\n|m:1;Subject;\n|i:0;Y;\r\nZ: 1|m:2;To;|m:1;To;c|c"}, {.say = NULL}};
    struct header header;
    struct bytes out;
    struct scene s;

    (void)state;
    scene_begin(&s, lines);
    (void)scene_envelope(&s);
    assert_int_equal(scene_message(&s, HEADER, SLICE_NONE).kind, VERDICT_CONTINUE);
    assert_int_equal(header_clone(&header, &s.header, &s.arena), 0);
    for (size_t i = 0; i < milter_edits(s.milter)->count; i++)
        assert_int_equal(rewrite_apply(&header, &milter_edits(s.milter)->items[i], &s.arena), 0);
    bytes_init(&out, 4096);
    assert_int_equal(rewrite_emit(&header, &out), 0);
    assert_int_equal(header_parse(&header, bytes_slice(&out), true, &s.arena), 0);
    assert_int_equal(header_find(&header, SLICE("Z"), 0), SLICE_NOT_FOUND);
    bytes_fini(&out);
    scene_end(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows),          cmocka_unit_test(rows_split), cmocka_unit_test(not_agreed),
        cmocka_unit_test(leading_space), cmocka_unit_test(large_body), cmocka_unit_test(applicable),
        cmocka_unit_test(too_many),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
