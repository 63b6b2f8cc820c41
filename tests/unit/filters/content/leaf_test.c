/* leaf: what a part is, and its values. */
#include "tests/unit/filters/content/reading_kit.h"

static void test_flags(void **state)
{
    static const struct {
        const char *fields;
        bool attachment, shown, html;
    } rows[] = {
        {"Content-Type: text/plain\n", false, true, false},
        {"Content-Type: text/html\n", false, true, true},
        {"Content-Type: text/plain\nContent-Disposition: attachment\n", true, false, false},
        {"Content-Type: text/plain; name=a.txt\n", true, false, false},
        {"Content-Type: image/png\n", true, false, false},
        {"Content-Type: foo\n", false, true, false},
        {"Content-Type: message/delivery-status\n", false, true, false},
        {"Content-Type: application/xhtml+xml\n", false, true, true},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct kit kit;
        char message[256];

        (void)snprintf(message, sizeof(message), "%s\nx\n", rows[i].fields);
        kit_read(&kit, message);
        assert_row(kit.content->parts[0].attachment == rows[i].attachment, rows[i].fields, 0);
        assert_row(kit.content->parts[0].shown == rows[i].shown, rows[i].fields, 1);
        assert_row(kit.content->parts[0].html == rows[i].html, rows[i].fields, 2);
        kit_fini(&kit);
    }
}

/* Names are values of parts that are shown, too; types and sizes are those of files. */
static void test_file(void **state)
{
    struct kit kit;

    (void)state;
    kit_read(&kit, "Content-Type: application/pdf; name=\"=?utf-8?q?a=2Eexe?=\"\n"
                   "Content-Transfer-Encoding: base64\n\nTVqQAAMAAAAEAAAA\n");
    assert_text(kit.content->parts[0].name, "a.exe");
    assert_int_equal(kit.content->parts[0].size, 12);
    assert_int_equal(kit.content->parts[0].encoding, CONTENT_BASE64);
    assert_value(&kit, CONTENT_ATTACHMENT, "a.exe");
    assert_value(&kit, CONTENT_ATTACHMENT, "=?utf-8?q?a=2Eexe?=");
    assert_value(&kit, CONTENT_ATTACHMENT_TYPE, "application/pdf");
    assert_value(&kit, CONTENT_ATTACHMENT_SIZE, "12");
    assert_int_equal(kit.content->values[CONTENT_ATTACHMENT_SIZE].items[0].number, 12);
    assert_int_equal(kit.content->values[CONTENT_BODY].count, 0);
    kit_fini(&kit);
}

/* A text attachment with a type that is none (rspamd#1591): its name, and its text. */
static void test_bogus_type(void **state)
{
    struct kit kit;

    (void)state;
    kit_read(&kit, "Content-Type: bogus; name=a.txt\nContent-Disposition: attachment\n\nspam\n");
    assert_value(&kit, CONTENT_ATTACHMENT, "a.txt");
    assert_value(&kit, CONTENT_BODY, "spam\r\n");
    kit_fini(&kit);
}

static void test_seals(void **state)
{
    struct kit kit;
    const struct content_part *parts;

    (void)state;
    kit_read(&kit, "Content-Type: multipart/mixed; boundary=B\n\n"
                   "--B\nContent-Type: multipart/signed; boundary=C\n\n--C\n\nx\n--C--\n"
                   "--B\nContent-Type: multipart/encrypted; boundary=D\n\n--D\n\nx\n--D--\n"
                   "--B\nContent-Type: application/pkcs7-mime\n\nx\n--B\n\ny\n--B--\n");
    parts = kit.content->parts;
    assert_int_equal(kit.content->part_count, 7);
    assert_false(parts[0].sealed);
    assert_true(parts[1].sealed && parts[2].sealed && !parts[2].encrypted);
    assert_true(parts[3].encrypted && parts[4].sealed && parts[4].encrypted);
    assert_true(parts[5].sealed && parts[5].encrypted);
    assert_false(parts[6].sealed || parts[6].encrypted);
    kit_fini(&kit);
}

/* What most undo comes first. */
static void test_two_encodings(void **state)
{
    struct kit kit;
    const struct content_values *texts;

    (void)state;
    kit_read(&kit, "Content-Transfer-Encoding: base64\nContent-Transfer-Encoding: 7bit\n\nb25l\n");
    texts = &kit.content->values[CONTENT_BODY];
    assert_int_equal(texts->count, 2);
    assert_text(texts->items[0].text, "one");
    assert_int_equal(texts->items[0].view, CONTENT_PLAIN);
    assert_text(texts->items[1].text, "b25l\r\n");
    assert_int_equal(texts->items[1].view, CONTENT_OTHER);
    assert_int_equal(kit.content->parts[0].size, 3);
    kit_fini(&kit);
}

static void test_armor(void **state)
{
    struct kit kit;

    (void)state;
    kit_read(&kit, "\n-----BEGIN PGP SIGNED MESSAGE-----\n");
    assert_true(kit.content->parts[0].sealed && !kit.content->parts[0].encrypted);
    kit_fini(&kit);
    kit_read(&kit, "Content-Transfer-Encoding: base64\n\n"
                   "LS0tLS1CRUdJTiBQR1AgU0lHTkVEIE1FU1NBR0UtLS0tLQo=\n");
    assert_true(kit.content->parts[0].sealed && !kit.content->parts[0].encrypted);
    kit_fini(&kit);
    kit_read(&kit, "\n-----BEGIN PGP MESSAGE-----\n");
    assert_true(kit.content->parts[0].sealed && kit.content->parts[0].encrypted);
    kit_fini(&kit);
}

/* A page that comes as something else. */
static void test_html_file(void **state)
{
    struct kit kit;

    (void)state;
    kit_read(&kit, "Content-Type: application/octet-stream; name=a.dat\n\n"
                   "<!DOCTYPE html><html><body><a href=\"https://a.test/x\">y</a></body></html>\n");
    assert_value(&kit, CONTENT_LINK, "https://a.test/x");
    assert_true(kit.content->parts[0].html && !kit.content->parts[0].shown);
    kit_fini(&kit);
}

/* A transfer encoding that some undo, of a part that is no text. */
static void test_uuencoded_part(void **state)
{
    struct kit kit;

    (void)state;
    kit_read(&kit, "Content-Type: a/b\nContent-Transfer-Encoding: x-uuencode\n\n"
                   "begin 644 a.exe\n#0V%T\n`\nend\n");
    assert_value(&kit, CONTENT_ATTACHMENT, "a.exe");
    assert_int_equal(kit.content->parts[0].encoding, CONTENT_UNKNOWN);
    kit_fini(&kit);
}

/* What is around the parts is text to those who do not know multiparts. */
static void test_multipart(void **state)
{
    struct kit kit;
    const struct content_values *texts;

    (void)state;
    kit_read(&kit, "Content-Type: multipart/mixed; boundary=B\n\nbefore\n--B\n\nx\n--B--\n\n");
    texts = &kit.content->values[CONTENT_BODY];
    assert_int_equal(texts->count, 2);
    assert_text(texts->items[0].text, "before\r\n");
    assert_int_equal(texts->items[0].view, CONTENT_OTHER);
    assert_int_equal(texts->items[1].view, CONTENT_PLAIN);
    assert_int_equal(kit.content->doubt_count, 0);
    kit_fini(&kit);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_flags),          cmocka_unit_test(test_file),
        cmocka_unit_test(test_bogus_type),     cmocka_unit_test(test_seals),
        cmocka_unit_test(test_multipart),      cmocka_unit_test(test_two_encodings),
        cmocka_unit_test(test_armor),          cmocka_unit_test(test_html_file),
        cmocka_unit_test(test_uuencoded_part),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
