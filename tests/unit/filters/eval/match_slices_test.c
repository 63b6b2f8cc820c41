/* Lists, and what else is compared, with values that are long. */
#include "filters/match/list.h"
#include "tests/unit/filters/eval/story.h"
#include "tests/unit/support.h"

/* A domain is found however much stands before it, a slice at a time. */
static void long_addresses_in_turns(void **state)
{
    static const char *const some[] = {"x@y.test", "example.org", "*.example.net"};
    static const struct {
        const char *end;
        enum list_result held;
    } values[] = {{"@example.org", LIST_YES},
                  {"\"@example.org", LIST_NO}, /* inside a quoted string */
                  {"\"@a.Example.Net", LIST_NO},
                  {"@a.Example.Net", LIST_YES},
                  {"x@y.test", LIST_NO}};
    static char text[100000];
    const struct place place = {"lists/test", 1};
    struct list *list = list_create();
    struct diag diag;

    (void)state;
    diag_init(&diag);
    for (size_t i = 0; i < COUNT_OF(some); i++)
        assert_int_equal(list_add(list, slice_str(some[i]), SLICE_NONE, place, &diag), 0);
    for (size_t i = 0; i < COUNT_OF(values); i++) {
        size_t len = strlen(values[i].end), calls = 1;
        struct comparable value = comparable_text(slice_make(text, sizeof(text)));
        struct list_cursor cursor = {0};
        enum list_result result;

        memset(text, 'a', sizeof(text));
        memcpy(text + sizeof(text) - len, values[i].end, len);
        while ((result = list_match(list, &value, &cursor, NULL, NULL)) == LIST_MORE)
            calls++;
        assert_row(result == values[i].held, values[i].end, i);
        assert_int_equal(calls, sizeof(text) / LIST_SLICE_BYTES + 1);
    }
    diag_fini(&diag);
    list_destroy(list);
}

/* Where the search of one value has come is nothing to the next. */
static void each_value_is_searched_from_its_start(void **state)
{
    static const char *const conditions[] = {"/b/", "*b", "@names", "@stars"};
    static char script[100000], value[90000];
    struct list_name names[] = {{SLICE("names"), list_create()}, {SLICE("stars"), list_create()}};
    const struct list_table table = {names, COUNT_OF(names)};
    const struct story_options options = {.lists = &table};
    const struct place place = {.line = 1};
    struct diag diag;

    (void)state;
    diag_init(&diag);
    assert_int_equal(list_add(names[0].list, SLICE("b"), SLICE_NONE, place, &diag), 0);
    assert_int_equal(list_add(names[1].list, SLICE("*?b"), SLICE_NONE, place, &diag), 0);
    assert_int_equal(list_add(names[1].list, SLICE("b*"), SLICE_NONE, place, &diag), 0);
    diag_fini(&diag);
    memset(value, 'a', sizeof(value) - 1);
    (void)snprintf(script, sizeof(script),
                   "connect 192.0.2.1 => continue\nmail a@b.test => continue\n"
                   "rcpt u@x.test => continue\ndata => continue\n"
                   "header X: %s|X: b => continue\noutcome r => fired\n",
                   value);
    for (size_t i = 0; i < COUNT_OF(conditions); i++) {
        char rules[64];

        (void)snprintf(rules, sizeof(rules), "r: header[X]=%s -> score(1)\n", conditions[i]);
        story_check(conditions[i], rules, script, &options);
    }
    list_destroy(names[0].list);
    list_destroy(names[1].list);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(long_addresses_in_turns),
                                       cmocka_unit_test(each_value_is_searched_from_its_start)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
