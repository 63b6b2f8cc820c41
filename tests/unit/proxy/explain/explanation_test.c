#include "proxy/explain/explanation.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "conf/config.h"
#include "conf/policy.h"
#include "filters/rules/field.h"
#include "tests/unit/heap.h"
#include "tests/unit/proxy/explain/example.h"

#define assert_slice(slice, text) assert_true(slice_equal(slice, SLICE(text)))

/* What became of each rule, and what its condition found. */
static void rules(void **state)
{
    struct explained list;
    struct example e;
    const struct hit *hit;

    (void)state;
    example_begin(&e, EXAMPLE_RULES, EXAMPLE_MESSAGE);
    list = explanation_list(&e.explanation, false);
    assert_string_equal(explanation_outcome(&list, 0), "fired");
    assert_string_equal(explanation_outcome(&list, 1), "fired");
    assert_string_equal(explanation_outcome(&list, 2), "no");
    assert_int_equal(e.explanation.hit_count, 2);
    hit = &e.explanation.hits[1];
    assert_int_equal(hit->field, FIELD_HEADER);
    assert_slice(hit->name, "Subject");
    assert_slice(hit->excerpt, "an offer");
    assert_int_equal(hit->start, 3);
    assert_int_equal(hit->end, 8);
    assert_true(explanation_concerns(&list, 1, hit));
    assert_false(explanation_concerns(&list, 0, hit));
    example_end(&e);
}

/* What a rule's condition found is its own, even where a rule above it ends the list. */
static void found_by_one_that_was_not_tried(void **state)
{
    struct explained list;
    struct example e;
    size_t own = 0;

    (void)state;
    example_begin(
        &e,
        "rules = ( { name = \"end\"; when = { header = { Subject = \"/offer/\"; }; };\n"
        "    then = { reject = \"550 5.7.1 No\"; }; },\n"
        "  { name = \"below\"; when = { sender_domain = \"far.test\"; raw_body = \"x\"; };\n"
        "    then = { reject = \"550 5.7.1 No\"; }; } );",
        EXAMPLE_MESSAGE);
    list = explanation_list(&e.explanation, false);
    assert_string_equal(explanation_outcome(&list, 1), "not tried");
    for (size_t i = 0; i < e.explanation.hit_count; i++)
        if (e.explanation.hits[i].rule == 1) {
            assert_true(explanation_concerns(&list, 1, &e.explanation.hits[i]));
            assert_false(explanation_concerns(&list, 0, &e.explanation.hits[i]));
            own++;
        }
    assert_int_equal(own, 1);
    example_end(&e);
}

/* A refusal of all is what the client hears, and nothing is compared. */
static void refused(void **state)
{
    struct example e;

    (void)state;
    example_begin(&e,
                  "rules = ( { name = \"no\"; when = { sender_domain = \"far.test\"; };\n"
                  "  then = { reject = [ \"550 5.7.1 No\", \"nor you\" ]; }; } );",
                  EXAMPLE_MESSAGE);
    assert_int_equal(e.explanation.trial.verdict.kind, VERDICT_REJECT);
    assert_int_equal(e.explanation.reply_count, 2);
    assert_slice(e.explanation.reply[0], "550-5.7.1 No");
    assert_slice(e.explanation.reply[1], "550 5.7.1 nor you");
    assert_int_equal(e.explanation.envelope.count, 0);
    example_end(&e);
}

#define LINES "123456789 123456789 123456789 123456789 123456789 123456789 123456789 1234567\r\n"
#define LARGE                                                                                      \
    EXAMPLE_MESSAGE LINES LINES LINES LINES LINES LINES LINES LINES LINES LINES LINES LINES LINES

static const struct note_row {
    const char *conf, *message;
    const char *note; /* how it begins; NULL: there is none */
} NOTES[] = {
    {"", EXAMPLE_MESSAGE, NULL},
    {"", NULL, NULL},
    {"limits = { recipients = 1; };", EXAMPLE_MESSAGE, "more recipients than limits.recipients"},
    {"limits = { message = 1024; };", LARGE, "larger than limits.message"},
    {"limits = { header = 1024; header_fields = 2; };", EXAMPLE_MESSAGE,
     "more header fields than limits.header_fields"},
    {"milters = ( { address = \"unix:/m\"; } );", EXAMPLE_MESSAGE, "milters are not asked"},
    {"milters = ( { address = \"unix:/m\"; } );", NULL, NULL},
    {"rules = ( { when = { client_name = \"a.test\"; }; then = { tag = \"t\"; }; } );",
     EXAMPLE_MESSAGE, "the client's name is not looked up here"},
    {"rules = ( { then = { remove_recipient = [ \"u@example.org\", \"v@other.test\" ]; }; } );",
     EXAMPLE_MESSAGE, "edits leave no recipient"},
};

static void notes(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(NOTES) / sizeof(*NOTES); i++) {
        struct example e;

        example_begin(&e, NOTES[i].conf, NOTES[i].message);
        if (e.explanation.note_count != (NOTES[i].note != NULL) ||
            (NOTES[i].note != NULL &&
             !slice_starts(e.explanation.notes[0], slice_str(NOTES[i].note))))
            fail_msg("%s: %zu notes, %.*s", NOTES[i].conf, e.explanation.note_count,
                     SLICE_ARG(e.explanation.notes[0]));
        example_end(&e);
    }
}

static void strays(void **state)
{
    struct explained_stray stray;
    struct example e;

    (void)state;
    example_begin(&e, "", "From: a@far.test\r\nno field\r\nX: 1\r\n\r\n");
    assert_true(explanation_stray(&e.explanation, &stray));
    assert_int_equal(stray.line, 2);
    assert_slice(stray.text, "no field");
    example_end(&e);
    example_begin(&e, "", EXAMPLE_MESSAGE);
    assert_false(explanation_stray(&e.explanation, &stray));
    example_end(&e);
    example_begin(&e, "", NULL);
    assert_false(explanation_stray(&e.explanation, &stray));
    example_end(&e);
}

static void all_is_given_back(void **state)
{
    assert_true(leaves_nothing(rules, state));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rules),   cmocka_unit_test(found_by_one_that_was_not_tried),
        cmocka_unit_test(refused), cmocka_unit_test(notes),
        cmocka_unit_test(strays),  cmocka_unit_test(all_is_given_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
