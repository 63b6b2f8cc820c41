/* upstream, towards an LMTP server: LHLO and nothing else, and as many replies to the end of data
 * as its owner asks for (RFC 2033; R106, U11). The server answers each line by a script. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "conf/config.h"
#include "conf/read/config_load.h"
#include "proxy/net/listener.h"
#include "proxy/upstream/upstream.h"
#include "tests/unit/proxy/upstream/line_server.h"

#define SCRIPT_MAX 6
#define HELLO      "220 a\r\n", "250 a\r\n", "354 go\r\n"

struct row {
    const char *script[SCRIPT_MAX]; /* the greeting, then the answer to each line; NULL: close */
    unsigned owed;                  /* replies to the end of data; 0: none is sent */
    bool tail;                      /* closes behind the last answer */
    enum upstream_status status;    /* in the end */
    const char *codes;              /* of the replies taken, in order */
    const char *heard;              /* lines, joined by "|" */
};

static const struct row rows[] = {
    {{"220 a\r\n", "250 a\r\n"}, 0, false, UPSTREAM_READY, "", "LHLO me"},
    {{"220 a\r\n", "500 what\r\n"}, 0, false, UPSTREAM_LOST, "", "LHLO me"},
    {{"220 a\r\n", "502 what\r\n"}, 0, false, UPSTREAM_LOST, "", "LHLO me"},
    {{"220 a\r\n", "550 not you\r\n"}, 0, false, UPSTREAM_REFUSED, "", "LHLO me"},
    {{"220 a\r\n", "451 later\r\n"}, 0, false, UPSTREAM_REFUSED, "", "LHLO me"},
    {{HELLO, "250 x\r\n"}, 1, false, UPSTREAM_READY, "250", "LHLO me|DATA|."},
    {{HELLO, "250 x\r\n550-y\r\n550 y\r\n452 z\r\n"},
     3,
     false,
     UPSTREAM_READY,
     "250550452",
     "LHLO me|DATA|."},
    {{HELLO, "250 x\r\n"}, 2, true, UPSTREAM_LOST, "250", "LHLO me|DATA|."},
    {{HELLO, "250 x\r\n"}, 2, false, UPSTREAM_LOST, "250", "LHLO me|DATA|."}, /* silence */
    {{HELLO, "250 x\r\n550 y\r\n"}, 2, true, UPSTREAM_READY, "250550", "LHLO me|DATA|."},
    {{HELLO, "250 x\r\nwhat\r\n"}, 2, false, UPSTREAM_LOST, "250", "LHLO me|DATA|."},
    {{HELLO, "250 x\r\n354 y\r\n"}, 2, false, UPSTREAM_LOST, "250", "LHLO me|DATA|."},
    {{HELLO, NULL}, 2, false, UPSTREAM_LOST, "", "LHLO me|DATA|."},
};

struct scene {
    const struct row *row;
    struct loop *loop;
    struct line_server server;
    struct upstream *upstream;
    struct bytes codes;
    size_t said;
    unsigned taken;
    bool begun, ended;
};

static void serve_next(void *ctx)
{
    struct scene *scene = ctx;
    const char *line = scene->row->script[scene->said++];
    bool last = scene->said == SCRIPT_MAX || scene->row->script[scene->said] == NULL;
    if (line != NULL)
        line_server_say(&scene->server, line);
    if (line != NULL && !(scene->row->tail && last))
        return;
    connection_finish(scene->server.connection);
    scene->server.connection = NULL;
}

/* What a session does after the end: takes replies while some are owed. */
static void take(struct scene *scene)
{
    while (upstream_status(scene->upstream) == UPSTREAM_READY) {
        bytes_format(&scene->codes, "%d", upstream_reply(scene->upstream)->code);
        if (++scene->taken == scene->row->owed)
            return;
        upstream_end_more(scene->upstream);
    }
}

static void owner_wake(void *ctx)
{
    struct scene *scene = ctx;
    enum upstream_status status = upstream_status(scene->upstream);
    if (scene->ended)
        take(scene);
    else if (status == UPSTREAM_READY && scene->row->owed > 0 && !scene->begun)
        upstream_data(scene->upstream);
    else if (status == UPSTREAM_CONTENT)
        upstream_end(scene->upstream, SLICE(".\r\n"), 300);
    scene->begun = scene->begun || status == UPSTREAM_READY;
    scene->ended = scene->ended || status == UPSTREAM_CONTENT;
    status = upstream_status(scene->upstream);
    if (status == UPSTREAM_OPENING || status == UPSTREAM_WAITING)
        upstream_flush(scene->upstream);
    else
        loop_stop(scene->loop);
}

/* The configuration with an LMTP server at that path. */
static struct config *load_config(const char *folder)
{
    char path[64];
    struct diag diag;
    (void)snprintf(path, sizeof path, "%s/conf", folder);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    (void)fprintf(file, "upstreams = ( { address = \"unix:lmtp\"; protocol = \"lmtp\"; } );\n");
    assert_int_equal(fclose(file), 0);
    diag_init(&diag);
    struct config *config = config_load(path, CONFIG_NEEDS_NOTHING, NULL, &diag);
    diag_fini(&diag);
    (void)unlink(path);
    assert_non_null(config);
    return config;
}

static void check_row(const struct row *row, const char *folder)
{
    struct scene scene = {.row = row, .loop = loop_create()};
    struct config *config = load_config(folder);
    const struct upstream_conf *conf = &config->upstreams[0];
    struct identity identity = {.helo = SLICE("them")};
    char error[128];
    line_server_begin(&scene.server, scene.loop, serve_next, &scene);
    bytes_init(&scene.codes, 64);
    int fd = listener_open(&conf->endpoints[0], error, sizeof error);
    assert_true(fd >= 0);
    struct listener *listener = listener_create(scene.loop, fd, line_server_accept, &scene.server);
    scene.upstream = upstream_create(scene.loop, owner_wake, &scene);
    assert_false(upstream_lmtp(scene.upstream));
    upstream_open(scene.upstream, config, conf, SLICE("me"), &identity);
    assert_true(upstream_lmtp(scene.upstream));
    assert_int_equal(loop_run(scene.loop), 0);
    if (upstream_status(scene.upstream) != row->status ||
        !slice_equal(bytes_slice(&scene.codes), slice_str(row->codes)) ||
        !slice_equal(bytes_slice(&scene.server.heard), slice_str(row->heard)))
        fail_msg("row %d: status %d, codes %.*s, heard %.*s", (int)(row - rows),
                 (int)upstream_status(scene.upstream), SLICE_ARG(bytes_slice(&scene.codes)),
                 SLICE_ARG(bytes_slice(&scene.server.heard)));
    upstream_destroy(scene.upstream);
    line_server_end(&scene.server);
    listener_destroy(listener);
    (void)unlink(conf->endpoints[0].path.ptr);
    loop_destroy(scene.loop);
    bytes_fini(&scene.codes);
    config_unref(config);
}

static void test_rows(void **state)
{
    char folder[] = "/tmp/upstream_lmtp_test.XXXXXX";
    (void)state;
    assert_non_null(mkdtemp(folder));
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        check_row(&rows[i], folder);
    assert_int_equal(rmdir(folder), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_rows)};
    return cmocka_run_group_tests_name("upstream_lmtp", tests, NULL, NULL);
}
