#include "proxy/net/inbox.h"

#include "proxy/net/loop_private.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>

static void wipe(const struct inbox *inbox, char *bytes, size_t size)
{
    if (inbox->secret && size > 0)
        explicit_bzero(bytes, size);
}

static void drop_block(struct inbox *inbox, struct loop *loop)
{
    if (inbox->block != NULL)
        wipe(inbox, inbox->block, inbox->cap);
    if (inbox->block != NULL && inbox->cap == LOOP_BLOCK_BYTES)
        loop_block_give(loop, inbox->block);
    else
        free(inbox->block);
    inbox->block = NULL;
    inbox->cap = 0;
}

static enum inbox_result judge_read(ssize_t got)
{
    if (got > 0)
        return INBOX_GOT;
    if (got == 0)
        return INBOX_EOF;
    return errno == EAGAIN || errno == EINTR ? INBOX_NOTHING : INBOX_FAILED;
}

static enum inbox_result read_into_loop(struct inbox *inbox, struct loop *loop, int fd, size_t max)
{
    size_t room = max < LOOP_READ_BYTES ? max : LOOP_READ_BYTES;
    ssize_t got = recv(fd, loop_read_buffer(loop), room, MSG_DONTWAIT);
    if (got > 0) {
        inbox->bytes = loop_read_buffer(loop);
        inbox->len = (uint32_t)got;
    }
    return judge_read(got);
}

static int grow_block(struct inbox *inbox, size_t need)
{
    size_t cap = inbox->cap;
    while (cap < need)
        cap *= 2;
    char *block = malloc(cap);
    if (block == NULL)
        return -1;
    memcpy(block, inbox->block, inbox->len);
    wipe(inbox, inbox->block, inbox->cap);
    free(inbox->block);
    inbox->block = inbox->bytes = block;
    inbox->cap = (uint32_t)cap;
    return 0;
}

/* Appends to bytes that were kept: into the room left in the block, and what does not fit there by
 * way of the read buffer, so that a block grows by what really came. */
static enum inbox_result read_more(struct inbox *inbox, struct loop *loop, int fd, size_t max)
{
    memmove(inbox->block, inbox->bytes, inbox->len);
    inbox->bytes = inbox->block;
    size_t limit = max - inbox->len;
    size_t room = inbox->cap - inbox->len;
    if (room > limit)
        room = limit;
    size_t beyond = limit - room < LOOP_READ_BYTES ? limit - room : LOOP_READ_BYTES;

    struct iovec parts[2] = {
        {.iov_base = inbox->block + inbox->len, .iov_len = room},
        {.iov_base = loop_read_buffer(loop), .iov_len = beyond},
    };
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2};
    ssize_t result = recvmsg(fd, &message, MSG_DONTWAIT);
    if (result <= 0)
        return judge_read(result);

    size_t got = (size_t)result;
    size_t in_block = got < room ? got : room;
    inbox->len += (uint32_t)in_block;
    if (got > in_block) {
        if (grow_block(inbox, inbox->len + (got - in_block)) != 0) {
            errno = ENOMEM;
            return INBOX_FAILED;
        }
        memcpy(inbox->block + inbox->len, loop_read_buffer(loop), got - in_block);
        wipe(inbox, loop_read_buffer(loop), got - in_block);
        inbox->len += (uint32_t)(got - in_block);
    }
    return INBOX_GOT;
}

int inbox_take(struct inbox *inbox, struct loop *loop, size_t size)
{
    if (inbox->len == 0) {
        inbox->bytes = loop_read_buffer(loop);
        inbox->len = (uint32_t)size;
        return 0;
    }
    memmove(inbox->block, inbox->bytes, inbox->len);
    inbox->bytes = inbox->block;
    if (inbox->cap - inbox->len < size && grow_block(inbox, inbox->len + size) != 0)
        return -1;
    memcpy(inbox->block + inbox->len, loop_read_buffer(loop), size);
    inbox->len += (uint32_t)size;
    return 0;
}

enum inbox_result inbox_read(struct inbox *inbox, struct loop *loop, int fd, size_t max)
{
    if (inbox->len == 0)
        return read_into_loop(inbox, loop, fd, max);
    return read_more(inbox, loop, fd, max);
}

void inbox_consume(struct inbox *inbox, struct loop *loop, size_t size)
{
    if (size >= inbox->len) {
        inbox_clear(inbox, loop);
        return;
    }
    wipe(inbox, inbox->bytes, size);
    inbox->bytes += size;
    inbox->len -= (uint32_t)size;
}

int inbox_settle(struct inbox *inbox, struct loop *loop)
{
    if (inbox->len == 0 || inbox->block != NULL)
        return 0;
    size_t cap = LOOP_BLOCK_BYTES;
    while (cap < inbox->len)
        cap *= 2;
    char *block = cap == LOOP_BLOCK_BYTES ? loop_block_take(loop) : malloc(cap);
    if (block == NULL) {
        inbox_clear(inbox, loop);
        return -1;
    }
    memcpy(block, inbox->bytes, inbox->len);
    wipe(inbox, inbox->bytes, inbox->len);
    inbox->block = inbox->bytes = block;
    inbox->cap = (uint32_t)cap;
    return 0;
}

void inbox_secret(struct inbox *inbox, bool secret)
{
    if (inbox->secret && !secret && inbox->block != NULL) { /* the block stays: wipe around it */
        char *end = inbox->bytes + inbox->len;
        explicit_bzero(inbox->block, (size_t)(inbox->bytes - inbox->block));
        explicit_bzero(end, inbox->cap - (size_t)(end - inbox->block));
    }
    inbox->secret = secret;
}

void inbox_clear(struct inbox *inbox, struct loop *loop)
{
    wipe(inbox, inbox->bytes, inbox->len);
    drop_block(inbox, loop);
    inbox->bytes = NULL;
    inbox->len = 0;
}
