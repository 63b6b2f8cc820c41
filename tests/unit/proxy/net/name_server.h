/* name_server: a DNS server for unit tests, on the loop of what it serves: one UDP socket, and one
 * thing that it does to every query. */
#ifndef TESTS_UNIT_PROXY_NET_NAME_SERVER_H
#define TESTS_UNIT_PROXY_NET_NAME_SERVER_H

#include "conf/resolver_conf.h"
#include "filters/base/address.h"
#include "proxy/net/resolver.h"
#include "tests/unit/proxy/net/ground.h"

enum name_server_does {
    SERVES,  /* the records, of the type asked for */
    REFUSES, /* with ${code} */
    SILENT,
    NONSENSE, /* of the right id */
    OTHER_ID,
    CUTS,  /* the records, the last bytes missing */
    LOOPS, /* the name is its own alias */
};

#define NAME_SERVER_RECORDS_MAX 40
#define NAME_SERVER_NXDOMAIN    3
#define NAME_SERVER_SERVFAIL    2

struct name_server {
    struct loop_watch *watch;
    int fd;
    uint16_t port;
    struct address address;
    struct resolver_conf conf; /* to ask this one */
    enum name_server_does does;
    unsigned char code;
    bool deaf_to_v6;                                 /* AAAA is not answered */
    unsigned char fails_type;                        /* is answered SERVFAIL; 0: none */
    struct slice names[NAME_SERVER_RECORDS_MAX];     /* answers to PTR: labels as on the wire */
    struct slice addresses[NAME_SERVER_RECORDS_MAX]; /* to A and AAAA: 4 or 16 bytes */
    size_t name_count, address_count;
    unsigned queries;
};

struct name_server_out {
    unsigned char bytes[8192];
    size_t len;
};

static inline void put_bytes(struct name_server_out *out, const void *bytes, size_t len)
{
    assert_true(out->len + len <= sizeof(out->bytes));
    memcpy(out->bytes + out->len, bytes, len);
    out->len += len;
}

static inline void put_record(struct name_server_out *out, unsigned char type, struct slice data)
{
    const unsigned char head[] = {0xc0, 12, 0, type, 0, 1, 0, 0, 0, 77, 0, (unsigned char)data.len};
    put_bytes(out, head, sizeof(head));
    put_bytes(out, data.ptr, data.len);
    out->bytes[7]++;
}

static inline void put_records(struct name_server *server, struct name_server_out *out,
                               unsigned char type)
{
    static const char itself[] = "\xc0\x0c";
    if (server->does == LOOPS)
        put_record(out, 5, slice_make(itself, 2));
    for (size_t i = 0; type == 12 && i < server->name_count; i++)
        put_record(out, type, server->names[i]);
    for (size_t i = 0; i < server->address_count; i++)
        if (server->addresses[i].len == (type == 1 ? 4 : type == 28 ? 16 : 0))
            put_record(out, type, server->addresses[i]);
}

static inline void name_server_ready(void *ctx)
{
    struct name_server *server = ctx;
    struct name_server_out out = {.len = 0};
    struct sockaddr_storage from;
    socklen_t from_size = sizeof(from);
    ssize_t got =
        recvfrom(server->fd, out.bytes, 512, MSG_DONTWAIT, (struct sockaddr *)&from, &from_size);
    if (got < 17)
        return;
    server->queries++;
    if (server->does == SILENT)
        return;
    size_t end = 12;
    while (out.bytes[end] != 0)
        end += 1U + out.bytes[end];
    out.len = end + 5;
    unsigned char type = out.bytes[end + 2];
    if (type == 28 && server->deaf_to_v6)
        return;
    const unsigned char head[] = {0x81, 0x80, 0, 1, 0, 0, 0, 0, 0, 0};
    memcpy(out.bytes + 2, head, sizeof(head));
    if (server->does == REFUSES)
        out.bytes[3] = 0x80 | server->code;
    else if (type == server->fails_type)
        out.bytes[3] = 0x80 | NAME_SERVER_SERVFAIL;
    else
        put_records(server, &out, type);
    if (server->does == NONSENSE)
        memset(out.bytes + 12, 0xff, out.len - 12);
    if (server->does == OTHER_ID)
        out.bytes[0] ^= 0x55;
    if (server->does == CUTS)
        out.len -= 3;
    (void)sendto(server->fd, out.bytes, out.len, 0, (struct sockaddr *)&from, from_size);
}

static inline void name_server_open(struct name_server *server, struct loop *loop)
{
    struct sockaddr_in at = {.sin_family = AF_INET};
    socklen_t size = sizeof(at);
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    *server = (struct name_server){.fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
    assert_true(server->fd >= 0);
    assert_int_equal(bind(server->fd, (struct sockaddr *)&at, sizeof(at)), 0);
    assert_int_equal(getsockname(server->fd, (struct sockaddr *)&at, &size), 0);
    server->address = (struct address){ADDRESS_V4, {127, 0, 0, 1}, ntohs(at.sin_port)};
    server->conf = (struct resolver_conf){&server->address, 1, 300, false};
    server->watch = loop_watch_create(loop, server->fd, name_server_ready, server);
    assert_non_null(server->watch);
}

static inline void name_server_close(struct name_server *server)
{
    loop_watch_destroy(server->watch);
    assert_int_equal(close(server->fd), 0);
}

/* A loop with a resolver on it that asks this server. */
struct name_ground {
    struct loop *loop;
    struct resolver *resolver;
    struct name_server server;
};

static inline void name_ground_raise(struct name_ground *ground)
{
    ground->loop = loop_create();
    assert_non_null(ground->loop);
    name_server_open(&ground->server, ground->loop);
    ground->resolver = resolver_create(ground->loop, &ground->server.conf);
    assert_non_null(ground->resolver);
}

static inline void name_ground_strike(struct name_ground *ground)
{
    resolver_destroy(ground->resolver);
    name_server_close(&ground->server);
    loop_destroy(ground->loop);
}

#endif
