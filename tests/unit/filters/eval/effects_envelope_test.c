/* Edits of sender and recipients. */
#include "tests/unit/filters/eval/story.h"
#include "tests/unit/support.h"

#define MAIL "connect 192.0.2.1 => continue\nmail a@b.test => continue\n"
#define RCPT MAIL "rcpt u@x.test => continue\nrcpt v@x.test => continue\n"
#define DATA RCPT "data => continue\n"

static const struct story STORIES[] = {
    {"the null sender can be set", "r: * -> set_sender()\n", DATA "edits => set_sender\n"},
    {"recipients are added once, removed by wildcard, later edits see earlier ones",
     "r: * -> add_recipient(w@x.test) add_recipient(u@x.test) remove_recipient(?@X.test)\n",
     DATA "edits => add_recipient w@x.test; remove_recipient u@x.test; "
          "remove_recipient v@x.test; remove_recipient w@x.test\n"},
    {"the second of two is removed", "r: * -> remove_recipient(v@x.test)\n",
     DATA "edits => remove_recipient v@x.test\n"},
    {"a recipient given twice is removed with one edit", "r: * -> remove_recipient(u@x.test)\n",
     RCPT "rcpt u@x.test => continue\n"
          "data => continue\n"
          "edits => remove_recipient u@x.test\n"},
    {"redirect replaces all recipients by one",
     "r: * -> add_recipient(w@x.test) redirect(q@x.test)\n",
     "connect 192.0.2.1 => continue\n"
     "mail a@b.test => accept r\n"
     "rcpt u@x.test => accept r\n"
     "data => accept r\n"
     "edits => add_recipient w@x.test; remove_recipient u@x.test (to q@x.test); "
     "remove_recipient w@x.test (to q@x.test); add_recipient q@x.test (for u@x.test)\n"},
    {"an address that a text makes must be one", "r: header[A]=/(.*)/ -> set_sender($1)\n",
     DATA "header A: no address => tempfail r\n"
          "reply => 451 4.3.5 A rule's address is no mail address|\n"
          "edits =>\n"
          "report => score=0 rules=r failures=r\n"
          "reset =>\n"
          "mail a@b.test => continue\n"
          "rcpt u@x.test => continue\n"
          "data => continue\n"
          "header A: c@d.test => continue\n"
          "edits => set_sender c@d.test\n"},
    {"one that needs SMTPUTF8, without it",
     "a: header[A]=s -> set_sender(j\xC3\xB6@b.test)\nb: header[A]=r -> "
     "add_recipient(j\xC3\xB6@b.test)\n"
     "c: header[A]=d -> redirect(a@m\xC3\xBC.test)\n",
     DATA "header A: s => tempfail a\n"
          "reply => 451 4.6.7 A rule's address needs SMTPUTF8|\n"
          "reset =>\nmail a@b.test => continue\nrcpt u@x.test => continue\ndata => continue\n"
          "header A: r => tempfail b\n"
          "reset =>\nmail a@b.test => continue\nrcpt u@x.test => continue\ndata => continue\n"
          "header A: d => tempfail c\n"
          "reset =>\nmail a@b.test utf8 => continue\nrcpt u@x.test => continue\ndata => continue\n"
          "header A: s => continue\n"
          "edits => set_sender j\xC3\xB6@b.test\n"},
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
