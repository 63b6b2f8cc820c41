/* Shadow rules, what is of interest, outcomes and reports. */
#include "tests/unit/filters/eval/story.h"
#include "tests/unit/heap.h"
#include "tests/unit/support.h"

#define MAIL "connect 192.0.2.1 => continue\nmail a@b.test => continue\n"
#define DATA MAIL "rcpt u@x.test => continue\ndata => continue\n"

static const struct story STORIES[] = {
    {"a shadow rule holds nothing back and ends nothing",
     "s shadow: header[A]=b -> accept\nr: sender=a@b.test -> reject(550 r)\n",
     "connect 192.0.2.1 => continue\n"
     "mail a@b.test => reject r\n"},
    {"what it would have done is reported",
     "s shadow: header[A]=b -> reject(550 5.7.1 no ${sender})\n",
     DATA "interest => H\n"
          "header A: b => continue\n"
          "would => reject s: 550 5.7.1 no a@b.test\n"
          "report => score=0\n"
          "message x => continue\n"},
    {"it counts nothing",
     "s shadow: * -> score(5) tag(t) log(l) delay(5)\nr: score=>1 | tag=t -> reject(550 r)\n",
     DATA "logs =>\n"
          "would => continue s\n"
          "report => score=0\n"},
    {"shadow rules see the score and tags of each other on top of the real ones",
     "r: * -> score(2)\n"
     "s shadow: * -> score(3) tag(t)\n"
     "u shadow: score=5 & tag=t -> reject(550 u)\n"
     "v: score=2 -> add_header(X: ${score})\n",
     DATA "header A: b => continue\n"
          "would => continue s; reject u: 550 u\n"
          "edits => add_header X: 2\n"
          "report => score=2 rules=r,v\n"},
    {"each shadow rule has its own story, whatever ends those above it",
     "s shadow: * -> accept\nt shadow: * -> reject(550 t ${sender}) add_header(X: t)\n"
     "r: * -> score(1)\nu shadow: header[A]=b -> discard\nv shadow: header[A]=x -> discard\n",
     DATA "would => accept s; reject t: 550 t a@b.test\n"
          "header A: b => continue\n"
          "would => accept s; reject t: 550 t a@b.test; discard u edits=add_header X: t\n"
          "outcome v => no\n"
          "report => score=1 rules=r\n"},
    {"... and is held back by no shadow rule above it, but what these do to the score counts",
     "s shadow: header[A]=b -> accept\nt shadow: sender=* -> discard\n"
     "u shadow: header[A]=b -> score(2)\nv shadow: score=2 -> reject(550 v)\n",
     MAIL "would => discard t\n"
          "rcpt u@x.test => continue\n"
          "data => continue\n"
          "header A: b => continue\n"
          "would => accept s; discard t; continue u; reject v: 550 v\n"},
    {"a shadow redirect that names recipients is for those that match",
     "s shadow: recipient=/^(u|v)@/ -> redirect($1-$1@y)\n"
     "t shadow: recipient=w@x & recipient_domain=y -> redirect(t@y)\n"
     "e: * -> add_recipient(e@x)\n",
     MAIL "rcpt u@x => continue\n"
          "rcpt w@x => continue\n"
          "rcpt v@y => continue\n"
          "data => continue\n"
          "header A: b => continue\n"
          "would => accept s edits=remove_recipient u@x (to u-u@y); add_recipient u-u@y (for u@x); "
          "remove_recipient v@y (to v-v@y); add_recipient v-v@y (for v@y)\n"
          "outcome t => no\n"
          "edits => add_recipient e@x\n"},
    {"a shadow rule is held back as if it were enforced",
     "r: header[A]=b -> reject(550 r)\ns shadow: sender=a@b.test -> discard\n",
     DATA "would =>\n"
          "outcome s => held\n"
          "header A: c => continue\n"
          "would => discard s\n"},
    {"shadow rules below the end of the real list are not tried",
     "r: header[A]=b -> accept\ns shadow: * -> discard\n",
     DATA "header A: b => accept r\n"
          "would =>\n"
          "outcome s => not tried\n"},
    {"those above it are judged on", "s shadow: header[A]=b -> discard\nr: * -> accept\n",
     "connect 192.0.2.1 => continue\n"
     "mail a@b.test => accept r\n"
     "interest => H\n"
     "rcpt u@x.test => accept r\n"
     "data => accept r\n"
     "header A: b => accept r\n"
     "would => discard s\n"},
    {"shadow edits are made in their places, among the real ones, and only reported",
     "a: * -> prepend(Subject: [A] )\n"
     "s shadow: * -> prepend(Subject: [S] ) add_recipient(s@x.test)\n"
     "b: * -> prepend(Subject: [B] )\n",
     DATA "header Subject: hi => continue\n"
          "edits => change_header[1] Subject: [A] hi; change_header[1] Subject: [B] [A] hi\n"
          "would => continue s edits=change_header[1] Subject: [S] [A] hi; "
          "add_recipient s@x.test\n"},
    {"a shadow rule of recipients tells at RCPT, whether a DATA comes or not",
     "s shadow: recipient=u@x.test,v@x.test -> reject(550 s ${recipient})\n",
     MAIL "rcpt w@x.test => continue\n"
          "would =>\n"
          "rcpt u@x.test => continue\n"
          "would => reject s: 550 s u@x.test\n"
          "refused => continue\n"
          "would => reject s: 550 s u@x.test\n"
          "rcpt v@x.test => continue\n"
          "data => continue\n"
          "would => reject s: 550 s u@x.test\n"},
    {"... of those for whom the list has not ended above it",
     "a: recipient=a@x.test -> accept\nd: recipient=d@x.test -> discard\n"
     "s shadow: recipient=a@x.test,d@x.test -> reject(550 s)\n",
     MAIL "rcpt a@x.test => continue\n"
          "rcpt d@x.test => discard d rcpt\n"
          "rcpt u@x.test => continue\n"
          "data => continue\n"
          "header Subject: x => continue\n"
          "would =>\n"},
    {"... later where it is held back, or scores are not known",
     "h: header[Subject]=x -> accept\ns shadow: recipient=u@x.test -> reject(550 s)\n"
     "t shadow: recipient=u@x.test -> discard\n",
     MAIL "rcpt u@x.test => continue\n"
          "rcpt v@x.test => continue\n"
          "data => continue\n"
          "would =>\n"
          "header Subject: y => continue\n"
          "would => reject s: 550 s; discard t\n"},
    {"a shadow rule that cannot be judged fails nothing",
     "s shadow: header[A]=/^(a+)+$/ -> reject(550 s)\n",
     DATA "header A: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab => continue\n"
          "would =>\n"
          "report => score=0\n"
          "outcome s => failed\n"},
    {"... not even a rule that asks the same",
     "s shadow: header[A]=/^(a+)+$/ -> reject(550 s)\nr: header[A]=/^(a+)+$/ -> reject(550 r)\n",
     DATA "header A: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab => tempfail r !regex\n"},
    {"nothing of interest: the content may stream at once", "r: recipient=x@y -> reject(550 r)\n",
     DATA "interest =>\n"},
    {"rules of the header are of interest until it came", "r: header[A]=b -> reject(550 r)\n",
     DATA "interest => H\n"
          "header A: c => continue\n"
          "interest =>\n"},
    {"header edits are, from the start", "r: * -> add_header(A: b)\n",
     DATA "interest => HE\n"
          "header A: c => continue\n"
          "interest => E\n"},
    {"those of the rule that ended the list too",
     "r: * -> add_header(A: b) accept\ns: * -> score(1)\n",
     "connect 192.0.2.1 => continue\n"
     "mail a@b.test => accept r\n"
     "interest => HE\n"},
    {"rules of the body hold the message", "r: raw_body=/x/ -> reject(550 r)\n",
     DATA "interest => M\n"
          "header A: c => continue\n"
          "interest => M\n"
          "message y => continue\n"
          "interest =>\n"},
    {"... unless other facts say they will not act",
     "r: raw_body=/x/ & header[A]=b -> reject(550 r)\n",
     DATA "interest => HM\n"
          "header A: c => continue\n"
          "interest =>\n"},
    {"what is held back by a rule of the body waits for it too",
     "a: raw_body=/x/ -> accept\nb: sender=a@b.test -> reject(550 b)\n",
     DATA "interest => M\n"
          "message y => reject b\n"},
    {"after a refusal nothing is of interest",
     "a: raw_body=/x/ -> score(1)\nr: sender=a@b.test -> reject(550 r)\n",
     "connect 192.0.2.1 => continue\n"
     "interest => M\n"
     "mail a@b.test => reject r\n"
     "interest =>\n"},
    {"before the first event all rules are of interest",
     "a: header[A]=b -> add_header(A: c)\nb: raw_body=/x/ -> score(1)\n", "interest => HME\n"},
    {"names are in file order, tags are told once",
     "a: header[A]=b -> tag(t)\nb: * -> tag(u) tag(t)\nc: * -> tag(t)\n",
     DATA "header A: b => continue\n"
          "report => score=0 rules=a,b,c tags=t,u\n"},
};

static void stories(void **state)
{
    (void)state;
    story_check_all(STORIES, COUNT_OF(STORIES));
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
