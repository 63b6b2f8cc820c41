/* declared: what a part's header says of it, in each way in which readers take it. */
#include "filters/mime/declared.h"

#include "filters/message/header.h"
#include "tests/unit/arena_kit.h"

static struct charset_set charsets;
static struct allowance allowance;

static void list(const struct declared_text *texts, char *out, size_t size)
{
    size_t used = 0;

    out[0] = '\0';
    for (; texts != NULL && used < size; texts = texts->next)
        used += (size_t)snprintf(out + used, size - used, "%s%.*s%s", used > 0 ? "|" : "",
                                 (int)texts->text.len, texts->text.ptr, texts->other ? "?" : "");
}

static enum content_result read_header(const char *text, struct declared *declared)
{
    struct parameter_means means = {&arena, &charsets, &allowance};
    struct header header;

    assert_int_equal(header_parse(&header, slice_str(text), true, &arena), 0);
    return declared_read(&header, SLICE("text/plain"), &means, declared);
}

#define ONLY(encoding) (1U << (encoding))

static const struct {
    const char *header, *types, *boundaries, *names;
    unsigned encodings;
    doubt_set doubts;
} ROWS[] = {
    {"Subject: x\r\n", "text/plain", "", "", ONLY(CONTENT_7BIT), 0},
    {"Content-Type: TEXT/Html\r\n", "text/html", "", "", ONLY(CONTENT_7BIT), 0},
    {"Content-Type: text / html\r\n", "text/html", "", "", ONLY(CONTENT_7BIT),
     (doubt_set)1 << DOUBT_TYPE},
    {"Content-Type: text\r\n", "text/plain", "", "", ONLY(CONTENT_7BIT), 0},
    {"Content-Type: foo\r\n", "foo", "", "", ONLY(CONTENT_7BIT), (doubt_set)1 << DOUBT_TYPE},
    {"Content-Type: /x\r\n", "/x", "", "", ONLY(CONTENT_7BIT), (doubt_set)1 << DOUBT_TYPE},
    {"Content-Type: a/\r\n", "a/", "", "", ONLY(CONTENT_7BIT), (doubt_set)1 << DOUBT_TYPE},
    {"Content-Type: a/b\"c\r\n", "a/b", "", "", ONLY(CONTENT_7BIT), (doubt_set)1 << DOUBT_TYPE},
    {"Content-Type:\r\n", "text/plain", "", "", ONLY(CONTENT_7BIT), (doubt_set)1 << DOUBT_TYPE},
    {"Content-Type: a/b\r\nContent-Type: c/d\r\n", "a/b|c/d", "", "", ONLY(CONTENT_7BIT),
     (doubt_set)1 << DOUBT_TYPES},
    {"Content-Type: a/b\r\nContent-Type: a/b\r\n", "a/b", "", "", ONLY(CONTENT_7BIT), 0},
    {"Content-Type : a/b\r\n", "a/b", "", "", ONLY(CONTENT_7BIT), (doubt_set)1 << DOUBT_COLON},
    {"Content-Type: a/b; boundary=\" B\"\r\n", "a/b", " B|B?", "", ONLY(CONTENT_7BIT),
     (doubt_set)1 << DOUBT_BOUNDARY},
    {"Content-Type: a/b; boundary=\"=?utf-8?q?B?=\"\r\n", "a/b", "=?utf-8?q?B?=|B?", "",
     ONLY(CONTENT_7BIT), (doubt_set)1 << DOUBT_BOUNDARY},
    {"Content-Type: a/b; name=x.doc\r\nContent-Disposition: inline; filename=x.doc\r\n", "a/b", "",
     "x.doc", ONLY(CONTENT_7BIT), 0},
    {"Content-Type: a/b; name=x.doc\r\nContent-Disposition: inline; filename=y.DOC\r\n", "a/b", "",
     "x.doc|y.DOC", ONLY(CONTENT_7BIT), 0},
    {"Content-Type: a/b; name=x.exe\r\nContent-Disposition: inline; filename=x.doc\r\n", "a/b", "",
     "x.exe|x.doc", ONLY(CONTENT_7BIT), (doubt_set)1 << DOUBT_NAMES},
    {"Content-Type: a/b; boundary=B C; boundary=B\r\n", "a/b", "B C|B", "", ONLY(CONTENT_7BIT),
     (doubt_set)1 << DOUBT_BLANKS | (doubt_set)1 << DOUBT_REPEATED},
    {"Content-Type: a/b; boundary=\" B\"\r\nContent-Type: a/b; boundary=B\r\n", "a/b", " B|B", "",
     ONLY(CONTENT_7BIT), (doubt_set)1 << DOUBT_BOUNDARY | (doubt_set)1 << DOUBT_REPEATED},
    {"Content-Disposition: a\r\nContent-Disposition: b\r\n", "text/plain", "", "",
     ONLY(CONTENT_7BIT), (doubt_set)1 << DOUBT_DISPOSITIONS},
    {"Content-Transfer-Encoding: Base64 \r\n", "text/plain", "", "", ONLY(CONTENT_BASE64), 0},
    {"Content-Transfer-Encoding: quoted-printable\r\n", "text/plain", "", "", ONLY(CONTENT_QUOTED),
     0},
    {"Content-Transfer-Encoding: 8BIT\r\n", "text/plain", "", "", ONLY(CONTENT_7BIT), 0},
    {"Content-Transfer-Encoding: \"base64\"\r\n", "text/plain", "", "",
     ONLY(CONTENT_BASE64) | ONLY(CONTENT_UNKNOWN), (doubt_set)1 << DOUBT_ENCODING},
    {"Content-Transfer-Encoding: base64; x\r\n", "text/plain", "", "",
     ONLY(CONTENT_BASE64) | ONLY(CONTENT_UNKNOWN), (doubt_set)1 << DOUBT_ENCODING},
    {"Content-Transfer-Encoding: x-what\r\n", "text/plain", "", "", ONLY(CONTENT_UNKNOWN),
     (doubt_set)1 << DOUBT_ENCODING},
    {"Content-Transfer-Encoding: 7bit\r\nContent-Transfer-Encoding: base64\r\n", "text/plain", "",
     "", ONLY(CONTENT_7BIT) | ONLY(CONTENT_BASE64), (doubt_set)1 << DOUBT_ENCODINGS},
    {"stray\r\nContent-Type: a/b\r\n", "a/b", "", "", ONLY(CONTENT_7BIT),
     (doubt_set)1 << DOUBT_STRAY},
};

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(ROWS); i++) {
        struct declared declared;
        char got[256];

        assert_row(read_header(ROWS[i].header, &declared) == CONTENT_READ, ROWS[i].header, 0);
        list(declared.types, got, sizeof(got));
        assert_row_slice(slice_str(got), slice_str(ROWS[i].types), ROWS[i].header, 1);
        list(declared.boundaries, got, sizeof(got));
        assert_row_slice(slice_str(got), slice_str(ROWS[i].boundaries), ROWS[i].header, 2);
        list(declared.names, got, sizeof(got));
        assert_row_slice(slice_str(got), slice_str(ROWS[i].names), ROWS[i].header, 3);
        assert_row(declared.encodings == ROWS[i].encodings, ROWS[i].header, 4);
        assert_row(declared.doubts == ROWS[i].doubts, ROWS[i].header, 5);
        arena_reset(&arena);
    }
}

static void test_eight_bit(void **state)
{
    static const struct {
        const char *header;
        bool want;
    } SAID[] = {
        {"", false},
        {"Content-Transfer-Encoding: 7bit\r\n", false},
        {"Content-Transfer-Encoding: 8bit \r\n", true},
        {"Content-Transfer-Encoding: Binary\r\n", true},
        {"Content-Transfer-Encoding: x-8bit\r\n", false},
        {"Content-Transfer-Encoding: base64\r\nContent-Transfer-Encoding: 8bit\r\n", false},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(SAID); i++) {
        struct declared declared;

        assert_int_equal(read_header(SAID[i].header, &declared), CONTENT_READ);
        assert_row(declared.eight_bit == SAID[i].want, SAID[i].header, 0);
    }
}

static void test_disposition(void **state)
{
    struct declared declared;

    (void)state;
    assert_int_equal(read_header("Content-Disposition: ATTACHMENT\r\n", &declared), CONTENT_READ);
    assert_true(declared.attachment);
    assert_int_equal(read_header("Content-Disposition: inline\r\n", &declared), CONTENT_READ);
    assert_false(declared.attachment);
    arena_reset(&arena);
}

static void test_is(void **state)
{
    (void)state;
    assert_true(declared_is(SLICE("text/plain"), SLICE("text")));
    assert_true(declared_is(SLICE("text"), SLICE("text")));
    assert_false(declared_is(SLICE("texts/plain"), SLICE("text")));
    assert_false(declared_is(SLICE("tex"), SLICE("text")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_eight_bit),
        cmocka_unit_test(test_disposition),
        cmocka_unit_test(test_is),
    };
    return cmocka_run_group_tests(tests, arena_set_up, arena_tear_down);
}
