/* What readers take for an address in a text that may be none. */
#include "filters/message/candidate.h"
#include "tests/unit/support.h"

#define ROOM 4

static const struct {
    const char *text;
    bool mending;
    const char *found; /* "|" after each */
} ROWS[] = {
    {"a@b.test", false, "a@b.test|"},
    {"a@b.test.", false, "a@b.test|"},
    {"a@b.test@", false, "a@b.test|"},
    {"@b.test", false, ""},
    {"@b.test", true, "@b.test|"},
    {"a@", true, ""},
    {"nobody", false, ""},
    {"\"a b\"@c.test", false, "\"a b\"@c.test|"},
};

static void rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(ROWS); i++) {
        struct arena arena;
        struct slice out[ROOM];
        struct candidates found = {
            .arena = &arena, .out = out, .max = ROOM, .mending = ROWS[i].mending};
        char text[200] = "";
        int at = 0;
        arena_init(&arena, 1024, 65536);
        candidate_read(&found, slice_str(ROWS[i].text));
        assert_false(found.failed);
        for (size_t j = 0; j < found.count && j < ROOM; j++)
            at += snprintf(text + at, sizeof text - (size_t)at, "%.*s|", SLICE_ARG(out[j]));
        assert_row_slice(slice_str(text), slice_str(ROWS[i].found), ROWS[i].text, i);
        arena_fini(&arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(rows)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
