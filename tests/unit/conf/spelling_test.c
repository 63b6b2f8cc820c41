#include "conf/spelling.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

struct row {
    const char *word;
    const char *candidates[6];
    const char *hint;
};

static const struct row ROWS[] = {
    {"lisener", {"limits", "listeners", "lists"}, "; did you mean 'listeners'?"},
    {"recpient", {"recipient", "recipients"}, "; did you mean 'recipient'?"},
    {"haeder", {"header", "helo"}, "; did you mean 'header'?"}, /* a swap is one mistake */
    {"Sender-Domain", {"sender", "sender_domain"}, "; did you mean 'sender_domain'?"},
    {"haeder", {"haedxy", "header"}, "; did you mean 'header'?"},
    {"sender-domain", {"sender-domai", "sender_domain"}, "; did you mean 'sender_domain'?"},
    {"wholly", {"sender", "helo"}, "; known are sender, helo"},
    {"ab", {"cd"}, "; known are cd"},
    {"as", {"is", "at"}, "; did you mean 'is'?"}, /* equally near: the first */
    {"x", {NULL}, ""},
    {"x", {""}, ""},
    {"", {"a", "b"}, "; did you mean 'a'?"},
    {"", {"abc"}, "; known are abc"},
};

static void nearest(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(ROWS) / sizeof(*ROWS); i++) {
        struct spelling spelling;
        struct arena arena;

        arena_init(&arena, 4096, 65536);
        spelling_init(&spelling, slice_str(ROWS[i].word));
        for (size_t j = 0; ROWS[i].candidates[j] != NULL; j++)
            spelling_try(&spelling, slice_str(ROWS[i].candidates[j]));
        assert_string_equal(spelling_hint(&spelling, &arena), ROWS[i].hint);
        arena_fini(&arena);
    }
}

/* Long words are not compared, many candidates are cut, an arena without room gives no hint. */
static void limits(void **state)
{
    char word[200];
    struct spelling spelling;
    struct arena arena;
    size_t length;

    (void)state;
    memset(word, 'a', sizeof(word));
    arena_init(&arena, 4096, 65536);
    spelling_init(&spelling, slice_make(word, sizeof(word)));
    for (int i = 0; i < 40; i++)
        spelling_try(&spelling, slice_make(word, SPELLING_WORD_MAX));
    length = strlen(spelling_hint(&spelling, &arena));
    assert_true(length > 400 && length < SPELLING_NAMES_MAX + 20);
    assert_string_equal(spelling_hint(&spelling, &arena) + length - 5, ", ...");
    arena_fini(&arena);
    arena_init(&arena, 4096, 0);
    assert_string_equal(spelling_hint(&spelling, &arena), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(nearest), cmocka_unit_test(limits)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
