/* leaf_text: a part's text, in charsets, as HTML, with links and files. */
#include "tests/unit/filters/content/reading_kit.h"

static const struct {
    const char *name, *message;
    enum content_fact fact;
    const char *want;
} ROWS[] = {
    {"koi8-r in quoted-printable (rspamd#4291)",
     "Content-Type: text/plain; charset=koi8-r\nContent-Transfer-Encoding: quoted-printable\n\n"
     "=D0=D2=C9=D7=C5=D4\n",
     CONTENT_BODY, "\xD0\xBF\xD1\x80\xD0\xB8\xD0\xB2\xD0\xB5\xD1\x82\r\n"},
    {"a byte that is no letter", "Content-Type: text/plain; charset=utf-8\n\na\xFF\n", CONTENT_BODY,
     "a\xEF\xBF\xBD\r\n"},
    {"the source of HTML", "Content-Type: text/html\n\n<b>a</b>&amp;\n", CONTENT_BODY,
     "<b>a</b>&amp;\r\n"},
    {"what is seen of it", "Content-Type: text/html\n\n<b>a</b>&amp;", CONTENT_BODY, "a&"},
    {"hidden text", "Content-Type: text/html\n\n<p style=\"display:none\">secret</p>x\n",
     CONTENT_HIDDEN_TEXT, "secret"},
    {"href without quotes (rspamd#3490)",
     "Content-Type: text/html\n\n<a href=https://a.test/x>y</a>\n", CONTENT_LINK,
     "https://a.test/x"},
    {"its host", "Content-Type: text/html\n\n<a href=https://a.test/x>y</a>\n", CONTENT_LINK_HOST,
     "a.test"},
    {"a bare URL in HTML (rspamd#4956)", "Content-Type: text/html\n\n<div>http://a.test/x</div>\n",
     CONTENT_LINK, "http://a.test/x"},
    {"a URL in a text, encoded",
     "Content-Transfer-Encoding: quoted-printable\n\nhttp://a.te=\nst/x\n", CONTENT_LINK,
     "http://a.test/x"},
    {"a user part of 70 letters (rspamd#5731)",
     "\nhttps://AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA@t.ly/x\n",
     CONTENT_LINK_HOST, "t.ly"},
    {"that host and nothing invented (rspamd#5573)", "\nhttp://virusfree.cz: user@virusfree.cz\n",
     CONTENT_LINK_HOST, "virusfree.cz"},
    {"a file in a text", "\nbegin 644 a.exe\n#0V%T\n`\nend\n", CONTENT_ATTACHMENT, "a.exe"},
    {"two readings of a file in an encoded text",
     "Content-Transfer-Encoding: base64\n\nYmVnaW4gNjQ0IGEuZXhlCiMwViVUCmAKZW5kCg==!x\n",
     CONTENT_ATTACHMENT, "a.exe"},
};

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(ROWS); i++) {
        struct kit kit;

        kit_read(&kit, ROWS[i].message);
        if (!kit_value(&kit, ROWS[i].fact, ROWS[i].want))
            kit_say(&kit, ROWS[i].fact);
        assert_row(kit_value(&kit, ROWS[i].fact, ROWS[i].want), ROWS[i].name, 0);
        kit_fini(&kit);
    }
}

static void test_views(void **state)
{
    struct kit kit;
    const struct content_values *texts;

    (void)state;
    kit_read(&kit, "Content-Type: text/html\n\n<a href=http://a.test>http://b.test</a>\n");
    texts = &kit.content->values[CONTENT_BODY];
    assert_int_equal(texts->count, 2);
    assert_int_equal(texts->items[0].view, CONTENT_SOURCE);
    assert_int_equal(texts->items[1].view, CONTENT_VISIBLE);
    assert_true(kit.content->link_mismatch);
    kit_fini(&kit);
}

/* A text that is UTF-8 as it stands is not copied. */
static void test_borrowed(void **state)
{
    struct kit kit;

    (void)state;
    kit_read(&kit, "Content-Type: text/plain; charset=utf-8\n\n\xC3\xA4\n");
    assert_ptr_equal(kit.content->values[CONTENT_BODY].items[0].text.ptr, kit.body.ptr);
    kit_fini(&kit);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_views),
        cmocka_unit_test(test_borrowed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
