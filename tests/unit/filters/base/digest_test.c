#include "filters/base/digest.h"

#include "tests/unit/support.h"

/* RFC 4231, test cases 1, 2, 6; and the empty key and text. */
static void known_answers(void **state)
{
    unsigned char key[131];
    char out[DIGEST_HEX_MAX];

    (void)state;
    memset(key, 0x0b, 20);
    assert_int_equal(digest_keyed(key, 20, SLICE("Hi There"), out), 0);
    assert_string_equal(out, "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
    memcpy(key, "Jefe", 4);
    assert_int_equal(digest_keyed(key, 4, SLICE("what do ya want for nothing?"), out), 0);
    assert_string_equal(out, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    memset(key, 0xaa, sizeof(key));
    assert_int_equal(digest_keyed(key, sizeof(key),
                                  SLICE("Test Using Larger Than Block-Size Key - Hash Key First"),
                                  out),
                     0);
    assert_string_equal(out, "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
    assert_int_equal(digest_keyed(NULL, 0, SLICE_NONE, out), 0);
    assert_string_equal(out, "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
}

/* FIPS 180-4's example, in pieces. */
static void sums(void **state)
{
    static const struct slice PIECES[] = {SLICE_INIT("a"), SLICE_INIT(""), SLICE_INIT("bc")};
    struct digest_sum *sum = digest_begin();
    char out[DIGEST_HEX_MAX];

    (void)state;
    assert_non_null(sum);
    for (size_t i = 0; i < 3; i++)
        digest_add(sum, PIECES[i]);
    assert_int_equal(digest_end(sum, out), 0);
    assert_string_equal(out, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    assert_int_equal(digest_end(digest_begin(), out), 0);
    assert_string_equal(out, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    assert_int_equal(digest_end(NULL, out), -1);
    assert_string_equal(out, "");
}

static void no_key_is_so_long(void **state)
{
    char out[DIGEST_HEX_MAX] = "left";

    (void)state;
    assert_int_equal(digest_keyed((const unsigned char *)"k", SIZE_MAX, SLICE("a"), out), -1);
    assert_string_equal(out, "");
}

static void a_nul_is_data(void **state)
{
    char one[DIGEST_HEX_MAX], two[DIGEST_HEX_MAX];
    const unsigned char key[] = {'k', 0, 'y'};

    (void)state;
    assert_int_equal(digest_keyed(key, 3, SLICE("a\0b"), one), 0);
    assert_int_equal(digest_keyed(key, 3, SLICE("a\0c"), two), 0);
    assert_string_not_equal(one, two);
    assert_int_equal(digest_keyed(key, 1, SLICE("a\0b"), two), 0);
    assert_string_not_equal(one, two);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_answers),
        cmocka_unit_test(sums),
        cmocka_unit_test(no_key_is_so_long),
        cmocka_unit_test(a_nul_is_data),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
