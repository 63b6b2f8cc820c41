#include "filters/match/list_room.h"

#include "tests/unit/support.h"

#define STRETCH ((size_t)4096) /* of a text that has no more than 64 of them */

static struct arena arena;
static struct list *list;
static struct list_room *room;

/* Entry 0 has no literal, the others "key1" to "key20", of which 7 may have three characters before
 * it, 8 any number. */
static int set_up(void **state)
{
    const struct place here = {"lists/test", 7};
    struct diag diag;
    char entry[32];

    (void)state;
    arena_init(&arena, 4096, SIZE_MAX);
    diag_init(&diag);
    list = list_create();
    room = list_room_create(&arena);
    assert_non_null(list);
    assert_non_null(room);
    for (unsigned i = 0; i <= 20; i++) {
        const char *format = i == 7 ? "/.{3}" : i == 8 ? "/.*" : "/";

        (void)snprintf(entry, sizeof(entry), i == 0 ? "/\\d/" : "%skey%u,/", format, i);
        assert_int_equal(list_add(list, slice_str(entry), SLICE_NONE, here, &diag), 0);
    }
    assert_int_equal(list_seal(list), 0);
    diag_fini(&diag);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    list_destroy(list);
    arena_fini(&arena);
    return 0;
}

static size_t look(struct slice text)
{
    uint64_t seen = 0;
    size_t calls = 1;

    while (!list_room_look(room, list->blocks, text, &seen))
        calls++;
    return calls;
}

static void candidates(void **state)
{
    (void)state;
    look(SLICE("key3, key17, key21,"));
    assert_int_equal(list_room_next(room, 0), 0);
    assert_int_equal(list_room_next(room, 1), 3);
    assert_int_equal(list_room_next(room, 3), 3);
    assert_int_equal(list_room_next(room, 4), 17);
    assert_int_equal(list_room_next(room, 18), LIST_BLOCK);
    look(SLICE("key4,")); /* nothing stays of what was */
    assert_int_equal(list_room_next(room, 1), 4);
    assert_int_equal(list_room_next(room, 5), LIST_BLOCK);
}

static void stretches(void **state)
{
    static char text[3 * 65536];

    (void)state;
    memset(text, ' ', sizeof(text));
    memcpy(text + 2 * STRETCH - 2, "key5,", 5); /* across a border */
    memcpy(text + 9 * STRETCH + 7, "key5, key7, key8,", 17);
    assert_int_equal(look(slice_make(text, sizeof(text))), sizeof(text) / LIST_SLICE_BYTES);
    assert_int_equal(list_room_start(room, list->blocks, 5, 0), STRETCH);
    assert_int_equal(list_room_start(room, list->blocks, 5, STRETCH + 9), STRETCH + 9);
    assert_int_equal(list_room_start(room, list->blocks, 5, 2 * STRETCH), 9 * STRETCH);
    assert_int_equal(list_room_start(room, list->blocks, 5, 10 * STRETCH), SLICE_NOT_FOUND);
    assert_int_equal(list_room_start(room, list->blocks, 7, 0), 9 * STRETCH - 12);
    assert_int_equal(list_room_start(room, list->blocks, 7, 9 * STRETCH - 2), 9 * STRETCH - 2);
    assert_int_equal(list_room_start(room, list->blocks, 8, 11), 11);
    assert_int_equal(list_room_start(room, list->blocks, 0, 70000), 70000);
}

/* However long the text, it has no more stretches than there are bits. */
static void long_texts(void **state)
{
    static char text[5 * 65536 * 64 / 4];

    (void)state;
    memset(text, ' ', sizeof(text));
    memcpy(text + sizeof(text) - 5, "key9,", 5);
    for (size_t length = sizeof(text); length > 64 * STRETCH - 3; length /= 2) {
        struct slice end = slice_from(slice_make(text, sizeof(text)), sizeof(text) - length);
        size_t start;

        look(end);
        start = list_room_start(room, list->blocks, 9, 0);
        assert_in_range(start, length - length / 16, length - 5);
    }
    memcpy(text, "key9,", 5);
    look(slice_make(text, 64 * STRETCH));
    assert_int_equal(list_room_start(room, list->blocks, 9, 64 * STRETCH), SLICE_NOT_FOUND);
}

static void whose_it_is(void **state)
{
    static char text[3 * LIST_SLICE_BYTES];
    const struct slice value = slice_make(text, sizeof(text));
    uint64_t mine = 0, other = 0;

    (void)state;
    memset(text, ' ', sizeof(text));
    memcpy(text, "key6,", 5);
    assert_false(list_room_look(room, list->blocks, value, &mine));
    assert_true(list_room_look(room, list->blocks, SLICE("key5,"), &other));
    assert_false(list_room_look(room, list->blocks, value, &mine)); /* from its start */
    assert_false(list_room_look(room, list->blocks, value, &mine));
    assert_true(list_room_look(room, list->blocks, value, &mine));
    assert_true(list_room_look(room, list->blocks, value, &mine));
    assert_int_equal(list_room_next(room, 1), 6);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(candidates),
        cmocka_unit_test(stretches),
        cmocka_unit_test(long_texts),
        cmocka_unit_test(whose_it_is),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
