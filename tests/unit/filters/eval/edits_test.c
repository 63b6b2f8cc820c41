/* When the edits of a message are made. */
#include "tests/unit/filters/eval/story.h"
#include "tests/unit/support.h"

#define MAIL "connect 192.0.2.1 => continue\nmail a@b.test => continue\n"
#define RCPT MAIL "rcpt u@x.test => continue\nrcpt v@x.test => continue\n"
#define DATA RCPT "data => continue\n"

static const struct story STORIES[] = {
    {"without more to come they are all at DATA", "r: sender=a@b.test -> set_sender(c@d.test)\n",
     DATA "interest =>\n"
          "edits => set_sender c@d.test\n"},
    {"edits of the body's rules join those that were asked for before",
     "a: raw_body=x -> add_header(X: a)\nb: * -> add_header(X: b)\n",
     DATA "header A: b => continue\n"
          "edits => add_header X: b\n"
          "message x => continue\n"
          "edits => add_header X: a; add_header X: b\n"},
    {"an address that is none is found out as soon as nothing else is to come",
     "r: sender=/(.*)@/ -> add_recipient($1)\n", RCPT "data => tempfail r\n"},
    {"what an edit's text names is waited for",
     "r: sender=a@b.test -> add_header(X: ${size} ${from_domain})\n",
     DATA "interest => HME\n"
          "header From: <a@example.org> => continue\n"
          "message 12345678 => continue\n"
          "edits => add_header X: 10 example.org\n"},
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
