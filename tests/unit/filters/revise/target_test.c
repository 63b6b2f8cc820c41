#include "filters/revise/target.h"

#include "tests/unit/support.h"

#define TOP   CONTENT_NO_PART
#define PLAIN .type = SLICE_INIT("text/plain"), .shown = true
#define HTML  .type = SLICE_INIT("text/html"), .shown = true, .html = true
#define ALT   .type = SLICE_INIT("multipart/alternative")
#define MIXED .type = SLICE_INIT("multipart/mixed")

/* Which parts take a plain text and which HTML, as one letter for each part: "p", "h" or "." */
static const struct {
    struct content_part parts[8];
    size_t count;
    const char *want;
} ROWS[] = {
    {{{TOP, PLAIN}}, 1, "p"},
    {{{TOP, HTML}}, 1, "h"},
    {{{TOP, ALT}, {0, PLAIN}, {0, HTML}}, 3, ".ph"},
    {{{TOP, MIXED}, {0, HTML}, {0, PLAIN}, {0, HTML}}, 4, ".h.."},
    {{{TOP, ALT}, {0, HTML}, {0, HTML}, {0, PLAIN}, {0, PLAIN}}, 5, ".hhpp"},
    {{{TOP, ALT}, {0, PLAIN}, {0, MIXED}, {2, HTML}, {2, PLAIN}, {2, HTML}}, 6, ".p.hp."},
    {{{TOP, ALT}, {0, MIXED}, {1, PLAIN}, {1, PLAIN}, {0, HTML}}, 5, "..p.h"},
    {{{TOP, ALT}, {0, MIXED}, {1, PLAIN}, {1, HTML}, {0, HTML}}, 5, "..p.h"},
    {{{TOP, ALT}, {0, PLAIN}, {0, ALT}, {2, PLAIN}, {2, HTML}}, 5, ".p.ph"},
    {{{TOP, ALT}, {0, ALT}, {1, PLAIN}, {1, HTML}, {0, HTML}}, 5, "..ph."},
    {{{TOP, MIXED}, {0, .type = SLICE_INIT("message/rfc822")}, {1, PLAIN}, {0, PLAIN}}, 4, "...p"},
    {{{TOP, MIXED}, {0, .type = SLICE_INIT("message/rfc822")}, {1, PLAIN}}, 3, "..."},
    {{{TOP, MIXED}, {0, .type = SLICE_INIT("message/delivery-status"), .shown = true}, {0, PLAIN}},
     3,
     "..p"},
    {{{TOP, MIXED}, {0, PLAIN, .other = true}, {0, PLAIN}}, 3, "..p"},
    {{{TOP, MIXED}, {0, .type = SLICE_INIT("text/plain"), .attachment = true}, {0, PLAIN}},
     3,
     "..p"},
    {{{TOP, .type = SLICE_INIT("text/x-patch"), .shown = true}}, 1, "."},
};

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(ROWS); i++) {
        struct content content = {.parts = ROWS[i].parts, .part_count = ROWS[i].count};
        size_t first = target_first(&content);
        char seen[9] = "........";

        for (size_t k = 0; k < ROWS[i].count; k++) {
            if (target_is(&content, first, k, false))
                seen[k] = 'p';
            if (target_is(&content, first, k, true))
                seen[k] = 'h';
        }
        seen[ROWS[i].count] = '\0';
        assert_string_equal(seen, ROWS[i].want);
    }
}

static void test_none(void **state)
{
    const struct content_part pdf = {TOP, .type = SLICE_INIT("application/pdf")};
    struct content content = {.parts = &pdf, .part_count = 1};

    (void)state;
    assert_true(target_first(&content) == SLICE_NOT_FOUND);
    assert_false(target_is(&content, SLICE_NOT_FOUND, 0, false));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_rows), cmocka_unit_test(test_none)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
