/* What a connection has read and nobody has consumed: in the loop's buffer, then in a block of its
 * own. */
#include "proxy/net/inbox.h"
#include "tests/unit/proxy/net/ground.h"

struct stand {
    struct loop *loop;
    struct inbox inbox;
    int ours, theirs;
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
    inbox_clear(&s->inbox, s->loop);
    assert_null(s->inbox.block);
    if (s->theirs >= 0)
        assert_int_equal(close(s->theirs), 0);
    assert_int_equal(close(s->ours), 0);
    loop_destroy(s->loop);
}

static struct slice unread(const struct stand *s)
{
    return slice_make(s->inbox.bytes, s->inbox.len);
}

/* What is consumed at once never needs a block. */
static void consumed_at_once(void **state)
{
    struct stand s;

    (void)state;
    begin(&s);
    assert_int_equal(inbox_read(&s.inbox, s.loop, s.ours, 100), INBOX_NOTHING);
    write_all(s.theirs, SLICE("hello"));
    assert_int_equal(inbox_read(&s.inbox, s.loop, s.ours, 100), INBOX_GOT);
    assert_text(unread(&s), "hello");
    inbox_consume(&s.inbox, s.loop, 2);
    assert_text(unread(&s), "llo");
    inbox_consume(&s.inbox, s.loop, 3);
    assert_int_equal(inbox_settle(&s.inbox, s.loop), 0);
    assert_null(s.inbox.block);
    end(&s);
}

/* What stays has one, to which more is added, until all is consumed. */
static void kept(void **state)
{
    struct stand s;

    (void)state;
    begin(&s);
    write_all(s.theirs, SLICE("hello"));
    assert_int_equal(inbox_read(&s.inbox, s.loop, s.ours, 100), INBOX_GOT);
    inbox_consume(&s.inbox, s.loop, 2);
    assert_int_equal(inbox_settle(&s.inbox, s.loop), 0);
    assert_non_null(s.inbox.block);
    write_all(s.theirs, SLICE(" world"));
    assert_int_equal(inbox_read(&s.inbox, s.loop, s.ours, 100), INBOX_GOT);
    assert_int_equal(inbox_settle(&s.inbox, s.loop), 0);
    assert_text(unread(&s), "llo world");
    inbox_consume(&s.inbox, s.loop, 9);
    assert_null(s.inbox.block);
    end(&s);
}

/* It never holds more than it may, and what does not fit is read later. */
static void limited(void **state)
{
    struct stand s;

    (void)state;
    begin(&s);
    write_all(s.theirs, SLICE("hello world"));
    assert_int_equal(inbox_read(&s.inbox, s.loop, s.ours, 4), INBOX_GOT);
    assert_int_equal(inbox_settle(&s.inbox, s.loop), 0);
    assert_text(unread(&s), "hell");
    assert_int_equal(inbox_read(&s.inbox, s.loop, s.ours, 6), INBOX_GOT);
    assert_int_equal(inbox_settle(&s.inbox, s.loop), 0);
    assert_text(unread(&s), "hello ");
    end(&s);
}

/* The end comes after all that was sent before. */
static void the_end(void **state)
{
    struct stand s;

    (void)state;
    begin(&s);
    write_all(s.theirs, SLICE("bye"));
    assert_int_equal(close(s.theirs), 0);
    s.theirs = -1;
    assert_int_equal(inbox_read(&s.inbox, s.loop, s.ours, 100), INBOX_GOT);
    assert_int_equal(inbox_settle(&s.inbox, s.loop), 0);
    assert_int_equal(inbox_read(&s.inbox, s.loop, s.ours, 100), INBOX_EOF);
    assert_text(unread(&s), "bye");
    end(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(consumed_at_once), cmocka_unit_test(kept),
                                       cmocka_unit_test(limited), cmocka_unit_test(the_end)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
