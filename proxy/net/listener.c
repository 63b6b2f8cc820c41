/* listener: see listener.h. */
#include "proxy/net/listener.h"

#include "proxy/net/connection.h"
#include "proxy/net/place.h"
#include "proxy/net/sockaddr.h"
#include "proxy/net/transparent.h"

#include <errno.h>
#include <limits.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define UNIX_MODE 0660

struct listener {
    struct loop_watch *watch;
    struct loop_timer *pause; /* runs while accepting is paused */
    int fd;
    void (*accepted)(void *ctx, int fd, const struct address *peer);
    void *ctx;
    bool in_turn, destroyed;
};

/* -- opening -- */

/* remove_stale(to, size): removes the socket file of a server that is gone. 0 also when there is
 * none; -1 with errno when somebody still answers there, or it is no socket. */
static int remove_stale(const struct sockaddr_storage *to, socklen_t size)
{
    struct sockaddr_un local;
    struct stat status;
    memcpy(&local, to, sizeof(local));
    if (lstat(local.sun_path, &status) != 0)
        return errno == ENOENT ? 0 : -1;
    if (!S_ISSOCK(status.st_mode)) {
        errno = EEXIST;
        return -1;
    }
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    bool stale = connect(fd, (const struct sockaddr *)to, size) != 0 && errno == ECONNREFUSED;
    (void)close(fd);
    if (stale)
        return unlink(local.sun_path);
    errno = EADDRINUSE;
    return -1;
}

static int bind_unix(int fd, const struct sockaddr_storage *to, socklen_t size)
{
    struct sockaddr_un local;
    memcpy(&local, to, sizeof(local));
    if (remove_stale(to, size) != 0)
        return -1;
    /* The mode of the socket itself becomes the file's (Linux), so that it is never wider; the
     * umask may have taken bits off, which the second call puts back. */
    if (fchmod(fd, UNIX_MODE) != 0 || bind(fd, (const struct sockaddr *)to, size) != 0)
        return -1;
    return chmod(local.sun_path, UNIX_MODE);
}

static int bind_inet(int fd, const struct sockaddr_storage *to, socklen_t size)
{
    const int on = 1, off = 0;
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) != 0)
        return -1;
    if (to->ss_family == AF_INET6) {
        struct sockaddr_in6 in6;
        memcpy(&in6, to, sizeof(in6));
        /* "[::]" means every address there is. */
        if (IN6_IS_ADDR_UNSPECIFIED(&in6.sin6_addr) &&
            setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off)) != 0)
            return -1;
    }
    return bind(fd, (const struct sockaddr *)to, size);
}

static int open_socket(const struct endpoint *endpoint, bool transparent)
{
    struct sockaddr_storage to;
    socklen_t size;
    if (sockaddr_from_endpoint(endpoint, &to, &size) != 0)
        return -1;
    int fd = socket(to.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    connection_tune(fd, endpoint->address.family); /* every accepted socket inherits it */
    bool local = to.ss_family == AF_UNIX;
    if ((transparent && transparent_mark(fd, endpoint->address.family) != 0) ||
        (local ? bind_unix(fd, &to, size) : bind_inet(fd, &to, size)) != 0 ||
        listen(fd, LISTENER_BACKLOG) != 0) {
        int error = errno;
        (void)close(fd);
        errno = error;
        return -1;
    }
    return fd;
}

/* A socket that is there is stale or ours, and is replaced; nothing else is. */
static int probe_unix(const struct endpoint *endpoint)
{
    char folder[PATH_MAX];
    struct stat status;
    if (lstat(endpoint->path.ptr, &status) == 0 && !S_ISSOCK(status.st_mode))
        return EEXIST;
    int error = place_above(endpoint->path.ptr, folder, sizeof(folder));
    return error != 0 ? error : place_folder(folder);
}

/* Bound and never listening, it is in nobody's way. */
static int probe_inet(const struct endpoint *endpoint, bool transparent)
{
    struct sockaddr_storage to;
    socklen_t size;
    if (sockaddr_from_endpoint(endpoint, &to, &size) != 0)
        return errno;
    int fd = socket(to.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return errno;
    bool fine = (!transparent || transparent_mark(fd, endpoint->address.family) == 0) &&
                bind_inet(fd, &to, size) == 0;
    int error = fine || errno == EADDRINUSE ? 0 : errno;
    (void)close(fd);
    return error;
}

int listener_probe(const struct endpoint *endpoint, bool transparent)
{
    return endpoint->address.family == ADDRESS_UNIX ? probe_unix(endpoint)
                                                    : probe_inet(endpoint, transparent);
}

int listener_open(const struct endpoint *endpoint, char *error, size_t error_size)
{
    int fd = open_socket(endpoint, false);
    if (fd < 0)
        (void)snprintf(error, error_size, "cannot listen on %.*s: %s", SLICE_ARG(endpoint->text),
                       strerror(errno));
    return fd;
}

int listener_open_conf(const struct listener_conf *conf, char *error, size_t error_size)
{
    if (conf->transparent != TRANSPARENT_TPROXY)
        return listener_open(&conf->endpoint, error, error_size);
    int fd = open_socket(&conf->endpoint, true);
    if (fd < 0)
        (void)snprintf(error, error_size, "cannot listen on %.*s for tproxy: %s%s",
                       SLICE_ARG(conf->endpoint.text), strerror(errno),
                       errno == EPERM ? " (it needs root, CAP_NET_RAW or CAP_NET_ADMIN)" : "");
    return fd;
}

/* -- accepting -- */

static void resume(void *arg)
{
    struct listener *l = arg;
    if (loop_watch_resume(l->watch) != 0)
        loop_timer_set(l->pause, LISTENER_PAUSE_MS);
}

/* after_error(l, error): whether to accept on. What concerns one connection only is that
 * connection's affair (accept(2) lists the network's errors); all else, a lack of descriptors above
 * all, would come again at once: we pause. */
static bool after_error(struct listener *l, int error)
{
    switch (error) {
    case EAGAIN: return false;
    case EINTR:
    case ECONNABORTED:
    case EPROTO:
    case EPERM:
    case ENETDOWN:
    case ENOPROTOOPT:
    case EHOSTDOWN:
    case ENONET:
    case EHOSTUNREACH:
    case EOPNOTSUPP:
    case ENETUNREACH:
    case ETIMEDOUT: return true;
    default: /* errno is no enum */
        loop_watch_pause(l->watch);
        loop_timer_set(l->pause, LISTENER_PAUSE_MS);
        return false;
    }
}

static bool accept_one(struct listener *l)
{
    struct sockaddr_storage from = {.ss_family = AF_UNSPEC};
    socklen_t size = sizeof(from);
    int fd = accept4(l->fd, (struct sockaddr *)&from, &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0)
        return after_error(l, errno);
    struct address peer = sockaddr_to_address(&from);
    l->accepted(l->ctx, fd, &peer);
    return !l->destroyed;
}

static void readable(void *arg)
{
    struct listener *l = arg;
    l->in_turn = true;
    for (int i = 0; i < LISTENER_ACCEPTS_A_TURN && accept_one(l); i++)
        ;
    l->in_turn = false;
    if (l->destroyed)
        free(l);
}

struct listener *listener_create(struct loop *loop, int fd,
                                 void (*accepted)(void *ctx, int fd, const struct address *peer),
                                 void *ctx)
{
    struct listener *l = calloc(1, sizeof(*l));
    if (l == NULL)
        goto err0;
    l->fd = fd;
    l->accepted = accepted;
    l->ctx = ctx;
    l->pause = loop_timer_create(loop, resume, l);
    if (l->pause == NULL)
        goto err1;
    l->watch = loop_watch_create(loop, fd, readable, l);
    if (l->watch == NULL)
        goto err2;
    return l;

err2:
    loop_timer_destroy(l->pause);
err1:
    free(l);
err0:
    (void)close(fd);
    return NULL;
}

void listener_destroy(struct listener *l)
{
    if (l == NULL || l->destroyed)
        return;
    loop_watch_destroy(l->watch);
    loop_timer_destroy(l->pause);
    (void)close(l->fd);
    l->destroyed = true;
    if (!l->in_turn)
        free(l);
}
