/* postern.conf(5), redirect, as stories. */
#include "tests/unit/filters/eval/story.h"
#include "tests/unit/support.h"

#define MAIL                                                                                       \
    "connect 192.0.2.1 => continue\nhelo client.test => continue\nmail a@b.test => continue\n"

static const struct story STORIES[] = {
    {"redirect at RCPT replaces this recipient; no rule below judges it there",
     "a: recipient=/^(u)@/ -> redirect($1-${recipient})\n"
     "b: recipient=u@* -> reject(550 b)\n",
     MAIL "rcpt u@x => continue a rcpt to u-u@x\n"
          "rcpt v@x => continue\n"
          "data => continue\n"
          "edits =>\n"},
    {"... the message is accepted when this holds for all, and the upstream takes them",
     "a: recipient=u@x -> redirect(r@x.test)\nb: recipient=v@x -> accept\n"
     "c: header[S]=* -> reject(550 c)\n",
     MAIL "rcpt u@x => continue a rcpt to r@x.test\n"
          "rcpt v@x => continue\n"
          "data => accept b\n"
          "reset =>\n"
          "mail a@b.test => continue\n"
          "rcpt u@x => continue a rcpt to r@x.test\n"
          "refused => continue\n"
          "rcpt w@x => continue\n"
          "data => continue\n"},
    {"... later rules see the old address, edits the new one, once",
     "a: recipient=u@x -> redirect(r@x.test)\nb: recipient=t@x -> redirect(r@X.test)\n"
     "c message: recipient=u@x -> tag(old)\nd message: recipient=r@x.test -> tag(new)\n"
     "e: * -> remove_recipient(r@*) remove_recipient(u@*)\n",
     MAIL "rcpt u@x => continue a rcpt to r@x.test\n"
          "rcpt t@x => continue b rcpt to r@X.test\n"
          "rcpt v@x => continue\n"
          "data => continue\n"
          "report => score=0 rules=a,b,c,e tags=old\n"
          "edits => remove_recipient r@x.test\n"},
    {"... a text that becomes no address refuses this recipient",
     "a: recipient=/^u@(.*)/ -> redirect($1)\n",
     MAIL "rcpt u@x => tempfail a rcpt\n"
          "reply => 451 4.3.5 A rule's address is no mail address|\n"
          "rcpt v@x => continue\n"
          "data => continue\n"},
    {"... nor one beyond ASCII without SMTPUTF8", "a: recipient=u@x -> redirect(j\xc3\xb6@x)\n",
     MAIL "rcpt u@x => tempfail a rcpt\n"
          "reply => 451 4.6.7 A rule's address needs SMTPUTF8|\n"
          "rcpt v@x => continue\n"
          "reset =>\n"
          "mail a@b.test utf8 => continue\n"
          "rcpt u@x => continue a rcpt to j\xc3\xb6@x\n"},
    {"a redirect held back at RCPT replaces its recipients later",
     "h: header[S]=x -> reject(550 h)\na: recipient=u@x,t@x -> redirect(r@x.test)\n"
     "s: header[S]=y -> reject(550 s)\n",
     MAIL "rcpt u@x => continue\n"
          "rcpt t@x => continue\n"
          "data => continue\n"
          "header S: z => accept a\n"
          "edits => remove_recipient u@x (to r@x.test); add_recipient r@x.test (for u@x); "
          "remove_recipient t@x (to r@x.test)\n"
          "reset =>\n"
          "mail a@b.test => continue\n"
          "rcpt u@x => continue\n"
          "rcpt v@x => continue\n"
          "data => continue\n"
          "header S: y => reject s\n"},
    {"... so does one that needs later facts; the others are judged on",
     "a: recipient=u@x & header[S]=x -> redirect(r@x.test)\n"
     "b: header[S]=x -> add_header(X: b)\n",
     MAIL "rcpt u@x => continue\n"
          "rcpt v@x => continue\n"
          "data => continue\n"
          "interest => HE\n"
          "header S: x => continue\n"
          "edits => remove_recipient u@x (to r@x.test); add_recipient r@x.test (for u@x); "
          "add_header X: b\n"},
    {"... and one whose address needs them",
     "a: recipient=u@x -> redirect(r@${from_domain})\nb: header[S]=x -> reject(550 b)\n",
     MAIL "rcpt u@x => continue\n"
          "rcpt v@x => continue\n"
          "data => continue\n"
          "interest => H\n"
          "header From: f@y => continue\n"
          "edits => remove_recipient u@x (to r@y); add_recipient r@y (for u@x)\n"},
    {"... it must be an address",
     "a: recipient=u@x & header[S]=* -> redirect(${recipient_count})\n",
     MAIL "rcpt u@x => continue\n"
          "rcpt v@x => continue\n"
          "data => continue\n"
          "header S: x => tempfail a\n"},
    {"... who has that address stays, and who was taken out by an edit",
     "e: * -> remove_recipient(w@x)\n"
     "a: recipient=u@x,r@X,w@x & header[S]=x -> redirect(r@x)\n",
     MAIL "rcpt u@x => continue\n"
          "rcpt r@X => continue\n"
          "rcpt w@x => continue\n"
          "rcpt v@x => continue\n"
          "data => continue\n"
          "header S: x => continue\n"
          "edits => remove_recipient w@x; remove_recipient u@x (to r@x)\n"},
    {"a redirect that names no recipient, or with scope = message, replaces all",
     "a message: recipient=u@x -> redirect(r@x.test)\nb: sender=* -> redirect(v@x)\n",
     MAIL "rcpt u@x => continue\n"
          "rcpt v@x => continue\n"
          "data => accept a\n"
          "edits => remove_recipient u@x (to r@x.test); remove_recipient v@x (to r@x.test); "
          "add_recipient r@x.test (for u@x)\n"
          "reset =>\n"
          "mail a@b.test => continue\n"
          "rcpt t@x => continue\n"
          "rcpt v@x => continue\n"
          "data => accept b\n"
          "edits => remove_recipient t@x (to v@x)\n"},
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
