#include "proxy/net/watch_list.h"

#include <stdlib.h>

struct watch {
    struct watch *next;
    struct watch_list *list;
    int fd;
    struct loop_io io;
};

static void ready(int fd, short what, void *ctx)
{
    const struct watch *watch = ctx;
    struct watch_list *list = watch->list; /* the watch may be gone afterwards */
    list->ready(list->ctx, fd, (what & LOOP_READ) != 0, (what & LOOP_WRITE) != 0);
}

static void forget(struct watch **at)
{
    struct watch *watch = *at;
    *at = watch->next;
    loop_io_stop(&watch->io);
    free(watch);
}

void watch_list_set(struct watch_list *list, int fd, bool read, bool write)
{
    struct watch **at = &list->first;
    int what = LOOP_PERSIST | (read ? LOOP_READ : 0) | (write ? LOOP_WRITE : 0);
    while (*at != NULL && (*at)->fd != fd)
        at = &(*at)->next;
    if (*at != NULL)
        forget(at);
    struct watch *watch = read || write ? calloc(1, sizeof *watch) : NULL;
    if (watch == NULL)
        return;
    *watch = (struct watch){.next = list->first, .list = list, .fd = fd};
    if (loop_io_init(&watch->io, list->loop, fd, what, ready, watch) != 0 ||
        loop_io_start(&watch->io) != 0)
        free(watch);
    else
        list->first = watch;
}

void watch_list_clear(struct watch_list *list)
{
    while (list->first != NULL)
        forget(&list->first);
}
