/* HTML without an end, and its limits: of time, memory, depth and links. */
#include "filters/html/html.h"

#include <stdlib.h>

#include "filters/base/bytes.h"
#include "tests/unit/filters/html/html_kit.h"
#include "tests/unit/heap.h"
#include "tests/unit/support.h"

static const struct slice floods[] = {
    SLICE_INIT("<"),
    SLICE_INIT("</"),
    SLICE_INIT("<a"),
    SLICE_INIT("<a "),
    SLICE_INIT("<a>"),
    SLICE_INIT("<a href=x>"),
    SLICE_INIT("<a x=\""),
    SLICE_INIT("<a x='>"),
    SLICE_INIT("<div>"),
    SLICE_INIT("</div>"),
    SLICE_INIT("</p>"),
    SLICE_INIT("<p>"),
    SLICE_INIT("<table>"),
    SLICE_INIT("<table>x"),
    SLICE_INIT("<td>"),
    SLICE_INIT("<b><i></b>"),
    SLICE_INIT("<b></i>"),
    SLICE_INIT("<svg><p>"),
    SLICE_INIT("&amp;"),
    SLICE_INIT("&amp"),
    SLICE_INIT("&"),
    SLICE_INIT("&a"),
    SLICE_INIT("&#"),
    SLICE_INIT("&#1"),
    SLICE_INIT("<!--"),
    SLICE_INIT("<!-- -->"),
    SLICE_INIT("<!--[if a]>"),
    SLICE_INIT("<!--[if a]>-->"),
    SLICE_INIT("--"),
    SLICE_INIT("<![CDATA["),
    SLICE_INIT("<svg><![CDATA["),
    SLICE_INIT("<?"),
    SLICE_INIT("<title>"),
    SLICE_INIT("<textarea></textare"),
    SLICE_INIT("<script><!--<script>"),
    SLICE_INIT("<style>"),
    SLICE_INIT("<style>a{"),
    SLICE_INIT("<style>.a{color:red}</style>"),
    SLICE_INIT("<style>.a,.b{color:red}</style><b class='a b c d'>"),
    SLICE_INIT("<b style='color:red"),
    SLICE_INIT("<b style='color:red;'>"),
    SLICE_INIT("<b style='((((\\\\/*'>"),
    SLICE_INIT("<b style='/*/*/*'>"),
    SLICE_INIT("<img srcset=',,,a, b c'>"),
    SLICE_INIT("http://"),
    SLICE_INIT("http://a "),
    SLICE_INIT("www."),
    SLICE_INIT("www.a)"),
    SLICE_INIT("://"),
    SLICE_INIT("@a.b:"),
    SLICE_INIT("%41"),
    SLICE_INIT("\xc2\xad"),
    SLICE_INIT("\xff"),
    SLICE_INIT("\0"),
    SLICE_INIT("<a href=http://a.b>c.d</a>"),
};

#define STEPS_PER_BYTE 80 /* an end tag of four bytes looks at all that is open */

static uint64_t steps_of(struct slice piece, struct slice head, size_t bytes, char *room)
{
    struct reading reading;
    size_t len = head.len;
    uint64_t spent;

    memcpy(room, head.ptr, head.len);
    for (; len + piece.len <= bytes; len += piece.len)
        memcpy(room + len, piece.ptr, piece.len);
    reading_init(&reading, slice_make(room, len));
    assert_row(reading.result == CONTENT_READ || reading.result == CONTENT_LIMIT, piece.ptr, bytes);
    spent = reading.allowance.spent;
    reading_fini(&reading);
    return spent;
}

/* Twice as much is twice the work. */
static void is_linear(void **state)
{
    static const struct slice heads[] = {SLICE_INIT(""),
                                         SLICE_INIT("<a href='"),
                                         SLICE_INIT("<a href=\"http://"),
                                         SLICE_INIT("<b style=\""),
                                         SLICE_INIT("<style>"),
                                         SLICE_INIT("<base href=http://a.test/><p>"),
                                         SLICE_INIT("<pre>")};
    size_t bytes = 100000;
    char *room = malloc(2 * bytes);

    (void)state;
    assert_non_null(room);
    for (size_t h = 0; h < COUNT_OF(heads); h++)
        for (size_t i = 0; i < COUNT_OF(floods); i++) {
            uint64_t once = steps_of(floods[i], heads[h], bytes, room);
            uint64_t twice = steps_of(floods[i], heads[h], 2 * bytes, room);

            assert_row(once >= bytes - 64, floods[i].ptr, h);
            assert_row(once <= STEPS_PER_BYTE * bytes, floods[i].ptr, h);
            assert_row(twice <= 2 * once + 10000, floods[i].ptr, h);
        }
    free(room);
}

static void deep(void **state)
{
    struct bytes source;
    struct reading reading;

    (void)state;
    bytes_init(&source, 1 << 20);
    for (size_t i = 0; i < 300; i++)
        bytes_append(&source, SLICE("<div>"));
    bytes_append(&source, SLICE("<i style=display:none>a</i>b"));
    reading_init(&reading, bytes_slice(&source));
    assert_int_equal(reading.result, CONTENT_READ);
    assert_text(reading.html.visible, "ab");
    reading_fini(&reading);
    /* what was lost makes nothing hidden that could be seen */
    bytes_clear(&source);
    for (size_t i = 0; i < 254; i++)
        bytes_append(&source, SLICE("<div>"));
    bytes_append(&source, SLICE("<div style=display:none>a<p></div>b"));
    reading_init(&reading, bytes_slice(&source));
    assert_text(reading.html.visible, "b");
    assert_text(reading.html.hidden, "a b");
    reading_fini(&reading);
    /* nor does what a comment has left open reach behind it */
    bytes_clear(&source);
    for (size_t i = 0; i < 254; i++)
        bytes_append(&source, SLICE("<div>"));
    bytes_append(&source, SLICE("<div style=display:none>a<!--[if m]><b><b><![endif]--></div>b"));
    reading_init(&reading, bytes_slice(&source));
    assert_text(reading.html.visible, "b");
    assert_text(reading.html.hidden, "a");
    reading_fini(&reading);
    bytes_fini(&source);
}

static bool never(void *ctx)
{
    (void)ctx;
    return true;
}

static void time_is_over(void **state)
{
    size_t bytes = (size_t)3 * ALLOWANCE_BYTES;
    char *room = malloc(bytes);
    struct reading reading = {.allowance = {.over = never}};

    (void)state;
    assert_non_null(room);
    memset(room, 'a', bytes);
    room[0] = '<';
    arena_init(&reading.arena, 4096, READING_ROOM);
    link_list_init(&reading.links, &reading.arena, &reading.allowance);
    assert_int_equal(html_read(slice_make(room, ALLOWANCE_BYTES - 1), &reading.arena,
                               &reading.links, &reading.html),
                     CONTENT_READ);
    room[0] = 'a';
    assert_int_equal(
        html_read(slice_make(room, bytes), &reading.arena, &reading.links, &reading.html),
        CONTENT_OVER);
    arena_fini(&reading.arena);
    free(room);
}

static void memory_is_out(void **state)
{
    static const char TEXT[] = "<style>.x{color:red}</style><base href=http://a.test/><a "
                               "href=b&amp;c>bank.com</a><i hidden>more of it, to be hidden</i>";
    bool read = false;

    (void)state;
    for (size_t limit = 0; !read && limit < 100000; limit += 8) {
        struct reading reading = {.allowance = {.over = NULL}};

        arena_init(&reading.arena, 64, limit);
        link_list_init(&reading.links, &reading.arena, &reading.allowance);
        reading.result = html_read(slice_str(TEXT), &reading.arena, &reading.links, &reading.html);
        assert_true(reading.result == CONTENT_READ || reading.result == CONTENT_MEMORY);
        read = reading.result == CONTENT_READ;
        arena_fini(&reading.arena);
    }
    assert_true(read);
}

static void too_many_links(void **state)
{
    struct reading reading;
    struct bytes source;

    (void)state;
    bytes_init(&source, READING_ROOM);
    for (size_t i = 0; i < LINK_COUNT_MAX; i++)
        bytes_append(&source, SLICE("<a href=x>"));
    reading_init(&reading, bytes_slice(&source));
    assert_int_equal(reading.result, CONTENT_READ);
    assert_int_equal(reading.links.count, LINK_COUNT_MAX);
    reading_fini(&reading);
    bytes_append(&source, SLICE("<a href=x>"));
    reading_init(&reading, bytes_slice(&source));
    assert_int_equal(reading.result, CONTENT_LIMIT);
    reading_fini(&reading);
    bytes_fini(&source);
}

static void all_is_given_back(void **state)
{
    assert_true(leaves_nothing(deep, state));
    assert_true(leaves_nothing(memory_is_out, state));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(is_linear),      cmocka_unit_test(deep),
        cmocka_unit_test(time_is_over),   cmocka_unit_test(memory_is_out),
        cmocka_unit_test(too_many_links), cmocka_unit_test(all_is_given_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
