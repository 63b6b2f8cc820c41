/* Who a message is for, as recipients come, go and are refused. */
#include "filters/eval/recipients.h"

#include <stdlib.h>

#include "tests/unit/support.h"

struct fixture {
    struct ruleset rules;
    struct message message;
    struct eval *eval;
};

static void set_up(struct fixture *f, size_t limit)
{
    *f = (struct fixture){.rules = {.kind_counts = {[LEAF_RECIPIENT] = 2}}};
    f->eval = calloc(1, sizeof(*f->eval));
    assert_non_null(f->eval);
    f->eval->rules = &f->rules;
    f->eval->m = &f->message;
    f->message.end = &f->message.recipients;
    arena_init(&f->eval->work, 256, limit);
    bytes_init(&f->eval->forms, 4096);
}

static void tear_down(struct fixture *f)
{
    bytes_fini(&f->eval->forms);
    arena_fini(&f->eval->work);
    free(f->eval);
}

static void accept(struct fixture *f, const char *address)
{
    assert_int_equal(recipients_begin(f->eval, slice_str(address)), 0);
    recipients_accept(f->eval);
}

static void assert_all(const struct fixture *f, const char *expected)
{
    char all[256] = "";

    for (const struct recipient *r = f->message.recipients; r != NULL; r = r->next)
        (void)snprintf(all + strlen(all), sizeof(all) - strlen(all), "%.*s ",
                       SLICE_ARG(r->address));
    assert_string_equal(all, expected);
}

static void they_come_in_order(void **state)
{
    struct fixture f;

    (void)state;
    set_up(&f, 65536);
    accept(&f, "u@x.test");
    accept(&f, "v@x.test");
    assert_int_equal(recipients_begin(f.eval, SLICE("w@x.test")), 0);
    assert_text(f.message.current->address, "w@x.test");
    recipients_drop(f.eval);
    assert_null(f.message.current);
    assert_all(&f, "u@x.test v@x.test ");
    assert_int_equal(f.message.recipient_count, 2);
    tear_down(&f);
}

/* The upstream takes back the last one only, once. */
static void the_last_is_refused(void **state)
{
    struct fixture f;

    (void)state;
    set_up(&f, 65536);
    recipients_refused(f.eval);
    accept(&f, "u@x.test");
    accept(&f, "v@x.test");
    f.message.edits_stale = false;
    recipients_refused(f.eval);
    recipients_refused(f.eval);
    assert_all(&f, "u@x.test ");
    assert_int_equal(f.message.recipient_count, 1);
    assert_true(f.message.edits_stale);
    accept(&f, "w@x.test");
    assert_all(&f, "u@x.test w@x.test ");
    tear_down(&f);
}

/* One that is gone leaves its room, with nothing of it, so that refused ones fill no memory. */
static void they_leave_room(void **state)
{
    struct fixture f;

    (void)state;
    set_up(&f, 2048);
    for (int i = 0; i < 10000; i++) {
        assert_int_equal(recipients_begin(f.eval, SLICE("someone@y.test")), 0);
        assert_int_equal(f.message.current->answers[1], TRUTH_OPEN);
        f.message.current->answers[1] = TRUTH_TRUE;
        recipients_drop(f.eval);
        accept(&f, "someone@x.test");
        recipients_refused(f.eval);
    }
    tear_down(&f);
}

static void no_memory(void **state)
{
    struct fixture f;

    (void)state;
    set_up(&f, 1);
    assert_int_equal(recipients_begin(f.eval, SLICE("u@x.test")), -1);
    assert_null(f.message.current);
    tear_down(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(they_come_in_order),
        cmocka_unit_test(the_last_is_refused),
        cmocka_unit_test(they_leave_room),
        cmocka_unit_test(no_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
