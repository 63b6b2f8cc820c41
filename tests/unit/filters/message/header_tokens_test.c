/* A text taken apart into the words that are written one by one. */
#include "filters/message/header_tokens.h"
#include "tests/unit/support.h"

/* Each token is a letter and its word: Text, Quoted, Comment, Fixed, Blank. */
static const struct {
    const char *text;
    bool addresses;
    const char *tokens;
} ROWS[] = {
    {"", false, ""},
    {"one two", false, "T:one|T:two|"},
    {" one  two ", false, "T:one|T:two|B:|"},
    {"a@b <c>", false, "T:a@b|T:<c>|"},
    {"Joe Doe <a@b>", true, "T:Joe|T:Doe|F:<a@b>|"},
    {"a@b", true, "F:a@b|"},
    {"\"Doe, J\" <a@b>", true, "Q:\"Doe, J\"|F:<a@b>|"},
    {"a@b (Joe Doe)", true, "F:a@b|F:(|C:Joe|C:Doe|F:)|"},
    {"a@b, Joe <c@d>", true, "F:a@b|F:,|T:Joe|F:<c@d>|"},
    {"friends: a@b;", true, "T:friends|F::|F:a@b|F:;|"},
};

static void rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(ROWS); i++) {
        struct slice shape = slice_str(ROWS[i].text);
        struct tokens tokens;
        struct token token;
        char text[200] = "";
        int at = 0;
        size_t last = 0;
        header_tokens_init(&tokens, shape, ROWS[i].addresses);
        while (header_tokens_next(&tokens, &token)) {
            assert_row(token.gap == last && token.start >= token.gap && token.end >= token.start,
                       ROWS[i].text, at);
            last = token.end;
            at += snprintf(text + at, sizeof text - (size_t)at, "%c:%.*s|", "TQCFB"[token.kind],
                           SLICE_ARG(slice_part(shape, token.start, token.end)));
        }
        assert_row(last == shape.len, ROWS[i].text, i);
        assert_row_slice(slice_str(text), slice_str(ROWS[i].tokens), ROWS[i].text, i);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(rows)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
