#include "filters/revise/place.h"

#include "tests/unit/support.h"

static const struct {
    const char *octets;
    size_t at;
} HTML[] = {
    {"<p>x</body></html>", 4},
    {"<p>x</BODY\t></html>", 4},
    {"<p></body>x</body>", 11},
    {"<p>x</html>", 4},
    {"<p>x", 4},
    {"", 0},
    {"x</bodyguard>", 13},
    {"x</body", 7},
    {"</body>", 0},
    /* what is no tag of the document */
    {"<p>x</body></html><!-- </body> -->", 4},
    {"<p>x<!-- </body> -->y", 21},
    {"x</body><script>'</body>'</script>", 1},
    {"x<style></body></style>y", 24},
    {"x<textarea></body></textarea></html>", 29},
    {"x<p title='</body>'>", 20},
    {"x<![CDATA[</body>]]></html>", 20},
    {"x<plaintext></body>", 19},
    /* Word's, and a page in a page */
    {"x<!--[if mso]></body><![endif]--></body></html>", 33},
    {"<body><![if !mso]>x<![endif]></body>", 29},
    {"x</body></html>\r\ny</body></html>\r\n", 18},
};

static void test_html(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(HTML) / sizeof(*HTML); i++)
        assert_int_equal(place_html_end(slice_str(HTML[i].octets)), HTML[i].at);
}

static void test_newline(void **state)
{
    (void)state;
    assert_text(place_newline(SLICE("a\r\nb\nc")), "\r\n");
    assert_text(place_newline(SLICE("a\nb\r\nc")), "\n");
    assert_text(place_newline(SLICE("\n")), "\n");
    assert_text(place_newline(SLICE("a")), "\r\n");
    assert_text(place_newline(SLICE_NONE), "\r\n");
}

static const struct {
    const char *octets, *text;
    bool ends;
} ENDS[] = {
    {"body\r\n-- \r\nfooter\r\n", "-- \nfooter", true},
    {"body\n-- \nfooter", "-- \r\nfooter\r\n", true},
    {"body\r\nfooter \r\n\r\n", "footer", true},
    {"body footer\r\n", "footer", false},
    {"new\r\n> footer\r\n", "footer", false}, /* a reply */
    {"body\r\nfooter\r\nan other one", "footer", false},
    {"body\r\nfooter\r\nmore", "footer", false},
    {"body\r\nFooter\r\n", "footer", false},
    {"ooter", "footer", false},
    {"", "footer", false},
    {"footer", "footer", true},
    /* of others */
    {"body\r\nfooter\r\nother one\r\n", "footer", true},
    {"body\r\nfooter\r\nother one\r\nother two", "footer", true},
    {"body\r\nfooter\r\nother two\r\nother one", "footer", true},
    {"body\r\nother one\r\nother two", "footer", false},
    {"body\r\nfooter\r\nx\r\nother one", "footer", false},
    {"footer\nother one\nother one\nother one\nother one", "footer", false}, /* each but once */
    {"x\r\n", "", true},
};

static void test_ends_with(void **state)
{
    static const struct slice OTHERS[] = {SLICE_INIT("other one"), SLICE_INIT("other two"),
                                          SLICE_INIT("")};

    (void)state;
    for (size_t i = 0; i < sizeof(ENDS) / sizeof(*ENDS); i++)
        assert_int_equal(
            place_ends_with(slice_str(ENDS[i].octets), false, slice_str(ENDS[i].text), OTHERS, 3),
            ENDS[i].ends);
    assert_false(place_ends_with(SLICE("footer\nother one"), false, SLICE("footer"), NULL, 0));
    assert_true(place_ends_with(SLICE("<p>a</p><p>b</p>"), true, SLICE("<p>b</p>"), NULL, 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_html),
        cmocka_unit_test(test_newline),
        cmocka_unit_test(test_ends_with),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
