/* What is looked up in a list, of values that are long. */
#include "filters/list.h"
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

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(long_addresses_in_turns)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
