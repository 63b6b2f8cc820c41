/* upstream: how it opens, asks, and takes what servers do wrong (PROTOCOL 1.12). The server is a
 * script on loopback, in the same loop. */
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "conf/config.h"
#include "proxy/net/listener.h"
#include "proxy/upstream/upstream.h"
#include "tests/unit/configured.h"
#include "tests/unit/proxy/upstream/line_server.h"

#define SCRIPT_MAX 12
#define SETTINGS   "timeouts = { command = \"300ms\"; };\n"

/* What a row does once the upstream is ready. */
enum act { ACT_NONE, ACT_COMMAND, ACT_AUTH, ACT_DATA, ACT_CONTENT, ACT_CHUNK, ACT_HALF_CHUNK };

struct row {
    const char *name;
    const char *script[SCRIPT_MAX]; /* greeting, then the answer to each line; NULL: close; "": say
                                       nothing */
    enum identify identify;
    enum act act;
    enum upstream_status status; /* in the end */
    int code;
    const char *heard; /* every line the server got, in order, joined by "|" */
};

struct scene {
    const struct row *row;
    struct loop *loop;
    struct listener *listener;
    struct line_server server;
    struct upstream *upstream;
    struct config *config;
    struct upstream_conf conf;
    struct endpoint endpoint;
    size_t said;
    bool acted;
};

static const struct row rows[] = {
    {"ESMTP",
     {"220 a\r\n", "250-a\r\n250 SIZE 5\r\n"},
     IDENTIFY_NONE,
     ACT_NONE,
     UPSTREAM_READY,
     250,
     "EHLO me"},
    {"HELO as a fallback",
     {"220 a\r\n", "502 no\r\n", "250 a\r\n"},
     IDENTIFY_NONE,
     ACT_NONE,
     UPSTREAM_READY,
     250,
     "EHLO me|HELO me"},
    {"the greeting refuses",
     {"554 go away\r\n"},
     IDENTIFY_NONE,
     ACT_NONE,
     UPSTREAM_REFUSED,
     554,
     ""},
    {"the greeting is temporary",
     {"421 busy\r\n"},
     IDENTIFY_NONE,
     ACT_NONE,
     UPSTREAM_REFUSED,
     421,
     ""},
    {"the greeting is no greeting", {"250 a\r\n"}, IDENTIFY_NONE, ACT_NONE, UPSTREAM_LOST, 250, ""},
    {"HTTP", {"HTTP/1.1 400 Bad Request\r\n"}, IDENTIFY_NONE, ACT_NONE, UPSTREAM_LOST, 0, ""},
    {"closes at once", {NULL}, IDENTIFY_NONE, ACT_NONE, UPSTREAM_LOST, 0, ""},
    {"both greetings refused",
     {"220 a\r\n", "550 no\r\n", "550 no\r\n"},
     IDENTIFY_NONE,
     ACT_NONE,
     UPSTREAM_REFUSED,
     550,
     "EHLO me|HELO me"},
    {"a temporary EHLO is no reason for HELO",
     {"220 a\r\n", "451 later\r\n"},
     IDENTIFY_NONE,
     ACT_NONE,
     UPSTREAM_REFUSED,
     451,
     "EHLO me"},
    {"closes after EHLO",
     {"220 a\r\n", NULL},
     IDENTIFY_NONE,
     ACT_NONE,
     UPSTREAM_LOST,
     0,
     "EHLO me"},
    {"two replies for one", {"220 a\r\n250 b\r\n"}, IDENTIFY_NONE, ACT_NONE, UPSTREAM_LOST, 0, ""},
    {"XCLIENT",
     {"220 a\r\n", "250-a\r\n250 XCLIENT ADDR HELO\r\n", "220 b\r\n", "250 b\r\n"},
     IDENTIFY_XCLIENT,
     ACT_NONE,
     UPSTREAM_READY,
     250,
     "EHLO me|XCLIENT HELO=them ADDR=192.0.2.1|EHLO me"},
    {"XCLIENT not offered",
     {"220 a\r\n", "250 a\r\n"},
     IDENTIFY_XCLIENT,
     ACT_NONE,
     UPSTREAM_LOST,
     250,
     "EHLO me"},
    {"XCLIENT without ADDR",
     {"220 a\r\n", "250-a\r\n250 XCLIENT HELO\r\n"},
     IDENTIFY_XCLIENT,
     ACT_NONE,
     UPSTREAM_LOST,
     250,
     "EHLO me"},
    {"XCLIENT refused",
     {"220 a\r\n", "250-a\r\n250 XCLIENT ADDR\r\n", "550 no\r\n"},
     IDENTIFY_XCLIENT,
     ACT_NONE,
     UPSTREAM_LOST,
     550,
     "EHLO me|XCLIENT ADDR=192.0.2.1"},
    {"XCLIENT is not said twice",
     {"220 a\r\n", "250-a\r\n250 XCLIENT ADDR\r\n", "220 b\r\n", "250-a\r\n250 XCLIENT ADDR\r\n"},
     IDENTIFY_XCLIENT,
     ACT_NONE,
     UPSTREAM_READY,
     250,
     "EHLO me|XCLIENT ADDR=192.0.2.1|EHLO me"},
    {"AUTH",
     {"220 a\r\n", "250 a\r\n", "235 in\r\n"},
     IDENTIFY_NONE,
     ACT_AUTH,
     UPSTREAM_READY,
     235,
     "EHLO me|AUTH X"},
    {"AUTH refused",
     {"220 a\r\n", "250 a\r\n", "535-no\r\n535 no\r\n"},
     IDENTIFY_NONE,
     ACT_AUTH,
     UPSTREAM_READY,
     535,
     "EHLO me|AUTH X"},
    {"a challenge, and the response to it",
     {"220 a\r\n", "250 a\r\n", "334 Zm9v\r\n", "334\r\n", "235 in\r\n"},
     IDENTIFY_NONE,
     ACT_AUTH,
     UPSTREAM_READY,
     235,
     "EHLO me|AUTH X|resp|resp"},
    {"silence after a response",
     {"220 a\r\n", "250 a\r\n", "334 \r\n", ""},
     IDENTIFY_NONE,
     ACT_AUTH,
     UPSTREAM_LOST,
     0,
     "EHLO me|AUTH X|resp"},
    {"a challenge of two lines",
     {"220 a\r\n", "250 a\r\n", "334-one\r\n334 two\r\n"},
     IDENTIFY_NONE,
     ACT_AUTH,
     UPSTREAM_LOST,
     334,
     "EHLO me|AUTH X"},
    {"354 to AUTH",
     {"220 a\r\n", "250 a\r\n", "354 go\r\n"},
     IDENTIFY_NONE,
     ACT_AUTH,
     UPSTREAM_LOST,
     354,
     "EHLO me|AUTH X"},
    {"a reply behind a challenge",
     {"220 a\r\n", "250 a\r\n", "334 \r\n235 in\r\n"},
     IDENTIFY_NONE,
     ACT_AUTH,
     UPSTREAM_LOST,
     235,
     "EHLO me|AUTH X"},
    {"closes after a challenge",
     {"220 a\r\n", "250 a\r\n", "334 \r\n", NULL},
     IDENTIFY_NONE,
     ACT_AUTH,
     UPSTREAM_LOST,
     0,
     "EHLO me|AUTH X|resp"},
    {"a command",
     {"220 a\r\n", "250 a\r\n", "550-one\r\n550 two\r\n"},
     IDENTIFY_NONE,
     ACT_COMMAND,
     UPSTREAM_READY,
     550,
     "EHLO me|MAIL FROM:<>"},
    {"a 3xx to a command",
     {"220 a\r\n", "250 a\r\n", "354 go\r\n"},
     IDENTIFY_NONE,
     ACT_COMMAND,
     UPSTREAM_LOST,
     354,
     "EHLO me|MAIL FROM:<>"},
    {"closed instead of a reply",
     {"220 a\r\n", "250 a\r\n", NULL},
     IDENTIFY_NONE,
     ACT_COMMAND,
     UPSTREAM_LOST,
     0,
     "EHLO me|MAIL FROM:<>"},
    {"silence",
     {"220 a\r\n", "250 a\r\n", ""},
     IDENTIFY_NONE,
     ACT_COMMAND,
     UPSTREAM_LOST,
     0,
     "EHLO me|MAIL FROM:<>"},
    {"DATA",
     {"220 a\r\n", "250 a\r\n", "354 go\r\n"},
     IDENTIFY_NONE,
     ACT_DATA,
     UPSTREAM_CONTENT,
     354,
     "EHLO me|DATA"},
    {"DATA refused",
     {"220 a\r\n", "250 a\r\n", "554 no\r\n"},
     IDENTIFY_NONE,
     ACT_DATA,
     UPSTREAM_READY,
     554,
     "EHLO me|DATA"},
    {"250 to DATA",
     {"220 a\r\n", "250 a\r\n", "250 what\r\n"},
     IDENTIFY_NONE,
     ACT_DATA,
     UPSTREAM_LOST,
     250,
     "EHLO me|DATA"},
    {"refused in the middle",
     {"220 a\r\n", "250 a\r\n", "354 go\r\n", "552 too big\r\n"},
     IDENTIFY_NONE,
     ACT_CONTENT,
     UPSTREAM_REFUSED,
     552,
     "EHLO me|DATA|text"},
    {"accepted before the dot",
     {"220 a\r\n", "250 a\r\n", "354 go\r\n", "250 ok\r\n"},
     IDENTIFY_NONE,
     ACT_CONTENT,
     UPSTREAM_LOST,
     250,
     "EHLO me|DATA|text"},
    {"refused with the 354",
     {"220 a\r\n", "250 a\r\n", "354 go\r\n554 no\r\n"},
     IDENTIFY_NONE,
     ACT_DATA,
     UPSTREAM_REFUSED,
     554,
     "EHLO me|DATA"},
    {"a last chunk",
     {"220 a\r\n", "250 a\r\n", "", "250 queued\r\n"},
     IDENTIFY_NONE,
     ACT_CHUNK,
     UPSTREAM_READY,
     250,
     "EHLO me|BDAT 6 LAST|text"},
    {"a last chunk refused",
     {"220 a\r\n", "250 a\r\n", "", "552 no\r\n"},
     IDENTIFY_NONE,
     ACT_CHUNK,
     UPSTREAM_READY,
     552,
     "EHLO me|BDAT 6 LAST|text"},
    {"354 to a chunk",
     {"220 a\r\n", "250 a\r\n", "", "354 go\r\n"},
     IDENTIFY_NONE,
     ACT_CHUNK,
     UPSTREAM_LOST,
     354,
     "EHLO me|BDAT 6 LAST|text"},
    {"no reply to a chunk",
     {"220 a\r\n", "250 a\r\n", "", ""},
     IDENTIFY_NONE,
     ACT_CHUNK,
     UPSTREAM_LOST,
     0,
     "EHLO me|BDAT 6 LAST|text"},
    {"refused within a chunk",
     {"220 a\r\n", "250 a\r\n", "", "552 no\r\n"},
     IDENTIFY_NONE,
     ACT_HALF_CHUNK,
     UPSTREAM_REFUSED,
     552,
     "EHLO me|BDAT 12|text"},
    {"accepted within a chunk",
     {"220 a\r\n", "250 a\r\n", "", "250 ok\r\n"},
     IDENTIFY_NONE,
     ACT_HALF_CHUNK,
     UPSTREAM_LOST,
     250,
     "EHLO me|BDAT 12|text"},
};

/* --- the server --- */

static void serve_next(void *ctx)
{
    struct scene *scene = ctx;
    const char *line = scene->said < SCRIPT_MAX ? scene->row->script[scene->said] : "";
    scene->said++;
    if (line != NULL) {
        line_server_say(&scene->server, line);
        return;
    }
    connection_destroy(scene->server.connection);
    scene->server.connection = NULL;
}

/* --- the upstream's owner --- */

static void act_chunk(struct scene *scene, bool whole)
{
    const struct slice text = SLICE_INIT("text\r\n");
    upstream_chunk(scene->upstream, whole ? text.len : 2 * text.len, whole);
    assert_int_equal(upstream_status(scene->upstream), UPSTREAM_CONTENT);
    upstream_content(scene->upstream, &text, 1);
    if (whole)
        upstream_end(scene->upstream, SLICE_NONE, 300);
}

static void act(struct scene *scene)
{
    scene->acted = true;
    bool whole = scene->row->act == ACT_CHUNK;
    if (whole || scene->row->act == ACT_HALF_CHUNK)
        act_chunk(scene, whole);
    else if (scene->row->act == ACT_COMMAND)
        upstream_command(scene->upstream, SLICE("MAIL FROM:<>\r\n"));
    else if (scene->row->act == ACT_AUTH)
        upstream_auth(scene->upstream, SLICE("AUTH X\r\n"));
    else if (scene->row->act != ACT_NONE)
        upstream_data(scene->upstream);
    upstream_flush(scene->upstream);
}

static void owner_wake(void *ctx)
{
    struct scene *scene = ctx;
    enum upstream_status status = upstream_status(scene->upstream);
    const struct slice text = SLICE_INIT("text\r\n");
    if (status == UPSTREAM_READY && !scene->acted && scene->row->act != ACT_NONE)
        act(scene);
    else if (status == UPSTREAM_CONTENT && scene->row->act == ACT_CONTENT)
        upstream_content(scene->upstream, &text, 1);
    else if (status == UPSTREAM_CHALLENGE)
        upstream_auth(scene->upstream, SLICE("resp\r\n"));
    else if (status == UPSTREAM_CONTENT && scene->row->act == ACT_HALF_CHUNK)
        return; /* its early reply is still to come */
    else if (status != UPSTREAM_OPENING && status != UPSTREAM_WAITING)
        loop_stop(scene->loop);
    if (status == UPSTREAM_CONTENT || status == UPSTREAM_CHALLENGE)
        upstream_flush(scene->upstream);
}

static void raise_scene(struct scene *scene, const struct row *row)
{
    char error[128];
    *scene = (struct scene){.row = row};
    scene->loop = loop_create();
    scene->conf.endpoints = &scene->endpoint;
    scene->conf.endpoint_count = 1;
    scene->endpoint.address = (struct address){.family = ADDRESS_V4, .bytes = {127, 0, 0, 1}};
    scene->conf.identify = row->identify;
    int fd = listener_open(&scene->endpoint, error, sizeof error);
    assert_true(fd >= 0);
    struct sockaddr_in bound;
    socklen_t size = sizeof bound;
    assert_int_equal(getsockname(fd, (struct sockaddr *)&bound, &size), 0);
    scene->endpoint.address.port = ntohs(bound.sin_port);
    scene->listener = listener_create(scene->loop, fd, line_server_accept, &scene->server);
    scene->upstream = upstream_create(scene->loop, owner_wake, scene);
    line_server_begin(&scene->server, scene->loop, serve_next, scene);
}

static void strike_scene(struct scene *scene)
{
    upstream_destroy(scene->upstream);
    line_server_end(&scene->server);
    listener_destroy(scene->listener);
    loop_destroy(scene->loop);
    config_unref(scene->config);
}

static void check_row(const struct row *row)
{
    struct scene scene;
    raise_scene(&scene, row);
    scene.config = configured(SETTINGS);
    char us[] = "me", them[] = "them";
    struct identity identity = {.helo = slice_str(them), .esmtp = true};
    assert_int_equal(address_parse(SLICE("192.0.2.1"), &identity.client), 0);
    upstream_open(scene.upstream, scene.config, &scene.conf, slice_str(us), &identity);
    us[0] = them[0] = '?'; /* it has its own copies */
    assert_int_equal(upstream_status(scene.upstream), UPSTREAM_OPENING);
    assert_int_equal(loop_run(scene.loop), 0);
    if (upstream_status(scene.upstream) != row->status ||
        upstream_reply(scene.upstream)->code != row->code ||
        !slice_equal(bytes_slice(&scene.server.heard), slice_str(row->heard)))
        fail_msg("%s: status %d, code %d, heard %.*s", row->name,
                 (int)upstream_status(scene.upstream), upstream_reply(scene.upstream)->code,
                 SLICE_ARG(bytes_slice(&scene.server.heard)));
    bool broken = row->status == UPSTREAM_LOST || row->status == UPSTREAM_REFUSED;
    assert_int_equal(upstream_failure(scene.upstream)[0] != '\0', broken);
    strike_scene(&scene);
}

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        check_row(&rows[i]);
}

static void test_refused_connect(void **state)
{
    (void)state;
    struct scene scene;
    raise_scene(&scene, &rows[0]);
    scene.config = configured(SETTINGS);
    listener_destroy(scene.listener); /* nobody listens any more */
    scene.listener = NULL;
    struct identity identity = {.helo = SLICE("them")};
    upstream_open(scene.upstream, scene.config, &scene.conf, SLICE("me"), &identity);
    if (upstream_status(scene.upstream) == UPSTREAM_OPENING)
        assert_int_equal(loop_run(scene.loop), 0);
    assert_int_equal(upstream_status(scene.upstream), UPSTREAM_LOST);
    strike_scene(&scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_refused_connect),
    };
    return cmocka_run_group_tests_name("upstream", tests, NULL, NULL);
}
