/* Edits as they are made: what changes nothing is none. */
#include "tests/unit/filters/eval/story.h"
#include "tests/unit/support.h"

static const struct story STORIES[] = {
    {"what changes nothing is no edit",
     "a: * -> set_header(A: b) replace(A /(.)/ $1) set_sender(a@b.test) redirect(u@x.test)\n",
     "connect 192.0.2.1 => continue\n"
     "mail a@b.test => accept a\n"
     "rcpt u@x.test => accept a\n"
     "data => accept a\n"
     "header A: b => accept a\n"
     "edits =>\n"
     "report => score=0 rules=a\n"},
    {"... but there and back again is two",
     "a: * -> set_sender(c@b.test) set_sender(c@b.test) set_sender(a@b.test) set_header(A: c) "
     "set_header(A: b)\n",
     "connect 192.0.2.1 => continue\n"
     "mail a@b.test => continue\n"
     "rcpt u@x.test => continue\n"
     "data => continue\n"
     "header A: b => continue\n"
     "edits => set_sender c@b.test; set_sender a@b.test; change_header[1] A: c; change_header[1] "
     "A: "
     "b\n"},
};

static void stories(void **state)
{
    (void)state;
    story_check_all(STORIES, COUNT_OF(STORIES));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(stories)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
