/* Edits of the envelope, their order, and what happens when they cannot be made. */
#include "tests/unit/filters/eval/story.h"
#include "tests/unit/heap.h"
#include "tests/unit/support.h"

#define MAIL "connect 192.0.2.1 => continue\nmail a@b.test => continue\n"
#define RCPT MAIL "rcpt u@x.test => continue\nrcpt v@x.test => continue\n"
#define DATA RCPT "data => continue\n"

/* Takes more steps than a match may have. */
#define HARD         "/^(a+)+$/"
#define HARD_SUBJECT "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab"

static const struct {
    const char *title, *rules, *script;
    bool on_regex_continue;
} STORIES[] = {
    {"envelope edits need no header",
     "r: sender=a@b.test -> set_sender(c@d.test) add_header(X: y)\n",
     DATA "interest => HE\n"
          "edits => set_sender c@d.test\n"
          "header A: b => continue\n"
          "edits => set_sender c@d.test; add_header X: y\n",
     false},
    {"edits apply in file order, not in the order of facts",
     "a: header[A]=b -> set_header(X: a)\nb: sender=a@b.test -> set_header(X: b)\n",
     DATA "header A: b => continue\n"
          "edits => add_header X: a; change_header[1] X: b\n",
     false},
    {"conditions see the message as received",
     "a: * -> set_header(X: new)\nb: header[X]=new -> add_header(Y: b)\n",
     DATA "header X: old => continue\n"
          "edits => change_header[1] X: new\n",
     false},
    {"a removal that hits its limit is a failure of the rule",
     "r: * -> remove_header(X " HARD ")\n",
     DATA "header X: " HARD_SUBJECT " => tempfail r !regex\n"
          "reply => 451 4.7.1 The message could not be checked, try later|\n",
     false},
    {"a replace that hits its limit is a failure of the rule", "r: * -> replace(X " HARD " y)\n",
     DATA "header X: " HARD_SUBJECT " => tempfail r !regex\n"
          "reply => 451 4.7.1 The message could not be checked, try later|\n",
     false},
    {"... or is left out and said so", "r: * -> replace(X " HARD " y) add_header(Z: z)\n",
     DATA "header X: " HARD_SUBJECT " => continue\n"
          "edits => add_header X-Postern-Unchecked: regex r\n"
          "report => score=0 rules=r failures=r unchecked\n",
     true},
    {"one header tells of all rules that could not be judged, at the end",
     "a: header[X]=" HARD " -> reject(550 a)\n"
     "b: header[X]=" HARD " -> accept\n"
     "c: * -> add_header(Z: z)\n",
     DATA "interest => HE\n"
          "header X: " HARD_SUBJECT " => continue\n"
          "edits => add_header Z: z; add_header X-Postern-Unchecked: regex a, regex b\n"
          "report => score=0 rules=c failures=a,b unchecked\n"
          "outcome a => failed\n",
     true},
    {"rules below the end of the list are not told of",
     "a: header[S]=x -> accept\nb: sender=" HARD " -> reject(550 b)\n",
     "connect 192.0.2.1 => continue\n"
     "mail " HARD_SUBJECT " => continue\n"
     "rcpt u@x.test => continue\n"
     "data => continue\n"
     "header S: x => accept a\n"
     "edits =>\n"
     "report => score=0 rules=a\n",
     true},
    {"captures are those of the last matching pattern, as written",
     "r: header[A]=/(b+)/ & sender=/(.)@/ -> add_header(X: $1)\n",
     DATA "header A: abbb => continue\n"
          "edits => add_header X: a\n",
     false},
    {"... of the first group that holds",
     "r: (header[A]=/(b+)/ & sender=/(q)/) | header[A]=/(a.)/ | header[A]=/(c)/ "
     "-> add_header(X: $1)\n",
     DATA "header A: abc => continue\n"
          "edits => add_header X: ab\n",
     false},
    {"... never of a pattern under not",
     "r: header[A]=/(b+)/ & !header[A]=/(x)/ -> add_header(X: $1)\n",
     DATA "header A: abc => continue\n"
          "edits => add_header X: b\n",
     false},
    {"captures of a recipient are of the one that fired the rule",
     "r: recipient=/(.)@/ -> add_header(X: $1 ${recipient})\n"
     "s: recipient=/^u(@)/ -> reject(550 no $1)\n",
     MAIL "rcpt u@x.test => reject s rcpt\n"
          "reply => 550 no @|\n"
          "rcpt v@x.test => continue\n"
          "data => continue\n"
          "header A: b => continue\n"
          "edits => add_header X: u u@x.test\n",
     false},
    {"captures of the session's facts are there for each message",
     "r: helo=/^(.)/ -> add_header(X: $1) log(helo $1)\n",
     "connect 192.0.2.1 => continue\n"
     "helo qed => continue\n"
     "logs =>\n"
     "mail a@b.test => continue\n"
     "reset =>\n"
     "mail a@b.test => continue\n"
     "rcpt u@x.test => continue\n"
     "data => continue\n"
     "header A: b => continue\n"
     "edits => add_header X: q\n"
     "logs => helo q\n",
     false},
};

static void stories(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(STORIES); i++) {
        struct story_options options = {.on_regex_continue = STORIES[i].on_regex_continue};

        story_check(STORIES[i].title, STORIES[i].rules, STORIES[i].script, &options);
    }
}

static void all_is_given_back(void **state)
{
    assert_true(leaves_nothing(stories, state));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stories),
        cmocka_unit_test(all_is_given_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
