/* The words of a configuration, cut as libconfig cuts them. */
#include "conf/read/token.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

struct row {
    const char *text;
    const char *kinds; /* a letter for each token: Name, String, Open string, Number, Boolean, Junk,
                          and marks as they are */
    unsigned last_line;
};

static const struct row ROWS[] = {
    {"", "", 1},
    {" \t\r\n\f", "", 2},
    {"a = 1;", "N=#;", 1},
    {"a_b-c* : TRUE", "N:B", 1},
    {"* = false", "N=B", 1},
    {"true1", "N", 1},
    {"\"a\" \"b\\\"c\" \"\\\\\"", "SSS", 1},
    {"\"a\nb\" x", "SN", 2},
    {"\"a", "O", 1},
    {"\"a\\\"", "O", 1},
    {"\"", "O", 1},
    {"a # b\nc // d\ne /* f\n\"*/ g", "NNNN", 4},
    {"/* x", "", 1},
    {"/*/", "", 1},
    {"/**/a", "N", 1},
    {"0 12 0x1F 10L 10LL 1.5 .5 -1 +2 -.5 1e10 1e-3", "############", 1},
    {"50M 1.2.3 127.0.0.1 0x1G 1p3 1e 0x1p3", "JJJJJJJ", 1},
    {"- + . / @ ' $", "JJJJJJJ", 1},
    {"\xC3\xA9 \xE2\x80\x9C \xFF", "JJJ", 1},
    {"{[()]},;", "{[()]},;", 1},
};

static char letter(const struct token *token)
{
    switch (token->kind) {
    case TOKEN_END: return '\0';
    case TOKEN_NAME: return 'N';
    case TOKEN_STRING: return 'S';
    case TOKEN_OPEN_STRING: return 'O';
    case TOKEN_NUMBER: return '#';
    case TOKEN_BOOLEAN: return 'B';
    case TOKEN_MARK: return *token->text.ptr;
    case TOKEN_JUNK: return 'J';
    }
    return '?';
}

/* The text ends where its memory does. */
static void run(const struct row *row)
{
    size_t length = strlen(row->text), count = 0;
    char *copy = malloc(length > 0 ? length : 1), kinds[64];

    assert_non_null(copy);
    memcpy(copy, row->text, length);
    struct token_scan scan = {slice_make(copy, length), 1};
    for (;;) {
        struct token token = token_next(&scan);

        kinds[count] = letter(&token);
        if (kinds[count++] == '\0')
            break;
        assert_true(count < sizeof(kinds));
    }
    assert_string_equal(kinds, row->kinds);
    assert_int_equal(scan.line, row->last_line);
    free(copy);
}

static void rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(ROWS) / sizeof(*ROWS); i++)
        run(&ROWS[i]);
}

static void lines_and_words(void **state)
{
    struct token_scan scan = {SLICE("\n\"a\n\n\" x"), 1};
    struct token token = token_next(&scan);

    (void)state;
    assert_int_equal(token.line, 2);
    assert_int_equal(token_lines(&token), 2);
    token = token_next(&scan);
    assert_int_equal(token.line, 4);
    assert_true(slice_equal(token_word(SLICE("127.0.0.1:25; x")), SLICE("127.0.0.1:25")));
    assert_true(slice_equal(token_word(SLICE("a@b\n")), SLICE("a@b")));
    assert_int_equal(token_word(SLICE("\"x\"")).len, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows),
        cmocka_unit_test(lines_and_words),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
