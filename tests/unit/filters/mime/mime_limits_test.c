#include "filters/mime/mime.h"

#include <stdlib.h>

#include "tests/unit/filters/mime/mime_kit.h"

/* --- limits -------------------------------------------------------------------------------------
 */

/* A message in a multipart, and a multipart in it. */
static const struct slice MAZE =
    SLICE_INIT("Content-Type: multipart/mixed; boundary=B\r\n\r\n--B\r\n"
               "Content-Type: message/rfc822\r\n\r\nContent-Type: multipart/a; boundary=C\r\n\r\n"
               "--C\r\n\r\nX\r\n--B--\r\n");

static enum content_result limited(size_t parts, unsigned depth, size_t fields)
{
    struct read_message message = {0};
    struct mime_bounds bounds = BOUNDS;
    struct allowance allowance = {0};
    enum content_result result;

    bounds.parts = parts;
    bounds.fields = fields;
    split(&message, MAZE);
    result = read_split(&message, &bounds, depth, &allowance);
    read_fini(&message);
    return result;
}

static void limits(void **state)
{
    (void)state;
    assert_int_equal(limited(4, 3, MIME_FIELDS_MAX), CONTENT_READ);
    assert_int_equal(limited(3, 3, 0), CONTENT_LIMIT);
    assert_int_equal(limited(4, 2, 0), CONTENT_LIMIT);
    assert_int_equal(limited(4, 3, MIME_FIELDS_MAX + 1), CONTENT_LIMIT);
    assert_int_equal(limited(0, 0, 0), CONTENT_LIMIT);
    assert_int_equal(limited(4, UINT32_MAX, 0), CONTENT_READ);
}

/* As deep as it goes: a part for each level down to the limit, and then too deep. */
static void depth(void **state)
{
    struct bytes text;
    struct read_message message = {0};
    struct mime_bounds bounds = BOUNDS;
    struct allowance allowance = {0};

    (void)state;
    bytes_init(&text, 1000000);
    bytes_append(&text, SLICE("Content-Type: multipart/m; boundary=b0\r\n\r\n"));
    for (int i = 0; i < 1500; i++)
        bytes_format(&text, "--b%d\r\nContent-Type: multipart/m; boundary=b%d\r\n\r\n", i, i + 1);
    assert_int_equal(bytes_end(&text), 0);
    bounds.parts = 2000;
    split(&message, bytes_slice(&text));
    assert_int_equal(read_split(&message, &bounds, 100, &allowance), CONTENT_LIMIT);
    assert_int_equal(read_split(&message, &bounds, 100000, &allowance), CONTENT_LIMIT);
    read_fini(&message);
    bytes_fini(&text);
}

/* More of them than are kept. */
static void doubts(void **state)
{
    struct bytes text;
    struct read_message message;

    (void)state;
    bytes_init(&text, 100000);
    bytes_append(&text, SLICE("Content-Type: multipart/m; boundary=B\r\n\r\n"));
    for (int i = 0; i < 2 * MIME_DOUBTS_MAX; i++)
        bytes_append(&text, SLICE("--B\r\nContent-Type: foo\r\n\r\n"));
    read_message(&message, bytes_slice(&text));
    assert_int_equal(message.mime.doubt_count, MIME_DOUBTS_MAX);
    for (uint32_t i = 0; i < MIME_DOUBTS_MAX; i++)
        assert_int_equal(message.mime.doubts[i].part, i + 1);
    read_fini(&message);
    bytes_fini(&text);
}

/* A header of ${fields} in a message inside of one; what its Content-Type says then. */
static void inside(struct bytes *fields, const char *name, const char *type)
{
    struct bytes text;
    struct read_message message;
    const struct mime_part *part;

    assert_int_equal(bytes_end(fields), 0);
    bytes_init(&text, 10000000);
    bytes_append(&text, SLICE("Content-Type: message/rfc822\r\n\r\n"));
    bytes_append(&text, bytes_slice(fields));
    bytes_append(&text, SLICE("\r\n\r\nX"));
    read_message(&message, bytes_slice(&text));
    assert_int_equal(message.mime.part_count, 2);
    part = &message.mime.parts[1];
    assert_slice(part->name, name != NULL ? slice_str(name) : SLICE_NONE);
    assert_text(part->type, type);
    assert_text(slice_part(message.body, part->content_start, part->content_end), "X");
    read_fini(&message);
    bytes_fini(&text);
    bytes_fini(fields);
}

static void repeat(struct bytes *out, const char *text, size_t bytes)
{
    while (out->len < bytes)
        bytes_append(out, slice_str(text));
}

/* What GMime itself would need minutes for, or the whole of the stack. */
static void long_fields(void **state)
{
    static const char *const names[] = {"To: ", "cC: ", "Reply-To: ", "Subject: "};
    struct bytes fields;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        bytes_init(&fields, 1000000);
        bytes_append(&fields, slice_str(names[i]));
        repeat(&fields, "a,", 300000);
        bytes_append(&fields, SLICE("\r\nContent-Type: a/b; name=c"));
        inside(&fields, "c", "a/b");
    }
    bytes_init(&fields, 10000000);
    bytes_append(&fields, SLICE("Content-Type: a/b; name=c; d*="));
    repeat(&fields, "e", 9000000); /* in one line */
    bytes_append(&fields, SLICE("''f; name*=utf-8''g"));
    inside(&fields, "c", "a/b");
    bytes_init(&fields, 10000000);
    bytes_append(&fields, SLICE("Content-Type: a/b; name=c; d*="));
    repeat(&fields, "e\r\n ", 9000000);
    bytes_append(&fields, SLICE("''f; name*=utf-8''g"));
    inside(&fields, "c", "a/b");
}

/* --- ending early -------------------------------------------------------------------------------
 */

static bool over(void *ctx)
{
    int *left = (int *)ctx;

    return (*left)-- == 0;
}

static void cancelled(void **state)
{
    struct bytes text;
    struct read_message message = {0};

    (void)state;
    bytes_init(&text, 1000000);
    bytes_append(&text, SLICE("Content-Type: multipart/mixed; boundary=B\r\n\r\n"));
    while (text.len < 10 * ALLOWANCE_BYTES)
        bytes_append(&text, SLICE("--B\r\n\r\nxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\r\n"));
    split(&message, bytes_slice(&text));
    for (int i = 0; i < 3; i++) {
        int left = i;
        struct allowance allowance = {.over = over, .ctx = &left};

        assert_int_equal(read_split(&message, &BOUNDS, 100, &allowance), CONTENT_OVER);
        assert_true(allowance.spent < (size_t)(i + 2) * ALLOWANCE_BYTES);
    }
    read_fini(&message);
    bytes_fini(&text);
}

/* --- memory -------------------------------------------------------------------------------------
 */

static void no_room(void **state)
{
    struct read_message message = {0};
    struct allowance allowance = {0};
    struct mime_bounds bounds = BOUNDS;
    enum content_result result = CONTENT_MEMORY;

    (void)state;
    split(&message, MAZE);
    bounds.header_bytes = SIZE_MAX / 2; /* more than there can be */
    assert_int_equal(read_split(&message, &bounds, 100, &allowance), CONTENT_MEMORY);
    for (size_t room = 0; result == CONTENT_MEMORY; room += 512) {
        struct arena small;
        struct mime mime;

        arena_init(&small, 256, room);
        result = mime_read(&message.header, message.body, &BOUNDS, 100, &allowance, &small, &mime);
        assert_true(result == CONTENT_MEMORY || (result == CONTENT_READ && !arena_failed(&small)));
        arena_fini(&small);
    }
    read_fini(&message);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(limits),      cmocka_unit_test(depth),     cmocka_unit_test(doubts),
        cmocka_unit_test(long_fields), cmocka_unit_test(cancelled), cmocka_unit_test(no_room),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
