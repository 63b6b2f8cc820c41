/* audit_format: what the record says of lists. */
#include "tests/unit/support.h"

#include "proxy/record/audit.h"
#include "tests/unit/record/json_check.h"

static struct slice format(const struct audit_record *record, struct bytes *out)
{
    static const struct audit_conf plain = {.subject = PRIVACY_PLAIN};
    static const unsigned char key[AUDIT_KEY_BYTES] = "0123456789abcdef";
    bytes_init(out, AUDIT_LINE_MAX);
    assert_int_equal(audit_format(record, &plain, key, out), 0);
    assert_true(json_check(bytes_slice(out)));
    return bytes_slice(out);
}

static bool holds(struct slice line, const char *text)
{
    return memmem(line.ptr, line.len, text, strlen(text)) != NULL;
}

/* Which entry of which list was found, for each rule that acted by one; else no word. */
static void test_lists(void **state)
{
    (void)state;
    static const struct list_entry entry = {.written = SLICE_INIT("*.b.test"),
                                            .place = {"lists/bad", 12}};
    static const struct eval_listed listed[] = {{SLICE_INIT("one"), {SLICE_INIT("bad"), &entry}}};
    struct eval_report found = {.listed_count = 0};
    struct audit_record record = {.report = &found};
    struct bytes out;
    assert_false(holds(format(&record, &out), "\"lists\""));
    bytes_fini(&out);
    found.listed = listed;
    found.listed_count = 1;
    assert_true(holds(format(&record, &out),
                      "\"lists\":[{\"rule\":\"one\",\"list\":\"bad\",\"entry\":\"*.b.test\","
                      "\"file\":\"lists/bad\",\"line\":12}],"));
    bytes_fini(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_lists)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
