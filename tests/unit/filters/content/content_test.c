/* content: a message as parts, and what each says. */
#include "tests/unit/filters/content/reading_kit.h"
#include "tests/unit/heap.h"

static void test_one_part(void **state)
{
    struct kit kit;

    (void)state;
    kit_read(&kit, "Subject: x\n\nHello\n");
    assert_int_equal(kit.content->part_count, 1);
    assert_int_equal(kit.content->doubt_count, 0);
    assert_text(kit.content->parts[0].type, "text/plain");
    assert_true(kit.content->parts[0].shown);
    assert_int_equal(kit.content->parts[0].parent, CONTENT_NO_PART);
    assert_slice(kit.content->parts[0].body, kit.body);
    assert_int_equal(kit.content->values[CONTENT_BODY].count, 1);
    assert_value(&kit, CONTENT_BODY, "Hello\r\n");
    kit_fini(&kit);
}

static void test_multipart(void **state)
{
    struct kit kit;
    const struct content_part *parts;

    (void)state;
    kit_read(&kit, "Content-Type: multipart/mixed; boundary=\"B\"\n\n"
                   "--B\nContent-Type: text/plain\n\none\n"
                   "--B\nContent-Type: application/pdf; name=a.pdf\n\ntwo\n\n--B--\n");
    assert_int_equal(kit.content->doubt_count, 0);
    assert_int_equal(kit.content->part_count, 3);
    parts = kit.content->parts;
    assert_text(parts[0].type, "multipart/mixed");
    assert_text(parts[1].header, "Content-Type: text/plain\r\n\r\n");
    assert_text(parts[1].body, "one");
    assert_text(parts[2].body, "two\r\n");
    assert_int_equal(parts[2].parent, 0);
    assert_int_equal(parts[2].depth, 1);
    assert_true(parts[2].attachment && !parts[2].shown);
    assert_text(parts[2].name, "a.pdf");
    assert_value(&kit, CONTENT_BODY, "one");
    assert_value(&kit, CONTENT_ATTACHMENT, "a.pdf");
    assert_value(&kit, CONTENT_ATTACHMENT_TYPE, "application/pdf");
    assert_value(&kit, CONTENT_ATTACHMENT_SIZE, "5");
    kit_fini(&kit);
}

/* All that a message can have, in one. */
static const char EVERYTHING[] =
    "Content-Type: multipart/mixed; boundary=B; boundary=C\n\nbefore\n"
    "--B\nContent-Type: text/html; charset=koi8-r\nContent-Transfer-Encoding: quoted-printable\n\n"
    "<a href=3Dhttp://a.test>=D0=D2</a><p hidden>x</p>=ZZ\n"
    "--B\nContent-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\n"
    "Q29udGVudC1UeXBlOiBhL2I7IG5hbWU9ZXZpbC5leGUKCmJhZAo=\n"
    "--B\nContent-Type: a/b; name*0*=koi8-r''%D0; name*1=\"=?utf-8?q?x?=\"\n"
    "Content-Transfer-Encoding: base64\n\n"
    "UEsDBAoAAAAAAAAAIQAAAAAAAAAAAAAAAAAIAAAAZXZpbC5leGU=QQ==!\n"
    "--B\n\nbegin 644 a.exe\n#0V%T\n`\nend\nhttp://a.test/\xFF\n"
    "--B--\nbehind\n--C\nstray\n--C--\n";

/* What is short of memory says so, wherever it is; nothing is left of it. */
static void test_memory(void **state)
{
    struct kit kit;
    size_t limit = 0;
    enum content_result result = CONTENT_MEMORY;

    (void)state;
    kit_init(&kit, slice_str(EVERYTHING));
    for (; result != CONTENT_READ; limit += 509) {
        kit.limits.memory_bytes = limit;
        result = kit_try(&kit);
        assert_true(result == CONTENT_READ || result == CONTENT_MEMORY);
        assert_true((kit.content != NULL) == (result == CONTENT_READ));
    }
    assert_true(limit > 4096 && limit < KIT_MEMORY);
    kit_fini(&kit);
}

static void test_everything(void **state)
{
    struct kit kit;

    (void)state;
    kit_read(&kit, EVERYTHING);
    assert_value(&kit, CONTENT_ATTACHMENT, "evil.exe");
    assert_value(&kit, CONTENT_ATTACHMENT, "a.exe");
    assert_value(&kit, CONTENT_ARCHIVE_ENCRYPTED, "unknown");
    assert_value(&kit, CONTENT_HIDDEN_TEXT, "x");
    assert_value(&kit, CONTENT_LINK_HOST, "a.test");
    assert_doubt(&kit, "a parameter with several values");
    kit_fini(&kit);
}

static void test_nothing_left(void **state)
{
    assert_true(leaves_nothing(test_everything, state));
}

/* --- time ------------------------------------------------------------------------------------- */

struct patience {
    size_t questions;
};

static bool is_over(void *ctx)
{
    struct patience *patience = ctx;

    return patience->questions-- == 0;
}

/* A text long enough that each who reads it asks. */
static struct slice long_message(void)
{
    static const char head[] = "Content-Type: text/html\nContent-Transfer-Encoding: base64\n\n";
    size_t count = 4 * ALLOWANCE_BYTES;
    char *text = malloc(sizeof(head) + count);

    assert_non_null(text);
    memcpy(text, head, sizeof(head) - 1);
    for (size_t i = 0; i < count; i++)
        text[sizeof(head) - 1 + i] = i % 78 == 77 ? '\n' : 'Q';
    return slice_make(text, sizeof(head) - 1 + count);
}

static void test_over(void **state)
{
    struct kit kit;
    size_t limit = 0;
    struct slice message = long_message();
    enum content_result result = CONTENT_OVER;

    (void)state;
    kit_init(&kit, message);
    for (; result != CONTENT_READ; limit++) {
        struct patience patience = {limit};

        kit.allowance = (struct allowance){.over = is_over, .ctx = &patience};
        result = kit_try(&kit);
        assert_true(result == CONTENT_READ || result == CONTENT_OVER);
    }
    assert_true(limit > 10);
    kit_fini(&kit);
    free((char *)(uintptr_t)message.ptr);
}

#define WORK_MAX 40 /* steps for an octet, all readings together */

/* ${piece} over and over, below ${head}. */
static void check_work(const char *head, const char *piece, size_t count)
{
    size_t head_len = strlen(head), len = strlen(piece);
    char *text = malloc(head_len + count * len);
    struct kit kit;
    enum content_result result;

    assert_non_null(text);
    memcpy(text, head, head_len);
    for (size_t i = 0; i < count; i++)
        memcpy(text + head_len + i * len, piece, len);
    kit_init(&kit, slice_make(text, head_len + count * len));
    kit.limits.memory_bytes = (size_t)1 << 30;
    result = kit_try(&kit);
    assert_true(result == CONTENT_READ || result == CONTENT_LIMIT);
    if (kit.allowance.spent > WORK_MAX * (head_len + 2 * count * len))
        print_error("%s: %llu steps\n", piece, (unsigned long long)kit.allowance.spent);
    assert_true(kit.allowance.spent <= WORK_MAX * (head_len + 2 * count * len));
    kit_fini(&kit);
    free(text);
}

static void test_linear(void **state)
{
    static const char mixed[] = "Content-Type: multipart/mixed; boundary=B; boundary=C\n\n";

    (void)state;
    check_work(mixed, "--B\n", 1000000);
    check_work(mixed, "--B\n\n", 9000);
    check_work(mixed, "--Bx\n", 200000);
    check_work(mixed, "--B\nContent-Type: a/b; name=\"x", 100000);
    check_work(mixed, "--B\nContent-Type: multipart/x; boundary=B\n\n", 100);
    check_work("Content-Type: a/b; name=", "(", 1000000);
    check_work("Content-Type: text/html\n\n", "<a href=", 100000);
    check_work("\n", "x", 10000000);
    check_work("\n", "begin 644 a\n", 100000);
    check_work("\n", "=ybegin name=x\n", 20000);
}

/* --- what it says of itself ------------------------------------------------------------------- */

static void test_why(void **state)
{
    (void)state;
    assert_string_equal(content_why(CONTENT_LIMIT), "its structure is over a limit");
    assert_string_equal(content_why(CONTENT_OVER), "to read it took too long");
    assert_string_equal(content_why(CONTENT_MEMORY), "to read it took too much memory");
    content_destroy(NULL);
}

/* The text below a header that ends early is the message's own; where the header was edited it is
 * put together. */
static void test_early_end(void **state)
{
    struct kit kit;
    const struct content_part *part;

    (void)state;
    kit_read(&kit, "Subject: x\nstray\n\nbody\n");
    assert_int_equal(kit.content->part_count, 2);
    part = &kit.content->parts[1];
    assert_true(part->other);
    assert_text(part->body, "stray\r\n\r\nbody\r\n");
    assert_ptr_equal(part->body.ptr + part->body.len, kit.body.ptr + kit.body.len);
    content_destroy(kit.content);
    kit.body = SLICE("other\r\n");
    assert_int_equal(kit_try(&kit), CONTENT_READ);
    assert_text(kit.content->parts[1].body, "stray\r\n\r\nother\r\n");
    kit_fini(&kit);
}

/* Several attachments, the last is the one (rspamd#4434); one in a message in it (rspamd#3487). */
static void test_last(void **state)
{
    struct kit kit;

    (void)state;
    kit_read(&kit, "Content-Type: multipart/mixed; boundary=B\n\n"
                   "--B\nContent-Type: a/b; name=a.txt\n\nx\n--B\n"
                   "Content-Type: a/b; name=b.txt\n\nx\n--B\nContent-Type: message/rfc822\n\n"
                   "Content-Type: a/b; name=evil.exe\n\nx\n--B--\n");
    assert_value(&kit, CONTENT_ATTACHMENT, "evil.exe");
    assert_int_equal(kit.content->doubt_count, 0);
    kit_fini(&kit);
}

/* Broken quoted-printable in the second part (rspamd#2218): raw and decoded are both there. */
static void test_broken_second(void **state)
{
    struct kit kit;

    (void)state;
    kit_read(&kit, "Content-Type: multipart/mixed; boundary=B\n\n--B\n\none\n--B\n"
                   "Content-Transfer-Encoding: quoted-printable\n\ntw=6F=\n=G\n--B--\n");
    assert_value(&kit, CONTENT_BODY, "two=G");
    assert_value(&kit, CONTENT_BODY, "tw=6F=\r\n=G");
    kit_fini(&kit);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_part),      cmocka_unit_test(test_multipart),
        cmocka_unit_test(test_memory),        cmocka_unit_test(test_everything),
        cmocka_unit_test(test_nothing_left),  cmocka_unit_test(test_over),
        cmocka_unit_test(test_linear),        cmocka_unit_test(test_why),
        cmocka_unit_test(test_early_end),     cmocka_unit_test(test_last),
        cmocka_unit_test(test_broken_second),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
