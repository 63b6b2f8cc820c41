/* The header's fields as conditions see them. */
#include "tests/unit/filters/eval/story.h"
#include "tests/unit/support.h"

static const struct {
    const char *title, *condition, *header;
    char holds;
} ROWS[] = {
    {"decoded, unfolded", "header[Subject]='h\xC3\xB6 there'",
     "Subject: =?utf-8?Q?h=C3=B6?=| there", 'y'},
    {"raw is as on the wire, unfolded", "raw_header[Subject]='=\?utf-8\?Q\?h=C3=B6\?= there'",
     "Subject: =?utf-8?Q?h=C3=B6?=| there", 'y'},
    {"names are compared without case", "header[sUBJECT]=a", "Subject: a", 'y'},
    {"header_line", "header_line='X-A: b c'", "Y: 1|X-A: b| c", 'y'},
    {"header_line gives one blank", "header_line='X-A: b'", "X-A:  b", 'y'},
    {"missing_header", "missing_header[Date]", "X: a", 'y'},
    {"missing_header: it is there", "missing_header[Date]", "X: a|date:", 'n'},
    {"hops", "hops=2", "Received: a|X: b|received: c", 'y'},
};

static void rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(ROWS); i++)
        story_check_condition(ROWS[i].title, ROWS[i].condition, ROWS[i].header, ROWS[i].holds);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(rows)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
