/* What all sessions of a milter share: the configuration of the day, who is there, and the end. */
#include "conf/config.h"
#include "tests/unit/checked_mutex.h"
#include "tests/unit/proxy/as_milter/mta_scene.h"

#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

static void write_conf(const struct mta_kit *kit, const char *milter, const char *settings)
{
    FILE *file = fopen(kit->file, "w");

    assert_non_null(file);
    (void)fprintf(file, "hostname = \"gw.test\"; milter = { address = \"%s\"; };\n%s\n", milter,
                  settings);
    assert_int_equal(fclose(file), 0);
}

/* The service ends; its log holds ${text} so often. */
static void logged(struct mta_kit *kit, const char *text, unsigned count)
{
    const char *log = mta_kit_log(kit);
    unsigned found = 0;

    for (const char *at = log; (at = strstr(at, text)) != NULL; at++)
        found++;
    if (found != count)
        fail_msg("%u times '%s' in:\n%s", found, text, log);
}

static void ready(void **state)
{
    struct mta_kit kit;
    char line[128];

    (void)state;
    mta_kit_begin(&kit, "");
    service_ready(kit.service);
    (void)snprintf(line, sizeof(line), "info: ready, configuration %s\n", kit.config->id);
    logged(&kit, line, 1);
    mta_kit_end(&kit);
}

#define SAME "inet:1@127.0.0.1"
#define GOOD "reloaded "
#define BAD  "reload failed, the old policy stays: "

static const struct {
    const char *milter, *settings, *outcome, *logged;
    unsigned count;
} rows[] = {
    {SAME, "", GOOD, "needs a restart", 0},
    {SAME, "", GOOD, "info: reloaded /", 1},
    {"inet:2@127.0.0.1", "", GOOD, "a changed address or mode of the milter needs a restart", 1},
    {"inet:2@127.0.0.1", "", GOOD, "a changed user needs a restart", 0},
    {SAME "\"; mode = \"0600", "", GOOD, "a changed address or mode", 1},
    {SAME, "user = \"nobody\";", GOOD, "a changed user needs a restart", 1},
    {SAME, "nonsense", BAD "the configuration has errors", "error: reload failed, the old", 1},
    {SAME, "audit = { file = \"/dev/null/audit\"; };", BAD "places that it names cannot be used",
     "audit: \"/dev/null/audit\" cannot be used", 1},
};

/* What a reload cannot change is said. */
static void reload(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char outcome[512], settings[256];
        struct mta_kit kit;
        struct config *now;

        mta_kit_begin(&kit, "");
        (void)snprintf(settings, sizeof(settings), "log = { to = \"%s/log\"; };\n%s", kit.folder,
                       rows[i].settings);
        write_conf(&kit, rows[i].milter, settings);
        service_reload(kit.service, outcome, sizeof(outcome));
        assert_row(strncmp(outcome, rows[i].outcome, strlen(rows[i].outcome)) == 0, outcome, i);
        now = service_config(kit.service);
        assert_int_equal(now != kit.config, strcmp(rows[i].outcome, GOOD) == 0);
        config_unref(now);
        logged(&kit, rows[i].logged, rows[i].count);
        mta_kit_end(&kit);
    }
}

/* Those that are there, whoever of them leaves. */
static void sessions(void **state)
{
    static const size_t leavers[] = {0, 1, 2};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(leavers); i++) {
        struct mta_kit kit;
        struct mta_session *sessions[3];

        mta_kit_begin(&kit, "");
        for (size_t k = 0; k < COUNT_OF(sessions); k++)
            assert_non_null(sessions[k] = mta_session_create(kit.service));
        assert_int_not_equal(service_number(kit.service), service_number(kit.service));
        mta_session_destroy(sessions[leavers[i]], NULL);
        assert_int_equal(service_close(kit.service), 2);
        mta_kit_end(&kit);
    }
}

struct callback {
    struct service *service;
    atomic_bool done;
};

static void *work(void *ctx)
{
    const struct timespec while_at_work = {.tv_nsec = 50 * 1000000};
    struct callback *callback = ctx;

    (void)nanosleep(&while_at_work, NULL);
    atomic_store(&callback->done, true);
    service_exit(callback->service);
    return NULL;
}

/* The end waits for those that are at work, and nobody begins then. */
static void closing(void **state)
{
    struct mta_kit kit;
    struct callback callback;
    pthread_t thread;

    (void)state;
    mta_kit_begin(&kit, "");
    callback.service = kit.service;
    atomic_init(&callback.done, false);
    assert_true(service_enter(kit.service));
    assert_true(service_enter(kit.service));
    service_exit(kit.service);
    assert_int_equal(pthread_create(&thread, NULL, work, &callback), 0);
    assert_int_equal(service_close(kit.service), 0);
    assert_true(atomic_load(&callback.done));
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_false(service_enter(kit.service));
    mta_kit_end(&kit);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(ready), cmocka_unit_test(reload),
                                       cmocka_unit_test(sessions), cmocka_unit_test(closing)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
