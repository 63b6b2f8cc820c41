/* inbox: what is read, what is kept, what is wiped. */
#include "proxy/net/inbox.h"

#include "proxy/net/loop_private.h"
#include "tests/unit/proxy/net/ground.h"

#include <errno.h>

#define ROOM 100000

struct scene {
    struct loop *loop;
    struct inbox inbox;
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
    inbox_clear(&s->inbox, s->loop);
    assert_null(s->inbox.block);
    loop_destroy(s->loop);
    (void)close(s->ends[0]);
    (void)close(s->ends[1]);
}

static struct slice unread(const struct scene *s)
{
    return slice_make(s->inbox.bytes, s->inbox.len);
}

static enum inbox_result hear(struct scene *s, const char *text)
{
    write_all(s->ends[1], slice_str(text));
    return inbox_read(&s->inbox, s->loop, s->ends[0], ROOM);
}

static void without_memory(void **state)
{
    struct scene s;

    (void)state;
    begin(&s);
    assert_int_equal(inbox_read(&s.inbox, s.loop, s.ends[0], ROOM), INBOX_NOTHING);
    assert_int_equal(hear(&s, "HELO a\r\n"), INBOX_GOT);
    assert_text(unread(&s), "HELO a\r\n");
    assert_null(s.inbox.block);
    inbox_consume(&s.inbox, s.loop, 8);
    assert_int_equal(inbox_settle(&s.inbox, s.loop), 0);
    assert_null(s.inbox.block); /* all of it was taken in time */
    end(&s);
}

static void kept(void **state)
{
    struct scene s;

    (void)state;
    begin(&s);
    assert_int_equal(hear(&s, "one two "), INBOX_GOT);
    inbox_consume(&s.inbox, s.loop, 4);
    assert_int_equal(inbox_settle(&s.inbox, s.loop), 0);
    assert_ptr_equal(s.inbox.bytes, s.inbox.block);
    memset(loop_read_buffer(s.loop), 'x', LOOP_READ_BYTES); /* another connection's turn */
    assert_text(unread(&s), "two ");
    assert_int_equal(hear(&s, "three"), INBOX_GOT);
    assert_text(unread(&s), "two three");
    inbox_consume(&s.inbox, s.loop, 1000);
    assert_int_equal(s.inbox.len, 0);
    assert_null(s.inbox.block);
    end(&s);
}

/* A block grows by what came, and holds no more than it may. */
static void limited(void **state)
{
    enum { FIRST = LOOP_BLOCK_BYTES - 10, MOST = 3 * LOOP_BLOCK_BYTES };
    static char sent[2 * MOST];
    struct scene s;

    (void)state;
    for (size_t i = 0; i < sizeof sent; i++)
        sent[i] = (char)('a' + i % 26);
    begin(&s);
    write_all(s.ends[1], slice_make(sent, FIRST));
    assert_int_equal(inbox_read(&s.inbox, s.loop, s.ends[0], MOST), INBOX_GOT);
    assert_int_equal(inbox_settle(&s.inbox, s.loop), 0);
    write_all(s.ends[1], slice_make(sent + FIRST, sizeof sent - FIRST));
    while (s.inbox.len < MOST)
        assert_int_equal(inbox_read(&s.inbox, s.loop, s.ends[0], MOST), INBOX_GOT);
    assert_int_equal(s.inbox.len, MOST);
    assert_memory_equal(s.inbox.bytes, sent, MOST);
    end(&s);
}

static void given(void **state)
{
    struct scene s;

    (void)state;
    begin(&s);
    memcpy(loop_read_buffer(s.loop), "clear", 5);
    assert_int_equal(inbox_take(&s.inbox, s.loop, 5), 0);
    assert_text(unread(&s), "clear");
    assert_int_equal(inbox_settle(&s.inbox, s.loop), 0);
    memcpy(loop_read_buffer(s.loop), " text", 5);
    assert_int_equal(inbox_take(&s.inbox, s.loop, 5), 0);
    assert_text(unread(&s), "clear text");
    assert_int_equal(inbox_take(&s.inbox, s.loop, 0), 0);
    assert_text(unread(&s), "clear text");
    end(&s);
}

static void ends(void **state)
{
    struct scene s;

    (void)state;
    begin(&s);
    assert_int_equal(hear(&s, "last"), INBOX_GOT);
    assert_int_equal(inbox_settle(&s.inbox, s.loop), 0);
    assert_int_equal(shutdown(s.ends[1], SHUT_WR), 0);
    assert_int_equal(inbox_read(&s.inbox, s.loop, s.ends[0], ROOM), INBOX_EOF);
    assert_text(unread(&s), "last");
    assert_int_equal(inbox_read(&s.inbox, s.loop, -1, ROOM), INBOX_FAILED);
    assert_int_equal(errno, EBADF);
    end(&s);
}

static bool holds(const char *bytes, size_t count, struct slice what)
{
    return memmem(bytes, count, what.ptr, what.len) != NULL;
}

/* What leaves is overwritten where it stood: in the read buffer, and in the block. */
static void secrets(void **state)
{
    struct scene s;

    (void)state;
    begin(&s);
    inbox_secret(&s.inbox, true);
    assert_int_equal(hear(&s, "password rest"), INBOX_GOT);
    inbox_consume(&s.inbox, s.loop, 9);
    assert_false(holds(loop_read_buffer(s.loop), 64, SLICE("password")));
    assert_int_equal(inbox_settle(&s.inbox, s.loop), 0);
    assert_false(holds(loop_read_buffer(s.loop), 64, SLICE("rest")));
    assert_int_equal(hear(&s, " secret tail"), INBOX_GOT);
    inbox_consume(&s.inbox, s.loop, 12);
    assert_text(unread(&s), "tail");
    inbox_secret(&s.inbox, false);
    assert_false(holds(s.inbox.block, s.inbox.cap, SLICE("rest")));
    assert_false(holds(s.inbox.block, s.inbox.cap, SLICE("secret")));
    assert_text(unread(&s), "tail");
    end(&s);
}

/* As it was before the secret began. */
static void no_secret(void **state)
{
    struct scene s;

    (void)state;
    begin(&s);
    assert_int_equal(hear(&s, "hello"), INBOX_GOT);
    inbox_consume(&s.inbox, s.loop, 5);
    assert_true(holds(loop_read_buffer(s.loop), 64, SLICE("hello")));
    end(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_memory), cmocka_unit_test(kept), cmocka_unit_test(limited),
        cmocka_unit_test(given),          cmocka_unit_test(ends), cmocka_unit_test(secrets),
        cmocka_unit_test(no_secret),
    };

    return cmocka_run_group_tests_name("inbox", tests, NULL, NULL);
}
