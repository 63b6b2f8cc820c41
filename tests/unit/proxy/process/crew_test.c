/* crew: who is told, who is not, and that nobody touches what was given up. */
#include "proxy/process/crew.h"

#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>

#include "proxy/net/loop.h"
#include "tests/unit/checked_mutex.h"
#include "tests/unit/support.h"

struct task {
    struct loop *loop;
    sem_t begun, go_on;
    bool waits;      /* for ${go_on}, or until it is given up */
    atomic_uint ran; /* on a thread of the crew */
    unsigned told;   /* on the loop's */
    pthread_t by;
};

static void work(struct crew_job *job, void *ctx)
{
    struct task *task = ctx;

    task->by = pthread_self();
    (void)sem_post(&task->begun);
    while (task->waits && !crew_given_up(job) && sem_trywait(&task->go_on) != 0)
        continue;
    atomic_fetch_add(&task->ran, 1);
}

static void done(void *ctx)
{
    struct task *task = ctx;

    task->told++;
    loop_stop(task->loop);
}

static void task_init(struct task *task, struct loop *loop, bool waits)
{
    *task = (struct task){.loop = loop, .waits = waits};
    assert_int_equal(sem_init(&task->begun, 0, 0), 0);
    assert_int_equal(sem_init(&task->go_on, 0, 0), 0);
}

static struct crew_job *begin(struct crew *crew, struct task *task)
{
    const struct crew_order order = {work, task->loop, done, task};

    return crew_begin(crew, &order);
}

static void told_on_the_loop(void **state)
{
    struct loop *loop = loop_create();
    struct crew *crew = crew_create(2);
    struct task task;
    struct crew_job *job;

    (void)state;
    task_init(&task, loop, false);
    for (unsigned i = 1; i <= 3; i++) {
        job = begin(crew, &task);
        assert_non_null(job);
        assert_int_equal(task.told, i - 1); /* never from inside */
        assert_int_equal(loop_run(loop), 0);
        assert_int_equal(task.told, i);
        assert_int_equal(atomic_load(&task.ran), i);
        assert_false(pthread_equal(task.by, pthread_self()));
        crew_part(job);
    }
    crew_part(NULL);
    crew_destroy(crew);
    crew_destroy(NULL);
    loop_destroy(loop);
}

/* While it runs: the owner waits until it has let go. */
static void given_up_while_it_runs(void **state)
{
    struct loop *loop = loop_create();
    struct crew *crew = crew_create(1);
    struct task task, other;
    struct crew_job *job;

    (void)state;
    task_init(&task, loop, true);
    task_init(&other, loop, false);
    job = begin(crew, &task);
    assert_int_equal(sem_wait(&task.begun), 0);
    crew_part(job);
    assert_int_equal(atomic_load(&task.ran), 1);
    job = begin(crew, &other);
    assert_int_equal(loop_run(loop), 0);
    assert_int_equal(task.told, 0);
    assert_int_equal(other.told, 1);
    crew_part(job);
    crew_destroy(crew);
    loop_destroy(loop);
}

/* While it waits: it never runs. */
static void given_up_while_it_waits(void **state)
{
    struct loop *loop = loop_create();
    struct crew *crew = crew_create(1);
    struct task first, tasks[3];
    struct crew_job *job, *jobs[3];

    (void)state;
    task_init(&first, loop, true);
    job = begin(crew, &first);
    assert_int_equal(sem_wait(&first.begun), 0);
    for (size_t i = 0; i < COUNT_OF(tasks); i++) {
        task_init(&tasks[i], loop, false);
        jobs[i] = begin(crew, &tasks[i]);
    }
    crew_part(jobs[2]); /* the last, then the first of those that wait */
    crew_part(jobs[0]);
    (void)sem_post(&first.go_on);
    while (first.told + tasks[1].told < 2)
        assert_int_equal(loop_run(loop), 0);
    assert_int_equal(atomic_load(&tasks[0].ran) + atomic_load(&tasks[2].ran), 0);
    assert_int_equal(tasks[0].told + tasks[2].told, 0);
    crew_part(job);
    crew_part(jobs[1]);
    crew_destroy(crew);
    loop_destroy(loop);
}

/* After it has run, before the loop has come to it, or never comes. */
static void given_up_before_it_is_told(void **state)
{
    struct loop *loop = loop_create();
    struct crew *crew = crew_create(1);
    struct task tasks[2], last;
    struct crew_job *jobs[2], *job;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(tasks); i++) {
        task_init(&tasks[i], loop, false);
        jobs[i] = begin(crew, &tasks[i]);
    }
    task_init(&last, loop, false);
    job = begin(crew, &last); /* the one thread takes it when it is through with the others */
    assert_int_equal(sem_wait(&last.begun), 0);
    crew_part(jobs[0]);
    crew_part(jobs[1]);
    assert_int_equal(loop_run(loop), 0);
    assert_int_equal(tasks[0].told + tasks[1].told, 0);
    assert_int_equal(last.told, 1);
    crew_part(job);
    job = begin(crew, &last);
    crew_part(job);
    loop_destroy(loop);
    crew_destroy(crew);
}

/* Two threads work side by side, and no third is hired. */
static void as_many_as_there_may_be(void **state)
{
    struct loop *loop = loop_create();
    struct crew *crew = crew_create(2);
    struct task tasks[3];
    struct crew_job *jobs[3];

    (void)state;
    for (size_t i = 0; i < COUNT_OF(tasks); i++) {
        task_init(&tasks[i], loop, true);
        jobs[i] = begin(crew, &tasks[i]);
    }
    assert_int_equal(sem_wait(&tasks[0].begun), 0);
    assert_int_equal(sem_wait(&tasks[1].begun), 0);
    assert_int_not_equal(sem_trywait(&tasks[2].begun), 0);
    crew_part(jobs[0]);
    assert_int_equal(sem_wait(&tasks[2].begun), 0);
    crew_part(jobs[1]);
    crew_part(jobs[2]);
    crew_destroy(crew);
    loop_destroy(loop);
}

static void no_more_may_wait(void **state)
{
    struct loop *loop = loop_create();
    struct crew *crew = crew_create(1);
    struct crew_job *jobs[CREW_WAITING_MAX + 1];
    struct task task;

    (void)state;
    task_init(&task, loop, true);
    jobs[0] = begin(crew, &task);
    assert_int_equal(sem_wait(&task.begun), 0);
    for (size_t i = 1; i <= CREW_WAITING_MAX; i++) {
        jobs[i] = begin(crew, &task);
        assert_non_null(jobs[i]);
    }
    assert_null(begin(crew, &task));
    crew_part(jobs[1]);
    jobs[1] = begin(crew, &task);
    assert_non_null(jobs[1]);
    for (size_t i = CREW_WAITING_MAX + 1; i > 0; i--)
        crew_part(jobs[i - 1]);
    crew_destroy(crew);
    crew = crew_create(0); /* nobody can be hired */
    assert_null(begin(crew, &task));
    crew_destroy(crew);
    loop_destroy(loop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(told_on_the_loop),        cmocka_unit_test(given_up_while_it_runs),
        cmocka_unit_test(given_up_while_it_waits), cmocka_unit_test(given_up_before_it_is_told),
        cmocka_unit_test(as_many_as_there_may_be), cmocka_unit_test(no_more_may_wait),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
