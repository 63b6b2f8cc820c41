#include "proxy/gateway/gateway_lists.h"

#include <string.h>

#include "conf/config.h"
#include "conf/read/config_load.h"
#include "proxy/explain/relay.h"
#include "proxy/gateway/gateway_reload.h"
#include "proxy/gateway/gateway_state.h"
#include "proxy/process/thread.h"

/* On a thread of its own, of the gateway's it only posts to the loop. */
static void *load(void *ctx)
{
    struct gateway *g = ctx;
    struct gateway_lists *lists = &g->lists;

    lists->next = config_load(lists->from->file.ptr, CONFIG_NEEDS_PROXY, relay_check, &lists->diag);
    (void)loop_post_task(g->loop, &lists->loaded); /* a loop that has ended waits for nobody */
    return NULL;
}

static void finish(struct gateway *g)
{
    struct gateway_lists *lists = &g->lists;

    (void)pthread_join(lists->thread, NULL);
    config_unref(lists->next);
    config_unref(lists->from);
    diag_fini(&lists->diag);
    lists->next = lists->from = NULL;
}

/* What has come between is served, and its lists are looked at at the next look. */
static void take(struct gateway *g)
{
    struct gateway_lists *lists = &g->lists;

    if (g->draining)
        return;
    if (g->awaited > 0 || lists->from != g->config) {
        list_watch_again(&lists->watch);
        return;
    }
    if (lists->next != NULL && !list_watch_lists_only(g->config, lists->next)) {
        log_write(g->log, LOG_LEVEL_WARNING,
                  "lists have changed, and so has the configuration: both wait for a reload");
        return;
    }
    log_report(g->log, &lists->diag);
    gateway_reload_take(g, lists->next);
}

static void was_loaded(void *ctx)
{
    struct gateway *g = ctx;

    take(g);
    finish(g);
}

static void begin(struct gateway *g)
{
    struct gateway_lists *lists = &g->lists;
    int error;

    diag_init(&lists->diag);
    lists->from = config_ref(g->config);
    lists->loaded = (struct loop_task){.run = was_loaded, .ctx = g};
    error = thread_start(&lists->thread, load, g);
    if (error == 0)
        return;
    log_write(g->log, LOG_LEVEL_ERROR, "no thread to read changed lists: %s", strerror(error));
    list_watch_again(&lists->watch);
    config_unref(lists->from);
    diag_fini(&lists->diag);
    lists->from = NULL;
}

void gateway_lists_look(void *ctx)
{
    struct gateway *g = ctx;

    loop_timer_set(g->lists.timer, LIST_WATCH_LOOK_MS);
    if (g->lists.from != NULL || g->awaited > 0 || g->draining)
        return;
    if (list_watch_look(&g->lists.watch, g->config))
        begin(g);
}

void gateway_lists_stop(struct gateway *g)
{
    if (g->lists.from != NULL)
        finish(g);
    loop_timer_destroy(g->lists.timer);
}
