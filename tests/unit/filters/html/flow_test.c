/* Text as it is shown. */
#include "filters/html/flow.h"

#include "tests/unit/support.h"

static void characters(void **state)
{
    static const struct {
        struct slice text, shown, pre;
    } rows[] = {
        {SLICE_INIT(" a  b\t\nc "), SLICE_INIT("a b c"), SLICE_INIT("a b\nc")},
        {SLICE_INIT("a\0b\x01"
                    "c\x7f"
                    "d\f"
                    "e"),
         SLICE_INIT("abcd e"), SLICE_INIT("abcd e")},
        {SLICE_INIT("a\xc2\xa0\xe2\x80\x83\xe3\x80\x80\xe1\x9a\x80\xe2\x80\xaf\xe2\x81\x9f"
                    "b"),
         SLICE_INIT("a b"), SLICE_INIT("a b")},
        {SLICE_INIT(
             "a\xc2\xad\xe2\x80\x8b\xe2\x80\x8d\xef\xbb\xbf\xe2\x81\xa0\xef\xb8\x8f\xe2\x80\xae"
             "b"),
         SLICE_INIT("ab"), SLICE_INIT("ab")},
        {SLICE_INIT("a\xe2\x80\xa8"
                    "b\xe2\x80\xa9"
                    "c\xc2\x85"
                    "d"),
         SLICE_INIT("a\nb\nc\nd"), SLICE_INIT("a\nb\nc\nd")},
        {SLICE_INIT("\xc2\xac\xc2\xae\xe3\x90\x80\xef\xa4\x80\xf0\x9f\x98\x80\xcd\x8f"),
         SLICE_INIT("\xc2\xac\xc2\xae\xe3\x90\x80\xef\xa4\x80\xf0\x9f\x98\x80"),
         SLICE_INIT("\xc2\xac\xc2\xae\xe3\x90\x80\xef\xa4\x80\xf0\x9f\x98\x80")},
        {SLICE_INIT("\xff\xc3"), SLICE_INIT("\xef\xbf\xbd\xef\xbf\xbd"),
         SLICE_INIT("\xef\xbf\xbd\xef\xbf\xbd")},
        {SLICE_INIT(""), SLICE_INIT(""), SLICE_INIT("")},
    };
    struct guard guard;

    (void)state;
    guard_init(&guard, 128);
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        for (int pre = 0; pre < 2; pre++) {
            struct flow flow;

            flow_init(&flow, 128);
            flow_text(&flow, guard_copy(&guard, rows[i].text), pre != 0);
            assert_row_slice(bytes_slice(&flow.text), pre != 0 ? rows[i].pre : rows[i].shown, "row",
                             i);
            flow_fini(&flow);
        }
    guard_fini(&guard);
}

static void gaps(void **state)
{
    struct flow flow;

    (void)state;
    flow_init(&flow, 7);
    flow_break(&flow, FLOW_LINE);
    flow_text(&flow, SLICE("a"), false);
    flow_break(&flow, FLOW_LINE);
    flow_break(&flow, FLOW_BLANK);
    flow_text(&flow, SLICE(" b"), false);
    flow_break(&flow, FLOW_BLANK);
    flow_text(&flow, SLICE("c"), false);
    flow_text(&flow, SLICE("d"), false);
    flow_break(&flow, FLOW_LINE);
    assert_text(bytes_slice(&flow.text), "a\nb cd");
    flow_text(&flow, SLICE("e"), false);
    assert_int_equal(bytes_end(&flow.text), -1);
    flow_fini(&flow);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(characters), cmocka_unit_test(gaps)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
