#include "filters/match/literal_run.h"

#include "tests/unit/support.h"

/* "ab|cd", in order; "" is a run of one empty string, "-" one that is not known. */
static struct literal_run run_of(const char *text)
{
    struct slice rest = slice_str(text);
    struct literal_run run = {.count = 0};

    if (strcmp(text, "-") == 0)
        return run;
    for (;;) {
        size_t end = slice_find(rest, '|');
        struct literal_run one = literal_run_of(slice_first(rest, end));

        if (run.count == 0)
            run = one;
        else
            assert_true(literal_run_join(&run, &one));
        if (end == SLICE_NOT_FOUND)
            return run;
        rest = slice_from(rest, end + 1);
    }
}

static void assert_run(const struct literal_run *run, const char *wanted)
{
    char text[LITERAL_RUN_STRINGS * (LITERAL_RUN_BYTES + 1) + 1] = "-";
    size_t used = 0;

    for (unsigned i = 0; i < run->count; i++)
        used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%.*s", i > 0 ? "|" : "",
                                 (int)run->lengths[i], (const char *)run->text[i]);
    assert_string_equal(text, wanted);
}

static void crosses(void **state)
{
    static const struct {
        const char *first, *second, *result;
        bool done;
    } rows[] = {
        {"ab", "cd", "abcd", true},
        {"a|b", "c|d", "ac|ad|bc|bd", true},
        {"ab", "", "ab", true},
        {"", "ab|c", "ab|c", true},
        {"ab", "-", "ab", false},
        {"-", "ab", "-", false},
        {"a|b|c|d|e", "a|b|c|d", "a|b|c|d|e", false}, /* too many */
        {"a|b|c|d", "a|b|c|d", "aa|ab|ac|ad|ba|bb|bc|bd|ca|cb|cc|cd|da|db|dc|dd", true},
        {"abcdefghijkl", "abcdefghijkl", "abcdefghijklabcdefghijkl", true},
        {"abcdefghijkl", "abcdefghijklm", "abcdefghijkl", false}, /* too long */
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct literal_run run = run_of(rows[i].first), next = run_of(rows[i].second);

        assert_row(literal_run_cross(&run, &next) == rows[i].done, rows[i].first, i);
        assert_run(&run, rows[i].result);
    }
}

static void joins(void **state)
{
    struct literal_run run = run_of("a"), other = run_of("b|a|cd"), unknown = run_of("-");
    struct literal_run more = run_of("+"), many = run_of("1|2|3|4|5|6|7|8|9|0|x|y|z");

    (void)state;
    assert_true(literal_run_join(&run, &other));
    assert_run(&run, "a|b|cd");
    assert_true(literal_run_join(&many, &run)); /* there is room for sixteen */
    assert_false(literal_run_join(&many, &more));
    assert_false(literal_run_join(&run, &unknown));
    assert_run(&run, "-");
}

static void picks(void **state)
{
    static const struct {
        const char *run;
        bool varies;
        size_t count, ahead;
        const char *first;
    } rows[] = {
        {"casino", false, 1, 0, "casino"},
        {"casino", true, 2, 0, "casino"},
        {"casino", true, 2, 0, "casino"},
        {"ab", false, 0, 0, ""},
        {"casino|ab", false, 0, 0, ""},
        {"casino|abc", false, 2, 0, "casino"},
        {"-", false, 0, 0, ""},
        {"the zxjqvxzjs", false, 1, 4, "zxjqvxzj"}, /* what tells most */
        {"sssss", true, 8, 0, "sss"},
        {"eeekkk", true, 8, 0, "eeekkk"},
    };
    static struct literal_pool pool;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct literal_run run = run_of(rows[i].run);
        struct literal_choice choice;

        pool.used = 5;
        literal_run_pick(&run, rows[i].varies, &pool, &choice);
        assert_row(choice.count == rows[i].count, rows[i].run, i);
        assert_row(pool.used == 5 + choice.count, rows[i].run, i);
        if (choice.count == 0)
            continue;
        assert_row(choice.ahead == rows[i].ahead, rows[i].run, i);
        assert_row_slice(slice_make((const char *)pool.items[5].bytes, pool.items[5].length),
                         slice_str(rows[i].first), rows[i].run, i);
    }
    pool.used = LITERAL_POOL_MAX - 1;
    struct literal_run two = run_of("casino|lottery");
    struct literal_choice choice;
    literal_run_pick(&two, false, &pool, &choice);
    assert_true(choice.count == 0 && pool.used == LITERAL_POOL_MAX - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(crosses), cmocka_unit_test(joins),
                                       cmocka_unit_test(picks)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
