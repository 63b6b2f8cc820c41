/* audit_format: what stands in a record only now and then, and what is left of replies that name
 * somebody. */
#include "conf/audit_conf.h"
#include "tests/unit/support.h"

#include "proxy/record/audit.h"
#include "tests/unit/proxy/record/json_check.h"

static const struct audit_conf plain = {.subject = PRIVACY_PLAIN};

static struct slice format_for(const struct audit_conf *conf, const struct audit_record *record,
                               struct bytes *out)
{
    static const unsigned char key[AUDIT_KEY_BYTES] = "0123456789abcdef";
    bytes_init(out, AUDIT_LINE_MAX);
    assert_int_equal(audit_format(record, conf, key, out), 0);
    assert_true(json_check(bytes_slice(out)));
    return bytes_slice(out);
}

static struct slice format(const struct audit_record *record, struct bytes *out)
{
    return format_for(&plain, record, out);
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

static void test_milters(void **state)
{
    (void)state;
    static const struct audit_milter milters[] = {
        {.name = SLICE_INIT("av"), .verdict = SLICE_INIT("continue"), .ms = 7},
        {.name = SLICE_INIT("dkim"), .verdict = SLICE_INIT("accept"), .ms = 5000000000},
    };
    struct audit_record record = {.milter_count = 0};
    struct bytes out;
    assert_false(holds(format(&record, &out), "milters"));
    bytes_fini(&out);
    record.milters = milters;
    record.milter_count = COUNT_OF(milters);
    assert_true(
        holds(format(&record, &out),
              "\"milters\":[{\"name\":\"av\",\"verdict\":\"continue\",\"ms\":7},"
              "{\"name\":\"dkim\",\"verdict\":\"accept\",\"ms\":5000000000}],\"failures\":"));
    bytes_fini(&out);
}

/* What stands there only when it has a value. */
static void test_now_and_then(void **state)
{
    (void)state;
    const struct audit_record record = {
        .client = {.family = ADDRESS_V4, .port = 4711},
        .client_name = SLICE("mx.test"),
        .header_ambiguous = true,
        .quarantine_id = SLICE("q1"),
        .quarantine_reason = SLICE("odd"),
        .archive_id = SLICE("a1"),
        .archive_unconfirmed = true,
    };
    struct bytes out;
    struct slice line = format(&record, &out);
    assert_true(holds(line, "\"port\":4711,\"name\":\"mx.test\"},\"helo\":"));
    assert_true(holds(line, "\"size\":0,\"header_ambiguous\":true,\"verdict\":"));
    assert_true(holds(line, "\"reply\":null,\"quarantine\":{\"id\":\"q1\",\"reason\":\"odd\"},"
                            "\"archived\":{\"id\":\"a1\",\"unconfirmed\":true},\"rules\":"));
    bytes_fini(&out);
}

/* Only a reply that names who is to be concealed is cut down to its codes. */
static void test_what_replies_tell(void **state)
{
    (void)state;
    static const struct audit_recipient recipients[] = {{.address = SLICE_INIT("u@example.org")},
                                                        {.address = SLICE_INIT("v@example.org")}};
    static const struct {
        enum privacy sender, recipients;
        const char *from, *reply, *shown;
    } rows[] = {
        {PRIVACY_PLAIN, PRIVACY_PLAIN, "a@b.test", "450 a@b.test, u@example.org", NULL},
        {PRIVACY_HASH, PRIVACY_PLAIN, "a@b.test", "450 of A@b.test", "450"},
        {PRIVACY_HASH, PRIVACY_PLAIN, "a@b.test", "450 to u@example.org", NULL},
        {PRIVACY_HASH, PRIVACY_PLAIN, "", "450 of a@b.test", NULL},
        {PRIVACY_PLAIN, PRIVACY_HASH, "a@b.test", "450 of a@b.test", NULL},
        {PRIVACY_PLAIN, PRIVACY_HASH, "a@b.test", "450 4.7.1 to v@example.org", "450 4.7.1"},
        {PRIVACY_PLAIN, PRIVACY_HASH, "a@b.test", "450 to w@example.org", NULL},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        const struct audit_conf conf = {.sender = rows[i].sender, .recipients = rows[i].recipients};
        const struct audit_record record = {
            .sender = slice_str(rows[i].from),
            .recipients = recipients,
            .recipient_count = COUNT_OF(recipients),
            .reply = slice_str(rows[i].reply),
        };
        struct bytes out;
        char want[128];
        (void)snprintf(want, sizeof(want), "\"decided_by\":null,\"reply\":\"%s\"",
                       rows[i].shown != NULL ? rows[i].shown : rows[i].reply);
        assert_row(holds(format_for(&conf, &record, &out), want), rows[i].reply, i);
        bytes_fini(&out);
    }
}

/* An entry that names who is to be concealed is found by its file and line. */
static void test_what_lists_tell(void **state)
{
    (void)state;
    static const struct audit_recipient recipient = {.address = SLICE_INIT("u@b.test")};
    static const struct {
        enum privacy sender, recipients;
        const char *written, *shown;
    } rows[] = {
        {PRIVACY_PLAIN, PRIVACY_PLAIN, "a@b.test", "\"a@b.test\""},
        {PRIVACY_OMIT, PRIVACY_PLAIN, "A@b.test", "null"},
        {PRIVACY_OMIT, PRIVACY_PLAIN, "u@b.test", "\"u@b.test\""},
        {PRIVACY_OMIT, PRIVACY_HASH, "*@b.test", "\"*@b.test\""},
        {PRIVACY_PLAIN, PRIVACY_HASH, "<u@b.test>", "null"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        const struct audit_conf conf = {.sender = rows[i].sender, .recipients = rows[i].recipients};
        const struct list_entry entry = {.written = slice_str(rows[i].written),
                                         .place = {"lists/bad", 12}};
        const struct eval_listed listed = {SLICE("one"), {SLICE("bad"), &entry}};
        const struct eval_report report = {.listed = &listed, .listed_count = 1};
        const struct audit_record record = {
            .report = &report,
            .sender = SLICE("a@b.test"),
            .recipients = &recipient,
            .recipient_count = 1,
        };
        struct bytes out;
        char want[128];
        (void)snprintf(want, sizeof(want), "\"entry\":%s,\"file\":\"lists/bad\",\"line\":12",
                       rows[i].shown);
        assert_row(holds(format_for(&conf, &record, &out), want), rows[i].written, i);
        bytes_fini(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lists),           cmocka_unit_test(test_milters),
        cmocka_unit_test(test_now_and_then),    cmocka_unit_test(test_what_replies_tell),
        cmocka_unit_test(test_what_lists_tell),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
