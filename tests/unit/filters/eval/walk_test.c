/* postern-rules(7), "Order and stages", sentence by sentence, as stories. */
#include "tests/unit/filters/eval/story.h"
#include "tests/unit/support.h"

#define SESSION  "connect 192.0.2.1 => continue\nhelo client.test => continue\n"
#define ENVELOPE SESSION "mail a@b.test => continue\nrcpt u@x.test => continue\ndata => continue\n"

static const struct story STORIES[] = {
    {"quarantine is final, but what stands above it may still edit",
     "e: header[A]=b -> add_header(X: e)\n"
     "q: sender=a@b.test -> quarantine(from ${sender})\n"
     "r: * -> reject(550 r)\n",
     SESSION "mail a@b.test => quarantine q: from a@b.test\n"
             "rcpt u@x.test => quarantine q: from a@b.test\n"
             "data => quarantine q: from a@b.test\n"
             "header A: b => quarantine q: from a@b.test\n"
             "message x => quarantine q: from a@b.test\n"
             "edits => add_header X: e\n"},
    {"a route is of the message or of its first recipient, and the last rule that says one counts",
     "m: sender=a@b.test -> upstream(m)\n"
     "r: recipient=u@x.test -> upstream(r)\n"
     "s shadow: * -> upstream(s)\n"
     "h: header[A]=b -> upstream(h)\n",
     SESSION "mail a@b.test => continue\n"
             "route => m\n"
             "rcpt v@x.test => continue\n"
             "route last => m\n"
             "refused v@x.test => continue\n"
             "rcpt u@x.test => continue\n"
             "route last => r\n"
             "rcpt v@x.test => continue\n"
             "route last => m\n"
             "route => r\n"
             "data => continue\n"
             "route => r\n"
             "header A: b => continue\n"
             "route => h\n"
             "reset =>\n"
             "mail b@b.test => continue\n"
             "route =>\n"},
    {"an archive holds the message, and is one edit",
     "k: recipient=u@x.test -> archive\nl: * -> archive\n",
     ENVELOPE "interest => M\n"
              "header A: b => continue\n"
              "interest => M\n"
              "message x => continue\n"
              "edits => archive\n"},
    {"a quarantine above holds refusals back, and is held back itself",
     "h: header[Subject]=x -> reject(550 h)\n"
     "q: header[A]=b -> quarantine(why)\n"
     "r: sender=a@b.test -> reject(550 r)\n",
     SESSION "mail a@b.test => continue\n"
             "rcpt u@x.test => continue\n"
             "data => continue\n"
             "header A: b => quarantine q: why\n"},
    {"a quarantine in shadow only says so", "q shadow: * -> quarantine(why)\n",
     SESSION "mail a@b.test => continue\n"
             "would => quarantine q\n"},
    {"a rule acts at the earliest event that decides it",
     "r: sender=a@b.test -> reject(550 5.7.1 no)\n",
     SESSION "mail a@b.test => reject r\n"
             "reply => 550 5.7.1 no|\n"},
    {"a verdict for the message is said again to each further event",
     "r: sender=a@b.test -> reject(550 5.7.1 no)\n",
     SESSION "mail a@b.test => reject r\n"
             "rcpt u@x.test => reject r\n"
             "data => reject r\n"
             "header A: b => reject r\n"
             "message x => reject r\n"
             "edits =>\n"},
    {"the next message begins with nothing decided", "r: sender=a@b.test -> reject(550 5.7.1 no)\n",
     SESSION "mail a@b.test => reject r\n"
             "reset =>\n"
             "mail b@b.test => continue\n"},
    {"a refusal at connect ends the session", "r: client=192.0.2.0/24 -> reject(554 5.7.1 no)\n",
     "connect 192.0.2.1 => reject r session\n"
     "reset =>\n"
     "connect 192.0.3.1 => continue\n"},
    {"a disconnect ends the session", "r: sender=a@b.test -> disconnect(421 4.7.0 bye)\n",
     SESSION "mail a@b.test => disconnect r session\n"
             "reply => 421 4.7.0 bye|\n"},
    {"a refusal is not held back by an undecided refusal above it",
     "a: header[Subject]=x -> reject(550 5.7.1 a)\nb: sender=a@b.test -> reject(550 5.7.1 b)\n",
     SESSION "mail a@b.test => reject b\n"},
    {"a refusal is held back by an undecided accept above it, until that does not hold",
     "a: header[Subject]=x -> accept\nb: sender=a@b.test -> reject(550 5.7.1 b)\n",
     ENVELOPE "outcome b => held\n"
              "header Subject: y => reject b\n"
              "outcome a => no\n"},
    {"... or holds, and the list ends",
     "a: header[Subject]=x -> accept\nb: sender=a@b.test -> reject(550 5.7.1 b)\n",
     ENVELOPE "header Subject: x => accept a\n"
              "outcome b => not tried\n"
              "message z => accept a\n"},
    {"discard holds refusals back", "a: header[Subject]=x -> discard\nb: * -> reject(550 no)\n",
     ENVELOPE "header Subject: x => discard a\n"
              "message z => discard a\n"},
    {"redirect holds refusals back, and lets the message through",
     "a: header[Subject]=x -> redirect(r@x.test)\nb: * -> reject(550 no)\n",
     ENVELOPE "header Subject: x => accept a\n"
              "edits => remove_recipient u@x.test (to r@x.test); add_recipient r@x.test (for "
              "u@x.test)\n"},
    {"accept is held back by an undecided refusal above it",
     "a: header[Subject]=x -> reject(550 5.7.1 a)\nb: sender=a@b.test -> accept\n",
     ENVELOPE "header Subject: x => reject a\n"},
    {"... and acts when that does not hold",
     "a: header[Subject]=x -> reject(550 5.7.1 a)\nb: sender=a@b.test -> accept\n",
     ENVELOPE "header Subject: y => accept b\n"},
    {"an accept that is held back holds back refusals below it",
     "a: header[Subject]=x -> reject(550 a)\nb: sender=a@b.test -> accept\nc: * -> reject(550 c)\n",
     ENVELOPE "header Subject: y => accept b\n"},
    {"a refusal that is held back holds back edits below it",
     "a: header[Subject]=x -> accept\n"
     "b: sender=a@b.test -> reject(550 b)\n"
     "c: * -> add_header(X: c)\n",
     ENVELOPE "outcome c => held\n"
              "header Subject: x => accept a\n"
              "edits =>\n"},
    {"score is held back by an undecided terminal rule above it, and unknown until then",
     "a: header[Subject]=x -> reject(550 a)\n"
     "b: sender=a@b.test -> score(5)\n"
     "c: score=>4 -> reject(550 c)\n",
     ENVELOPE "report => score=0\n"
              "header Subject: y => reject c\n"
              "report => score=5 rules=b,c\n"},
    {"score is known at once when nothing above is open",
     "b: sender=a@b.test -> score(5)\nc: score=>4 -> reject(550 c)\n",
     SESSION "mail a@b.test => reject c\n"},
    {"score is unknown while a rule above that sets it is undecided",
     "b: header[Subject]=x -> score(-5)\nc: * -> score(5)\nd: score=>4 -> reject(550 d)\n",
     ENVELOPE "outcome d => undecided\n"
              "header Subject: x => continue\n"
              "report => score=0 rules=b,c\n"},
    {"rules below do not count for the score of those above",
     "a: score=>1 -> reject(550 a)\nb: * -> score(5)\n", ENVELOPE "outcome a => no\n"},
    {"a tag is known when no rule above that sets tags is open",
     "a: header[Subject]=x -> tag(one)\n"
     "b: sender=a@b.test -> tag(two)\n"
     "c: tag=two -> reject(550 c)\n",
     ENVELOPE "header Subject: y => reject c\n"
              "report => score=0 rules=b,c tags=two\n"},
    {"a terminal action ends the list", "a: * -> accept\nb: * -> add_header(X: b)\n",
     SESSION "mail a@b.test => accept a\n"
             "rcpt u@x.test => accept a\n"
             "data => accept a\n"
             "header S: y => accept a\n"
             "edits =>\n"
             "outcome b => not tried\n"},
    {"edits above an accept still apply, also when decided later",
     "a: header[Subject]=x -> add_header(X: a)\nb: sender=a@b.test -> accept\n",
     SESSION "mail a@b.test => accept b\n"
             "interest => HE\n"
             "rcpt u@x.test => accept b\n"
             "data => accept b\n"
             "header Subject: x => accept b\n"
             "edits => add_header X: a\n"},
    {"a condition with several facts is false as soon as one part is",
     "a: header[Subject]=x & sender=c@d -> accept\nb: * -> reject(550 b)\n",
     SESSION "mail a@b.test => reject b\n"},
    {"... and an `any` holds as soon as one part does",
     "a: header[Subject]=x | sender=a@b.test -> reject(550 a)\n",
     SESSION "mail a@b.test => reject a\n"},
    {"accept, discard and edits decided at connect happen for each message",
     "a: client=192.0.2.1 -> add_header(X: a) score(1)\nb: client=192.0.2.1 -> accept\n",
     SESSION "report => score=0\n"
             "mail a@b.test => accept b\n"
             "report => score=1 rules=a,b\n"
             "reset =>\n"
             "mail c@b.test => accept b\n"
             "rcpt u@x.test => accept b\n"
             "data => accept b\n"
             "header A: b => accept b\n"
             "edits => add_header X: a\n"},
    {"an accept reached at connect stops refusals below it",
     "a: client=192.0.2.1 -> accept\nb: client=192.0.2.0/24 -> reject(550 b)\n",
     "connect 192.0.2.1 => continue\n"
     "mail a@b.test => accept a\n"
     "reset =>\n"
     "connect 192.0.2.2 => reject b session\n"},
    {"a score of the session's facts can refuse at connect",
     "a: client=192.0.2.1 -> score(3)\nb: score=>2 -> reject(550 b)\n",
     "connect 192.0.2.1 => reject b session\n"
     "report => score=3 rules=a,b\n"},
    {"accept = all is told from the moment that it holds",
     "b: client=192.0.2.1 -> accept(all)\nc: helo=x -> accept(all)\n",
     "connect 192.0.2.1 => continue all\n"
     "helo y => continue all\n"
     "mail a@b.test => accept b all\n"
     "connect 192.0.2.2 => continue\n"
     "helo y => continue\n"
     "helo x => continue all\n"
     "mail a@b.test => accept c all\n"},
    {"... which a rule above puts off",
     "a: sender=c@* -> reject(550 a)\nb: client=192.0.2.1 -> accept(all)\n",
     "connect 192.0.2.1 => continue\n"
     "mail a@b.test => accept b all\n"},
    {"a declared size lets a refusal decide early", "a: size=>100 -> reject(552 5.3.4 big)\n",
     SESSION "mail a@b.test size=101 => reject a\n"
             "reset =>\n"
             "mail a@b.test size=100 => continue\n"
             "rcpt u@x.test => continue\n"
             "data => continue\n"
             "interest => M\n"
             "header A: b => continue\n"
             "message 1234567890 => continue\n"},
    {"... and the size itself decides at the end", "a: size=>5 -> reject(552 5.3.4 big)\n",
     SESSION "mail a@b.test size=3 => continue\n"
             "rcpt u@x.test => continue\n"
             "data => continue\n"
             "header A: b => continue\n"
             "message 1234567890 => reject a\n"},
    {"a declared size decides nothing but refusals",
     "a: size=>100 -> accept\nb: size=>50 -> score(1)\nc: * -> reject(550 c)\n",
     SESSION "mail a@b.test size=101 => continue\n"
             "rcpt u@x.test => continue\n"
             "data => continue\n"
             "header A: b => continue\n"
             "message 1234567890 => reject c\n"},
    {"a refusal by declared size is held back like others, and forgotten when it was wrong",
     "a: header[Subject]=x -> accept\nb: size=>100 -> reject(552 big)\n",
     SESSION "mail a@b.test size=101 => continue\n"
             "rcpt u@x.test => continue\n"
             "data => continue\n"
             "header Subject: y => reject b\n"},
    {"a rule that is off is not tried", "a off: * -> reject(550 a)\n",
     SESSION "mail a@b.test => continue\n"
             "outcome a => not tried\n"},
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
