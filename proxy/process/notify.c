#include "proxy/process/notify.h"

#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "proxy/net/loop.h"

#define STATUS_MAX 1024

struct notify {
    int fd;
    struct sockaddr_un to;
    socklen_t size;
};

struct notify *notify_create(const char *socket_path)
{
    size_t len = socket_path != NULL ? strlen(socket_path) : 0;
    errno = 0;
    if (len == 0)
        return NULL;
    struct notify *notify = calloc(1, sizeof *notify);
    if (notify == NULL)
        return NULL;
    if (len >= sizeof(notify->to.sun_path)) {
        errno = ENAMETOOLONG;
        goto err0;
    }
    notify->to.sun_family = AF_UNIX;
    memcpy(notify->to.sun_path, socket_path, len);
    if (socket_path[0] == '@')
        notify->to.sun_path[0] = '\0'; /* an abstract name, as long as the address says */
    notify->size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len);
    notify->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (notify->fd < 0)
        goto err0;
    /* A manager that does not read must not hold us up for long. */
    const struct timeval patience = {.tv_sec = NOTIFY_PATIENCE_S};
    (void)setsockopt(notify->fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    return notify;

err0:
    free(notify);
    return NULL;
}

void notify_destroy(struct notify *notify)
{
    if (notify == NULL)
        return;
    (void)close(notify->fd);
    free(notify);
}

int notify_send(const struct notify *notify, const char *state)
{
    if (notify == NULL)
        return 0;
    const struct sockaddr *to = (const struct sockaddr *)&notify->to;
    ssize_t sent = sendto(notify->fd, state, strlen(state), MSG_NOSIGNAL, to, notify->size);
    return sent < 0 ? -1 : 0;
}

int notify_reloading(const struct notify *notify)
{
    char state[64];
    (void)snprintf(state, sizeof state, "RELOADING=1\nMONOTONIC_USEC=%llu",
                   (unsigned long long)(loop_clock_ns(NULL) / 1000));
    return notify_send(notify, state);
}

int notify_status(const struct notify *notify, const char *format, ...)
{
    char state[STATUS_MAX] = "READY=1\nSTATUS=";
    size_t used = strlen(state);
    va_list args;
    va_start(args, format);
    (void)vsnprintf(state + used, sizeof state - used, format, args);
    va_end(args);
    for (char *c = state + used; *c != '\0'; c++)
        if (*c == '\n') /* would begin another variable */
            *c = ' ';
    return notify_send(notify, state);
}
