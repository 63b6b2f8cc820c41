#include "filters/match/comparable.h"

#include "tests/unit/heap.h"
#include "tests/unit/support.h"

static const struct {
    struct slice address, text, ascii, unicode;
} rows[] = {
    {SLICE_INIT("a@example.org"), SLICE_INIT("a@example.org"), SLICE_INIT("a@example.org"),
     SLICE_INIT("a@example.org")},
    {SLICE_INIT("\"a\"@example.org."), SLICE_INIT("a@example.org"), SLICE_INIT("a@example.org"),
     SLICE_INIT("a@example.org")},
    {SLICE_INIT("a@xn--mller-kva.test"), SLICE_INIT("a@xn--mller-kva.test"),
     SLICE_INIT("a@xn--mller-kva.test"), SLICE_INIT("a@m\xc3\xbcller.test")},
    {SLICE_INIT("\"gr\xc3\xbc\"@m\xc3\xbcller.test"), SLICE_INIT("gr\xc3\xbc@m\xc3\xbcller.test"),
     SLICE_INIT("gr\xc3\xbc@xn--mller-kva.test"), SLICE_INIT("gr\xc3\xbc@m\xc3\xbcller.test")},
    /* of a local part nobody knows another spelling */
    {SLICE_INIT("xn--mller-kva"), SLICE_INIT("xn--mller-kva"), SLICE_INIT("xn--mller-kva"),
     SLICE_INIT("xn--mller-kva")},
    {SLICE_INIT(""), SLICE_INIT(""), SLICE_INIT(""), SLICE_INIT("")},
    {SLICE_INIT("a@"), SLICE_INIT("a@"), SLICE_INIT("a@"), SLICE_INIT("a@")},
    {SLICE_INIT("\"a@m\xc3\xbcller.test"), SLICE_INIT("\"a@m\xc3\xbcller.test"),
     SLICE_INIT("\"a@m\xc3\xbcller.test"), SLICE_INIT("\"a@m\xc3\xbcller.test")},
};

static void assert_forms(const struct comparable *forms, size_t i)
{
    struct comparable domain = comparable_domain(forms);

    assert_row_slice(forms->text, rows[i].text, rows[i].address.ptr, i);
    assert_row_slice(forms->ascii, rows[i].ascii, rows[i].address.ptr, i);
    assert_row_slice(forms->unicode, rows[i].unicode, rows[i].address.ptr, i);
    if (slice_find(rows[i].ascii, '@') == SLICE_NOT_FOUND || rows[i].address.ptr[0] == '"')
        return;
    assert_row_slice(domain.ascii, slice_from(rows[i].ascii, slice_find(rows[i].ascii, '@') + 1),
                     rows[i].address.ptr, i);
    assert_row_slice(domain.unicode,
                     slice_from(rows[i].unicode, slice_find(rows[i].unicode, '@') + 1),
                     rows[i].address.ptr, i);
}

/* The forms, and the same when what they stand in has moved. */
static void forms(void **state)
{
    char address[64], moved[256];
    struct guard guard;
    struct bytes room;

    (void)state;
    guard_init(&guard, 128);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct slice from = guard_copy(&guard, rows[i].address);
        struct comparable c;

        bytes_init(&room, 256); /* anew, so that growing moves what was appended first */
        assert_int_equal(comparable_address(from, &room, &c), 0);
        assert_forms(&c, i);
        assert_true(from.len <= sizeof(address) && room.len <= sizeof(moved));
        memcpy(address, from.ptr, from.len);
        if (room.len > 0)
            memcpy(moved, room.data, room.len);
        c = comparable_moved(&c, from, address);
        c = comparable_moved(&c, bytes_slice(&room), moved);
        bytes_fini(&room);
        (void)guard_copy(&guard, SLICE("????????????????????????????????"));
        assert_forms(&c, i);
    }
    guard_fini(&guard);
}

/* Only what stood there has moved, not what stands beside it. */
static void moved_alone(void **state)
{
    static const char TEXT[] = "<a@x><b@y>";
    char copy[5];
    struct slice from = slice_make(TEXT, sizeof(copy));
    struct comparable c = {slice_make(TEXT, 5), slice_make(TEXT + 5, 5), slice_make(TEXT + 4, 1),
                           .domain = 2};

    (void)state;
    memcpy(copy, TEXT, sizeof(copy));
    c = comparable_moved(&c, from, copy);
    assert_ptr_equal(c.text.ptr, copy);
    assert_ptr_equal(c.ascii.ptr, TEXT + 5);
    assert_ptr_equal(c.unicode.ptr, copy + 4);
    assert_int_equal(c.domain, 2);
}

/* Whenever the room grows, it takes the plain form, from which the spellings are made, with it. */
static void growing(void **state)
{
    char text[300] = "\"", *end = text + 1;

    (void)state;
    for (size_t len = 1; len < 250; len++) {
        struct comparable c;
        struct bytes room;

        *end++ = 'a';
        memcpy(end, "\"@\xc3\xbc.test", 10);
        bytes_init(&room, 4096);
        assert_int_equal(comparable_address(slice_make(text, len + 10), &room, &c), 0);
        assert_int_equal(c.text.len, len + 8);
        assert_int_equal(c.ascii.len, len + 13);
        assert_memory_equal(c.text.ptr, text + 1, len);
        assert_memory_equal(c.ascii.ptr, text + 1, len);
        assert_memory_equal(c.ascii.ptr + len, "@xn--tda.test", 13);
        assert_memory_equal(c.unicode.ptr, text + 1, len);
        bytes_fini(&room);
    }
}

/* A domain longer than any is not worth the time. */
static void long_domain(void **state)
{
    char text[1200] = "a@m\xc3\xbcller.";
    struct comparable c;
    struct bytes room;

    (void)state;
    bytes_init(&room, 8192);
    memset(text + strlen(text), 'a', sizeof(text) - strlen(text));
    assert_int_equal(comparable_address(slice_make(text, sizeof(text) - 1), &room, &c), 0);
    assert_int_equal(c.ascii.len, c.text.len);
    assert_int_equal(comparable_address(slice_make(text, 2 + 1020), &room, &c), 0);
    assert_int_not_equal(c.ascii.len, c.text.len);
    bytes_fini(&room);
}

static void no_memory(void **state)
{
    struct comparable c;
    struct bytes room;

    (void)state;
    for (size_t limit = 0; limit < 14 + 20 + 14; limit++) { /* the three forms */
        bytes_init(&room, limit);
        assert_int_equal(comparable_address(SLICE("\"a\"@m\xc3\xbcller.test"), &room, &c), -1);
        bytes_fini(&room);
    }
}

static void all_is_given_back(void **state)
{
    assert_true(leaves_nothing(forms, state));
    assert_true(leaves_nothing(no_memory, state));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(forms),     cmocka_unit_test(moved_alone),
        cmocka_unit_test(growing),   cmocka_unit_test(long_domain),
        cmocka_unit_test(no_memory), cmocka_unit_test(all_is_given_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
