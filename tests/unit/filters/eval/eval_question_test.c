/* Facts that must be asked for: when they are, what is done with the answer, and what when there is
 * none. */
#include "tests/unit/filters/eval/story.h"
#include "tests/unit/support.h"

#define KNOWN "name mail.test =>\n"
#define LOST  "name ? =>\n"

static const struct {
    const char *title, *rules, *script;
    enum verdict_kind on_lookup;
} STORIES[] = {
    {"a name that a rule at connect needs",
     "r: client_name=*.test -> reject(554 5.7.1 ${client_name})\n",
     KNOWN "connect 192.0.2.1 => asked reject r session\nreply => 554 5.7.1 mail.test|\n", 0},
    {"asked once a session", "r: client_name=mail.test -> score(1)\n",
     KNOWN "connect 192.0.2.1 => asked continue\nmail a@b.test => continue\n"
           "report => score=1 rules=r\nreset =>\nmail a@b.test => continue\n"
           "report => score=1 rules=r\n",
     0},
    {"another client has another name", "r: client_name=mail.test -> reject(554 5.7.1 no)\n",
     KNOWN "connect 192.0.2.1 => asked reject r session\nname other.test =>\n"
           "connect 192.0.2.2 => asked continue\n",
     0},
    {"not asked when another part settles the rule",
     "r: client_name=x & client=10.0.0.0/8 -> reject(554 no)\n"
     "s: client_name=x | client=192.0.2.1 -> score(1)\n",
     "connect 192.0.2.1 => continue\nmail a@b.test => continue\nreport => score=1 rules=s\n", 0},
    {"not asked before nothing else is missing",
     "r: client_name=mail.test & sender=a@b.test -> reject(550 5.7.1 no)\n",
     KNOWN "connect 192.0.2.1 => continue\nmail x@b.test => continue\nreset =>\n"
           "mail a@b.test => asked reject r\n",
     0},
    {"asked for a recipient",
     "r: client_name=mail.test & recipient=u@x.test -> reject(550 5.7.1 no)\n",
     KNOWN "connect 192.0.2.1 => continue\nmail a@b.test => continue\n"
           "rcpt v@x.test => continue\nrcpt u@x.test => asked reject r rcpt\n"
           "rcpt u@x.test => reject r rcpt\n",
     0},
    {"what was said above is not said again",
     "l: * -> log(one) delay(5)\nr: client_name=mail.test -> score(1)\n",
     KNOWN "connect 192.0.2.1 => asked continue\nmail a@b.test => continue delay=5\n"
           "logs => one\n",
     0},
    {"... in the event that asks",
     "l: * -> log(one) delay(5)\nr: client_name=mail.test & sender=* -> score(1)\n",
     KNOWN "mail a@b.test => asked continue delay=5\nlogs => one\n", 0},
    {"not asked below the end of the list",
     "a: client=192.0.2.1 -> accept\nr: client_name=x -> reject(554 no)\n",
     "connect 192.0.2.1 => continue\nmail a@b.test => accept a\n", 0},
    {"asked for a text", "r: sender=a@b.test -> add_header(X: ${client_name})\n",
     KNOWN "connect 192.0.2.1 => continue\nmail a@b.test => asked continue\n"
           "rcpt u@x.test => continue\ndata => continue\nheader A: b => continue\n"
           "edits => add_header X: mail.test\n",
     0},
    {"in a text a name that cannot be had is unknown",
     "r: sender=a@b.test -> reject(550 5.7.1 ${client_name})\n",
     LOST "connect 192.0.2.1 => continue\nmail a@b.test => asked reject r\n"
          "reply => 550 5.7.1 unknown|\n",
     0},
    {"a shadow rule asks too", "r shadow: client_name=mail.test -> reject(554 5.7.1 no)\n",
     KNOWN "connect 192.0.2.1 => asked continue\nmail a@b.test => continue\n"
           "would => reject r: 554 5.7.1 no\n",
     0},
    {"a failed lookup, and on", "r: client_name=mail.test -> reject(554 5.7.1 no)\n",
     LOST "connect 192.0.2.1 => asked continue\nmail a@b.test => continue\n"
          "rcpt u@x.test => continue\ndata => continue\nheader A: b => continue\n"
          "edits => add_header X-Postern-Unchecked: lookup r\n"
          "report => score=0 failures=r unchecked\n",
     VERDICT_CONTINUE},
    {"... through not, too", "r: !client_name=mail.test -> reject(554 5.7.1 no)\n",
     LOST "connect 192.0.2.1 => asked continue\n", VERDICT_CONTINUE},
    {"... and no further", "r: client_name=mail.test -> reject(554 5.7.1 no)\n",
     LOST "connect 192.0.2.1 => asked tempfail r session !lookup\n"
          "reply => 451 4.4.3 A lookup failed, try again later|\n",
     VERDICT_TEMPFAIL},
    {"... for good", "r: client_name=mail.test & sender=a@b.test -> reject(554 5.7.1 no)\n",
     LOST "connect 192.0.2.1 => continue\nmail a@b.test => asked reject r !lookup\n",
     VERDICT_REJECT},
    {"... for a recipient", "r: client_name=mail.test & recipient=u@x.test -> reject(550 no)\n",
     LOST "connect 192.0.2.1 => continue\nmail a@b.test => continue\n"
          "rcpt u@x.test => asked tempfail r rcpt !lookup\n",
     VERDICT_TEMPFAIL},
    {"... but another part settles the rule",
     "r: client_name=mail.test | sender=a@b.test -> reject(550 5.7.1 no)\n",
     LOST "connect 192.0.2.1 => continue\nmail a@b.test => reject r\n", VERDICT_TEMPFAIL},
    {"nobody answers: a failed lookup", "r: client_name=mail.test -> reject(554 5.7.1 no)\n",
     "connect 192.0.2.1 => asked tempfail r session !lookup\n", VERDICT_TEMPFAIL},
    {"a reset while asked begins anew", "r: client_name=mail.test -> reject(554 5.7.1 no)\n",
     KNOWN "reset =>\nconnect 192.0.2.1 => asked reject r session\n", 0},
};

static void stories(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(STORIES); i++) {
        struct story_options options = {.on_lookup = STORIES[i].on_lookup};

        story_check(STORIES[i].title, STORIES[i].rules, STORIES[i].script, &options);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stories),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
