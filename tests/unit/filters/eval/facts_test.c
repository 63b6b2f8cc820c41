/* What facts are in texts. */
#include "tests/unit/filters/eval/story.h"
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

static const struct story STORIES[] = {
    {"facts in texts", FACTS,
     "connect 192.0.2.1 1.3 CN=alice => continue\nhelo mx.test => continue\nauth bob => continue\n"
     "mail a@b.test size=7 => continue\nrcpt u@x.test => continue\ndata => continue\n"
     "header From: F <f@g.test>|Received: x => continue\n"
     "edits => add_header X: 192.0.2.1 1025 inbound mx.test true 1.3   CN=alice bob; "
     "add_header Y: a@b.test b.test u@x.test x.test 1 7; "
     "add_header Z: false f@g.test g.test 1 0\n"},
    {"a fact without value leaves nothing in a text", FACTS,
     "connect 192.0.2.1 => continue\nmail => continue\nrcpt u => continue\ndata => continue\n"
     "header A: b => continue\n"
     "edits => add_header X: 192.0.2.1 1025 inbound  false; add_header Y: u  1; "
     "add_header Z: false   0 0\n"},
    {"the size in a text is what was declared, and the message's own once it is known",
     "r: * -> add_header(X: ${size})\n",
     "connect 192.0.2.1 => continue\nmail a@b.test size=100 => continue\n"
     "rcpt u@x.test => continue\ndata => continue\nheader A: b => continue\n"
     "edits => add_header X: 100\nmessage x|y => continue\nedits => add_header X: 6\n"},
    {"score in a text is the sum above",
     "a: * -> score(1.5)\nb: * -> add_header(X: ${score})\nc: * -> score(2)\n",
     DATA "header A: b => continue\n"
          "edits => add_header X: 1.5\n"},
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
