/* Replies as libmilter wants to be told them. */
#include "proxy/as_milter/setreply.h"

#include "tests/unit/support.h"

static const struct {
    struct reply reply;
    const char *parts; /* code|enhanced|lines */
} ROWS[] = {
    {{550, SLICE_INIT("550 5.7.1 Not here\r\n")}, "550|5.7.1|Not here"},
    {{550, SLICE_INIT("550 Not here\r\n")}, "550|-|Not here"},
    {{451, SLICE_INIT("451-4.7.1 One\r\n451-4.7.1 Two\r\n451 4.7.1 Three\r\n")},
     "451|4.7.1|One|Two|Three"},
    {{421, SLICE_INIT("421 4.7.0\r\n")}, "421|4.7.0|"},
    {{421, SLICE_INIT("421\r\n")}, "421|-|"},
    {{550, SLICE_INIT("550 5.7.1 100% sure %%\r\n")}, "550|5.7.1|100%% sure %%%%"},
    {{550, SLICE_INIT("550-5.7.1 a\r\n550 5.7.10 b\r\n")}, "550|5.7.1|a|0 b"},
    {{550, SLICE_INIT("550 no line end")}, "550|-|no line end"},
};

static void append(char *out, size_t size, const char *text)
{
    size_t len = strlen(out);

    (void)snprintf(out + len, size - len, "%s%s", len > 0 ? "|" : "", text);
}

static void rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(ROWS); i++) {
        struct arena arena;
        struct setreply parts;
        char out[200] = "";

        arena_init(&arena, 4096, 1 << 16);
        assert_int_equal(setreply_make(ROWS[i].reply, &arena, &parts), 0);
        append(out, sizeof(out), parts.code);
        append(out, sizeof(out), parts.enhanced != NULL ? parts.enhanced : "-");
        for (size_t l = 0; parts.lines[l] != NULL; l++)
            append(out, sizeof(out), parts.lines[l]);
        assert_string_equal(out, ROWS[i].parts);
        arena_fini(&arena);
    }
}

/* libmilter takes 32 lines of 980 bytes; a doubled sign is never cut in two. */
static void limits(void **state)
{
    char wire[64 * 1100];
    size_t len = 0, count = 0;
    struct setreply parts;
    struct arena arena;

    (void)state;
    for (int line = 0; line < 40; line++) {
        len +=
            (size_t)snprintf(wire + len, sizeof(wire) - len, "550%c5.7.1 x", line < 39 ? '-' : ' ');
        memset(wire + len, '%', 1000);
        memcpy(wire + len + 1000, "\r\n", 2);
        len += 1002;
    }
    arena_init(&arena, 4096, 1 << 20);
    assert_int_equal(setreply_make((struct reply){550, slice_make(wire, len)}, &arena, &parts), 0);
    while (parts.lines[count] != NULL)
        assert_int_equal(strlen(parts.lines[count++]), 979);
    assert_int_equal(count, SETREPLY_LINES_MAX);
    arena_fini(&arena);
    arena_init(&arena, 64, 256);
    assert_int_equal(setreply_make((struct reply){550, slice_make(wire, len)}, &arena, &parts), -1);
    arena_fini(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(rows), cmocka_unit_test(limits)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
