/* TLS on connections: two of ours talk to each other in one loop, over a socket pair. The
 * certificates are made by openssl(1) in a folder of their own. */
#include "conf/upstream_conf.h"
#include "conf/upstream_tls.h"
#include "proxy/net/tls_context.h"
#include "tests/unit/proxy/net/certificates.h"

#include "filters/base/bytes.h"
#include "proxy/net/connection.h"
#include "proxy/net/tls_stream.h"

#include <signal.h>

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
    char folder[FOLDER_MAX];
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
    listener.tls.pair.certificate = path_in(s->folder, "mx.pem", certificate);
    listener.tls.pair.key = path_in(s->folder, "mx.key", key);
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
    folder_make(s->folder);
    certificate_make(s->folder, 30);
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
    folder_remove(s->folder);
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
    listener.tls.pair.certificate = path_in(s->folder, "mx.pem", certificate);
    listener.tls.pair.key = path_in(s->folder, "other.key", key); /* of another certificate */
    assert_null(tls_context_listener(&listener, &diag));
    assert_int_equal(diag.errors, 1);
    listener.tls.pair.key = path_in(s->folder, "missing.key", key);
    assert_null(tls_context_listener(&listener, &diag));
    assert_int_equal(diag.errors, 2);
    listener.tls.pair.certificate = path_in(s->folder, "missing.pem", certificate);
    assert_null(tls_context_listener(&listener, &diag));
    assert_int_equal(diag.errors, 4); /* both are told */
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
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
