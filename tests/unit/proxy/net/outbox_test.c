/* outbox: what is sent at once, what waits, in which order, and what is wiped. */
#include "proxy/net/outbox.h"

#include "proxy/net/loop_private.h"
#include "tests/unit/proxy/net/ground.h"

#include <errno.h>

#define MUCH (4U << 20) /* more than a socket takes */

struct scene {
    struct loop *loop;
    struct outbox outbox;
    int ends[2]; /* ours, the peer's */
};

static void begin(struct scene *s)
{
    *s = (struct scene){.loop = loop_create()};
    assert_non_null(s->loop);
    stream_pair(s->ends);
}

static void end(struct scene *s)
{
    outbox_clear(&s->outbox, s->loop);
    assert_null(s->outbox.block);
    loop_destroy(s->loop);
    (void)close(s->ends[0]);
    (void)close(s->ends[1]);
}

static int send_on(struct scene *s, const struct slice *slices, size_t count)
{
    return outbox_send(&s->outbox, s->loop, s->ends[0], slices, count);
}

/* What the peer has got, at most ${size} bytes. */
static struct slice got(const struct scene *s, char *out, size_t size)
{
    ssize_t count = recv(s->ends[1], out, size, MSG_DONTWAIT);
    return slice_make(out, count > 0 ? (size_t)count : 0);
}

static void at_once(void **state)
{
    const struct slice slices[] = {SLICE("a"), SLICE_NONE, SLICE("bc")};
    struct scene s;
    char text[64];

    (void)state;
    begin(&s);
    assert_int_equal(send_on(&s, slices, COUNT_OF(slices)), 0);
    assert_text(got(&s, text, sizeof text), "abc");
    assert_null(s.outbox.block);
    assert_int_equal(send_on(&s, NULL, 0), 0); /* there is nothing to be sent */
    end(&s);
}

static void queue_first(void **state)
{
    const struct slice rest = SLICE("second");
    struct scene s;
    char text[64];

    (void)state;
    begin(&s);
    assert_int_equal(outbox_append(&s.outbox, s.loop, SLICE_NONE), 0);
    assert_null(s.outbox.block);
    assert_int_equal(outbox_append(&s.outbox, s.loop, SLICE("fir")), 0);
    assert_int_equal(outbox_append(&s.outbox, s.loop, SLICE("st ")), 0);
    assert_int_equal(s.outbox.len, 6);
    assert_int_equal(send_on(&s, &rest, 1), 0);
    assert_text(got(&s, text, sizeof text), "first second");
    assert_null(s.outbox.block); /* the block is given back with its last byte */
    end(&s);
}

/* More slices than one system call takes. */
static void many_slices(void **state)
{
    struct slice slices[200];
    char text[256], expected[200];
    struct scene s;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(slices); i++) {
        expected[i] = (char)('a' + i % 26);
        slices[i] = slice_make(&expected[i], 1);
    }
    begin(&s);
    assert_int_equal(send_on(&s, slices, COUNT_OF(slices)), 0);
    size_t count = 0;
    for (struct slice part; (part = got(&s, text + count, sizeof text - count)).len > 0;)
        count += part.len;
    assert_slice(slice_make(text, count), slice_make(expected, sizeof expected));
    end(&s);
}

/* What the socket does not take waits, and goes out byte for byte once it does. */
static void what_waits(void **state)
{
    static char sent[MUCH], heard[MUCH];
    const struct slice slices[] = {slice_make(sent, 1000), slice_make(sent + 1000, MUCH - 1000)};
    size_t count = 0;
    struct scene s;

    (void)state;
    for (size_t i = 0; i < sizeof sent; i++)
        sent[i] = (char)(i * 31 >> 3);
    begin(&s);
    assert_int_equal(send_on(&s, slices, COUNT_OF(slices)), 0);
    assert_true(s.outbox.len > 0 && s.outbox.len < MUCH);
    while (count < sizeof heard) {
        struct slice part = got(&s, heard + count, sizeof heard - count);

        assert_true(part.len > 0);
        count += part.len;
        assert_int_equal(send_on(&s, NULL, 0), 0);
    }
    assert_memory_equal(heard, sent, sizeof sent);
    assert_null(s.outbox.block);
    end(&s);
}

static void sent_by_others(void **state)
{
    struct scene s;
    char text[64];

    (void)state;
    begin(&s);
    assert_int_equal(outbox_append(&s.outbox, s.loop, SLICE("hello world")), 0);
    outbox_sent(&s.outbox, s.loop, 6);
    assert_int_equal(send_on(&s, NULL, 0), 0);
    assert_text(got(&s, text, sizeof text), "world");
    end(&s);
}

static void fails(void **state)
{
    const struct slice text = SLICE("x");
    struct scene s;

    (void)state;
    begin(&s);
    assert_int_equal(close(s.ends[1]), 0);
    assert_int_equal(send_on(&s, &text, 1), -1);
    assert_int_equal(errno, EPIPE); /* and no signal came */
    assert_int_equal(outbox_append(&s.outbox, s.loop, slice_make(text.ptr, OUTBOX_MAX + 1UL)), -1);
    assert_int_equal(s.outbox.len, 0);
    end(&s);
}

/* The block that grows and the block that is given back hold nothing of it. */
static void secrets(void **state)
{
    struct scene s;
    char *block;

    (void)state;
    begin(&s);
    s.outbox.secret = true;
    assert_int_equal(outbox_append(&s.outbox, s.loop, SLICE("password")), 0);
    block = s.outbox.block;
    outbox_clear(&s.outbox, s.loop);
    assert_true(s.outbox.secret);
    assert_ptr_equal(loop_block_take(s.loop), block); /* the loop's again */
    assert_null(memmem(block, LOOP_BLOCK_BYTES, "password", 8));
    loop_block_give(s.loop, block);
    end(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(at_once),        cmocka_unit_test(queue_first),
        cmocka_unit_test(many_slices),    cmocka_unit_test(what_waits),
        cmocka_unit_test(sent_by_others), cmocka_unit_test(fails),
        cmocka_unit_test(secrets),
    };

    return cmocka_run_group_tests_name("outbox", tests, NULL, NULL);
}
