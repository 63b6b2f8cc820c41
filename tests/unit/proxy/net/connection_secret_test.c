/* connection: what was secret is overwritten in every buffer it leaves. */
#undef _FORTIFY_SOURCE /* it would put its own in the place of what is replaced here */

#include "proxy/net/connection_private.h"
#include "tests/unit/proxy/net/talk.h"

/* In the place of the C library's: it keeps what was wiped, for blocks that are gone by the time
 * anybody could look into them. */
static struct wiped {
    const void *bytes;
    size_t size;
} wiped[64]; /* the last ones */
static size_t wiped_count;

static void wipe(void *bytes, size_t size)
{
    volatile char *at = bytes;
    for (size_t i = 0; i < size; i++)
        at[i] = 0;
    wiped[wiped_count++ % COUNT_OF(wiped)] = (struct wiped){bytes, size};
}

void explicit_bzero(void *bytes, size_t size)
{
    wipe(bytes, size);
}

/* What a fortified build makes of it. */
void __explicit_bzero_chk(void *bytes, size_t size, size_t room);
void __explicit_bzero_chk(void *bytes, size_t size, size_t room)
{
    assert_true(size <= room);
    wipe(bytes, size);
}

static bool was_wiped(const void *bytes, size_t size)
{
    for (size_t i = 0; i < wiped_count && i < COUNT_OF(wiped); i++)
        if (wiped[i].bytes == bytes && wiped[i].size == size)
            return true;
    return false;
}

static int setup(void **state)
{
    struct talk *t = talk_new();
    talk_begin(t, stream_pair);
    *state = t;
    return 0;
}

static int teardown(void **state)
{
    talk_end(*state);
    return 0;
}

static bool holds(const char *memory, size_t size, struct slice text)
{
    return memmem(memory, size, text.ptr, text.len) != NULL;
}

static bool read_buffer_holds(const struct talk *t, struct slice text)
{
    return holds(loop_read_buffer(t->loop), LOOP_READ_BYTES, text);
}

/* Whether any block that was given back does; they are taken, looked at, and given back again. */
static bool spares_hold(struct loop *loop, struct slice text)
{
    char *blocks[LOOP_SPARES_MAX];
    bool found = false;
    for (size_t i = 0; i < LOOP_SPARES_MAX; i++) {
        blocks[i] = loop_block_take(loop);
        assert_non_null(blocks[i]);
        found = found || memcmp(blocks[i], text.ptr, text.len) == 0;
    }
    for (size_t i = LOOP_SPARES_MAX; i > 0; i--)
        loop_block_give(loop, blocks[i - 1]);
    return found;
}

static void test_input_read_at_once(void **state)
{
    struct talk *t = *state;
    t->act = ACT_READ;
    talk_say(t, SLICE("open word"));
    assert_true(read_buffer_holds(t, SLICE("open word"))); /* so the test can tell */
    connection_secret(t->c, true);
    talk_say(t, SLICE("secret word"));
    assert_text(bytes_slice(&t->got), "open wordsecret word");
    assert_false(read_buffer_holds(t, SLICE("secret")));
}

static void test_input_kept(void **state)
{
    struct talk *t = *state;
    connection_secret(t->c, true);
    talk_say(t, SLICE("secret word"));
    assert_text(connection_input(t->c), "secret word");
    assert_false(read_buffer_holds(t, SLICE("secret")));
    connection_consume(t->c, 7);
    assert_true(memcmp(t->c->input.block, "\0\0\0\0\0\0\0word", 11) == 0);
    connection_consume(t->c, 4);
    assert_int_equal(connection_memory(t->c), 0);
    assert_false(spares_hold(t->loop, SLICE("\0\0\0\0\0\0\0word")));
}

static void test_input_dropped_with_the_connection(void **state)
{
    struct talk *t = *state;
    connection_secret(t->c, true);
    talk_say(t, SLICE("secret word"));
    connection_destroy(t->c);
    t->c = NULL;
    assert_false(spares_hold(t->loop, SLICE("secret")));
}

/* More than a block: it goes by way of the read buffer, and the block moves. */
static void test_input_that_grows(void **state)
{
    struct talk *t = *state;
    char filler[LOOP_BLOCK_BYTES];
    memset(filler, 'x', sizeof(filler));
    connection_secret(t->c, true);
    talk_say(t, slice_make(filler, sizeof(filler) - 3));
    const char *block = t->c->input.block;
    wiped_count = 0;
    talk_say(t, SLICE("xxxsecret word"));
    assert_ptr_not_equal(t->c->input.block, block);
    assert_true(was_wiped(block, LOOP_BLOCK_BYTES));
    assert_int_equal(connection_input(t->c).len, sizeof(filler) + 11);
    assert_false(read_buffer_holds(t, SLICE("secret")));
}

static void test_what_stays_when_the_secret_is_over(void **state)
{
    struct talk *t = *state;
    connection_secret(t->c, true);
    talk_say(t, SLICE("secret word"));
    connection_consume(t->c, 7);
    connection_secret(t->c, false);
    assert_text(connection_input(t->c), "word");
    talk_say(t, SLICE(" and more"));
    assert_text(connection_input(t->c), "word and more");
    assert_false(holds(t->c->input.block, t->c->input.cap, SLICE("secret")));
}

static void test_output(void **state)
{
    struct talk *t = *state;
    char heard[32];
    connection_secret(t->c, true);
    assert_int_equal(connection_write(t->c, SLICE("secret word")), 0);
    connection_flush(t->c);
    assert_int_equal(talk_hear(t, heard, sizeof(heard)), 11);
    assert_int_equal(connection_memory(t->c), 0);
    assert_false(spares_hold(t->loop, SLICE("secret")));
    assert_int_equal(connection_write(t->c, SLICE("secret word")), 0); /* still secret */
    connection_destroy(t->c);
    t->c = NULL;
    assert_false(spares_hold(t->loop, SLICE("secret")));
}

/* More than a block is queued: the block moves. */
static void test_output_that_grows(void **state)
{
    struct talk *t = *state;
    char filler[LOOP_BLOCK_BYTES];
    memset(filler, 'x', sizeof(filler));
    connection_secret(t->c, true);
    connection_say(t->c, SLICE("secret word"));
    const char *block = t->c->output.block;
    wiped_count = 0;
    connection_say(t->c, slice_make(filler, sizeof(filler)));
    assert_ptr_not_equal(t->c->output.block, block);
    assert_true(was_wiped(block, LOOP_BLOCK_BYTES));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_input_read_at_once, setup, teardown),
        cmocka_unit_test_setup_teardown(test_input_kept, setup, teardown),
        cmocka_unit_test_setup_teardown(test_input_dropped_with_the_connection, setup, teardown),
        cmocka_unit_test_setup_teardown(test_input_that_grows, setup, teardown),
        cmocka_unit_test_setup_teardown(test_what_stays_when_the_secret_is_over, setup, teardown),
        cmocka_unit_test_setup_teardown(test_output, setup, teardown),
        cmocka_unit_test_setup_teardown(test_output_that_grows, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
