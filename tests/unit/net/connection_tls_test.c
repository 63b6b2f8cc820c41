/* TLS on connections: two of ours talk to each other in one loop, over a socket pair. The
 * certificates are made by openssl(1) in a folder of their own. */
#include "proxy/net/tls_store.h"
#include "tests/unit/net/ground.h"

#include "filters/base/bytes.h"
#include "proxy/net/connection.h"
#include "proxy/net/tls_stream.h"

#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

struct end {
    struct connection *c;
    struct bytes got;
    unsigned wakes;
    size_t most; /* that came in one turn */
    bool eof, failed, keep;
};

struct scene {
    struct loop *loop;
    struct end server, client;
    char folder[64];
    struct tls_context *server_tls, *client_tls;
    size_t sent; /* one octet a record */
};

static void wake(void *ctx)
{
    struct end *end = ctx;
    end->wakes++;
    struct slice input = connection_input(end->c);
    if (!end->keep && input.len > end->most)
        end->most = input.len;
    if (!end->keep) {
        bytes_append(&end->got, input);
        connection_consume(end->c, input.len);
    }
    end->eof = connection_state(end->c) == CONNECTION_EOF;
    end->failed = connection_state(end->c) == CONNECTION_FAILED;
}

/* shell(folder, script): runs it there. */
static void shell(const char *folder, const char *script)
{
    char command[1024];
    char name[] = "sh", flag[] = "-c";
    char *const arguments[] = {name, flag, command, NULL};
    pid_t child;
    int status;
    (void)snprintf(command, sizeof(command), "cd %s && %s", folder, script);
    assert_int_equal(posix_spawnp(&child, "sh", NULL, NULL, arguments, environ), 0);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

static void make_certificate(const char *folder, unsigned days)
{
    char script[512];
    (void)snprintf(script, sizeof(script),
                   "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days %u "
                   "-subj /CN=mx.example -addext subjectAltName=DNS:mx.example -keyout mx.key "
                   "-out mx.pem 2>log",
                   days);
    shell(folder, script);
}

static struct slice path_in(const struct scene *s, const char *name, char out[128])
{
    (void)snprintf(out, 128, "%s/%s", s->folder, name);
    return slice_str(out);
}

/* make_contexts(s, mode, name): a server with the certificate mx.example, and a client that expects
 * ${name}. */
static void make_contexts(struct scene *s, enum upstream_tls_mode mode, const char *name)
{
    char certificate[128], key[128];
    struct listener_conf listener = {.name = SLICE("l")};
    struct upstream_conf upstream = {.name = SLICE("u")};
    struct diag diag;
    diag_init(&diag);
    listener.tls.mode = TLS_STARTTLS;
    listener.tls.pair.certificate = path_in(s, "mx.pem", certificate);
    listener.tls.pair.key = path_in(s, "mx.key", key);
    upstream.tls.mode = mode;
    upstream.tls.name = slice_str(name);
    upstream.tls.ca = listener.tls.pair.certificate;
    tls_context_unref(s->server_tls);
    tls_context_unref(s->client_tls);
    s->server_tls = tls_context_listener(&listener, &diag);
    s->client_tls = tls_context_upstream(&upstream, &diag);
    assert_non_null(s->server_tls);
    assert_non_null(s->client_tls);
    assert_int_equal(diag.errors, 0);
    diag_fini(&diag);
}

static void begin(struct scene *s)
{
    int fds[2];
    stream_pair(fds);
    s->server = (struct end){.keep = false};
    s->client = (struct end){.keep = false};
    bytes_init(&s->server.got, 64U << 20);
    bytes_init(&s->client.got, 64U << 20);
    s->server.c = connection_accept(s->loop, fds[0], wake, &s->server);
    s->client.c = connection_accept(s->loop, fds[1], wake, &s->client);
}

static void end(struct scene *s)
{
    connection_destroy(s->server.c);
    connection_destroy(s->client.c);
    bytes_fini(&s->server.got);
    bytes_fini(&s->client.got);
}

static bool settled(const void *ctx)
{
    const struct scene *s = ctx;
    return (connection_secure(s->client.c) || s->client.failed) &&
           (connection_secure(s->server.c) || s->server.failed);
}

static void secure(struct scene *s)
{
    assert_int_equal(connection_start_tls(s->server.c, s->server_tls), 0);
    assert_int_equal(connection_start_tls(s->client.c, s->client_tls), 0);
    assert_true(connection_securing(s->client.c));
    assert_false(connection_secure(s->client.c));
    assert_null(connection_tls(s->client.c));
    run_until(s->loop, settled, s);
}

static int setup(void **state)
{
    struct scene *s = calloc(1, sizeof(*s));
    assert_non_null(s);
    (void)signal(SIGPIPE, SIG_IGN); /* as the program does */
    (void)snprintf(s->folder, sizeof(s->folder), "/tmp/postern-tls-XXXXXX");
    assert_non_null(mkdtemp(s->folder));
    make_certificate(s->folder, 30);
    shell(s->folder, "openssl ecparam -name prime256v1 -genkey -noout -out other.key 2>log");
    s->loop = loop_create();
    make_contexts(s, UPSTREAM_TLS_VERIFIED, "mx.example");
    *state = s;
    return 0;
}

static int teardown(void **state)
{
    struct scene *s = *state;
    tls_context_unref(s->server_tls);
    tls_context_unref(s->client_tls);
    loop_destroy(s->loop);
    shell(s->folder, "rm -f mx.pem mx.key other.key log");
    assert_int_equal(rmdir(s->folder), 0);
    free(s);
    return 0;
}

static void test_handshake(void **state)
{
    struct scene *s = *state;
    begin(s);
    assert_int_equal(connection_write(s->client.c, SLICE("early")), 0); /* leaves in plain text */
    connection_flush(s->client.c);
    run_for(s->loop, 10);
    secure(s);
    assert_true(connection_secure(s->server.c));
    assert_text(connection_tls(s->server.c)->version, "1.3");
    assert_text(connection_tls(s->server.c)->name, "mx.example");
    assert_text(connection_tls(s->client.c)->client_certificate, "CN=mx.example");
    assert_true(connection_tls(s->client.c)->cipher.len > 0);
    assert_int_equal(connection_write(s->server.c, SLICE("hello")), 0);
    connection_flush(s->server.c);
    run_for(s->loop, 20);
    assert_text(bytes_slice(&s->client.got), "hello");
    assert_text(bytes_slice(&s->server.got), "early");
    end(s);
}

static void test_what_is_written_meanwhile_comes_inside(void **state)
{
    struct scene *s = *state;
    begin(s);
    assert_int_equal(connection_start_tls(s->client.c, s->client_tls), 0);
    assert_int_equal(connection_write(s->client.c, SLICE("EHLO me\r\n")), 0);
    connection_flush(s->client.c);
    assert_int_equal(connection_start_tls(s->server.c, s->server_tls), 0);
    run_until(s->loop, settled, s);
    run_for(s->loop, 20);
    assert_text(bytes_slice(&s->server.got), "EHLO me\r\n");
    end(s);
}

/* In TLS, too, an answer comes too early while the peer has not read what it would answer. */
static void test_behind_the_peer(void **state)
{
    static const char text[1000];
    struct scene *s = *state;
    begin(s);
    secure(s);
    run_for(s->loop, 20);
    assert_false(connection_behind(s->client.c));
    assert_int_equal(connection_write(s->client.c, slice_make(text, sizeof(text))), 0);
    connection_flush(s->client.c);
    assert_false(connection_unsent(s->client.c));
    assert_true(connection_behind(s->client.c));
    run_for(s->loop, 20);
    assert_int_equal(s->server.got.len, sizeof(text));
    assert_false(connection_behind(s->client.c));
    end(s);
}

/* PROTOCOL D7. */
static void test_unread_plain_text_is_refused(void **state)
{
    struct scene *s = *state;
    begin(s);
    s->server.keep = true;
    assert_int_equal(connection_write(s->client.c, SLICE("MAIL FROM:<evil>\r\n")), 0);
    connection_flush(s->client.c);
    run_for(s->loop, 10);
    assert_int_equal(connection_start_tls(s->server.c, s->server_tls), -1);
    assert_false(connection_secure(s->server.c));
    end(s);
}

/* Of what stands before the handshake, nothing counts as said inside it; the handshake itself may
 * have come in one read with it, or in parts. */
static void test_behind_a_header(void **state)
{
    struct scene *s = *state;
    static const char header[] = "PROXY UNKNOWN\r\n";
    begin(s);
    s->server.keep = true;
    assert_int_equal(connection_write(s->client.c, slice_str(header)), 0);
    assert_int_equal(connection_start_tls(s->client.c, s->client_tls), 0);
    run_for(s->loop, 20);
    assert_true(connection_input(s->server.c).len > sizeof(header) + 100);
    connection_consume(s->server.c, sizeof(header) - 1);
    assert_int_equal(connection_start_tls(s->server.c, s->server_tls), -1);
    assert_int_equal(connection_start_tls_behind(s->server.c, s->server_tls), 0);
    assert_int_equal(connection_input(s->server.c).len, 0);
    run_until(s->loop, settled, s);
    s->server.keep = false;
    assert_true(connection_secure(s->server.c));
    assert_int_equal(connection_write(s->client.c, SLICE("EHLO me\r\n")), 0);
    connection_flush(s->client.c);
    run_for(s->loop, 20);
    assert_text(bytes_slice(&s->server.got), "EHLO me\r\n");
    end(s);
}

static void test_plain_text_behind_a_header(void **state)
{
    struct scene *s = *state;
    begin(s);
    s->server.keep = true;
    assert_int_equal(connection_write(s->client.c, SLICE("EHLO client.example\r\n")), 0);
    connection_flush(s->client.c);
    run_for(s->loop, 20);
    assert_int_equal(connection_start_tls_behind(s->server.c, s->server_tls), 0);
    run_for(s->loop, 20);
    assert_true(s->server.failed);
    assert_int_equal(connection_input(s->server.c).len, 0);
    end(s);
}

static void test_plain_text_is_no_handshake(void **state)
{
    struct scene *s = *state;
    begin(s);
    assert_int_equal(connection_start_tls(s->server.c, s->server_tls), 0);
    assert_int_equal(connection_write(s->client.c, SLICE("EHLO client.example\r\n")), 0);
    connection_flush(s->client.c);
    run_for(s->loop, 20);
    assert_true(s->server.failed);
    assert_false(connection_secure(s->server.c) && s->server.got.len > 0);
    assert_true(connection_tls_error(s->server.c)[0] != '\0');
    end(s);
}

static void test_wrong_name_fails(void **state)
{
    struct scene *s = *state;
    make_contexts(s, UPSTREAM_TLS_VERIFIED, "another.example");
    begin(s);
    secure(s);
    assert_true(s->client.failed);
    assert_non_null(strstr(connection_tls_error(s->client.c), "ostname"));
    end(s);
    make_contexts(s, UPSTREAM_TLS_REQUIRED, "another.example"); /* nobody looks */
    begin(s);
    secure(s);
    assert_false(s->client.failed);
    assert_text(connection_tls(s->client.c)->client_certificate, "");
    end(s);
}

#define BULK (3U << 20)

static bool all_there(const void *ctx)
{
    const struct scene *s = ctx;
    return s->server.got.len >= BULK;
}

/* Through full sockets, partial writes and records that outlast a turn; in order, nothing lost. */
static void test_bulk(void **state)
{
    struct scene *s = *state;
    char *block = malloc(BULK);
    struct slice slices[3];
    assert_non_null(block);
    for (size_t i = 0; i < BULK; i++)
        block[i] = (char)(i ^ (i >> 8) ^ (i >> 16));
    begin(s);
    secure(s);
    slices[0] = slice_make(block, 5);
    slices[1] = slice_make(block + 5, 20000);
    slices[2] = slice_make(block + 20005, BULK - 20005);
    s->server.keep = true; /* until input stops at its limit */
    assert_int_equal(connection_send(s->client.c, slices, 3), 0);
    assert_true(connection_congested(s->client.c));
    run_for(s->loop, 50);
    assert_int_equal(connection_input(s->server.c).len, CONNECTION_INPUT_MAX);
    connection_pause(s->server.c, true);
    s->server.keep = false;
    wake(&s->server);
    run_for(s->loop, 20);
    assert_int_equal(s->server.got.len, CONNECTION_INPUT_MAX); /* paused: nothing more came */
    connection_pause(s->server.c, false);
    run_until(s->loop, all_there, s);
    assert_int_equal(s->server.got.len, BULK);
    assert_memory_equal(s->server.got.data, block, BULK);
    assert_int_equal(connection_queued(s->client.c), 0);
    free(block);
    end(s);
}

#define TINY_COUNT 15000
#define TINY_BURST 150

static bool tiny_there(const void *ctx)
{
    const struct scene *s = ctx;
    return s->server.got.len >= s->sent;
}

/* Records of one octet each: a turn takes a bounded number of them, and none is forgotten, though
 * nothing more comes to wake the reader. */
static void test_tiny_records(void **state)
{
    struct scene *s = *state;
    begin(s);
    secure(s);
    s->server.most = 0;
    for (s->sent = 0; s->sent < TINY_COUNT;) {
        for (size_t i = 0; i < TINY_BURST; i++, s->sent++) {
            assert_int_equal(connection_write(s->client.c, SLICE("x")), 0);
            connection_flush(s->client.c);
            assert_int_equal(connection_queued(s->client.c), 0); /* it was a record of its own */
        }
        run_until(s->loop, tiny_there, s);
    }
    assert_int_equal(s->server.got.len, TINY_COUNT);
    assert_in_range(s->server.most, 2, TLS_STREAM_READS_MAX / 2);
    end(s);
}

static bool heard_the_end(const void *ctx)
{
    return ((const struct scene *)ctx)->server.eof;
}

/* PROTOCOL T07: with close_notify or without, after the last words. */
static void test_the_end(void **state)
{
    struct scene *s = *state;
    begin(s);
    secure(s);
    assert_int_equal(connection_write(s->client.c, SLICE("bye")), 0);
    connection_finish(s->client.c);
    s->client.c = NULL;
    run_until(s->loop, heard_the_end, s);
    assert_text(bytes_slice(&s->server.got), "bye");
    end(s);

    begin(s);
    secure(s);
    assert_int_equal(connection_write(s->client.c, SLICE("cut")), 0);
    connection_flush(s->client.c);
    connection_destroy(s->client.c);
    s->client.c = NULL;
    run_until(s->loop, heard_the_end, s);
    assert_text(bytes_slice(&s->server.got), "cut");
    end(s);
}

static void test_bad_files_are_told(void **state)
{
    struct scene *s = *state;
    char certificate[128], key[128];
    struct listener_conf listener = {.name = SLICE("l"), .tls = {.mode = TLS_IMPLICIT}};
    struct diag diag;
    diag_init(&diag);
    listener.tls.pair.certificate = path_in(s, "mx.pem", certificate);
    listener.tls.pair.key = path_in(s, "other.key", key); /* of another certificate */
    assert_null(tls_context_listener(&listener, &diag));
    assert_int_equal(diag.errors, 1);
    listener.tls.pair.key = path_in(s, "missing.key", key);
    assert_null(tls_context_listener(&listener, &diag));
    assert_int_equal(diag.errors, 2);
    listener.tls.pair.certificate = path_in(s, "missing.pem", certificate);
    assert_null(tls_context_listener(&listener, &diag));
    assert_int_equal(diag.errors, 4); /* both are told */
    diag_fini(&diag);
}

static void test_store(void **state)
{
    struct scene *s = *state;
    char certificate[128], key[128];
    struct listener_conf listeners[2] = {{.name = SLICE("plain")}, {.name = SLICE("tls")}};
    struct config config = {.listeners = listeners, .listener_count = 2};
    struct tls_certificate known[2];
    struct diag diag;
    diag_init(&diag);
    assert_int_equal(tls_store_mark(&config), 0);
    listeners[1].tls.mode = TLS_STARTTLS;
    listeners[1].tls.pair.certificate = path_in(s, "mx.pem", certificate);
    listeners[1].tls.pair.key = path_in(s, "mx.key", key);
    uint64_t mark = tls_store_mark(&config);
    struct tls_store *store = tls_store_create(&config, &diag);
    assert_non_null(store);
    assert_int_equal(diag.warnings, 0);
    assert_null(tls_store_listener(store, SLICE("plain")));
    assert_non_null(tls_store_listener(store, SLICE("tls")));
    assert_int_equal(tls_store_certificates(store, known, 2), 1);
    assert_in_range(known[0].days_left, 29, 30);
    assert_int_equal(tls_store_mark(&config), mark);
    make_certificate(s->folder, 5);
    assert_true(tls_store_mark(&config) != mark);
    tls_store_unref(store);
    store = tls_store_create(&config, &diag);
    assert_int_equal(diag.warnings, 1); /* expires soon */
    tls_store_unref(store);
    diag_fini(&diag);
}

/* A session of before a reload finds the upstream that has the name now. */
static void test_store_keeps(void **state)
{
    struct scene *s = *state;
    char ca[128];
    struct upstream_conf now[] = {
        {.name = SLICE("mta"), .tls = {.mode = UPSTREAM_TLS_REQUIRED, .name = SLICE("mx.test")}},
        {.name = SLICE("far"), .tls = {.mode = UPSTREAM_TLS_VERIFIED, .name = SLICE("mx.test")}}};
    struct config config = {.upstreams = now, .upstream_count = 2};
    struct upstream_conf before = now[0];
    struct diag diag;
    now[1].tls.ca = path_in(s, "mx.pem", ca);
    diag_init(&diag);
    struct tls_store *store = tls_store_create(&config, &diag);
    assert_non_null(store);
    assert_non_null(tls_store_upstream(store, &before));
    before.tls.mode = UPSTREAM_TLS_VERIFIED;
    assert_null(tls_store_upstream(store, &before)); /* "mta" is not verified any more */
    before.tls.mode = UPSTREAM_TLS_IMPLICIT;
    assert_non_null(tls_store_upstream(store, &before));
    before.tls.ca = now[1].tls.ca;
    assert_null(tls_store_upstream(store, &before));
    before.name = SLICE("far");
    assert_non_null(tls_store_upstream(store, &before));
    before.name = SLICE("gone");
    assert_null(tls_store_upstream(store, &before));
    tls_store_unref(store);
    diag_fini(&diag);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_handshake, setup, teardown),
        cmocka_unit_test_setup_teardown(test_what_is_written_meanwhile_comes_inside, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_behind_the_peer, setup, teardown),
        cmocka_unit_test_setup_teardown(test_unread_plain_text_is_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(test_behind_a_header, setup, teardown),
        cmocka_unit_test_setup_teardown(test_plain_text_behind_a_header, setup, teardown),
        cmocka_unit_test_setup_teardown(test_plain_text_is_no_handshake, setup, teardown),
        cmocka_unit_test_setup_teardown(test_wrong_name_fails, setup, teardown),
        cmocka_unit_test_setup_teardown(test_bulk, setup, teardown),
        cmocka_unit_test_setup_teardown(test_tiny_records, setup, teardown),
        cmocka_unit_test_setup_teardown(test_the_end, setup, teardown),
        cmocka_unit_test_setup_teardown(test_bad_files_are_told, setup, teardown),
        cmocka_unit_test_setup_teardown(test_store, setup, teardown),
        cmocka_unit_test_setup_teardown(test_store_keeps, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
