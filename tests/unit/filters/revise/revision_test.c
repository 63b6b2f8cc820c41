#include "filters/revise/revision.h"

#include "filters/message/header.h"
#include "tests/unit/arena_kit.h"

#define U_UMLAUT "\xC3\xBC"

static struct bytes out;
static struct content *content;
static struct header header;
static struct slice body;

/* Reads ${message}. */
static void read_message(const char *message)
{
    struct content_limits limits = {.depth = 100, .parts = 1000, .memory_bytes = (size_t)1 << 26};
    struct allowance endless = {.over = NULL};
    struct header_scan scan = {0};
    struct header_end end;
    struct slice all = slice_str(message);

    content_destroy(content);
    content = NULL;
    assert_int_equal(header_scan(&scan, all, true, &end), 1);
    assert_int_equal(header_parse(&header, slice_first(all, end.fields_end), true, &arena), 0);
    body = slice_from(all, end.body_start);
    assert_int_equal(content_read(&header, body, &limits, &endless, &content), CONTENT_READ);
}

static int set_up(void **state)
{
    bytes_init(&out, (size_t)1 << 24);
    return arena_set_up(state);
}

static int tear_down(void **state)
{
    bytes_fini(&out);
    content_destroy(content);
    return arena_tear_down(state);
}

static struct slice written(const struct revision *r)
{
    struct revision_place place = {0, 0};
    struct slice piece;

    bytes_renew(&out);
    while (revision_next(r, &place, &piece))
        bytes_append(&out, piece);
    assert_int_equal(bytes_end(&out), 0);
    assert_false(revision_next(r, &place, &piece));
    return bytes_slice(&out);
}

/* Adds ${text} wherever it belongs. How many parts took it. */
static size_t append(struct revision *r, bool html, const char *text)
{
    size_t taken = 0;

    for (size_t i = 0; i < content->part_count; i++)
        if (revision_takes_text(r, i, html) &&
            revision_append(r, i, slice_str(text), NULL, 0) == REVISION_DONE)
            taken++;
    return taken;
}

#define TEXT "Content-Type: text/plain; charset=utf-8\r\n"
#define HTML "Content-Type: text/html; charset=utf-8\r\n"

static const struct {
    const char *what, *message;
    bool html;
    const char *body; /* with "FOOT" added */
    size_t taken;
} APPENDED[] = {
    {"a plain message", "Subject: x\r\n\r\nhello\r\n", false, "hello\r\nFOOT\r\n", 1},
    {"... without a last line end", "Subject: x\r\n\r\nhello", false, "hello\r\nFOOT", 1},
    {"... that ends so already", "Subject: x\r\n\r\nhello\r\nFOOT\r\n", false, "hello\r\nFOOT\r\n",
     0},
    {"... in base64", TEXT "Content-Transfer-Encoding: base64\r\n\r\naGVsbG8NCg==\r\n", false,
     "aGVsbG8NCkZPT1QNCg==\r\n", 1},
    {"... quoted", TEXT "Content-Transfer-Encoding: quoted-printable\r\n\r\nhell=6F=\r\n\r\n",
     false, "hell=6F=\r\n\r\nFOOT\r\n", 1},
    {"HTML takes HTML only", HTML "\r\n<p>hello</p></body></html>\r\n", false,
     "<p>hello</p></body></html>\r\n", 0},
    {"... before its end", HTML "\r\n<p>hello</p></body></html>\r\n", true,
     "<p>hello</p>\r\nFOOT\r\n</body></html>\r\n", 1},
    {"both of two alternatives take their own",
     "Content-Type: multipart/alternative; boundary=B\r\n\r\n--B\r\n" TEXT
     "\r\nhello\r\n--B\r\n" HTML "\r\n<p>hello\r\n--B--\r\n",
     true, "--B\r\n" TEXT "\r\nhello\r\n--B\r\n" HTML "\r\n<p>hello\r\nFOOT\r\n--B--\r\n", 1},
    {"the first text is what is read, a file is not",
     "Content-Type: multipart/mixed; boundary=B\r\n\r\n--B\r\n"
     "Content-Type: text/plain\r\nContent-Disposition: attachment; filename=a.txt\r\n\r\nfile\r\n"
     "--B\r\n" TEXT "\r\nhello\r\n--B\r\n" TEXT "\r\nlist footer\r\n--B--\r\n",
     false,
     "--B\r\n"
     "Content-Type: text/plain\r\nContent-Disposition: attachment; filename=a.txt\r\n\r\nfile\r\n"
     "--B\r\n" TEXT "\r\nhello\r\nFOOT\r\n--B\r\n" TEXT "\r\nlist footer\r\n--B--\r\n",
     1},
    {"each alternative takes it once",
     "Content-Type: multipart/alternative; boundary=B\r\n\r\n--B\r\n" TEXT
     "\r\nhello\r\n--B\r\nContent-Type: multipart/mixed; boundary=C\r\n\r\n--C\r\n" HTML
     "\r\n<p>hello\r\n--C\r\n" HTML "\r\n<p>more\r\n--C--\r\n--B--\r\n",
     true,
     "--B\r\n" TEXT
     "\r\nhello\r\n--B\r\nContent-Type: multipart/mixed; boundary=C\r\n\r\n--C\r\n" HTML
     "\r\n<p>hello\r\nFOOT\r\n--C\r\n" HTML "\r\n<p>more\r\n--C--\r\n--B--\r\n",
     1},
    {"... one of them alternatives again",
     "Content-Type: multipart/alternative; boundary=B\r\n\r\n--B\r\n" TEXT
     "\r\nhello\r\n--B\r\nContent-Type: multipart/alternative; boundary=C\r\n\r\n--C\r\n" HTML
     "\r\n<p>hello\r\n--C--\r\n--B--\r\n",
     true,
     "--B\r\n" TEXT
     "\r\nhello\r\n--B\r\nContent-Type: multipart/alternative; boundary=C\r\n\r\n--C\r\n" HTML
     "\r\n<p>hello\r\nFOOT\r\n--C--\r\n--B--\r\n",
     1},
    {"a forwarded message is none of it",
     "Content-Type: multipart/mixed; boundary=B\r\n\r\n--B\r\nContent-Type: message/rfc822\r\n"
     "\r\nSubject: in\r\nContent-Type: text/html\r\n\r\n<p>in\r\n--B\r\n" TEXT
     "\r\nhello\r\n--B--\r\n",
     false,
     "--B\r\nContent-Type: message/rfc822\r\n"
     "\r\nSubject: in\r\nContent-Type: text/html\r\n\r\n<p>in\r\n--B\r\n" TEXT
     "\r\nhello\r\nFOOT\r\n--B--\r\n",
     1},
    {"nor is what says how a delivery went",
     "Content-Type: multipart/report; boundary=B\r\n\r\n--B\r\nContent-Type: "
     "message/delivery-status\r\n\r\nAction: failed\r\n\r\n--B\r\n" TEXT "\r\nhello\r\n--B--\r\n",
     false,
     "--B\r\nContent-Type: message/delivery-status\r\n\r\nAction: failed\r\n\r\n--B\r\n" TEXT
     "\r\nhello\r\nFOOT\r\n--B--\r\n",
     1},
    {"UTF-16 takes nothing",
     "Content-Type: text/plain; charset=utf-16\r\nContent-Transfer-Encoding: base64\r\n\r\n"
     "//5hAA==\r\n",
     false, "//5hAA==\r\n", 0},
    {"no text at all",
     "Content-Type: application/pdf\r\nContent-Disposition: attachment; "
     "filename=a.pdf\r\n\r\nPDF\r\n",
     false, "PDF\r\n", 0},
    {"signed",
     "Content-Type: multipart/signed; boundary=B; protocol=\"application/pkcs7-signature\"\r\n\r\n"
     "--B\r\n" TEXT "\r\nhello\r\n--B\r\nContent-Type: application/pkcs7-signature; "
     "name=smime.p7s\r\n\r\nabc\r\n--B--\r\n",
     false,
     "--B\r\n" TEXT "\r\nhello\r\n--B\r\nContent-Type: application/pkcs7-signature; "
     "name=smime.p7s\r\n\r\nabc\r\n--B--\r\n",
     0},
};

static void test_append(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(APPENDED) / sizeof(*APPENDED); i++) {
        struct revision r;
        size_t taken;

        read_message(APPENDED[i].message);
        revision_init(&r, content, body, (size_t)1 << 20);
        taken = append(&r, APPENDED[i].html, "FOOT");
        if (taken != APPENDED[i].taken || !slice_equal(written(&r), slice_str(APPENDED[i].body)))
            fail_msg("%s: %zu taken, %.*s", APPENDED[i].what, taken, SLICE_ARG(written(&r)));
        assert_int_equal(revision_touched(&r), taken > 0);
        assert_int_equal(append(&r, APPENDED[i].html, "FOOT"), 0); /* not a second time */
        revision_fini(&r);
    }
}

/* Makes the part say ${text}. */
static enum revision_result replace(struct revision *r, size_t part, const char *text)
{
    struct bytes now;
    enum revision_result result;

    bytes_init(&now, (size_t)1 << 24);
    result = revision_text(r, part, &now);
    if (result == REVISION_DONE)
        result = revision_replace(r, part, bytes_slice(&now), slice_str(text));
    bytes_fini(&now);
    return result;
}

static enum revision_result replaced(const char *message, const char *text)
{
    struct revision r;
    enum revision_result result;

    read_message(message);
    revision_init(&r, content, body, (size_t)1 << 20);
    result = replace(&r, 0, text);
    (void)written(&r);
    assert_int_equal(revision_touched(&r), result == REVISION_DONE);
    revision_fini(&r);
    return result;
}

static void test_replace(void **state)
{
    (void)state;
    assert_int_equal(replaced(TEXT "\r\none two\r\n", "one three\r\n"), REVISION_DONE);
    assert_text(bytes_slice(&out), "one three\r\n");
    assert_int_equal(replaced("Content-Type: text/plain; charset=iso-8859-1\r\n"
                              "Content-Transfer-Encoding: quoted-printable\r\n\r\nf=FCr =\r\neins",
                              "f" U_UMLAUT "r zwei"),
                     REVISION_DONE);
    assert_text(bytes_slice(&out), "f=FCr zwei");
    assert_int_equal(replaced(TEXT "\r\none\r\n", "one\r\n"), REVISION_SAME);
    assert_int_equal(replaced(TEXT "\r\none\r\n", "f" U_UMLAUT "r\r\n"), REVISION_UNFIT);
    assert_int_equal(replaced(TEXT "\r\n" U_UMLAUT "one\r\n", "f" U_UMLAUT "r\r\n"), REVISION_DONE);
    assert_int_equal(
        replaced(TEXT "Content-Transfer-Encoding: 8BIT\r\n\r\none\r\n", "f" U_UMLAUT "r\r\n"),
        REVISION_DONE);
    assert_int_equal(
        replaced(TEXT "Content-Transfer-Encoding: binary\r\n\r\none\r\n", "f" U_UMLAUT "r\r\n"),
        REVISION_DONE);
    assert_int_equal(
        replaced(TEXT "Content-Transfer-Encoding: 7bit\r\n\r\none\r\n", "f" U_UMLAUT "r\r\n"),
        REVISION_UNFIT);
    assert_int_equal(replaced("Content-Transfer-Encoding: 8bit\r\n\r\none\r\n", "f" U_UMLAUT),
                     REVISION_UNFIT); /* no charset is told */
    assert_int_equal(replaced(TEXT "Content-Transfer-Encoding: base64\r\n\r\nYQ==YWJj\r\n", "x"),
                     REVISION_UNFIT);
    assert_text(bytes_slice(&out), "YQ==YWJj\r\n");
    assert_int_equal(replaced(TEXT "Content-Transfer-Encoding: x-own\r\n\r\nabc", "x"),
                     REVISION_UNFIT);
}

#define MIXED                                                                                      \
    "Content-Type: multipart/mixed; boundary=B\r\n\r\npreamble\r\n--B\r\n" TEXT "\r\nhello\r\n"    \
    "--B\r\nContent-Type: application/octet-stream; name=a.exe\r\n\r\nMZ\r\n--B\r\n"               \
    "Content-Type: message/rfc822\r\n\r\nSubject: in\r\n\r\nin\r\n--B--\r\nepilogue\r\n"

static size_t find(const char *type)
{
    for (size_t i = 0; i < content->part_count; i++)
        if (slice_equal(content->parts[i].type, slice_str(type)))
            return i;
    fail_msg("no %s", type);
    return 0;
}

static void test_remove(void **state)
{
    struct revision r;
    size_t exe, message;

    (void)state;
    read_message(MIXED);
    exe = find("application/octet-stream");
    message = find("message/rfc822");
    revision_init(&r, content, body, (size_t)1 << 20);
    assert_int_equal(revision_kept(&r), body.len);
    assert_int_equal(revision_remove(&r, exe, SLICE("a.exe was taken out")), REVISION_DONE);
    assert_text(written(&r),
                "preamble\r\n--B\r\n" TEXT "\r\nhello\r\n--B\r\n" TEXT
                "\r\na.exe was taken out\r\n--B\r\nContent-Type: "
                "message/rfc822\r\n\r\nSubject: in\r\n\r\nin\r\n--B--\r\nepilogue\r\n");
    assert_int_equal(revision_remove(&r, exe, SLICE("again")), REVISION_SAME);
    assert_int_equal(revision_remove(&r, message, SLICE("f" U_UMLAUT "r")), REVISION_DONE);
    assert_int_equal(revision_append(&r, message, SLICE("x"), NULL, 0), REVISION_SAME);
    assert_text(written(&r), "preamble\r\n--B\r\n" TEXT "\r\nhello\r\n--B\r\n" TEXT
                             "\r\na.exe was taken out\r\n--B\r\n" TEXT
                             "Content-Transfer-Encoding: quoted-printable\r\n\r\nf=C3=BCr\r\n"
                             "--B--\r\nepilogue\r\n");
    /* what is in a part that is gone is gone too */
    if (content->part_count > message + 1)
        assert_int_equal(revision_remove(&r, message + 1, SLICE("in")), REVISION_SAME);
    revision_fini(&r);
}

static void test_remove_the_message(void **state)
{
    struct revision r;

    (void)state;
    read_message("Content-Type: application/octet-stream; name=a.exe\r\n\r\nMZ\r\n");
    revision_init(&r, content, body, (size_t)1 << 20);
    assert_int_equal(revision_remove(&r, 0, SLICE("gone")), REVISION_DONE);
    assert_text(written(&r), "gone\r\n");
    assert_int_equal(revision_kept(&r), 0);
    revision_fini(&r);
    assert_false(revision_note_quoted(SLICE("plain\r\ntext")));
    assert_true(revision_note_quoted(SLICE(U_UMLAUT)));
}

/* What several edits of one part come to, and how much stays in front. */
static void test_several(void **state)
{
    static const struct slice OTHERS[] = {SLICE_INIT("second")};
    struct revision r;

    (void)state;
    read_message(TEXT "\r\nhello\r\n");
    revision_init(&r, content, body, (size_t)1 << 20);
    assert_int_equal(revision_append(&r, 0, SLICE("first"), OTHERS, 1), REVISION_DONE);
    assert_int_equal(revision_kept(&r), 7);
    assert_int_equal(revision_append(&r, 0, SLICE("second"), NULL, 0), REVISION_DONE);
    assert_int_equal(revision_append(&r, 0, SLICE("first"), OTHERS, 1), REVISION_SAME);
    assert_int_equal(replace(&r, 0, "hullo\r\nfirst\r\n"), REVISION_DONE);
    assert_text(written(&r), "hullo\r\nfirst\r\n");
    assert_int_equal(revision_kept(&r), 1);
    revision_fini(&r);
    revision_fini(&r);
}

#define X10  "xxxxxxxxxx"
#define X100 X10 X10 X10 X10 X10 X10 X10 X10 X10 X10
#define X900 X100 X100 X100 X100 X100 X100 X100 X100 X100

/* A line that was broken is so for whatever comes after. */
static void test_broken_line(void **state)
{
    struct revision r;

    (void)state;
    read_message(TEXT "\r\nhello\r\n");
    revision_init(&r, content, body, (size_t)1 << 20);
    assert_int_equal(revision_append(&r, 0, SLICE(X900 " " X100), NULL, 0), REVISION_DONE);
    assert_text(written(&r), "hello\r\n" X900 " \r\n" X100 "\r\n");
    assert_int_equal(revision_append(&r, 0, SLICE("more"), NULL, 0), REVISION_DONE);
    assert_text(written(&r), "hello\r\n" X900 " \r\n" X100 "\r\nmore\r\n");
    revision_fini(&r);
}

/* What was taken out of a part that is taken out then is in it. */
static void test_remove_inside_out(void **state)
{
    struct revision r;
    size_t message;

    (void)state;
    read_message(MIXED);
    message = find("message/rfc822");
    assert_int_equal(content->parts[message + 1].parent, message);
    revision_init(&r, content, body, (size_t)1 << 20);
    assert_int_equal(revision_remove(&r, message + 1, SLICE("inner")), REVISION_DONE);
    assert_int_equal(revision_remove(&r, message, SLICE("outer")), REVISION_DONE);
    assert_text(written(&r), "preamble\r\n--B\r\n" TEXT "\r\nhello\r\n--B\r\n"
                             "Content-Type: application/octet-stream; name=a.exe\r\n\r\nMZ\r\n"
                             "--B\r\n" TEXT "\r\nouter\r\n--B--\r\nepilogue\r\n");
    revision_fini(&r);
}

static void test_undo(void **state)
{
    struct revision r;
    size_t exe;

    (void)state;
    read_message(MIXED);
    exe = find("application/octet-stream");
    revision_init(&r, content, body, (size_t)1 << 20);
    revision_undo(&r);
    revision_begin(&r);
    assert_false(revision_changed(&r));
    assert_int_equal(revision_append(&r, find("text/plain"), SLICE("one"), NULL, 0), REVISION_DONE);
    assert_true(revision_changed(&r));
    revision_begin(&r);
    assert_false(revision_changed(&r));
    assert_int_equal(revision_kept(&r), body.len);
    assert_int_equal(revision_append(&r, find("text/plain"), SLICE("two"), NULL, 0), REVISION_DONE);
    assert_int_equal(revision_append(&r, find("text/plain"), SLICE("three"), NULL, 0),
                     REVISION_DONE);
    assert_int_equal(revision_remove(&r, exe, SLICE("gone")), REVISION_DONE);
    revision_undo(&r);
    assert_false(revision_changed(&r));
    assert_true(revision_touched(&r));
    assert_non_null(strstr(body.ptr, "MZ"));
    assert_text(written(&r), "preamble\r\n--B\r\n" TEXT "\r\nhello\r\none\r\n--B\r\n"
                             "Content-Type: application/octet-stream; name=a.exe\r\n\r\nMZ\r\n"
                             "--B\r\nContent-Type: message/rfc822\r\n\r\nSubject: in\r\n\r\nin"
                             "\r\n--B--\r\nepilogue\r\n");
    assert_int_equal(revision_remove(&r, exe, SLICE("gone")), REVISION_DONE);
    revision_fini(&r);
}

static void test_limits(void **state)
{
    struct revision r;
    struct bytes long_message;

    (void)state;
    read_message(TEXT "\r\nhello\r\n");
    revision_init(&r, content, body, 10);
    assert_int_equal(revision_append(&r, 0, SLICE("too much"), NULL, 0), REVISION_MEMORY);
    assert_text(written(&r), "hello\r\n");
    revision_fini(&r);

    bytes_init(&long_message, REVISION_TEXT_MAX + 1000);
    bytes_append(&long_message, SLICE(TEXT "\r\n"));
    for (size_t i = 0; i < REVISION_TEXT_MAX / 63 + 1; i++)
        bytes_append(&long_message,
                     SLICE("0123456789012345678901234567890123456789012345678901234567890\r\n"));
    bytes_append_char(&long_message, '\0');
    assert_int_equal(bytes_end(&long_message), 0);
    read_message(long_message.data);
    revision_init(&r, content, body, 2 * (size_t)REVISION_TEXT_MAX);
    assert_int_equal(revision_append(&r, 0, SLICE("x"), NULL, 0), REVISION_LONG);
    revision_fini(&r);
    content_destroy(content);
    content = NULL;
    bytes_fini(&long_message);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_append),
        cmocka_unit_test(test_replace),
        cmocka_unit_test(test_remove),
        cmocka_unit_test(test_remove_the_message),
        cmocka_unit_test(test_several),
        cmocka_unit_test(test_undo),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_broken_line),
        cmocka_unit_test(test_remove_inside_out),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
