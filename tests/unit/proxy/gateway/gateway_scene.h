/* gateway_scene: a gateway with one worker, a unix socket to listen on, and an upstream that is not
 * there. */
#ifndef TESTS_UNIT_PROXY_GATEWAY_GATEWAY_SCENE_H
#define TESTS_UNIT_PROXY_GATEWAY_GATEWAY_SCENE_H

#include "conf/config.h"
#include "conf/read/config_load.h"
#include "proxy/gateway/gateway_state.h"
#include "tests/unit/proxy/net/ground.h"

#include <stdlib.h>

struct scene {
    char folder[64], file[96], log[96], audit[96], listener[96];
    char text[16384]; /* of the log */
    char error[512];
    struct gateway *gateway;
};

/* scene_write(s, settings): the file, with ${settings} beside what every scene has. */
static inline void scene_write(const struct scene *s, const char *settings)
{
    FILE *file = fopen(s->file, "w");

    assert_non_null(file);
    (void)fprintf(file,
                  "hostname = \"gw.test\"; workers = 1; state_dir = \"%s\";\n"
                  "log = { to = \"%s\"; }; audit = { file = \"%s\"; };\n"
                  "upstreams = ( { address = \"unix:%s/nobody\"; } );\n%s\n",
                  s->folder, s->log, s->audit, s->folder, settings);
    assert_int_equal(fclose(file), 0);
}

#define LISTENS "listeners = ( { address = \"unix:%s\"; %s } );"

static inline void scene_listen(const struct scene *s, const char *of_listener,
                                const char *settings)
{
    char text[1024];

    (void)snprintf(text, sizeof(text), LISTENS " %s", s->listener, of_listener, settings);
    scene_write(s, text);
}

static inline void scene_make(struct scene *s)
{
    *s = (struct scene){.gateway = NULL};
    (void)snprintf(s->folder, sizeof(s->folder), "/tmp/postern-gateway-XXXXXX");
    assert_non_null(mkdtemp(s->folder));
    (void)snprintf(s->file, sizeof(s->file), "%s/conf", s->folder);
    (void)snprintf(s->log, sizeof(s->log), "%s/log", s->folder);
    (void)snprintf(s->audit, sizeof(s->audit), "%s/audit", s->folder);
    (void)snprintf(s->listener, sizeof(s->listener), "%s/in", s->folder);
}

/* scene_open(s): binds what the file says. */
static inline void scene_open(struct scene *s)
{
    struct diag diag;

    diag_init(&diag);
    struct config *config = config_load(s->file, CONFIG_NEEDS_PROXY, NULL, &diag);
    if (config == NULL)
        fail_msg("%.*s", SLICE_ARG(diag.first->text));
    diag_fini(&diag);
    s->gateway = gateway_open(config, s->error, sizeof(s->error));
    config_unref(config);
}

static inline void scene_begin(struct scene *s, const char *of_listener, const char *settings)
{
    scene_make(s);
    scene_listen(s, of_listener, settings);
    scene_open(s);
    assert_string_equal(s->error, "");
    assert_int_equal(gateway_start(s->gateway, s->error, sizeof(s->error)), 0);
}

static inline void scene_end(struct scene *s)
{
    gateway_destroy(s->gateway);
    (void)unlink(s->listener);
    (void)unlink(s->file);
    (void)unlink(s->log);
    (void)unlink(s->audit);
    assert_int_equal(rmdir(s->folder), 0);
}

/* scene_finish(s, texts): ends it; its log holds each of ${texts} up to NULL. */
static inline void scene_finish(struct scene *s, const char *const *texts)
{
    gateway_destroy(s->gateway);
    s->gateway = NULL;
    FILE *file = fopen(s->log, "r");
    assert_non_null(file);
    s->text[fread(s->text, 1, sizeof(s->text) - 1, file)] = '\0';
    assert_int_equal(fclose(file), 0);
    for (size_t i = 0; texts[i] != NULL; i++)
        if (strstr(s->text, texts[i]) == NULL)
            fail_msg("no '%s' in:\n%s", texts[i], s->text);
    scene_end(s);
}

#endif
