/* parameter: each value that some reader takes. */
#include "filters/mime/parameter.h"

#include "tests/unit/arena_kit.h"

static struct charset_set charsets;
static struct allowance allowance;

static enum content_result read_text(struct slice value, struct parameters *out)
{
    struct parameter_means means = {&arena, &charsets, &allowance};

    return parameter_read(value, &means, out);
}

/* "a=b", "boundary=x" and so on, as written; a "?" behind the name: only some readers. */
static void say(const struct parameters *parameters, char *out, size_t size)
{
    size_t used = 0;

    out[0] = '\0';
    for (const struct parameter *p = parameters->first; p != NULL && used < size; p = p->next)
        used += (size_t)snprintf(out + used, size - used, "%s%.*s%s=%.*s", used > 0 ? "|" : "",
                                 (int)p->name.len, p->name.ptr, p->other ? "?" : "",
                                 (int)p->value.len, p->value.ptr);
}

static const struct {
    const char *value;
    const char *want;
    doubt_set doubts;
} ROWS[] = {
    {"text/plain", "", 0},
    {"text/plain;", "", 0},
    {"text/plain; charset=utf-8", "charset=utf-8", 0},
    {"text/plain;CHARSET = \"utf-8\" ;\r\n\tformat=flowed", "charset=utf-8|format=flowed", 0},
    {"a/b; boundary=\"----=_Part;1\"", "boundary=----=_Part;1", 0},
    {"a/b; boundary===_x", "boundary===_x", 0},
    {"a/b; boundary=\"B \"", "boundary=B ", 0},
    {"a/b; boundary=", "boundary=", 0},
    {"a/b; boundary=\"\"", "boundary=", 0},
    /* the first may hide what follows (CVE-2026-116264) */
    {"a/b; ===; boundary=B", "boundary=B", (doubt_set)1 << DOUBT_JUNK},
    {"a/b; x; boundary=B", "boundary=B", (doubt_set)1 << DOUBT_JUNK},
    {"a/b boundary=B", "boundary?=B", (doubt_set)1 << DOUBT_JUNK},
    {"name=x", "name?=x", (doubt_set)1 << DOUBT_JUNK},
    {"a/b; \vname=x", "name=x", (doubt_set)1 << DOUBT_JUNK},
    {"a/b; \"name\"=x", "name=x", (doubt_set)1 << DOUBT_JUNK},
    {"a/b; (name=x", "name=x", (doubt_set)1 << DOUBT_COMMENT | (doubt_set)1 << DOUBT_JUNK},
    {"a/b; name=x,y", "name=x,y|name?=x", 0},
    {"a/b; name=<x>", "name=<x>|name?=x", 0},
    {"a/b; charset=x boundary=B", "charset=x boundary=B|charset?=x|boundary?=B",
     (doubt_set)1 << DOUBT_BLANKS},
    {"a/b; charset=\"x\" boundary=\"B\"",
     "charset=x|charset?=\"x\" boundary=\"B\"|charset?=x boundary=B|boundary?=B",
     (doubt_set)1 << DOUBT_QUOTES},
    {"a/b; boundary=B; boundary=C", "boundary=B|boundary=C", (doubt_set)1 << DOUBT_REPEATED},
    {"a/b; boundary=B; boundary=B", "boundary=B", 0},
    /* comments (CVE-2026-116272) */
    {"a/b; boundary(a(b))=B", "boundary=B", (doubt_set)1 << DOUBT_COMMENT},
    {"a/b; (;x) boundary=B (c)", "boundary=B|boundary?=B (c)", (doubt_set)1 << DOUBT_COMMENT},
    {"a/b; name=attached.()bat", "name=attached.bat|name?=attached.()bat",
     (doubt_set)1 << DOUBT_COMMENT},
    {"a/b; name=3D\"24344.doc\"", "name=3D\"24344.doc\"|name?=24344.doc|name?=3D24344.doc",
     (doubt_set)1 << DOUBT_QUOTES},
    {"a/b; name=my file.exe", "name=my file.exe|name?=my", (doubt_set)1 << DOUBT_BLANKS},
    {"a/b; name=\"a\\\"b\"", "name=a\"b|name?=a\\\"b", (doubt_set)1 << DOUBT_ESCAPE},
    {"a/b; name=\"a.exe", "name=a.exe|name?=\"a.exe", (doubt_set)1 << DOUBT_QUOTES},
    {"a/b; name=\"a.exe; boundary=x",
     "name=a.exe; boundary=x|name?=\"a.exe; boundary=x|"
     "name?=a.exe|boundary?=x",
     (doubt_set)1 << DOUBT_QUOTES},
    /* RFC 2231 */
    {"a/b; boundary*0=x; boundary*1=y", "boundary=xy", 0},
    {"a/b; boundary*1=y; boundary*0=x", "boundary=xy|boundary?=yx", (doubt_set)1 << DOUBT_PIECES},
    {"a/b; boundary*0=x; boundary*1=y; boundary*1=z", "boundary=xy|boundary?=xz|boundary?=xyz",
     (doubt_set)1 << DOUBT_PIECES},
    {"a/b; filename*=utf-8'en-us'evil%2Eexe", "filename=evil.exe", 0},
    {"a/b; filename*=iso-8859-1''%E4", "filename=\xC3\xA4", 0},
    {"a/b; filename*=nonsense''%41", "filename=A", 0},
    {"a/b; filename*=evil%2Eexe", "filename=evil.exe", (doubt_set)1 << DOUBT_PIECES},
    {"a/b; name*0*=\"''attached%2E\"; name*1*=\"%62\"; name*2=at", "name=attached.bat",
     (doubt_set)1 << DOUBT_PIECES},
    {"a/b; name*0*=utf-8''a%2E; name*1=%62", "name=a.%62", 0},
    {"a/b; name*0*=utf-8''x; name*1*=y''z", "name=xy''z", 0},
    {"a/b; name=x y; name=x", "name=x y|name=x",
     (doubt_set)1 << DOUBT_BLANKS | (doubt_set)1 << DOUBT_REPEATED},
    {"a/b; name=x; name*=utf-8''y", "name=x|name=y", 0},
};

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(ROWS); i++) {
        struct guard guard;
        struct slice value;
        struct parameters parameters;
        char got[512];

        guard_init(&guard, 4096);
        value = guard_copy(&guard, slice_str(ROWS[i].value));
        assert_row(read_text(value, &parameters) == CONTENT_READ, ROWS[i].value, 0);
        say(&parameters, got, sizeof(got));
        if (strcmp(got, ROWS[i].want) != 0 || parameters.doubts != ROWS[i].doubts)
            print_error("got \"%s\", doubts %llx\n", got, (unsigned long long)parameters.doubts);
        assert_row(strcmp(got, ROWS[i].want) == 0, ROWS[i].value, 0);
        assert_row(parameters.doubts == ROWS[i].doubts, ROWS[i].value, 0);
        guard_fini(&guard);
        arena_reset(&arena);
    }
}

static void test_head(void **state)
{
    struct parameters parameters;

    (void)state;
    assert_int_equal(read_text(SLICE(" text/html (x) ; a=b"), &parameters), CONTENT_READ);
    assert_text(parameters.head, "text/html");
    assert_int_equal(parameters.doubts, doubt_bit(DOUBT_COMMENT));
    assert_int_equal(read_text(SLICE(""), &parameters), CONTENT_READ);
    assert_text(parameters.head, "");
}

/* Semicolons may be missing in many places, but not in one long row. */
static void test_run_on(void **state)
{
    struct parameters parameters;
    char got[512];

    (void)state;
    assert_int_equal(
        read_text(SLICE("a/b; x=1 a=1; x=1 b=1; x=1 c=1; x=1 d=1; x=1 e=1; x=1 f=1"), &parameters),
        CONTENT_READ);
    say(&parameters, got, sizeof(got));
    assert_non_null(strstr(got, "f?=1"));
}

static char text[PARAMETER_FIELD_MAX + 1];

static struct slice repeat(const char *piece, size_t count)
{
    size_t len = strlen(piece), used = 0;

    for (size_t i = 0; i < count && used + len <= sizeof(text); i++, used += len)
        memcpy(text + used, piece, len);
    return slice_make(text, used);
}

static void test_limits(void **state)
{
    struct parameters parameters;

    (void)state;
    assert_int_equal(read_text(repeat("a", PARAMETER_FIELD_MAX), &parameters), CONTENT_READ);
    assert_int_equal(read_text(repeat("a", PARAMETER_FIELD_MAX + 1), &parameters), CONTENT_LIMIT);
    assert_int_equal(read_text(repeat(";a=b", PARAMETERS_MAX), &parameters), CONTENT_READ);
    assert_int_equal(read_text(repeat(";a=b", PARAMETERS_MAX + 1), &parameters), CONTENT_LIMIT);
    assert_int_equal(read_text(repeat("(", PARAMETER_COMMENTS_MAX), &parameters), CONTENT_READ);
    assert_int_equal(read_text(repeat("(", PARAMETER_COMMENTS_MAX + 1), &parameters),
                     CONTENT_LIMIT);
    arena_reset(&arena);
}

static void test_memory(void **state)
{
    struct slice value = SLICE("a/b; a=\"\\x;\"; n*0*=koi8-r''%41; n*1=b; c=d e=f (g)");
    struct parameters parameters;
    struct parameter_means means = {&arena, &charsets, &allowance};
    size_t limit = 0;

    (void)state;
    for (enum content_result result = CONTENT_MEMORY; result != CONTENT_READ; limit += 16) {
        struct arena small;

        arena_init(&small, 64, limit);
        means.arena = &small;
        result = parameter_read(value, &means, &parameters);
        assert_true(result == CONTENT_READ || result == CONTENT_MEMORY);
        arena_fini(&small);
    }
    assert_true(limit > 256);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),   cmocka_unit_test(test_head),   cmocka_unit_test(test_run_on),
        cmocka_unit_test(test_limits), cmocka_unit_test(test_memory),
    };
    return cmocka_run_group_tests(tests, arena_set_up, arena_tear_down);
}
