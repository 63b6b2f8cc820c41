/* watch_list: sockets of a library that says by itself what it waits for. Private to proxy/net. */
#ifndef PROXY_NET_WATCH_LIST_H
#define PROXY_NET_WATCH_LIST_H

#include "proxy/net/loop_private.h"

struct watch;

struct watch_list {
    struct loop *loop;
    void (*ready)(void *ctx, int fd, bool read, bool write);
    void *ctx;
    struct watch *first;
};

/* watch_list_set(list, fd, read, write): has ${list}->ready called when ${fd} can be read or
 * written, as is asked, from now on; neither: no more. The descriptor stays the caller's. When
 * memory is out it is not watched. */
void watch_list_set(struct watch_list *list, int fd, bool read, bool write);

/* watch_list_clear(list): none is watched any more. */
void watch_list_clear(struct watch_list *list);

#endif
