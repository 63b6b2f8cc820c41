/* What waits to be sent: nothing is lost, doubled or out of order, however little the socket takes.
 */
#include "proxy/net/outbox.h"

#include <errno.h>

#include "tests/unit/proxy/net/ground.h"

#define LOAD_BYTES 1000000

struct stand {
    struct loop *loop;
    struct outbox outbox;
    int ours, theirs;
    size_t heard; /* octets of the load */
};

static void begin(struct stand *s)
{
    int fds[2];
    *s = (struct stand){.loop = loop_create()};
    assert_non_null(s->loop);
    stream_pair(fds);
    s->ours = fds[0];
    s->theirs = fds[1];
}

static void end(struct stand *s)
{
    outbox_clear(&s->outbox, s->loop);
    assert_null(s->outbox.block);
    assert_int_equal(close(s->theirs), 0);
    assert_int_equal(close(s->ours), 0);
    loop_destroy(s->loop);
}

static struct slice heard(const struct stand *s, char room[100])
{
    ssize_t size = read(s->theirs, room, 100);
    return slice_make(room, size > 0 ? (size_t)size : 0);
}

/* What is queued goes first. */
static void in_order(void **state)
{
    const struct slice slices[] = {SLICE_INIT("two "), SLICE_INIT("three")};
    char room[100];
    struct stand s;

    (void)state;
    begin(&s);
    assert_int_equal(outbox_append(&s.outbox, s.loop, SLICE("one ")), 0);
    assert_int_equal(heard(&s, room).len, 0);
    assert_int_equal(outbox_send(&s.outbox, s.loop, s.ours, slices, COUNT_OF(slices)), 0);
    assert_text(heard(&s, room), "one two three");
    assert_null(s.outbox.block);
    end(&s);
}

static char octet(size_t at)
{
    return (char)(at * 31 % 251);
}

static bool hear_more(struct stand *s)
{
    char room[10000];
    ssize_t size = read(s->theirs, room, sizeof room);
    for (ssize_t i = 0; i < size; i++)
        assert_int_equal(room[i], octet(s->heard++));
    return size > 0;
}

/* What the socket does not take is queued, and sent piece by piece. */
static void more_than_fits(void **state)
{
    static char load[LOAD_BYTES];
    const struct slice slices[] = {{load, 10}, {load + 10, LOAD_BYTES - 10}};
    struct stand s;

    (void)state;
    begin(&s);
    for (size_t i = 0; i < LOAD_BYTES; i++)
        load[i] = octet(i);
    assert_int_equal(outbox_send(&s.outbox, s.loop, s.ours, slices, COUNT_OF(slices)), 0);
    assert_true(s.outbox.len > 0);
    memset(load, 0, sizeof load); /* it has a copy */
    while (hear_more(&s))
        assert_int_equal(outbox_send(&s.outbox, s.loop, s.ours, NULL, 0), 0);
    assert_int_equal(s.heard, LOAD_BYTES);
    assert_null(s.outbox.block);
    end(&s);
}

/* What somebody else has sent is not sent again. */
static void sent_elsewhere(void **state)
{
    char room[100];
    struct stand s;

    (void)state;
    begin(&s);
    assert_int_equal(outbox_append(&s.outbox, s.loop, SLICE("one two")), 0);
    outbox_sent(&s.outbox, s.loop, 4);
    assert_int_equal(outbox_send(&s.outbox, s.loop, s.ours, NULL, 0), 0);
    assert_text(heard(&s, room), "two");
    end(&s);
}

static void nobody_listens(void **state)
{
    const struct slice slice = SLICE_INIT("hello");
    int fds[2];
    struct stand s;

    (void)state;
    begin(&s);
    stream_pair(fds);
    assert_int_equal(close(fds[1]), 0);
    assert_int_equal(outbox_send(&s.outbox, s.loop, fds[0], &slice, 1), -1);
    assert_int_equal(errno, EPIPE);
    assert_int_equal(close(fds[0]), 0);
    end(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(in_order), cmocka_unit_test(more_than_fits),
                                       cmocka_unit_test(sent_elsewhere),
                                       cmocka_unit_test(nobody_listens)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
