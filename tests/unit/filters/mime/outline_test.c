/* outline: where parts begin and end, in each reading, linear and within limits. */
#include "filters/mime/outline.h"

#include <stdlib.h>

#include "filters/message/header.h"
#include "tests/unit/arena_kit.h"

static struct charset_set charsets;
static struct allowance allowance;

static struct outline_source source_of(struct header *header, struct slice fields,
                                       struct slice text)
{
    assert_int_equal(header_parse(header, fields, true, &arena), 0);
    return (struct outline_source){.header = header,
                                   .text = text,
                                   .type = SLICE("text/plain"),
                                   .parts = 10000,
                                   .depth_max = 100};
}

static enum content_result read_source(const struct outline_source *source,
                                       enum outline_reading reading, struct outline *outline)
{
    struct parameter_means means = {&arena, &charsets, &allowance};

    return outline_read(source, reading, &means, outline);
}

/* ${text} with CRLF for LF. */
static struct slice wire(const char *text)
{
    char *out = arena_alloc(&arena, 2 * strlen(text) + 1);
    size_t used = 0;

    assert_non_null(out);
    for (; *text != '\0'; text++) {
        if (*text == '\n')
            out[used++] = '\r';
        out[used++] = *text;
    }
    return slice_make(out, used);
}

/* The tree: "0 multipart/mixed;1 text/plain[one]", line ends as "/". */
static void say(const struct outline *outline, struct slice text, char *out, size_t size)
{
    size_t used = 0;

    for (size_t i = 0; i < outline->count && used < size; i++) {
        const struct outline_part *part = &outline->parts[i];

        used += (size_t)snprintf(out + used, size - used, "%s%u %.*s", i > 0 ? ";" : "",
                                 part->depth, (int)part->type.len, part->type.ptr);
        if (part->kind == OUTLINE_LEAF || part->kind == OUTLINE_ENCODED)
            used += (size_t)snprintf(out + used, size - used, "[%.*s]",
                                     (int)(part->body_end - part->body_start),
                                     text.ptr + part->body_start);
    }
    for (char *c = out; *c != '\0'; c++)
        if (*c == '\r')
            memmove(c, c + 1, strlen(c));
}

#define MIXED "Content-Type: multipart/mixed; boundary=B\n"

static const struct {
    const char *name, *header, *text;
    const char *want[OUTLINE_READINGS]; /* NULL: as the first */
    enum doubt doubt;                   /* DOUBTS: none at all */
} ROWS[] = {
    {"no fields", "", "text\n", {"0 text/plain[text\n]"}, DOUBTS},
    {"no body", "", "", {"0 text/plain[]"}, DOUBTS},
    {"two parts",
     MIXED,
     "pre\n--B\n\none\n--B\nContent-Type: a/b\n\ntwo\n\n--B--\npost\n",
     {"0 multipart/mixed;1 text/plain[one];1 a/b[two\n]"},
     DOUBTS},
    {"padding", MIXED, "--B \t\n\none\n--B-- \n", {"0 multipart/mixed;1 text/plain[one]"}, DOUBTS},
    {"header only",
     MIXED,
     "--B\nContent-Type: a/b\n--B--\n",
     {"0 multipart/mixed;1 a/b[]"},
     DOUBTS},
    {"empty part", MIXED, "--B\n\n--B--\n", {"0 multipart/mixed;1 text/plain[]"}, DOUBTS},
    {"inside a line",
     MIXED,
     "--B\n\na --B\n--B--\n",
     {"0 multipart/mixed;1 text/plain[a --B]"},
     DOUBTS},
    {"nested",
     MIXED,
     "--B\nContent-Type: multipart/alternative; boundary=BB\n\n--BB\n\none\n--BB--\n\n"
     "--B\n\ntwo\n--B--\n",
     {"0 multipart/mixed;1 multipart/alternative;2 text/plain[one];1 text/plain[two]"},
     DOUBTS},
    {"message",
     MIXED,
     "--B\nContent-Type: message/rfc822\n\nSubject: x\nContent-Type: a/b\n\nin\n--B--\n",
     {"0 multipart/mixed;1 message/rfc822;2 a/b[in]"},
     DOUBTS},
    {"a message that ends in its header",
     MIXED,
     "--B\nContent-Type: message/rfc822\n\nContent-Type: a/b\n--B--\n",
     {"0 multipart/mixed;1 message/rfc822;2 a/b[]"},
     DOUBTS},
    {"digest",
     "Content-Type: multipart/digest; boundary=B\n",
     "--B\n\nSubject: x\n\nin\n--B--\n",
     {"0 multipart/digest;1 message/rfc822;2 text/plain[in]"},
     DOUBTS},
    {"the message is a message",
     "Content-Type: message/global\n",
     "A: b\n\nin\n",
     {"0 message/global;1 text/plain[in\n]"},
     DOUBTS},
    {"an encoded message",
     "Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n",
     "QQ==\n",
     {"0 message/rfc822[QQ==\n]", [OUTLINE_EVERY] = "0 message/rfc822;1 text/plain[]"},
     DOUBTS},
    {"no end", MIXED, "--B\n\none\n", {"0 multipart/mixed;1 text/plain[one\n]"}, DOUBT_NO_END},
    {"no end inside",
     MIXED,
     "--B\nContent-Type: multipart/x; boundary=C\n\n--C\n\none\n--B--\n",
     {"0 multipart/mixed;1 multipart/x;2 text/plain[one]"},
     DOUBT_NO_END},
    {"cut in a header",
     MIXED,
     "--B\nContent-Type: a/b",
     {"0 multipart/mixed;1 a/b[]"},
     DOUBT_NO_END},
    {"no delimiter",
     MIXED,
     "one\n--X\n\ntwo\n--X--\n",
     {"0 multipart/mixed", NULL, NULL, "0 multipart/mixed;1 text/plain[two]"},
     DOUBT_NO_DELIMITER},
    {"no boundary",
     "Content-Type: multipart/mixed\n",
     "--X\nContent-Type: a/b\n\ntwo\n--X--\n",
     {"0 multipart/mixed", NULL, NULL, "0 multipart/mixed;1 a/b[two]"},
     DOUBT_NO_BOUNDARY},
    {"an empty boundary",
     "Content-Type: multipart/mixed; boundary=\"\"\n",
     "--\n\ntwo\n----\n",
     {"0 multipart/mixed;1 text/plain[two]"},
     DOUBT_NO_BOUNDARY},
    {"two boundaries",
     "Content-Type: multipart/mixed; boundary=B; boundary=C\n",
     "--C\n\none\n--C--\n--B\n\ntwo\n--B--\n",
     {"0 multipart/mixed;1 text/plain[two]", "0 multipart/mixed;1 text/plain[one]", NULL,
      "0 multipart/mixed;1 text/plain[one];1 text/plain[two]"},
     DOUBT_REPEATED},
    {"two types",
     "Content-Type: text/html\nContent-Type: multipart/mixed; boundary=B\n",
     "--B\n\none\n--B--\n",
     {"0 text/html[--B\n\none\n--B--\n]", "0 multipart/mixed;1 text/plain[one]", NULL,
      "0 multipart/mixed;1 text/plain[one]"},
     DOUBT_TYPES},
    {"a blank in the boundary",
     "Content-Type: multipart/mixed; boundary=\"B \"\n",
     "--B\n\none\n--B--\n",
     {"0 multipart/mixed", "0 multipart/mixed;1 text/plain[one]", NULL,
      "0 multipart/mixed;1 text/plain[one]"},
     DOUBT_BOUNDARY},
    {"an encoded word in the boundary",
     "Content-Type: multipart/mixed; boundary=\"=?utf-8?q?B?=\"\n",
     "--B\n\none\n--B--\n",
     {"0 multipart/mixed", "0 multipart/mixed;1 text/plain[one]", NULL,
      "0 multipart/mixed;1 text/plain[one]"},
     DOUBT_BOUNDARY},
    {"a line that goes on",
     MIXED,
     "--B\n\none\n--Bx\n\ntwo\n--B--\n",
     {"0 multipart/mixed;1 text/plain[one\n--Bx\n\ntwo]", NULL, NULL,
      "0 multipart/mixed;1 text/plain[one];1 text/plain[two]"},
     DOUBT_PREFIX},
    {"again",
     MIXED,
     "--B\n\none\n--B--\n\n--B\n\ntwo\n--B--\n",
     {"0 multipart/mixed;1 text/plain[one]", NULL, NULL,
      "0 multipart/mixed;1 text/plain[one];1 text/plain[two]"},
     DOUBT_AGAIN},
    {"one boundary for two",
     MIXED,
     "--B\nContent-Type: multipart/x; boundary=B\n\n--B\n\none\n--B--\n\n--B\n\ntwo\n--B--\n",
     {"0 multipart/mixed;1 multipart/x;2 text/plain[one];1 text/plain[two]"},
     DOUBT_NESTED},
    {"a line in a header",
     MIXED,
     "--B\nno field\nContent-Type: a/b\n\none\n--B--\n",
     {"0 multipart/mixed;1 a/b[one]", NULL,
      "0 multipart/mixed;1 text/plain[no field\nContent-Type: a/b\n\none]", NULL},
     DOUBT_STRAY},
    {"an encoded multipart",
     MIXED "Content-Transfer-Encoding: base64\n",
     "--B\n\none\n--B--\n",
     {"0 multipart/mixed;1 text/plain[one]"},
     DOUBT_CONTAINER},
    {"a blank before the colon",
     "Content-Type : multipart/mixed; boundary=B\n",
     "--B\n\none\n--B--\n",
     {"0 multipart/mixed;1 text/plain[one]"},
     DOUBT_COLON},
    {"no subtype",
     "Content-Type: multipart; boundary=B\n",
     "--B\n\none\n--B--\n",
     {"0 multipart;1 text/plain[one]"},
     DOUBT_TYPE},
};

/* A part stands behind its header, in the body of its parent. */
static void check_place(const struct outline *outline, size_t number)
{
    const struct outline_part *part = &outline->parts[number];
    const struct outline_part *parent;

    assert_true(part->header_start <= part->body_start && part->body_start <= part->body_end);
    if (number == 0)
        return;
    assert_true(part->parent < number);
    parent = &outline->parts[part->parent];
    assert_true(part->header_start >= parent->body_start && part->body_end <= parent->body_end);
}

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(ROWS); i++)
        for (enum outline_reading r = 0; r < OUTLINE_READINGS; r++) {
            const char *want = ROWS[i].want[r] != NULL ? ROWS[i].want[r] : ROWS[i].want[0];
            struct guard guard;
            struct header header;
            struct outline_source source;
            struct outline outline;
            doubt_set doubts = 0;
            char got[1024];

            guard_init(&guard, 4096);
            source =
                source_of(&header, wire(ROWS[i].header), guard_copy(&guard, wire(ROWS[i].text)));
            assert_row(read_source(&source, r, &outline) == CONTENT_READ, ROWS[i].name, r);
            say(&outline, source.text, got, sizeof(got));
            if (strcmp(got, want) != 0)
                print_error("got \"%s\"\n", got);
            assert_row(strcmp(got, want) == 0, ROWS[i].name, r);
            for (size_t k = 0; k < outline.count; k++) {
                doubts |= outline.parts[k].doubts;
                check_place(&outline, k);
            }
            if (r == OUTLINE_FIRST && ROWS[i].doubt != DOUBTS)
                assert_row((doubts & doubt_bit(ROWS[i].doubt)) != 0, ROWS[i].name, r);
            if (r == OUTLINE_FIRST && ROWS[i].doubt == DOUBTS) /* the others are not asked */
                assert_row(doubts == 0, ROWS[i].name, r);
            guard_fini(&guard);
            arena_reset(&arena);
        }
}

/* --- limits and work -------------------------------------------------------------------------- */

static struct slice repeat(const char *piece, size_t count)
{
    size_t len = strlen(piece);
    char *out = malloc(len * count + 1);

    assert_non_null(out);
    for (size_t i = 0; i < count; i++)
        memcpy(out + i * len, piece, len);
    return slice_make(out, len * count);
}

static enum content_result read_repeated(const char *fields, const char *piece, size_t count,
                                         struct outline *outline)
{
    struct slice text = repeat(piece, count);
    struct header header;
    struct outline_source source = source_of(&header, wire(fields), text);
    enum content_result result;

    allowance = (struct allowance){0};
    result = read_source(&source, OUTLINE_EVERY, outline);
    free((char *)(uintptr_t)text.ptr);
    return result;
}

/* So many parts with a hundred parameters each; the boundary is one more. */
static enum content_result read_parameters(size_t parts)
{
    struct outline outline;
    char piece[1024];
    size_t used = (size_t)snprintf(piece, sizeof(piece), "--B\r\nContent-Type: a/b");

    for (int i = 0; i < 100; i++)
        used += (size_t)snprintf(piece + used, sizeof(piece) - used, ";n%d=x", i);
    (void)snprintf(piece + used, sizeof(piece) - used, "\r\n\r\n");
    return read_repeated("Content-Type: multipart/mixed; boundary=B\n", piece, parts, &outline);
}

static void test_limits(void **state)
{
    struct outline outline;

    (void)state;
    assert_int_equal(read_repeated(MIXED, "--B\r\n\r\n", 9999, &outline), CONTENT_READ);
    assert_int_equal(outline.count, 10000);
    assert_int_equal(read_repeated(MIXED, "--B\r\n\r\n", 10000, &outline), CONTENT_LIMIT);
    assert_int_equal(read_repeated("Content-Type: message/rfc822\n",
                                   "Content-Type: message/rfc822\r\n\r\n", 99, &outline),
                     CONTENT_READ);
    assert_int_equal(outline.count, 101);
    assert_int_equal(outline.parts[100].depth, 100);
    assert_int_equal(read_repeated("Content-Type: message/rfc822\n",
                                   "Content-Type: message/rfc822\r\n\r\n", 100, &outline),
                     CONTENT_LIMIT);
    assert_int_equal(
        read_repeated("Content-Type: message/rfc822\n", "A: b\r\n", OUTLINE_FIELDS_MAX, &outline),
        CONTENT_READ);
    assert_int_equal(read_repeated("Content-Type: message/rfc822\n", "A: b\r\n",
                                   OUTLINE_FIELDS_MAX + 1, &outline),
                     CONTENT_LIMIT);
    arena_reset(&arena);
    assert_int_equal(read_parameters(OUTLINE_PARAMETERS_MAX / 100 - 1), CONTENT_READ);
    assert_int_equal(read_parameters(OUTLINE_PARAMETERS_MAX / 100), CONTENT_LIMIT);
    arena_reset(&arena);
}

/* Steps that were asked for, for each octet. */
static void check_work(const char *fields, const char *piece, size_t count)
{
    struct outline outline;
    enum content_result result = read_repeated(fields, piece, count, &outline);

    assert_true(result == CONTENT_READ || result == CONTENT_LIMIT);
    assert_true(allowance.spent <= 4 * strlen(piece) * count + 65536);
    arena_reset(&arena);
}

static void test_linear(void **state)
{
    (void)state;
    check_work(MIXED, "--B\r\n", 1000000);
    check_work(MIXED, "--Bx\r\n", 1000000);
    check_work(MIXED, "--\r\n", 1000000);
    check_work(MIXED, "-", 50000000);
    check_work("Content-Type: message/rfc822\n", "Content-Type: a/b;(", 1000000);
    check_work("Content-Type: multipart/mixed\n", "--X\r\n", 1000000);
}

static bool is_over(void *ctx)
{
    (void)ctx;
    return true;
}

static void test_allowance(void **state)
{
    struct outline outline;
    struct header header;
    struct slice text = repeat("a\r\n", ALLOWANCE_BYTES);
    struct outline_source source = source_of(&header, SLICE(""), text);

    (void)state;
    allowance = (struct allowance){.over = is_over};
    assert_int_equal(read_source(&source, OUTLINE_FIRST, &outline), CONTENT_OVER);
    allowance = (struct allowance){0};
    free((char *)(uintptr_t)text.ptr);
    arena_reset(&arena);
}

static void test_memory(void **state)
{
    struct header header;
    struct outline outline;
    struct outline_source source =
        source_of(&header, wire("Content-Type: multipart/mixed; boundary=\"B \"\n"),
                  wire("--B\nContent-Type: message/rfc822\n\nA: b\n\nx\n--B--\n"));
    struct parameter_means means = {NULL, &charsets, &allowance};
    size_t limit = 0;

    (void)state;
    for (enum content_result result = CONTENT_MEMORY; result != CONTENT_READ; limit += 32) {
        struct arena small;

        arena_init(&small, 64, limit);
        means.arena = &small;
        result = outline_read(&source, OUTLINE_EVERY, &means, &outline);
        assert_true(result == CONTENT_READ || result == CONTENT_MEMORY);
        arena_fini(&small);
    }
    assert_true(limit > 512);
    arena_reset(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),   cmocka_unit_test(test_limits),
        cmocka_unit_test(test_linear), cmocka_unit_test(test_allowance),
        cmocka_unit_test(test_memory),
    };
    return cmocka_run_group_tests(tests, arena_set_up, arena_tear_down);
}
