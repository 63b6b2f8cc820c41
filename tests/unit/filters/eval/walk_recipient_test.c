/* postern-rules(7), "Order and stages", sentence by sentence, as stories. */
#include "tests/unit/filters/eval/story.h"
#include "tests/unit/support.h"

#define MAIL                                                                                       \
    "connect 192.0.2.1 => continue\nhelo client.test => continue\nmail a@b.test => continue\n"

static const struct story STORIES[] = {
    {"a refusal at RCPT refuses this recipient, the others stay",
     "r: recipient_domain=~ours.test -> reject(550 5.7.1 no ${recipient})\n",
     MAIL "rcpt u@ours.test => continue\n"
          "rcpt v@theirs.test => reject r rcpt\n"
          "reply => 550 5.7.1 no v@theirs.test|\n"
          "rcpt w@ours.test => continue\n"
          "data => continue\n"
          "interest =>\n"
          "outcome r => fired\n"},
    {"tempfail too; disconnect ends the session",
     "r: recipient=t@x -> tempfail(later)\ns: recipient=d@x -> disconnect(bye)\n",
     MAIL "rcpt t@x => tempfail r rcpt\n"
          "reply => 451 4.7.1 later|\n"
          "rcpt d@x => disconnect s session\n"
          "rcpt u@x => disconnect s session\n"},
    {"accept at RCPT: no later rule of recipients judges this one",
     "a: recipient=postmaster@* -> accept\nb: recipient=* -> reject(550 b)\n",
     MAIL "rcpt postmaster@x => continue\n"
          "rcpt u@x => reject b rcpt\n"
          "data => accept a\n"},
    {"the message is accepted early only if that holds for all its recipients",
     "a: recipient=postmaster@* -> accept\nb: * -> reject(550 b)\n",
     MAIL "rcpt postmaster@x => continue\n"
          "rcpt u@x => continue\n"
          "data => reject b\n"
          "reset =>\n"
          "mail a@b.test => continue\n"
          "rcpt postmaster@x => continue\n"
          "rcpt Postmaster@x => continue\n"
          "data => accept a\n"},
    {"recipients that the upstream refused do not count",
     "a: recipient=postmaster@* -> accept\nb: * -> reject(550 b)\n",
     MAIL "rcpt postmaster@x => continue\n"
          "rcpt u@x => continue\n"
          "refused => continue\n"
          "data => accept a\n"},
    {"... what they caused stays", "a: recipient=u@x -> score(2) add_header(X: a)\n",
     MAIL "rcpt u@x => continue\n"
          "refused => continue\n"
          "rcpt v@x => continue\n"
          "data => continue\n"
          "header A: b => continue\n"
          "report => score=2 rules=a\n"
          "edits => add_header X: a\n"},
    {"recipients of different accept rules are all let through, at the lower one's place",
     "a: recipient=a@x -> accept\n"
     "b: header[Subject]=x -> add_header(X: b)\n"
     "c: recipient=c@x -> accept\n"
     "d: * -> reject(550 d)\n",
     MAIL "rcpt a@x => continue\n"
          "rcpt c@x => continue\n"
          "data => accept c\n"
          "header Subject: x => accept c\n"
          "edits => add_header X: b\n"},
    {"discard at RCPT takes this recipient off and tells 250",
     "a: recipient=spamtrap@x -> discard\n",
     MAIL "rcpt spamtrap@x => discard a rcpt\n"
          "rcpt u@x => continue\n"
          "data => continue\n"
          "edits =>\n"},
    {"... if no other is left, the message is discarded whole",
     "a: recipient=spamtrap@x -> discard\n",
     MAIL "rcpt spamtrap@x => discard a rcpt\n"
          "rcpt u@x => continue\n"
          "refused => continue\n"
          "data => discard a\n"
          "header A: b => discard a\n"},
    {"edits, score and tag fire once a message, however many recipients match",
     "a: recipient=* -> score(2) tag(t) add_header(X: ${recipient})\n",
     MAIL "rcpt u@x => continue\n"
          "rcpt v@x => continue\n"
          "data => continue\n"
          "header A: b => continue\n"
          "report => score=2 rules=a tags=t\n"
          "edits => add_header X: u@x\n"},
    {"... and so do log and delay", "a: recipient=* -> log(to ${recipient}) delay(5)\n",
     MAIL "rcpt u@x => continue delay=5\n"
          "rcpt v@x => continue\n"
          "logs => to u@x\n"
          "data => continue\n"
          "logs =>\n"},
    {"... but for those of a refusal, each time it is said",
     "a: recipient=*@x -> reject(550 a) log(no ${recipient}) delay(5)\n"
     "b: recipient=* -> discard log(off ${recipient})\n",
     MAIL "rcpt u@x => reject a rcpt delay=5\n"
          "rcpt v@x => reject a rcpt delay=5\n"
          "rcpt u@y => discard b rcpt\n"
          "rcpt v@y => discard b rcpt\n"
          "logs => no u@x; no v@x; off u@y\n"},
    {"a rule that also needs later facts speaks for the message: some accepted recipient",
     "a: recipient=u@x & header[Subject]=x -> reject(550 a)\n",
     MAIL "rcpt v@x => continue\n"
          "rcpt u@x => continue\n"
          "data => continue\n"
          "header Subject: x => reject a\n"
          "reset =>\n"
          "mail a@b.test => continue\n"
          "rcpt v@x => continue\n"
          "data => continue\n"
          "outcome a => no\n"},
    {"... not one that was refused",
     "r: recipient=u@x -> reject(550 r)\na: recipient=u@x & header[Subject]=x -> reject(550 a)\n",
     MAIL "rcpt v@x => continue\n"
          "rcpt u@x => reject r rcpt\n"
          "data => continue\n"
          "header Subject: x => continue\n"},
    {"a declared size lets a rule refuse a recipient; the others stay",
     "a: recipient=u@x & size=>100 -> reject(552 a) log(${recipient}) score(1)\n",
     "mail a@b.test size=101 => continue\n"
     "rcpt v@x => continue\n"
     "rcpt u@x => reject a rcpt\n"
     "logs => u@x\n"
     "rcpt w@x => continue\n"
     "data => continue\n"
     "report => score=1 rules=a\n"
     "header A: b => continue\n"
     "message x => continue\n"},
    {"... what it is then decides for the message", "a: recipient=u@x & size=>5 -> reject(552 a)\n",
     "mail a@b.test size=5 => continue\n"
     "rcpt v@x => continue\n"
     "rcpt u@x => continue\n"
     "data => continue\n"
     "header A: b => continue\n"
     "interest => M\n"
     "message 1234 => reject a\n"
     "reset =>\n"
     "mail a@b.test => continue\n"
     "rcpt u@x => continue\n"
     "data => continue\n"
     "header A: b => continue\n"
     "message 1234 => reject a\n"},
    {"... not one that a rule above lets through, or may",
     "p: recipient=p@x -> accept\n"
     "h: recipient=h@x & header[S]=x -> accept\n"
     "a: recipient=u@x,p@x,h@x & size=>5 -> reject(552 a)\nq: recipient=u@x -> reject(550 q)\n",
     "mail a@b.test size=50 => continue\n"
     "rcpt p@x => continue\n"
     "rcpt h@x => continue\n"
     "rcpt u@x => continue\n"
     "data => continue\n"
     "header A: b => reject a\n"},
    {"... a claim accepts nobody",
     "a: recipient=u@x & size=<100 -> accept\nb: * -> reject(550 b)\n",
     "mail a@b.test size=5 => continue\n"
     "rcpt u@x => continue\n"
     "data => continue\n"
     "header A: b => continue\n"
     "message 1 => accept a\n"},
    {"scope = message speaks for the message when the recipients are complete",
     "a message: recipient=u@x -> reject(550 a)\n",
     MAIL "rcpt v@x => continue\n"
          "rcpt u@x => continue\n"
          "data => reject a\n"},
    {"recipient_count is known at DATA", "a: recipient_count=>1 -> reject(550 a)\n",
     MAIL "rcpt v@x => continue\n"
          "rcpt u@x => continue\n"
          "data => reject a\n"},
    {"a refusal held back at RCPT speaks for the message when it is free",
     "h: header[Subject]=x -> accept\nr: recipient=u@x -> reject(550 r)\n",
     MAIL "rcpt u@x => continue\n"
          "rcpt v@x => continue\n"
          "data => continue\n"
          "interest => H\n"
          "header Subject: y => reject r\n"},
    {"... if some accepted recipient matched",
     "h: header[Subject]=x -> accept\nr: recipient=u@x -> reject(550 r)\n",
     MAIL "rcpt u@x => continue\n"
          "refused => continue\n"
          "rcpt v@x => continue\n"
          "data => continue\n"
          "header Subject: y => continue\n"
          "outcome r => no\n"},
    {"... that no accept above it let through",
     "p: recipient=u@x -> accept\n"
     "h: header[Subject]=x -> accept\n"
     "r: recipient=* -> reject(550 r)\n",
     MAIL "rcpt u@x => continue\n"
          "data => accept p\n"},
    {"a refusal of recipients is not held back by the refusals above",
     "h: header[Subject]=x -> reject(550 h)\nr: recipient=u@x -> reject(550 r)\n",
     MAIL "rcpt u@x => reject r rcpt\n"},
    {"an accept held back at RCPT lets the recipients through later",
     "h: header[Subject]=x -> reject(550 h)\n"
     "p: recipient=p@x -> accept\n"
     "r: recipient=* -> reject(550 r)\n",
     MAIL "rcpt p@x => continue\n"
          "rcpt u@x => reject r rcpt\n"
          "data => continue\n"
          "header Subject: y => accept p\n"},
    {"... and the rules below judge those only that were not let through",
     "h: header[Subject]=x -> reject(550 h)\n"
     "p: recipient=p@x -> accept\n"
     "r: recipient_domain=x -> reject(550 r)\n"
     "s: header[Subject]=y -> add_header(X: s)\n",
     MAIL "rcpt p@x => continue\n"
          "rcpt u@y => continue\n"
          "data => continue\n"
          "header Subject: y => continue\n"
          "edits => add_header X: s\n"},
    {"log and delay held back at RCPT happen once",
     "h: header[Subject]=x -> reject(550 h)\nl: recipient=* -> log(to ${recipient}) delay(5)\n",
     MAIL "rcpt u@x => continue\n"
          "rcpt v@x => continue\n"
          "data => continue\n"
          "header Subject: y => continue delay=5\n"
          "logs => to u@x\n"},
    {"who was taken off late is judged by no rule below",
     "h: header[Subject]=x -> reject(550 h)\n"
     "d: recipient=d@x -> discard\n"
     "p: recipient=p@x -> accept\n"
     "r: recipient=d@x -> reject(550 r)\n",
     MAIL "rcpt d@x => continue\n"
          "rcpt u@x => continue\n"
          "data => continue\n"
          "header Subject: y => continue\n"
          "edits => remove_recipient d@x\n"},
    {"rules between the two that let everybody through count",
     "h: header[Subject]=x -> reject(550 h)\n"
     "p: recipient=p@x -> accept\n"
     "e: raw_body=z -> add_header(X: e)\n"
     "d: recipient=d@x -> discard\n"
     "f: raw_body=z -> add_header(X: f)\n",
     MAIL "rcpt d@x => continue\n"
          "rcpt p@x => continue\n"
          "data => continue\n"
          "header Subject: y => accept p\n"
          "interest => ME\n"
          "message z => accept p\n"
          "edits => add_header X: e; remove_recipient d@x\n"},
    {"a discard held back at RCPT becomes an edit",
     "h: header[Subject]=x -> reject(550 h)\nd: recipient=d@x -> discard\n",
     MAIL "rcpt d@x => continue\n"
          "rcpt u@x => continue\n"
          "data => continue\n"
          "edits =>\n"
          "header Subject: y => continue\n"
          "edits => remove_recipient d@x\n"},
    {"... or a discard of the message when nobody is left",
     "h: header[Subject]=x -> reject(550 h)\nd: recipient=d@x -> discard\n",
     MAIL "rcpt d@x => continue\n"
          "data => continue\n"
          "header Subject: y => discard d\n"},
    {"quarantine at RCPT takes this recipient off; the others have the message",
     "a: recipient=kept@x -> quarantine(why ${recipient})\n",
     MAIL "rcpt kept@x => quarantine a rcpt: why kept@x\n"
          "rcpt u@x => continue\n"
          "data => continue\n"
          "header A: b => continue\n"
          "edits =>\n"},
    {"... if no other is left, the message is quarantined whole, as edited above the rule",
     "e: * -> add_header(X: ${recipient_count})\n"
     "a: recipient=kept@x -> quarantine(why)\n"
     "r: header[A]=b -> reject(550 r)\n"
     "f: * -> add_header(Y: f)\n",
     MAIL "rcpt kept@x => quarantine a rcpt: why\n"
          "data => quarantine a: why\n"
          "header A: b => quarantine a: why\n"
          "message x => quarantine a: why\n"
          "edits => add_header X: 0\n"},
    {"... and so it is when others were discarded",
     "a: recipient=kept@x -> quarantine(why)\nd: recipient=gone@x -> discard\n",
     MAIL "rcpt kept@x => quarantine a rcpt: why\n"
          "rcpt gone@x => discard d rcpt\n"
          "data => quarantine a: why\n"},
    {"a discard of the others leaves the copy, as edited",
     "e: * -> add_header(X: e)\n"
     "a: recipient=kept@x -> quarantine(why)\nd: header[A]=b -> discard\n",
     MAIL "rcpt kept@x => quarantine a rcpt: why\n"
          "rcpt u@x => continue\n"
          "data => continue\n"
          "header A: b => discard d\n"
          "edits => add_header X: e\n"},
    {"a quarantine held back at RCPT becomes an edit with its reason",
     "h: header[Subject]=x -> reject(550 h)\n"
     "q: recipient=/^(.)@q/ -> quarantine($1 of ${recipient})\n",
     MAIL "rcpt a@q => continue\n"
          "rcpt u@x => continue\n"
          "rcpt b@q => continue\n"
          "data => continue\n"
          "header Subject: y => continue\n"
          "edits => remove_recipient a@q (a of a@q); remove_recipient b@q (b of b@q)\n"},
    {"... or a quarantine of the message when nobody is left",
     "h: header[Subject]=x -> reject(550 h)\nq: recipient=q@x -> quarantine(why)\n"
     "d: recipient=d@x -> discard\n",
     MAIL "rcpt q@x => continue\n"
          "rcpt d@x => continue\n"
          "data => continue\n"
          "header Subject: y => quarantine q: why\n"
          "edits => remove_recipient q@x (why); remove_recipient d@x\n"},
    {"a refusal of the message stands above what was taken off",
     "q: recipient=q@x -> quarantine(why)\nh: header[Subject]=x -> reject(550 h)\n",
     MAIL "rcpt q@x => quarantine q rcpt: why\n"
          "rcpt u@x => continue\n"
          "data => continue\n"
          "header Subject: x => reject h\n"
          "edits =>\n"},
    {"one discarded at RCPT and one let through: the message is accepted",
     "d: recipient=d@x -> discard\np: recipient=p@x -> accept\nr: * -> reject(550 r)\n",
     MAIL "rcpt d@x => discard d rcpt\n"
          "rcpt p@x => continue\n"
          "data => accept p\n"},
    {"one taken off late and one let through: the message is accepted",
     "h: header[Subject]=x -> reject(550 h)\n"
     "p: recipient=p@x -> accept\n"
     "d: recipient=d@x -> discard\n"
     "r: header[Subject]=* -> reject(550 r)\n",
     MAIL "rcpt d@x => continue\n"
          "rcpt p@x => continue\n"
          "data => continue\n"
          "header Subject: y => accept p\n"
          "edits => remove_recipient d@x\n"},
    {"edits held back at RCPT fire once when they are free",
     "h: header[Subject]=x -> reject(550 h)\ne: recipient=* -> add_header(X: ${recipient})\n",
     MAIL "rcpt u@x => continue\n"
          "rcpt v@x => continue\n"
          "data => continue\n"
          "header Subject: y => continue\n"
          "edits => add_header X: u@x\n"},
    {"a rule of recipients holds back rules of the message until the recipients are complete",
     "r: recipient=r@x -> reject(550 r)\na: sender=a@b.test -> accept\n",
     MAIL "outcome a => held\n"
          "rcpt u@x => continue\n"
          "rcpt r@x => reject r rcpt\n"
          "data => accept a\n"},
    {"... unless other facts say that it holds for nobody",
     "r: recipient=r@x & client=10.0.0.0/8 -> reject(550 r)\na: sender=a@b.test -> accept\n",
     "connect 192.0.2.1 => continue\n"
     "mail a@b.test => accept a\n"},
    {"a score by recipients counts at RCPT for the rules of recipients below",
     "a: recipient=trap@x -> score(5)\n"
     "b: recipient_domain=x & score=>4 -> reject(550 b)\n",
     MAIL "rcpt u@x => continue\n"
          "rcpt trap@x => reject b rcpt\n"},
    {"a score by recipients is known to rules of the message at DATA",
     "a: recipient=trap@x -> score(5)\nb: score=<5 -> reject(550 b)\n",
     MAIL "rcpt u@x => continue\n"
          "data => reject b\n"},
    {"... or as soon as the rule has fired",
     "a: recipient=trap@x -> score(5)\nb: score=>4 -> reject(550 b)\n",
     MAIL "rcpt trap@x => reject b\n"
          "rcpt u@x => reject b\n"},
    {"a rule of recipients with a score that comes later speaks for the message",
     "s: header[Subject]=x -> score(5)\nb: recipient=u@x & score=>4 -> reject(550 b)\n",
     MAIL "rcpt u@x => continue\n"
          "data => continue\n"
          "header Subject: x => reject b\n"},
    {"the bare postmaster has no domain, not an empty one",
     "a: recipient_domain=~x -> reject(550 a)\n",
     MAIL "rcpt postmaster => continue\n"
          "rcpt u@y => reject a rcpt\n"},
    {"accepts at connect hold for each message, before its recipients",
     "a: client=192.0.2.1 -> accept\nr: recipient_domain=~ours.test -> reject(550 r)\n",
     "connect 192.0.2.1 => continue\n"
     "mail a@b.test => accept a\n"
     "rcpt u@theirs.test => accept a\n"
     "reset =>\n"
     "connect 192.0.2.2 => continue\n"
     "mail a@b.test => continue\n"
     "rcpt u@theirs.test => reject r rcpt\n"},
    {"a rule of the message has the captures of the first recipient that matches",
     "h: header[Subject]=x -> reject(550 h)\n"
     "o: recipient=/^(.)@/ -> add_header(O: $1)\n"
     "m message: recipient=/^(.)@/ -> add_header(M: $1)\n",
     MAIL "rcpt u@x => continue\n"
          "rcpt v@x => continue\n"
          "data => continue\n"
          "header Subject: y => continue\n"
          "edits => add_header O: u; add_header M: u\n"},
    {"edits of recipients above an accept of the message still fire",
     "e: recipient=u@x -> add_header(X: e)\na: sender=a@b.test -> accept\n",
     "connect 192.0.2.1 => continue\n"
     "mail a@b.test => accept a\n"
     "rcpt v@x => accept a\n"
     "rcpt u@x => accept a\n"
     "data => accept a\n"
     "header A: b => accept a\n"
     "edits => add_header X: e\n"},
    {"of a message of which nobody is left, the rule that took the last one off speaks",
     "a: recipient=d@x -> discard\n"
     "s: header[A]=b -> score(2)\n"
     "b: recipient=e@x -> discard\n"
     "t: header[A]=b -> score(4)\n",
     MAIL "rcpt d@x => discard a rcpt\n"
          "rcpt e@x => discard b rcpt\n"
          "data => discard b\n"
          "header A: b => discard b\n"
          "report => score=0 rules=a,b\n"
          "outcome s => undecided\n"
          "outcome t => not tried\n"},
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
