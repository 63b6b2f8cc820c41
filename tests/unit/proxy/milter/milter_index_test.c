/* How the two count header fields: in Postfix a deleted field is gone, in Sendmail it keeps its
 * place (MILTER 3). Each row is judged by the header that comes out. */
#include "filters/verdict.h"
#include "tests/unit/proxy/milter/scene.h"

#include "filters/message/rewrite.h"

#define HEADER "A: 1\r\nB: 1\r\nA: 2\r\nA: 3\r\n"

struct row {
    const char *say;
    const char *postfix, *sendmail; /* the fields, without blanks; ^ where our own would stand, if
                                     * not on top */
};

static const struct row ROWS[] = {
    {"m:2;A;x|c", "A:1 B:1 A:x A:3", "A:1 B:1 A:x A:3"},
    {"m:0;a;x|c", "A:x B:1 A:2 A:3", "A:x B:1 A:2 A:3"},
    {"m:9;A;x|c", "A:1 B:1 A:2 A:3 A:x", "A:1 B:1 A:2 A:3 A:x"},
    {"m:9;A;|c", "A:1 B:1 A:2 A:3", "A:1 B:1 A:2 A:3"},
    {"m:1;A;|m:2;A;|c", "B:1 A:2", "B:1 A:3"},
    {"m:1;A;|m:2;A;|m:3;A;|c", "B:1 A:2", "B:1"},
    {"m:3;A;|m:2;A;|m:1;A;|c", "B:1", "B:1"},
    {"m:1;A;|m:1;A;x|c", "B:1 A:x A:3", "A:x B:1 A:2 A:3"},
    {"m:2;A;|m:2;A;|c", "A:1 B:1", "A:1 B:1 A:3"},
    {"h:A;4|m:4;A;x|c", "A:1 B:1 A:2 A:3 A:x", "A:1 B:1 A:2 A:3 A:x"},
    {"i:1;A;0|m:1;A;x|c", "A:x A:1 B:1 A:2 A:3", "A:x A:1 B:1 A:2 A:3"},
    {"m:1;A;|i:2;X;1|c", "B:1 X:1 A:2 A:3", "X:1 B:1 A:2 A:3"},
    {"i:0;X;1|i:1;Y;2|i:3;Z;3|c", "X:1 Y:2 ^Z:3 A:1 B:1 A:2 A:3", "X:1 Y:2 ^Z:3 A:1 B:1 A:2 A:3"},
    {"i:0;X;1|i:0;Y;2|i:5;Z;3|c", "Y:2 X:1 ^A:1 B:1 Z:3 A:2 A:3", "Y:2 X:1 ^A:1 B:1 Z:3 A:2 A:3"},
    {"i:0;X;1|m:1;X;|i:1;Y;2|c", "Y:2 A:1 B:1 A:2 A:3", "Y:2 ^A:1 B:1 A:2 A:3"},
    {"i:0;X;1|i:0;Y;2|m:1;X;|i:2;Z;3|c", "Y:2 ^Z:3 A:1 B:1 A:2 A:3", "Y:2 Z:3 ^A:1 B:1 A:2 A:3"},
    {"i:0;X;1|m:1;X;|m:1;X;2|c", "A:1 B:1 A:2 A:3 X:2", "X:2 ^A:1 B:1 A:2 A:3"},
    {"i:0;X;1|m:1;A;|m:1;A;2|c", "X:1 ^B:1 A:2 A:3", "X:1 ^A:2 B:1 A:2 A:3"},
    {"i:3;X;1|i:99;Y;1|c", "A:1 B:1 X:1 A:2 A:3 Y:1", "A:1 B:1 X:1 A:2 A:3 Y:1"},
};

static const char *result(struct scene *s)
{
    struct header header;
    struct bytes out;
    struct slice copy;

    assert_int_equal(header_clone(&header, &s->header, &s->arena), 0);
    for (size_t i = 0; i < milter_edits(s->milter)->count; i++)
        assert_int_equal(rewrite_apply(&header, &milter_edits(s->milter)->items[i], &s->arena), 0);
    bytes_init(&out, 4096);
    for (size_t i = 0; i < header.count; i++)
        bytes_format(&out, "%s%s%.*s:%.*s", i > 0 ? " " : "",
                     i > 0 && i == header.on_top ? "^" : "", SLICE_ARG(header.fields[i].name),
                     SLICE_ARG(slice_trim(header.fields[i].value)));
    copy = arena_copy(&s->arena, bytes_slice(&out));
    bytes_fini(&out);
    return copy.ptr;
}

static void rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(ROWS); i++) {
        for (unsigned sendmail = 0; sendmail < 2; sendmail++) {
            const struct play_line lines[] = {{'E', 0, ROWS[i].say}, {.say = NULL}};
            const char *want = sendmail ? ROWS[i].sendmail : ROWS[i].postfix;
            struct scene s;

            scene_begin(&s, lines);
            s.conf.header_index = sendmail ? MILTER_STYLE_SENDMAIL : MILTER_STYLE_POSTFIX;
            (void)scene_envelope(&s);
            (void)scene_message(&s, HEADER, SLICE_NONE);
            assert_row_slice(slice_str(result(&s)), slice_str(want), ROWS[i].say, sendmail);
            scene_end(&s);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(rows)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
