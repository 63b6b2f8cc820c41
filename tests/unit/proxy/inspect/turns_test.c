/* Who is judged next. */
#include "proxy/inspect/turns.h"

#include "tests/unit/support.h"

#define SESSIONS 5

struct scene;

struct judged {
    struct scene *scene;
    struct turn turn;
    unsigned wanted; /* turns until it has its verdict */
    char name;
};

struct scene {
    struct loop *loop;
    struct turns turns;
    struct judged sessions[SESSIONS];
    char story[64]; /* who was judged, and '.' where the loop came round */
    size_t length;
    unsigned slow_ms;      /* what judging one takes */
    struct judged *leaves; /* ... and who goes away meanwhile */
    struct loop_timer *round;
};

static void note(struct scene *scene, char c)
{
    assert_true(scene->length + 1 < sizeof(scene->story));
    scene->story[scene->length++] = c;
}

static void come_round(void *ctx)
{
    struct scene *scene = ctx;

    if (scene->turns.count == 0) {
        loop_stop(scene->loop);
        return;
    }
    note(scene, '.');
    loop_timer_set(scene->round, 0);
}

static void take_time(unsigned ms)
{
    uint64_t end = loop_clock_ns(NULL) + (uint64_t)ms * 1000000;

    while (loop_clock_ns(NULL) < end)
        continue;
}

static void judge(void *ctx)
{
    struct judged *judged = ctx;
    struct scene *scene = judged->scene;

    if (!turns_may(&scene->turns, &judged->turn))
        return;
    note(scene, judged->name);
    take_time(scene->slow_ms);
    if (scene->leaves != NULL)
        turns_leave(&scene->turns, &scene->leaves->turn);
    if (--judged->wanted > 0)
        turns_wait(&scene->turns, &judged->turn);
}

static void begin(struct scene *scene, unsigned wanted, unsigned slow_ms)
{
    *scene = (struct scene){.loop = loop_create(), .slow_ms = slow_ms};
    assert_non_null(scene->loop);
    assert_int_equal(turns_init(&scene->turns, scene->loop), 0);
    scene->round = loop_timer_create(scene->loop, come_round, scene);
    assert_non_null(scene->round);
    for (size_t i = 0; i < SESSIONS; i++) {
        struct judged *judged = &scene->sessions[i];

        *judged = (struct judged){.scene = scene, .wanted = wanted, .name = (char)('a' + i)};
        judged->turn = (struct turn){.run = judge, .ctx = judged};
    }
}

static void end(struct scene *scene)
{
    loop_timer_destroy(scene->round);
    turns_fini(&scene->turns);
    loop_destroy(scene->loop);
}

static void run(struct scene *scene)
{
    loop_timer_set(scene->round, 0);
    assert_int_equal(loop_run(scene->loop), 0);
}

/* Without the points where the loop came round. */
static const char *order(struct scene *scene)
{
    size_t used = 0;

    for (size_t i = 0; i < scene->length; i++)
        if (scene->story[i] != '.')
            scene->story[used++] = scene->story[i];
    scene->story[used] = '\0';
    return scene->story;
}

static void first_come_first_served(void **state)
{
    struct scene scene;

    (void)state;
    begin(&scene, 3, 0);
    for (size_t i = 0; i < SESSIONS; i++)
        judge(&scene.sessions[i]); /* at once: there is time */
    for (size_t i = 0; i < SESSIONS; i++)
        judge(&scene.sessions[i]); /* in line, and not moved up by anything that wakes it */
    assert_int_equal(scene.length, SESSIONS);
    assert_int_equal(scene.turns.count, SESSIONS);
    run(&scene);
    assert_string_equal(order(&scene), "abcdeabcdeabcde");
    end(&scene);
}

/* A full turn leaves the others to the next, new ones too, and each one takes somebody. */
static void a_full_turn_ends(void **state)
{
    struct scene scene;

    (void)state;
    begin(&scene, 2, LOOP_TURN_MS + 1);
    for (size_t i = 0; i < SESSIONS; i++)
        judge(&scene.sessions[i]); /* the first one, who then heads the line */
    assert_int_equal(scene.length, 1);
    run(&scene);
    for (size_t i = 2; i < scene.length; i++)
        assert_true(scene.story[i] == '.' || scene.story[i - 1] == '.');
    assert_string_equal(order(&scene), "aabcdebcde");
    end(&scene);
}

static void who_leaves_is_not_called(void **state)
{
    struct scene scene;
    static const char *const orders[SESSIONS] = {"bcde", "bcdea", "bdea", "bcea", "bcda"};

    (void)state;
    for (size_t i = 0; i < SESSIONS; i++) {
        begin(&scene, 1, 0);
        scene.leaves = &scene.sessions[i];
        for (size_t k = 0; k < SESSIONS; k++)
            turns_wait(&scene.turns, &scene.sessions[k].turn);
        turns_leave(&scene.turns, &scene.sessions[0].turn);
        turns_leave(&scene.turns, &scene.sessions[0].turn);
        turns_wait(&scene.turns, &scene.sessions[0].turn); /* now the last one */
        run(&scene);
        assert_int_equal(scene.turns.count, 0);
        assert_null(scene.turns.first);
        assert_string_equal(order(&scene), orders[i]);
        end(&scene);
    }
}

/* Whoever comes next stands behind the one before, of whom nothing is touched any more. */
static void the_last_leaves(void **state)
{
    struct scene scene;

    (void)state;
    begin(&scene, 1, 0);
    for (size_t i = 0; i < 3; i++)
        turns_wait(&scene.turns, &scene.sessions[i].turn);
    turns_leave(&scene.turns, &scene.sessions[2].turn);
    turns_leave(&scene.turns, &scene.sessions[1].turn);
    turns_wait(&scene.turns, &scene.sessions[3].turn);
    assert_ptr_equal(scene.sessions[0].turn.next, &scene.sessions[3].turn);
    run(&scene);
    assert_string_equal(order(&scene), "ad");
    end(&scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(first_come_first_served),
        cmocka_unit_test(a_full_turn_ends),
        cmocka_unit_test(who_leaves_is_not_called),
        cmocka_unit_test(the_last_leaves),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
