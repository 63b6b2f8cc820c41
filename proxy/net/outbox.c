#include "proxy/net/outbox.h"

#include "proxy/net/loop_private.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>

#define PARTS_MAX 66 /* of one system call: a whole dot_slices, and what was queued */

void outbox_clear(struct outbox *outbox, struct loop *loop)
{
    if (outbox->block != NULL && outbox->secret)
        explicit_bzero(outbox->block, outbox->cap);
    if (outbox->block != NULL && outbox->cap == LOOP_BLOCK_BYTES)
        loop_block_give(loop, outbox->block);
    else
        free(outbox->block);
    *outbox = (struct outbox){.secret = outbox->secret};
}

/* realloc that leaves nothing readable behind. */
static char *move_block(const struct outbox *outbox, size_t cap)
{
    char *block = malloc(cap);
    if (block == NULL)
        return NULL;
    memcpy(block, outbox->block, outbox->len);
    explicit_bzero(outbox->block, outbox->cap);
    free(outbox->block);
    return block;
}

void outbox_sent(struct outbox *outbox, struct loop *loop, size_t size)
{
    outbox->start += (uint32_t)size;
    outbox->len -= (uint32_t)size;
    if (outbox->len == 0)
        outbox_clear(outbox, loop);
}

static int make_room(struct outbox *outbox, struct loop *loop, size_t size)
{
    if (outbox->start > 0) {
        memmove(outbox->block, outbox->block + outbox->start, outbox->len);
        outbox->start = 0;
    }
    if (size > OUTBOX_MAX - outbox->len)
        return -1;
    size_t need = outbox->len + size;
    if (need <= outbox->cap)
        return 0;
    size_t cap = outbox->cap > 0 ? outbox->cap : LOOP_BLOCK_BYTES;
    while (cap < need)
        cap *= 2;
    bool first = outbox->block == NULL && cap == LOOP_BLOCK_BYTES;
    bool secret = outbox->secret && outbox->block != NULL;
    char *block = first    ? loop_block_take(loop)
                  : secret ? move_block(outbox, cap)
                           : realloc(outbox->block, cap);
    if (block == NULL)
        return -1;
    outbox->block = block;
    outbox->cap = (uint32_t)cap;
    return 0;
}

int outbox_append(struct outbox *outbox, struct loop *loop, struct slice data)
{
    if (data.len == 0)
        return 0;
    if (data.len > outbox->cap - outbox->start - outbox->len &&
        make_room(outbox, loop, data.len) != 0)
        return -1;
    memcpy(outbox->block + outbox->start + outbox->len, data.ptr, data.len);
    outbox->len += (uint32_t)data.len;
    return 0;
}

/* send_parts(outbox, loop, fd, slices, count): one system call for the queue and the slices, of
 * which there are at most PARTS_MAX - 1. Returns how many bytes of the slices were sent, or -1 with
 * errno; a full socket is no error. */
static ssize_t send_parts(struct outbox *outbox, struct loop *loop, int fd,
                          const struct slice *slices, size_t count)
{
    const int flags = MSG_DONTWAIT | MSG_NOSIGNAL;
    struct iovec parts[PARTS_MAX];
    size_t part_count = 0;
    if (outbox->len > 0)
        parts[part_count++] = (struct iovec){outbox->block + outbox->start, outbox->len};
    for (size_t i = 0; i < count; i++)
        /* An iovec serves reading too, so it has no const; sendmsg only reads. */
        parts[part_count++] = (struct iovec){(void *)(uintptr_t)slices[i].ptr, slices[i].len};

    struct msghdr message = {.msg_iov = parts, .msg_iovlen = part_count};
    ssize_t result = part_count == 1 /* a reply or a command: the cheaper call */
                         ? send(fd, parts[0].iov_base, parts[0].iov_len, flags)
                         : sendmsg(fd, &message, flags);
    if (result < 0)
        return errno == EAGAIN || errno == EINTR ? 0 : -1;
    size_t sent = (size_t)result;
    size_t of_queue = sent < outbox->len ? sent : outbox->len;
    outbox_sent(outbox, loop, of_queue);
    return (ssize_t)(sent - of_queue);
}

/* queue_rest(outbox, loop, slices, count, sent): queues the slices but for their first ${sent}
 * bytes. */
static int queue_rest(struct outbox *outbox, struct loop *loop, const struct slice *slices,
                      size_t count, size_t sent)
{
    for (size_t i = 0; i < count; i++) {
        if (sent >= slices[i].len) {
            sent -= slices[i].len;
            continue;
        }
        if (outbox_append(outbox, loop, slice_from(slices[i], sent)) != 0) {
            errno = ENOMEM;
            return -1;
        }
        sent = 0;
    }
    return 0;
}

static size_t total_bytes(const struct slice *slices, size_t count)
{
    size_t total = 0;
    for (size_t i = 0; i < count; i++)
        total += slices[i].len;
    return total;
}

int outbox_send(struct outbox *outbox, struct loop *loop, int fd, const struct slice *slices,
                size_t count)
{
    for (;;) {
        size_t now = count < PARTS_MAX - 1 ? count : PARTS_MAX - 1;
        size_t total = total_bytes(slices, now);
        if (outbox->len + total > 0) {
            ssize_t sent = send_parts(outbox, loop, fd, slices, now);
            if (sent < 0)
                return -1;
            if ((size_t)sent < total || outbox->len > 0)
                return queue_rest(outbox, loop, slices, count, (size_t)sent);
        }
        if (now == count)
            return 0;
        slices += now;
        count -= now;
    }
}
