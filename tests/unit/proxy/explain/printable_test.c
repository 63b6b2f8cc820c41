/* printable: nothing in a message can move a person's cursor or hide text from him. */
#include "proxy/explain/printable.h"
#include "tests/unit/support.h"

static const struct {
    struct slice value;
    const char *shown, *quoted;
} rows[] = {
    {SLICE_INIT("plain text"), "plain text", "\"plain text\""},
    {SLICE_INIT(""), "", "\"\""},
    {SLICE_INIT("tab\there"), "tab\there", "\"tab\\there\""},
    {SLICE_INIT("gr\xc3\xbc\xc3\x9f"), "gr\xc3\xbc\xc3\x9f", "\"gr\xc3\xbc\xc3\x9f\""},
    {SLICE_INIT("a\r\nb"), "a\\r\\nb", "\"a\\r\\nb\""},
    {SLICE_INIT("\x1b[2J"), "\\x1B[2J", "\"\\x1B[2J\""},
    {SLICE_INIT("nul\0here"), "nul\\x00here", "\"nul\\x00here\""},
    {SLICE_INIT("\xff\xc3"), "\\xFF\\xC3", "\"\\xFF\\xC3\""},
    {SLICE_INIT("a\"b\\c"), "a\"b\\c", "\"a\\\"b\\\\c\""},
    {SLICE_INIT("\xe2\x80\xaemoc"), "\\u{202E}moc", "\"\\u{202E}moc\""}, /* right to left */
    {SLICE_INIT("a\xe2\x80\x8b"
                "b"),
     "a\\u{200B}b", "\"a\\u{200B}b\""}, /* zero width */
};

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct bytes out;
        bytes_init(&out, 4096);
        printable_append(&out, rows[i].value);
        assert_row_slice(bytes_slice(&out), slice_str(rows[i].shown), rows[i].shown, i);
        bytes_clear(&out);
        printable_quote(&out, rows[i].value);
        assert_row_slice(bytes_slice(&out), slice_str(rows[i].quoted), rows[i].quoted, i);
        bytes_fini(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_rows)};
    return cmocka_run_group_tests_name("printable", tests, NULL, NULL);
}
