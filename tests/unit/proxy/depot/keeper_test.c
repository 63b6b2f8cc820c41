/* keeper: what is handed over is stored, told of and given back, or removed again. */
#include "conf/config.h"
#include "conf/file.h"
#include "proxy/depot/keeper.h"
#include "tests/unit/configured.h"
#include "tests/unit/proxy/depot/depot_folder.h"

#include <fcntl.h>
#include <pthread.h>
#include <semaphore.h>
#include <sys/syscall.h>

/* The disk, in the place of the C library's call: it stands still while the lock is taken, and says
 * when somebody waits for it. */
static pthread_mutex_t disk = PTHREAD_MUTEX_INITIALIZER;
static sem_t reached;

int fsync(int fd)
{
    (void)sem_post(&reached);
    (void)pthread_mutex_lock(&disk);
    int result = (int)syscall(SYS_fsync, fd);
    (void)pthread_mutex_unlock(&disk);
    return result;
}

struct scene {
    struct folder *folder;
    struct config *loaded;
    struct log *log;
    struct loop *loop;
    struct keeper *keeper;
    unsigned done;
};

static void on_done(void *ctx)
{
    struct scene *s = ctx;
    s->done++;
    loop_stop(s->loop);
}

static void load(struct scene *s)
{
    char text[512], error[256];
    (void)snprintf(text, sizeof(text),
                   "hostname = \"h\"; quarantine = { directory = \"%s\"; };\n"
                   "rules = ( { name = \"q\"; then = { quarantine = \"x\"; }; } );\n",
                   s->folder->dir);
    s->loaded = configured(text);
    const struct log_conf log_conf = {.to = SLICE("/dev/null"), .level = LOG_LEVEL_ERROR};
    s->log = log_create(&log_conf, error, sizeof(error));
    assert_non_null(s->log);
    assert_int_equal(keeper_open(&s->keeper, s->log, s->loaded, error, sizeof(error)), 0);
}

static int setup(void **state)
{
    struct scene *s = calloc(1, sizeof(*s));
    assert_non_null(s);
    assert_int_equal(folder_setup((void **)&s->folder), 0);
    load(s);
    s->loop = loop_create();
    assert_non_null(s->loop);
    *state = s;
    return 0;
}

static int teardown(void **state)
{
    struct scene *s = *state;
    loop_destroy(s->loop);
    keeper_destroy(s->keeper);
    log_destroy(s->log);
    config_unref(s->loaded);
    assert_int_equal(folder_teardown((void **)&s->folder), 0);
    free(s);
    return 0;
}

/* A message "text" below the line "{}". */
static struct keeper_job *order(struct scene *s, const char *id, size_t memory, bool pending)
{
    struct keeper_order order = {.config = s->loaded,
                                 .depot = &s->loaded->quarantine,
                                 .id = slice_str(id),
                                 .start = 2,
                                 .pending = pending};
    bytes_init(&order.line, 100);
    bytes_init(&order.header, 100);
    spool_init(&order.spool, memory, s->folder->top);
    bytes_append(&order.line, SLICE("{}\n"));
    bytes_append(&order.header, SLICE("h\r\n"));
    assert_int_equal(spool_append(&order.spool, SLICE("--text")), 0);
    struct keeper_job *job = keeper_store(s->keeper, &order, s->loop, on_done, s);
    if (job == NULL) /* it is its owner's again */
        assert_true(order.line.len > 0 && order.spool.size_bytes > 0);
    bytes_fini(&order.line); /* empty, or ours again */
    bytes_fini(&order.header);
    spool_fini(&order.spool);
    return job;
}

static struct keeper_job *store(struct scene *s, const char *id, size_t memory)
{
    return order(s, id, memory, false);
}

static int take(struct keeper_job *job)
{
    struct spool spool;
    spool_init(&spool, 0, NULL);
    int error = keeper_take(job, &spool);
    spool_fini(&spool);
    return error;
}

static void run(struct scene *s)
{
    assert_int_equal(loop_run(s->loop), 0);
}

static void is_stored_and_given_back(void **state)
{
    static const size_t MEMORIES[] = {100, 1}; /* in memory, in a file */
    struct keeper_job *jobs[COUNT_OF(MEMORIES)];
    struct scene *s = *state;
    for (size_t i = 0; i < COUNT_OF(MEMORIES); i++) {
        struct spool spool;
        struct slice view;
        struct keeper_job *job = store(s, i == 0 ? "a" : "b", MEMORIES[i]);
        assert_non_null(job);
        run(s);
        assert_true(keeper_done(job));
        spool_init(&spool, 0, s->folder->top);
        assert_int_equal(keeper_take(job, &spool), 0);
        assert_int_equal(spool_view(&spool, &view), 0);
        assert_text(view, "--text");
        spool_fini(&spool);
        assert_int_equal(folder_count(s->folder, "mail"), i + 1);
        jobs[i] = job;
    }
    char path[256];
    struct stat status;
    assert_int_equal(stat(folder_path(s->folder, "mail/b", path), &status), 0);
    assert_int_equal(status.st_size, 3 + 3 + 4);
    keeper_part(jobs[0], KEEPER_REMOVE);
    keeper_part(jobs[1], KEEPER_KEEP);
    keeper_stop(s->keeper);
    assert_int_equal(folder_count(s->folder, "mail"), 1);
    assert_int_equal(access(folder_path(s->folder, "mail/b", path), F_OK), 0);
}

/* A copy whose message is under way is told of again when its fate is done. */
static void is_settled(void **state)
{
    struct scene *s = *state;
    for (unsigned keep = 0; keep < 2; keep++) {
        struct keeper_job *job = order(s, "a", 100, true);
        run(s);
        assert_int_equal(take(job), 0);
        assert_int_equal(folder_count(s->folder, "pending"), 1);
        assert_int_equal(depot_orphans(s->folder->dir), 0);
        keeper_settle(job, keep);
        assert_false(keeper_done(job));
        run(s);
        assert_true(keeper_done(job));
        assert_int_equal(folder_count(s->folder, "pending"), 0);
        assert_int_equal(folder_count(s->folder, "mail"), keep);
        keeper_part(job, keep);
    }
    assert_int_equal(s->done, 4);
}

/* A session that leaves it at any moment: what it says holds, unless it had settled it. */
static void is_left(void **state)
{
    enum { QUEUED, DONE, SETTLED, MOMENTS };
    struct scene *s = *state;
    size_t kept = 0;
    for (unsigned i = 0; i < 2 * MOMENTS; i++) {
        char id[16];
        (void)snprintf(id, sizeof(id), "m.%u", i);
        bool keep = i % 2 == 1;
        struct keeper_job *job = order(s, id, 100, true);
        if (i / 2 >= DONE) {
            run(s);
            assert_int_equal(take(job), 0);
        }
        if (i / 2 == SETTLED)
            keeper_settle(job, keep);
        keeper_part(job, i / 2 == SETTLED ? !keep : keep);
        kept += keep;
    }
    keeper_stop(s->keeper);
    assert_int_equal(loop_post(s->loop, on_done, s), 0);
    run(s);
    assert_int_equal(folder_count(s->folder, "mail"), kept);
    assert_int_equal(folder_count(s->folder, "pending"), 0);
}

/* One whose fate nobody knows is nobody's from then on. */
static void is_left_unconfirmed(void **state)
{
    struct scene *s = *state;
    struct keeper_job *job = order(s, "a", 100, true);
    run(s);
    assert_int_equal(take(job), 0);
    keeper_settle(job, KEEPER_LEAVE);
    assert_true(keeper_done(job));
    assert_int_equal(depot_orphans(s->folder->dir), 0);
    keeper_part(job, KEEPER_LEAVE);
    assert_int_equal(depot_orphans(s->folder->dir), 1);
    keeper_part(order(s, "b", 100, true), KEEPER_LEAVE); /* before it is stored */
    keeper_stop(s->keeper);
    assert_int_equal(loop_post(s->loop, on_done, s), 0);
    run(s);
    assert_int_equal(depot_orphans(s->folder->dir), 2);
}

/* What would go over max_size is not taken; what goes makes room. */
static void has_a_size(void **state)
{
    struct scene *s = *state;
    s->loaded->quarantine.max_size_bytes = 25;
    struct keeper_job *jobs[3];
    static const int ERRORS[] = {0, 0, EDQUOT};
    static const char *const NAMES[] = {"a", "b", "c"};
    for (size_t i = 0; i < COUNT_OF(jobs); i++) {
        jobs[i] = store(s, NAMES[i], 100); /* 10 bytes each */
        run(s);
        assert_int_equal(take(jobs[i]), ERRORS[i]);
    }
    keeper_settle(jobs[0], KEEPER_REMOVE);
    run(s);
    keeper_part(jobs[0], KEEPER_REMOVE);
    keeper_part(jobs[2], KEEPER_REMOVE);
    jobs[2] = store(s, "d", 100);
    run(s);
    assert_int_equal(take(jobs[2]), 0);
    keeper_part(jobs[1], KEEPER_KEEP);
    keeper_part(jobs[2], KEEPER_KEEP);
    assert_int_equal(folder_count(s->folder, "mail"), 2);
}

/* What is older than the configuration wants goes when that is taken in. */
static void follows(void **state)
{
    struct scene *s = *state;
    const struct slice piece = SLICE("{}\n");
    const struct timespec old[] = {{.tv_sec = 1}, {.tv_sec = 1}};
    char path[256];
    assert_int_equal(folder_store(s->folder, "old", &piece, 1), 0);
    assert_int_equal(utimensat(AT_FDCWD, folder_path(s->folder, "mail/old", path), old, 0), 0);
    assert_int_equal(folder_store(s->folder, "new", &piece, 1), 0);
    keeper_follow(s->keeper, s->loaded);
    struct keeper_job *job = store(s, "a", 100);
    run(s);
    assert_int_equal(take(job), 0);
    keeper_part(job, KEEPER_REMOVE);
    assert_int_equal(access(path, F_OK), 0);
    s->loaded->quarantine.max_age_ms = 3600000;
    keeper_follow(s->keeper, s->loaded);
    while (access(path, F_OK) == 0)
        (void)nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    assert_int_equal(access(folder_path(s->folder, "mail/new", path), F_OK), 0);
}

/* What a gateway has left that died is said when the next one begins. */
static void tells_of_orphans(void **state)
{
    const struct slice piece = SLICE("{}\n");
    struct scene *s = *state;
    char path[128], error[256];
    struct keeper *next = NULL;
    (void)snprintf(path, sizeof(path), "%s/log", s->folder->top);
    const struct log_conf conf = {.to = slice_str(path), .level = LOG_LEVEL_WARNING};
    struct log *log = log_create(&conf, error, sizeof(error));
    assert_int_equal(close(folder_store_pending(s->folder, "a", &piece, 1)), 0);
    assert_int_equal(keeper_open(&next, log, s->loaded, error, sizeof(error)), 0);
    keeper_destroy(next);
    log_destroy(log);
    struct bytes text;
    bytes_init(&text, 1 << 20);
    assert_null(file_read(path, &text));
    bytes_append_char(&text, '\0');
    assert_int_equal(bytes_end(&text), 0);
    assert_non_null(strstr(text.data, "quarantine: 1 unconfirmed in "));
    bytes_fini(&text);
}

/* Whether it is queued, under way or done: nobody is told, and nothing stays. */
static void is_cancelled(void **state)
{
    struct scene *s = *state;
    keeper_part(NULL, KEEPER_KEEP);
    keeper_part(store(s, "queued", 100), KEEPER_REMOVE);
    struct keeper_job *job = store(s, "done", 100);
    run(s);
    assert_true(keeper_done(job));
    keeper_part(job, KEEPER_REMOVE);
    keeper_stop(s->keeper);
    assert_int_equal(loop_post(s->loop, on_done, s), 0);
    run(s);
    assert_int_equal(s->done, 2);
    assert_int_equal(folder_count(s->folder, "mail"), 0);
    assert_int_equal(folder_count(s->folder, "tmp"), 0);
}

static void tells_of_failure(void **state)
{
    struct scene *s = *state;
    folder_write(s->folder, "mail/a", SLICE("x"));
    struct keeper_job *job = store(s, "a", 100);
    run(s);
    assert_int_equal(take(job), EEXIST);
    assert_false(keeper_left(job));
    keeper_part(job, KEEPER_REMOVE);
    assert_int_equal(folder_count(s->folder, "mail"), 1);
}

/* What waits is finished; then nothing is taken any more, and what must go goes at once. */
static void stops(void **state)
{
    struct scene *s = *state;
    struct keeper_job *job = store(s, "a", 100);
    keeper_stop(s->keeper);
    assert_null(store(s, "b", 100));
    assert_int_equal(folder_count(s->folder, "mail"), 1);
    run(s);
    assert_int_equal(take(job), 0);
    keeper_part(job, KEEPER_REMOVE);
    assert_int_equal(folder_count(s->folder, "mail"), 0);
}

/* More than waits for a disk that stands still is told so at once. What settles a copy that is
 * stored makes room, and is taken. */
static void is_bounded(void **state)
{
    struct scene *s = *state;
    struct keeper_job *jobs[2 + KEEPER_JOBS_MAX] = {NULL};
    struct keeper_job *surplus[2];
    size_t taken = 1;
    jobs[0] = order(s, "copy", 100, true);
    run(s);
    assert_int_equal(take(jobs[0]), 0);
    while (sem_trywait(&reached) == 0)
        continue;
    assert_int_equal(pthread_mutex_lock(&disk), 0);
    for (; taken < COUNT_OF(jobs); taken++) {
        char id[32];
        (void)snprintf(id, sizeof(id), "m.%zu", taken);
        jobs[taken] = store(s, id, 100);
        if (taken == 1)
            assert_int_equal(sem_wait(&reached), 0); /* it is under way, and waits no more */
    }
    surplus[0] = store(s, "surplus", 100);
    keeper_settle(jobs[0], KEEPER_KEEP);
    bool waits = !keeper_done(jobs[0]);
    surplus[1] = store(s, "surplus", 100);
    assert_int_equal(pthread_mutex_unlock(&disk), 0);
    assert_true(waits);
    assert_null(surplus[0]);
    assert_null(surplus[1]);
    while (taken > 1) {
        assert_non_null(jobs[--taken]);
        keeper_part(jobs[taken], KEEPER_REMOVE);
    }
    while (!keeper_done(jobs[0]))
        run(s);
    keeper_part(jobs[0], KEEPER_KEEP);
    keeper_stop(s->keeper);
    assert_null(store(s, "none", 100));
    assert_int_equal(loop_post(s->loop, on_done, s), 0);
    run(s);
    assert_int_equal(folder_count(s->folder, "mail"), 1); /* the copy */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(is_stored_and_given_back, setup, teardown),
        cmocka_unit_test_setup_teardown(is_settled, setup, teardown),
        cmocka_unit_test_setup_teardown(is_left, setup, teardown),
        cmocka_unit_test_setup_teardown(is_left_unconfirmed, setup, teardown),
        cmocka_unit_test_setup_teardown(has_a_size, setup, teardown),
        cmocka_unit_test_setup_teardown(follows, setup, teardown),
        cmocka_unit_test_setup_teardown(tells_of_orphans, setup, teardown),
        cmocka_unit_test_setup_teardown(is_cancelled, setup, teardown),
        cmocka_unit_test_setup_teardown(tells_of_failure, setup, teardown),
        cmocka_unit_test_setup_teardown(stops, setup, teardown),
        cmocka_unit_test_setup_teardown(is_bounded, setup, teardown),
    };

    if (sem_init(&reached, 0, 0) != 0)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
