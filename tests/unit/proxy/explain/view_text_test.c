#include "proxy/explain/view_text.h"

#include "tests/unit/proxy/explain/view_kit.h"

static const char WHOLE[] =
    "message           461 bytes, 4 header fields, 3 parts\n"
    "ambiguous         part 3: names of different kinds for one part\n"
    "\n"
    "header\n"
    "    1  From: \"J\xC3\xBC"
    "rg <j@a.test>\"\n"
    "    2  Reply-To: \"k@b.test\"\n"
    "    3  Subject: \"a b\"\n"
    "    5  Content-Type: \"multipart/mixed; boundary=B\"\n"
    "\n"
    "from_address      \"j@a.test\"\n"
    "from_name         \"J\xC3\xBC"
    "rg\"\n"
    "reply_to_address  \"k@b.test\"\n"
    "\n"
    "parts\n"
    "    1  multipart/mixed, 340 bytes\n"
    "    2    text/html, utf-8, quoted-printable, 77 bytes: shown, lines 8 to 12\n"
    "    3    application/octet-stream \"good.txt\", by its content application/x-dosexec, base64, "
    "2 bytes: attachment, lines 14 to 18\n"
    "\n"
    "part 2, text/html\n"
    "  as written, 77 bytes\n"
    "  | <a href=\"http://c.test/x\">http://d.test</a><i style=\"display:none\">secret</i>\n"
    "  visible text, 13 bytes\n"
    "  | http://d.test\n"
    "  hidden text, 6 bytes\n"
    "  | secret\n"
    "  link              \"http://c.test/x\", but its text names another host\n"
    "  host              \"c.test\"\n"
    "\n"
    "part 3, application/octet-stream\n"
    "  name              \"good.txt\"\n"
    "  name              \"evil.exe\"\n"
    "  type              \"application/x-dosexec\"\n"
    "  type              \"application/octet-stream\"\n"
    "  size              \"2\"\n";

static void whole(void **state)
{
    (void)state;
    view_shows(view_text_write, SLICE(VIEW_MESSAGE), WHOLE);
}

/* What would move the cursor, turn the direction of writing or look like one of our lines. */
static void hostile(void **state)
{
    (void)state;
    view_shows(view_text_write,
               SLICE("stray\x1B[2J\r\nX\xE2\x80\xAE: =?utf-8?q?=1B[1m?=\r\n\r\npart "
                     "1\x07\r\n\r\n\xC2\x9B\r\n"),
               "message           54 bytes, 2 header fields, 2 parts\n"
               "ambiguous         part 1: a line in a part's header that is no field\n"
               "\n"
               "header\n"
               "       ambiguous: line 1 is no field (no colon)\n"
               "    1  (no field) \"stray\\x1B[2J\"\n"
               "    2  (no field) \"X\\u{202E}: \\x1B[1m\"\n"
               "\n"
               "parts\n"
               "    1  text/plain, 15 bytes: shown\n"
               "    2  text/plain, 54 bytes: shown, seen by some readers only, lines 1 to 6\n"
               "\n"
               "part 1, text/plain\n"
               "  text, 15 bytes\n"
               "  | part 1\\x07\n"
               "  | \n"
               "  | \\u{9B}\n"
               "\n"
               "part 2, text/plain\n"
               "  text, 54 bytes\n"
               "  | stray\\x1B[2J\n"
               "  | X\\u{202E}: =?utf-8?q?=1B[1m?=\n"
               "  | \n"
               "  | part 1\\x07\n"
               "  | \n"
               "  | \\u{9B}\n");
}

/* Of many parts and long texts the first, and how much there is more. */
static void much(void **state)
{
    struct bytes text, out;
    struct view view;

    (void)state;
    bytes_init(&text, 1 << 20);
    bytes_init(&out, 1 << 20);
    bytes_append(&text, SLICE("Content-Type: multipart/mixed; boundary=B\r\n\r\n--B\r\n\r\n"));
    for (int i = 0; i < 2 * VIEW_TEXT_BYTES; i++)
        bytes_append(&text, SLICE("x"));
    for (int i = 0; i < VIEW_PARTS_MAX; i++)
        bytes_append(&text, SLICE("\r\n--B\r\n\r\nx"));
    bytes_append(&text, SLICE("\r\n--B--\r\n"));
    view_begin(&view, bytes_slice(&text));
    view_text_write(&view, &out);
    bytes_append_char(&out, '\0');
    assert_int_equal(bytes_end(&out), 0);
    assert_non_null(strstr(out.data, "  (4000 bytes left out)\n"));
    assert_non_null(strstr(out.data, "       (2 more parts left out)\n"));
    assert_non_null(strstr(out.data, "\npart 100, "));
    assert_null(strstr(out.data, "\npart 101, "));
    view_end(&view);
    bytes_fini(&out);
    bytes_fini(&text);
}

static void contains(struct slice message, const char *wanted)
{
    struct view view;
    struct bytes out;

    view_begin(&view, message);
    bytes_init(&out, 1 << 20);
    view_text_write(&view, &out);
    bytes_append_char(&out, '\0');
    assert_int_equal(bytes_end(&out), 0);
    if (strstr(out.data, wanted) == NULL)
        fail_msg("%s is not in %s", wanted, out.data);
    bytes_fini(&out);
    view_end(&view);
}

/* What only some readers see is marked, and of a long value the begin is shown. */
static void some_readers_and_long(void **state)
{
    struct bytes text;

    (void)state;
    contains(SLICE("Content-Type: a/b; name=\"=?utf-8?q?x=2Eexe?=\"\r\n\r\nzz\r\n"),
             "  name              \"=?utf-8?q?x=2Eexe?=\", to some readers\n");
    contains(SLICE("Subject: =?x-nobody?q?abc?=\r\n\r\n"),
             "    1  Subject: \"=?x-nobody?q?abc?=\", to other readers \"abc\"\n");
    bytes_init(&text, 65536);
    bytes_append(&text, SLICE("Subject: "));
    for (int i = 0; i < VIEW_VALUE_BYTES + 7; i++)
        bytes_append_char(&text, 'x');
    bytes_append(&text, SLICE("\r\n\r\n"));
    contains(bytes_slice(&text), "xxx\" (7 bytes left out)\n");
    bytes_fini(&text);
}

static void not_read(void **state)
{
    struct limits limits = limits_default();
    struct view view;
    struct bytes out;

    (void)state;
    limits.mime_depth = 1;
    bytes_init(&out, 65536);
    assert_int_equal(view_make(&view,
                               SLICE("Content-Type: message/rfc822\r\n\r\n"
                                     "Content-Type: message/rfc822\r\n\r\nA: b\r\n"),
                               &limits),
                     0);
    view_text_write(&view, &out);
    bytes_append_char(&out, '\0');
    assert_int_equal(bytes_end(&out), 0);
    assert_string_equal(out.data, "message           70 bytes, 1 header field\n"
                                  "content           not read: its structure is over a limit\n"
                                  "\n"
                                  "header\n"
                                  "    1  Content-Type: \"message/rfc822\"\n");
    view_end(&view);
    bytes_fini(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whole),    cmocka_unit_test(hostile),
        cmocka_unit_test(much),     cmocka_unit_test(some_readers_and_long),
        cmocka_unit_test(not_read),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
