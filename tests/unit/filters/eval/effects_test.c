/* Edits of the envelope, their order, and what happens when they cannot be made. */
#include "tests/unit/filters/eval/story.h"
#include "tests/unit/heap.h"
#include "tests/unit/support.h"

#define MAIL "connect 192.0.2.1 => continue\nmail a@b.test => continue\n"
#define RCPT MAIL "rcpt u@x.test => continue\nrcpt v@x.test => continue\n"
#define DATA RCPT "data => continue\n"

/* Every fact that can stand in a text, but what is looked up. */
#define FACTS                                                                                      \
    "r: * -> add_header(X: ${client} ${client_port} ${listener} ${helo} ${tls} ${tls_version} "    \
    "${tls_cipher} ${tls_name} ${client_cert} ${auth}) "                                           \
    "add_header(Y: ${sender} ${sender_domain} ${recipient} ${recipient_domain} "                   \
    "${recipient_count} ${size}) "                                                                 \
    "add_header(Z: ${header_ambiguous} ${from_address} ${from_domain} ${hops} ${score})\n"

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
    {"without more to come they are all at DATA", "r: sender=a@b.test -> set_sender(c@d.test)\n",
     DATA "interest =>\n"
          "edits => set_sender c@d.test\n",
     false},
    {"facts in texts", FACTS,
     "connect 192.0.2.1 1.3 CN=alice => continue\nhelo mx.test => continue\nauth bob => continue\n"
     "mail a@b.test size=7 => continue\nrcpt u@x.test => continue\ndata => continue\n"
     "header From: F <f@g.test>|Received: x => continue\n"
     "edits => add_header X: 192.0.2.1 1025 inbound mx.test true 1.3   CN=alice bob; "
     "add_header Y: a@b.test b.test u@x.test x.test 1 7; "
     "add_header Z: false f@g.test g.test 1 0\n",
     false},
    {"a fact without value leaves nothing in a text", FACTS,
     "connect 192.0.2.1 => continue\nmail => continue\nrcpt u => continue\ndata => continue\n"
     "header A: b => continue\n"
     "edits => add_header X: 192.0.2.1 1025 inbound  false; add_header Y: u  1; "
     "add_header Z: false   0 0\n",
     false},
    {"the size in a text is what was declared, and the message's own once it is known",
     "r: * -> add_header(X: ${size})\n",
     "connect 192.0.2.1 => continue\nmail a@b.test size=100 => continue\n"
     "rcpt u@x.test => continue\ndata => continue\nheader A: b => continue\n"
     "edits => add_header X: 100\nmessage x|y => continue\nedits => add_header X: 6\n",
     false},
    {"the null sender can be set", "r: * -> set_sender()\n", DATA "edits => set_sender\n", false},
    {"recipients are added once, removed by wildcard, later edits see earlier ones",
     "r: * -> add_recipient(w@x.test) add_recipient(u@x.test) remove_recipient(?@X.test)\n",
     DATA "edits => add_recipient w@x.test; remove_recipient u@x.test; "
          "remove_recipient v@x.test; remove_recipient w@x.test\n",
     false},
    {"the second of two is removed", "r: * -> remove_recipient(v@x.test)\n",
     DATA "edits => remove_recipient v@x.test\n", false},
    {"a recipient given twice is removed with one edit", "r: * -> remove_recipient(u@x.test)\n",
     RCPT "rcpt u@x.test => continue\n"
          "data => continue\n"
          "edits => remove_recipient u@x.test\n",
     false},
    {"redirect replaces all recipients by one",
     "r: * -> add_recipient(w@x.test) redirect(q@x.test)\n",
     "connect 192.0.2.1 => continue\n"
     "mail a@b.test => accept r\n"
     "rcpt u@x.test => accept r\n"
     "data => accept r\n"
     "edits => add_recipient w@x.test; remove_recipient u@x.test (to q@x.test); "
     "remove_recipient w@x.test (to q@x.test); add_recipient q@x.test (for u@x.test)\n",
     false},
    {"edits apply in file order, not in the order of facts",
     "a: header[A]=b -> set_header(X: a)\nb: sender=a@b.test -> set_header(X: b)\n",
     DATA "header A: b => continue\n"
          "edits => add_header X: a; change_header[1] X: b\n",
     false},
    {"edits of the body's rules join those that were asked for before",
     "a: raw_body=x -> add_header(X: a)\nb: * -> add_header(X: b)\n",
     DATA "header A: b => continue\n"
          "edits => add_header X: b\n"
          "message x => continue\n"
          "edits => add_header X: a; add_header X: b\n",
     false},
    {"conditions see the message as received",
     "a: * -> set_header(X: new)\nb: header[X]=new -> add_header(Y: b)\n",
     DATA "header X: old => continue\n"
          "edits => change_header[1] X: new\n",
     false},
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
          "edits => set_sender c@d.test\n",
     false},
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
          "edits => set_sender j\xC3\xB6@b.test\n",
     false},
    {"... found out as soon as nothing else is to come", "r: sender=/(.*)@/ -> add_recipient($1)\n",
     RCPT "data => tempfail r\n", false},
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
    {"what an edit's text names is waited for",
     "r: sender=a@b.test -> add_header(X: ${size} ${from_domain})\n",
     DATA "interest => HME\n"
          "header From: <a@example.org> => continue\n"
          "message 12345678 => continue\n"
          "edits => add_header X: 10 example.org\n",
     false},
    {"score in a text is the sum above",
     "a: * -> score(1.5)\nb: * -> add_header(X: ${score})\nc: * -> score(2)\n",
     DATA "header A: b => continue\n"
          "edits => add_header X: 1.5\n",
     false},
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
    {"what changes nothing is no edit",
     "a: * -> set_header(A: b) replace(A /(.)/ $1) set_sender(a@b.test) redirect(u@x.test)\n",
     "connect 192.0.2.1 => continue\n"
     "mail a@b.test => accept a\n"
     "rcpt u@x.test => accept a\n"
     "data => accept a\n"
     "header A: b => accept a\n"
     "edits =>\n"
     "report => score=0 rules=a\n",
     false},
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
     "b\n",
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
