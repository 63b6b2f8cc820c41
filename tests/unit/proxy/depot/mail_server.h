/* mail_server: a mail server in a thread of its own, which answers each line by a script. */
#ifndef TESTS_UNIT_PROXY_DEPOT_MAIL_SERVER_H
#define TESTS_UNIT_PROXY_DEPOT_MAIL_SERVER_H

#include "tests/unit/proxy/net/ground.h"

#include <pthread.h>

struct mail_server {
    uint16_t port;
    int listening;
    pthread_t thread;
    const char *const *script; /* the greeting, then what each line is answered with; NULL: it
                                * closes. After a "354" a line is all up to the dot. */
    char heard[8192];          /* all lines, "|" after each; after mail_server_end */
    size_t len;
};

/* Reads up to the end of a line, or of content. false: the client has gone. */
static inline bool mail_server_hear(struct mail_server *s, int fd, bool content)
{
    const char *end = content ? "\r\n.\r\n" : "\r\n";
    size_t start = s->len, room = sizeof s->heard - 2;
    while (s->len - start < strlen(end) ||
           memcmp(s->heard + s->len - strlen(end), end, strlen(end)) != 0) {
        if (s->len == room || read(fd, s->heard + s->len, 1) != 1)
            return false;
        s->len++;
    }
    s->len -= 2;
    s->heard[s->len++] = '|';
    return true;
}

static inline void *mail_server_run(void *ctx)
{
    struct mail_server *s = ctx;
    int fd = accept(s->listening, NULL, NULL);
    for (const char *const *line = s->script; *line != NULL; line++) {
        if (write(fd, *line, strlen(*line)) != (ssize_t)strlen(*line))
            break;
        if (!mail_server_hear(s, fd, strncmp(*line, "354", 3) == 0))
            break;
    }
    (void)close(fd);
    return NULL;
}

/* mail_server_begin(s, script): listens on loopback, for one connection. mail_server_end(s): when
 * it has ended; what was heard. */
static inline void mail_server_begin(struct mail_server *s, const char *const *script)
{
    *s = (struct mail_server){.script = script};
    s->listening = tcp_listen(&s->port);
    assert_int_equal(pthread_create(&s->thread, NULL, mail_server_run, s), 0);
}

static inline struct slice mail_server_end(struct mail_server *s)
{
    (void)shutdown(s->listening, SHUT_RDWR); /* where nobody came */
    assert_int_equal(pthread_join(s->thread, NULL), 0);
    assert_int_equal(close(s->listening), 0);
    return slice_make(s->heard, s->len);
}

#endif
