#include "proxy/explain/rewritten.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "tests/unit/proxy/explain/example.h"

#define THEN(actions) "rules = ( { name = \"r\"; then = { " actions " }; } );"

static const struct row {
    const char *conf;
    const char *envelope, *header, *body; /* their diffs */
} ROWS[] = {
    {"", "", "", ""},
    {THEN("set_header = { Subject = \"new\"; };"), "",
     "@@ -1,3 +1,3 @@\n From: a@far.test\n-Subject: an offer\n+Subject: new\n X: 1\n", ""},
    {THEN("remove_header = \"X\"; set_sender = \"b@far.test\";"),
     "@@ -1,3 +1,3 @@\n-MAIL FROM:<a@far.test>\n+MAIL FROM:<b@far.test>\n"
     " RCPT TO:<u@example.org>\n RCPT TO:<v@other.test>\n",
     "@@ -1,3 +1,2 @@\n From: a@far.test\n Subject: an offer\n-X: 1\n", ""},
    {THEN("redirect = \"w@far.test\";"),
     "@@ -1,3 +1,2 @@\n MAIL FROM:<a@far.test>\n-RCPT TO:<u@example.org>\n"
     "-RCPT TO:<v@other.test>\n+RCPT TO:<w@far.test>\n",
     "", ""},
    {THEN("append_text = \"Bye.\";"), "", "", "@@ -1,1 +1,2 @@\n Hello.\n+Bye.\n"},
};

static void assert_diff(const struct diff *diff, const char *wanted)
{
    struct bytes text;

    bytes_init(&text, 4096);
    for (size_t i = 0; i < diff->count; i++) {
        if (diff->lines[i].mark != '@')
            bytes_append_char(&text, diff->lines[i].mark);
        bytes_append(&text, diff->lines[i].text);
        bytes_append_char(&text, '\n');
    }
    bytes_append_char(&text, '\0');
    assert_int_equal(bytes_end(&text), 0);
    assert_string_equal(text.data, wanted);
    bytes_fini(&text);
}

static void rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(ROWS) / sizeof(*ROWS); i++) {
        struct example e;

        example_begin(&e, ROWS[i].conf, EXAMPLE_MESSAGE);
        assert_int_equal(rewritten_compare(&e.explanation), REWRITTEN_OK);
        assert_diff(&e.explanation.envelope, ROWS[i].envelope);
        assert_diff(&e.explanation.header, ROWS[i].header);
        assert_diff(&e.explanation.body.diff, ROWS[i].body);
        example_end(&e);
    }
}

static void nobody(void **state)
{
    struct example e;

    (void)state;
    example_begin(&e, THEN("remove_recipient = [ \"u@example.org\", \"v@other.test\" ];"),
                  EXAMPLE_MESSAGE);
    assert_int_equal(rewritten_compare(&e.explanation), REWRITTEN_NOBODY);
    example_end(&e);
}

/* Of a message that was not heard only the envelope can be compared. */
static void without_a_header(void **state)
{
    struct example e;

    (void)state;
    example_begin(&e, THEN("set_sender = \"b@far.test\";"), NULL);
    assert_int_equal(rewritten_compare(&e.explanation), REWRITTEN_OK);
    assert_int_equal(e.explanation.header.count, 0);
    example_end(&e);
}

/* Where there is no room for it, that is said, however much is missing. */
static void without_memory(void **state)
{
    enum rewritten_result result = REWRITTEN_MEMORY;
    struct example e;

    (void)state;
    example_begin(&e, THEN("set_header = { Subject = \"new\"; }; set_sender = \"b@far.test\";"),
                  EXAMPLE_MESSAGE);
    for (size_t limit = 16; result == REWRITTEN_MEMORY; limit += 16) {
        assert_true(limit < (1U << 16));
        arena_fini(&e.explanation.arena);
        arena_init(&e.explanation.arena, 16, limit);
        result = rewritten_compare(&e.explanation);
    }
    assert_int_equal(result, REWRITTEN_OK);
    assert_true(e.explanation.envelope.count > 0 && e.explanation.header.count > 0);
    example_end(&e);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows),
        cmocka_unit_test(nobody),
        cmocka_unit_test(without_a_header),
        cmocka_unit_test(without_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
