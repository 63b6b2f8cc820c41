/* outlet: one system call at a time, to whatever takes lines. */
#include "proxy/record/outlet.h"

#include "tests/unit/proxy/record/folder.h"

#include <errno.h>
#include <limits.h>
#include <sys/stat.h>

static void files(void **state)
{
    struct outlet outlet;
    struct folder f;

    (void)state;
    folder_make(&f);
    assert_int_equal(outlet_open(&outlet, WRITER_FILE, f.file), 0);
    assert_true(outlet_ready(&outlet, 0));
    assert_false(outlet_torn(&outlet)); /* nothing is in it */
    assert_int_equal(outlet_write(&outlet, SLICE("one\ntw")), 6);
    assert_true(outlet_torn(&outlet));
    assert_int_equal(outlet_write(&outlet, SLICE("o\n")), 2);
    assert_false(outlet_torn(&outlet));
    outlet_close(&outlet);
    assert_slice(folder_read(&f, f.file), SLICE("one\ntwo\n"));
    folder_remove(&f);
}

static void cannot_be_opened(void **state)
{
    struct outlet outlet;
    struct folder f;

    (void)state;
    folder_make(&f);
    assert_int_equal(outlet_open(&outlet, WRITER_FILE, f.path), -1);
    assert_int_equal(errno, EISDIR);
    assert_int_equal(mkfifo(f.other, 0600), 0); /* which nobody reads */
    assert_int_equal(outlet_open(&outlet, WRITER_FILE, f.other), -1);
    assert_int_equal(errno, ENXIO);
    folder_remove(&f);
}

/* Whole lines, as far as one piece reaches; a line that is longer goes in pieces. */
static void pipes(void **state)
{
    static char lines[PIPE_BUF + 100];
    struct outlet outlet;
    struct folder f;

    (void)state;
    folder_make(&f);
    assert_int_equal(mkfifo(f.other, 0600), 0);
    int reader = open(f.other, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    assert_true(reader >= 0);
    assert_int_equal(outlet_open(&outlet, WRITER_FILE, f.other), 0);
    assert_true(outlet_ready(&outlet, 0));
    memset(lines, 'x', sizeof(lines));
    assert_int_equal(outlet_write(&outlet, slice_make(lines, sizeof(lines))), PIPE_BUF);
    lines[9] = '\n';
    assert_int_equal(outlet_write(&outlet, slice_make(lines, sizeof(lines))), 10);
    assert_int_equal(outlet_write(&outlet, slice_make(lines, PIPE_BUF)), PIPE_BUF);
    while (outlet_ready(&outlet, 0))
        assert_true(outlet_write(&outlet, slice_make(lines, PIPE_BUF)) > 0);
    assert_int_equal(outlet_write(&outlet, SLICE("full\n")), -1);
    assert_int_equal(errno, EAGAIN);
    outlet_close(&outlet);
    assert_int_equal(close(reader), 0);
    folder_remove(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files),
        cmocka_unit_test(cannot_be_opened),
        cmocka_unit_test(pipes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
