/* bytes: see bytes.h. Room doubles, so that appending n bytes copies O(n) in all. */
#include "filters/base/bytes.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define BYTES_CAP_MIN 64 /* first room taken */

void bytes_init(struct bytes *b, size_t limit_bytes)
{
    *b = (struct bytes){.limit_bytes = limit_bytes};
}

/* Makes the room ${cap} at least. It doubles, but does not pass what the limit can ever need. */
static int grow(struct bytes *b, size_t cap)
{
    size_t wanted = b->cap > SIZE_MAX / 2 ? SIZE_MAX : b->cap * 2;
    char *data;

    if (cap <= b->cap)
        return 0;
    if (wanted < BYTES_CAP_MIN)
        wanted = BYTES_CAP_MIN;
    if (wanted - 1 > b->limit_bytes)
        wanted = b->limit_bytes + 1;
    if (wanted < cap)
        wanted = cap;
    data = realloc(b->data, wanted);
    if (data == NULL)
        return -1;
    b->data = data;
    b->cap = wanted;
    return 0;
}

char *bytes_reserve(struct bytes *b, size_t size)
{
    if (b->failed)
        return NULL;
    if (size < b->cap - b->len && size <= b->limit_bytes - b->len) /* nearly always */
        return b->data + b->len;
    /* One byte more than is asked for: the pointer is never NULL, and bytes_format has its NUL. */
    if (size > b->limit_bytes - b->len || size >= SIZE_MAX - b->len ||
        grow(b, b->len + size + 1) != 0) {
        b->failed = true;
        return NULL;
    }
    return b->data + b->len;
}

void bytes_commit(struct bytes *b, size_t size)
{
    assert(size <= b->cap - b->len);
    b->len += size;
}

void bytes_append(struct bytes *b, struct slice s)
{
    char *room = bytes_reserve(b, s.len);

    if (room == NULL)
        return;
    if (s.len > 0)
        memcpy(room, s.ptr, s.len);
    b->len += s.len;
}

void bytes_append_char(struct bytes *b, char c)
{
    char *room = bytes_reserve(b, 1);

    if (room == NULL)
        return;
    *room = c;
    b->len++;
}

void bytes_format(struct bytes *b, const char *format, ...)
{
    va_list args, again;
    char *room = NULL;
    int len;

    va_start(args, format);
    va_copy(again, args);
    len = vsnprintf(NULL, 0, format, args);
    if (len < 0)
        b->failed = true;
    else
        room = bytes_reserve(b, (size_t)len);
    if (room != NULL) {
        (void)vsnprintf(room, (size_t)len + 1, format, again); /* measured just before */
        b->len += (size_t)len;
    }
    va_end(again);
    va_end(args);
}

int bytes_end(const struct bytes *b)
{
    return b->failed ? -1 : 0;
}

int bytes_take(const struct bytes *b, struct slice *out)
{
    if (b->failed)
        return -1;
    *out = bytes_slice(b);
    return 0;
}

void bytes_fail(struct bytes *b)
{
    b->failed = true;
}

int bytes_set(struct bytes *b, struct slice s)
{
    bytes_renew(b);
    bytes_append(b, s);
    return bytes_end(b);
}

void bytes_cut(struct bytes *b, size_t len)
{
    if (len < b->len)
        b->len = len;
}

void bytes_clear(struct bytes *b)
{
    b->len = 0;
}

void bytes_renew(struct bytes *b)
{
    b->len = 0;
    b->failed = false;
}

void bytes_go_on(struct bytes *b)
{
    b->failed = false;
}

void bytes_wipe(struct bytes *b)
{
    if (b->data != NULL)
        explicit_bzero(b->data, b->cap);
    bytes_clear(b);
}

void bytes_fini(struct bytes *b)
{
    free(b->data);
    bytes_init(b, b->limit_bytes);
}
