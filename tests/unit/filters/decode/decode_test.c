#include "filters/decode/decode.h"

#include <stdlib.h>

#include "tests/unit/support.h"

/* --- what each reading shows --------------------------------------------------------------------
 */

#define B CONTENT_BASE64
#define Q CONTENT_QUOTED

static const struct {
    enum content_encoding encoding;
    struct slice raw, most;
    const char *stop, *pass, *written; /* NULL: as most */
    const char *why;
} rows[] = {
    {B, SLICE_INIT(""), SLICE_INIT(""), NULL, NULL, NULL, NULL},
    {B, SLICE_INIT("YWJj"), SLICE_INIT("abc"), NULL, NULL, NULL, NULL},
    {B, SLICE_INIT("YWI="), SLICE_INIT("ab"), NULL, NULL, NULL, NULL},
    {B, SLICE_INIT("YQ=="), SLICE_INIT("a"), NULL, NULL, NULL, NULL},
    {B, SLICE_INIT("YQ"), SLICE_INIT("a"), NULL, NULL, NULL, NULL},
    {B, SLICE_INIT("YWJjZ"), SLICE_INIT("abc"), NULL, NULL, NULL, NULL},
    {B, SLICE_INIT("+/8A"), SLICE_INIT("\xFB\xFF\0"), NULL, NULL, NULL, NULL},
    {B, SLICE_INIT(" Y W\r\nJ\tj\r\n"), SLICE_INIT("abc"), NULL, NULL, NULL, NULL},
    {B, SLICE_INIT("YQ==\r\n"), SLICE_INIT("a"), NULL, NULL, NULL, NULL},
    {B, SLICE_INIT("YQ==YWJj"), SLICE_INIT("aabc"), "a", "a\x06\x16\x26", NULL,
     "base64 goes on behind padding"},
    {B, SLICE_INIT("YW=Jj"), SLICE_INIT("a&"), "a", "abc", NULL, "base64 goes on behind padding"},
    {B, SLICE_INIT("YW!Jj"), SLICE_INIT("abc"), "a", NULL, NULL,
     "base64 with characters that are none of it"},
    {B, SLICE_INIT("YWJj!"), SLICE_INIT("abc"), NULL, NULL, NULL, NULL},
    {B, SLICE_INIT("YQ==\r\n-- \r\n"), SLICE_INIT("a"), NULL, NULL, NULL, NULL},
    {B, SLICE_INIT("YWJj-YWJj"), SLICE_INIT("abcabc"), "abc", NULL, NULL,
     "base64 with characters that are none of it"},
    {B, SLICE_INIT("YWJj\xC3\xA4\0YWJj"), SLICE_INIT("abcabc"), "abc", NULL, NULL,
     "base64 with characters that are none of it"},
    {B, SLICE_INIT("===="), SLICE_INIT(""), NULL, NULL, NULL, NULL},
    {Q, SLICE_INIT(""), SLICE_INIT(""), NULL, NULL, NULL, NULL},
    {Q, SLICE_INIT("a=3Db=c3=A4"), SLICE_INIT("a=b\xC3\xA4"), NULL, NULL, NULL, NULL},
    {Q, SLICE_INIT("a=\r\nb\r\n"), SLICE_INIT("ab\r\n"), NULL, NULL, NULL, NULL},
    {Q, SLICE_INIT("a=\nb\n"), SLICE_INIT("ab\n"), NULL, NULL, NULL, NULL},
    {Q, SLICE_INIT("a= \t\r\nb"), SLICE_INIT("ab"), NULL, NULL, NULL, NULL},
    {Q, SLICE_INIT("a="), SLICE_INIT("a"), NULL, NULL, NULL, NULL},
    {Q, SLICE_INIT("a=  "), SLICE_INIT("a"), NULL, NULL, NULL, NULL},
    {Q, SLICE_INIT("a b \t\r\nc  "), SLICE_INIT("a b\r\nc"), NULL, NULL, NULL, NULL},
    {Q, SLICE_INIT("  \r\n"), SLICE_INIT("\r\n"), NULL, NULL, NULL, NULL},
    {Q, SLICE_INIT(" \ra \n"), SLICE_INIT(" \ra\n"), NULL, NULL, NULL, NULL},
    {Q, SLICE_INIT("a=20\r\n"), SLICE_INIT("a \r\n"), NULL, NULL, NULL, NULL},
    {Q, SLICE_INIT("a=4"), SLICE_INIT("a=4"), NULL, NULL, NULL,
     "quoted-printable with a broken escape"},
    {Q, SLICE_INIT("<a href=\"x\">=41="), SLICE_INIT("<a href=\"x\">A"), NULL, NULL,
     "<a href=\"x\">=41=", "quoted-printable with a broken escape"},
    {Q, SLICE_INIT("=4G=G4=== b"), SLICE_INIT("=4G=G4=== b"), NULL, NULL, NULL,
     "quoted-printable with a broken escape"},
    {Q, SLICE_INIT("=4=\r\n1b"), SLICE_INIT("=41b"), NULL, "Ab", "=4=\r\n1b",
     "quoted-printable with a broken escape"},
    {Q, SLICE_INIT("==\n4= \n1b"), SLICE_INIT("=41b"), NULL, "Ab", "==\n4= \n1b",
     "quoted-printable with a broken escape"},
    {Q, SLICE_INIT("=4=\r\n"), SLICE_INIT("=4"), NULL, NULL, "=4=\r\n",
     "quoted-printable with a broken escape"},
    {Q, SLICE_INIT("=\rb"), SLICE_INIT("=\rb"), NULL, NULL, NULL,
     "quoted-printable with a broken escape"},
    {CONTENT_7BIT, SLICE_INIT("YQ===41 \r\n"), SLICE_INIT("YQ===41 \r\n"), NULL, NULL, NULL, NULL},
    {CONTENT_UNKNOWN, SLICE_INIT("YQ=="), SLICE_INIT("YQ=="), NULL, NULL, NULL, NULL},
};

static void decoded(enum content_encoding encoding, enum decode_reading reading, struct slice raw,
                    struct slice want, size_t row)
{
    struct allowance allowance = {0};
    struct bytes out;

    bytes_init(&out, 1000);
    assert_int_equal(decode_whole(encoding, reading, raw, &allowance, &out), CONTENT_READ);
    assert_row_slice(bytes_slice(&out), want, "row", row);
    assert_true(allowance.spent == raw.len || reading == DECODE_STOP);
    bytes_fini(&out);
}

static void reading(void **state)
{
    struct guard guard;

    (void)state;
    guard_init(&guard, 128);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        const char *other[] = {NULL, rows[i].stop, rows[i].pass, rows[i].written};
        struct slice raw = guard_copy(&guard, rows[i].raw);
        struct allowance allowance = {0};
        struct decode_look look;
        const char *why;

        assert_int_equal(decode_look(rows[i].encoding, raw, &allowance, &look), CONTENT_READ);
        assert_row(look.size == rows[i].most.len, "size", i);
        why = decode_why(&look);
        assert_row((why == NULL) == (rows[i].why == NULL), "why", i);
        if (why != NULL)
            assert_string_equal(why, rows[i].why);
        for (enum decode_reading r = DECODE_MOST; r < DECODE_READINGS; r++) {
            if (other[r] != NULL)
                assert_row(decode_differs(rows[i].encoding, &look, r), "differs", i);
            if (r == DECODE_MOST || decode_differs(rows[i].encoding, &look, r))
                decoded(rows[i].encoding, r, raw,
                        other[r] != NULL ? slice_str(other[r]) : rows[i].most, i);
        }
    }
    guard_fini(&guard);
}

/* Where a reading is said not to differ it does not. */
static void same(void **state)
{
    static const char alphabet[] = "YQJj= !\r\n4";

    (void)state;
    srandom(1);
    for (int round = 0; round < 20000; round++) {
        enum content_encoding encoding = round % 2 == 0 ? B : Q;
        struct allowance allowance = {0};
        struct decode_look look;
        struct bytes most, other;
        char text[12];

        for (size_t i = 0; i < sizeof(text); i++)
            text[i] = alphabet[(size_t)random() % (sizeof(alphabet) - 1)];
        bytes_init(&most, 100);
        bytes_init(&other, 100);
        assert_int_equal(decode_look(encoding, slice_make(text, sizeof(text)), &allowance, &look),
                         CONTENT_READ);
        assert_int_equal(
            decode_whole(encoding, DECODE_MOST, slice_make(text, sizeof(text)), &allowance, &most),
            CONTENT_READ);
        assert_int_equal(most.len, look.size);
        for (enum decode_reading r = DECODE_STOP; r < DECODE_WRITTEN; r++) {
            bytes_clear(&other);
            assert_int_equal(
                decode_whole(encoding, r, slice_make(text, sizeof(text)), &allowance, &other),
                CONTENT_READ);
            if (!decode_differs(encoding, &look, r))
                assert_input(slice_equal(bytes_slice(&most), bytes_slice(&other)),
                             slice_make(text, sizeof(text)), r);
        }
        bytes_fini(&most);
        bytes_fini(&other);
    }
}

/* --- long ones ----------------------------------------------------------------------------------
 */

#define LONG (5 * (size_t)ALLOWANCE_BYTES + 3)

static bool over(void *ctx)
{
    int *left = (int *)ctx;

    return (*left)-- == 0;
}

static void long_one(enum content_encoding encoding, char filler, size_t size)
{
    char *text = malloc(LONG);
    struct slice raw = {text, LONG};
    struct allowance allowance = {0};
    struct decode_look look;
    struct bytes out;

    assert_non_null(text);
    memset(text, filler, LONG);
    assert_int_equal(decode_look(encoding, raw, &allowance, &look), CONTENT_READ);
    assert_int_equal(look.size, size);
    assert_int_equal(allowance.spent, encoding == CONTENT_7BIT ? 0 : LONG);
    bytes_init(&out, size);
    assert_int_equal(decode_whole(encoding, DECODE_MOST, raw, &allowance, &out), CONTENT_READ);
    assert_int_equal(out.len, size);
    bytes_fini(&out);
    bytes_init(&out, size > 0 ? size - 1 : 0);
    assert_int_equal(decode_whole(encoding, DECODE_MOST, raw, &allowance, &out),
                     size > 0 ? CONTENT_MEMORY : CONTENT_READ);
    bytes_fini(&out);
    for (int i = 0; i < (encoding == B ? 2 : 1); i++) { /* others may take all in one step */
        int left = i;
        struct allowance short_one = {.over = over, .ctx = &left};

        bytes_init(&out, size);
        assert_int_equal(decode_whole(encoding, DECODE_MOST, raw, &short_one, &out), CONTENT_OVER);
        if (encoding != CONTENT_7BIT)
            assert_int_equal(decode_look(encoding, raw, &short_one, &look), CONTENT_OVER);
        bytes_fini(&out);
    }
    free(text);
}

static void long_ones(void **state)
{
    (void)state;
    long_one(B, 'A', LONG / 4 * 3 + (LONG % 4 * 3) / 4);
    long_one(B, '!', 0); /* nothing comes out, and still it is asked */
    long_one(Q, 'A', LONG);
    long_one(Q, '=', LONG - 1);
    long_one(Q, ' ', 0);
    long_one(CONTENT_7BIT, 'A', LONG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reading),
        cmocka_unit_test(same),
        cmocka_unit_test(long_ones),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
