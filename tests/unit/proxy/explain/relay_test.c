/* Strangers at listeners whose upstream trusts our address. */
#include "proxy/explain/relay.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "tests/unit/conf/read/load.h"
#include "tests/unit/heap.h"

#define LISTENER "listeners = ( { address = \"[::]:25\"; name = \"in\"; } ); "
#define UPSTREAM "upstreams = ( { name = \"mta\"; address = \"127.0.0.1:10025\"; } ); "
#define LISTS                                                                                      \
    "lists = { ours = [ \"example.org\", \"*.example.org\" ]; nets = [ \"10.0.0.0/8\", "           \
    "\"192.0.2.0/24\" ]; }; "
#define NAMED                  "rules = ( { mode = \"off\"; when = { sender = \"@ours\"; client = \"@nets\"; }; }, "
#define BEGIN                  LISTENER UPSTREAM LISTS NAMED
#define RULE(name, when, then) "{ name = \"" name "\"; when = { " when " }; then = { " then " }; }"
#define NO                     "reject = \"550 5.7.1 No\";"
#define NO_RELAY               RULE("no-relay", "recipient_domain = { not = \"@ours\"; };", NO)
#define OPEN                   "1: warning: listener 'in' could be an open relay: in policy 'default' "
#define ANY_OPEN               OPEN "..."

/* Each of these keeps strangers out, in a way of its own. */
static const struct load_row CLOSED[] = {
    {LISTENER
     "upstreams = ( { name = \"mta\"; address = \"127.0.0.1:1\"; identify = \"xclient\"; },"
     " { name = \"b\"; address = \"127.0.0.1:2\"; } ); "
     "rules = ( { mode = \"shadow\"; then = { upstream = \"b\"; }; } );",
     ""},
    {LISTENER "upstreams = ( { address = \"127.0.0.1:1\"; protocol = \"lmtp\"; } );", ""},
    {BEGIN NO_RELAY ");", ""},
    {BEGIN RULE("login", "not = { auth = \"*\"; };", NO) ");", ""},
    {BEGIN RULE("nets", "not = { client = \"@nets\"; };", NO) ");", ""},
    {BEGIN RULE("nets", "client = { not = \"@nets\"; };", "disconnect = \"421 4.7.0 No\";") ");",
     ""},
    {BEGIN RULE("nets", "client = \"@nets\";", "accept = true;") ", " NO_RELAY ");", ""},
    {BEGIN RULE("login", "auth = \"*\";", "accept = true;") ", " NO_RELAY ");", ""},
    {BEGIN RULE("ours", "recipient_domain = \"@ours\";",
                "accept = true;") ", { name = \"rest\"; then = { " NO " }; }"
                                  ");",
     ""},
    {BEGIN NO_RELAY ", " RULE("ours", "sender_domain = \"@ours\";", "accept = true;") ");", ""},
    {BEGIN RULE("later", "recipient_domain = { not = \"@ours\"; };",
                "tempfail = \"451 4.7.1 No\";") ");",
     ""},
    {BEGIN RULE("gone", "recipient_domain = { not = \"@ours\"; };", "discard = true;") ");", ""},
    {BEGIN RULE("held", "recipient_domain = { not = \"@ours\"; };", "quarantine = \"x\";") ");",
     ""},
    {BEGIN RULE("away", "recipient_domain = { not = \"@ours\"; };",
                "redirect = \"a@example.org\";") ");",
     ""},
    {BEGIN RULE("test", "recipient_domain = \"/[.]test$/\";", "accept = true;") ", " NO_RELAY ");",
     ""},
    {BEGIN RULE("lab",
                "recipient_domain = { not = [ \"*.test\", \"*.example\", \"*.example.com\" ]; };",
                NO) ");",
     ""},
    {BEGIN RULE("tag", "recipient_domain = { not = \"@ours\"; };",
                "tag = \"far\";") ", " RULE("far", "tag = \"far\";", NO) ");",
     ""},
    {LISTENER UPSTREAM LISTS
     "rules = ( { mode = \"off\"; when = { client = \"@nets\"; }; } ); final_rules = ( " RULE(
         "late", "recipient_domain = { not = \"@ours\"; };", NO) ");",
     "1: warning: rule 'late' names a recipient but refuses the message for all of them, "
     "because..."},
};

#define NOT_OURS(what) BEGIN RULE("r", what, NO) ");"

/* Patterns and wildcards for recipients, which leave nothing open. */
static const struct load_row ANCHORED[] = {
    {NOT_OURS("recipient = { not = \"/@example[.]org$/\"; };"), ""},
    {NOT_OURS("recipient = { not = \"/@(mail\\\\.)?example\\\\.org$/\"; };"), ""},
    {NOT_OURS("recipient_domain = { not = \"/^(.+[.])?example[.]org$/\"; };"), ""},
    {NOT_OURS("recipient_domain = { not = [ \"example.org\", \"*.example.org\" ]; };"), ""},
    {NOT_OURS("recipient = { not = \"*@example.org\"; };"), ""},
    {NOT_OURS("recipient = { not = \"/@mail[.]example[.]org$/\"; };"), ""},
    {NOT_OURS("recipient = { not = \"/mail[.]example[.]org$/\"; };"), ""},
    {NOT_OURS("recipient = { not = \"/[.@]mail[.]example[.]co[.]uk$/\"; };"), ""},
    {BEGIN RULE("r", "client = { not = [ \"192.0.2.*\", \"198.51.*\", \"2001:db8:*\" ]; };",
                NO) ");",
     ""},
    {BEGIN RULE("r", "client = \"192.0.2.*\";", "accept = true;") ", " NO_RELAY ");", ""},
    {BEGIN RULE("r", "client = \"/^192[.]0[.]2[.]/\";", "accept = true;") ", " NO_RELAY ");", ""},
};

/* ... and what they let through. */
static const struct load_row LOOSE[] = {
    {NOT_OURS("recipient = { not = \"/@example.org/\"; };"), OPEN
     "no rule refuses mail from <someone@elsewhere.example> to "
     "<someone@example.org.elsewhere.example.com> by a stranger at 192.0.2.1, and upstream 'mta' "
     "decides by this gateway's address, not the client's; compare recipient_domain with a "
     "list..."},
    {NOT_OURS("recipient_domain = { not = \"/example[.]org$/\"; };"),
     OPEN "no rule refuses mail from <someone@elsewhere.example> to "
          "<someone@elsewhere-example.org> ..."},
    {NOT_OURS("recipient = { not = \"/@mail.example.org$/\"; };"),
     OPEN "no rule refuses mail from <someone@elsewhere.example> to <someone@mail-example.org> "
          "..."},
    {NOT_OURS("recipient = { not = \"/^[^@]*example[.]org/\"; };"),
     OPEN "no rule refuses mail from <someone@elsewhere.example> to <example.org@elsewhere.alt> "
          "..."},
    {NOT_OURS("recipient = { not = \"*example.org\"; };"),
     OPEN "no rule refuses mail from <someone@elsewhere.example> to "
          "<someone@elsewhere-example.org> ..."},
    {BEGIN RULE("ours", "recipient = \"/@example[.]org/\";", "accept = true;") ", " NO_RELAY ");",
     OPEN "rule 'ours' accepts mail from <someone@elsewhere.example> to "
          "<someone@example.org.elsewhere.example.com> ..."},
    {BEGIN RULE("ours", "sender = \"/@far[.]test$/\";", "accept = true;") ", " NO_RELAY ");",
     OPEN "rule 'ours' accepts mail from <someone@far.test> to ..."},
};

/* Each of these looks as if. */
static const struct load_row OPENS[] = {
    {LISTENER
     "upstreams = ( { name = \"mta\"; address = \"127.0.0.1:1\"; identify = \"xclient\"; },"
     " { name = \"b\"; address = \"127.0.0.1:2\"; } ); "
     "rules = ( { then = { upstream = \"b\"; }; } );",
     OPEN "no rule refuses mail from <someone@elsewhere.example> to <someone@elsewhere.alt> by a "
          "stranger at 192.0.2.1, and upstream 'b' decides by..."},
    {BEGIN RULE("n", "client = \"@nets\";", "accept = true;") ");",
     OPEN "no rule refuses mail from <someone@elsewhere.example> to <someone@elsewhere.alt> by a "
          "stranger at 198.51.100.1, and..."},
    {BEGIN RULE("boss", "recipient = \"boss@example.org\";", NO) ");", OPEN
     "no rule refuses mail from <someone@elsewhere.example> to <someone@elsewhere.alt> by a "
     "stranger at 192.0.2.1, and upstream 'mta' decides by this gateway's address, not the "
     "client's; refuse foreign recipients with a rule such as when = { recipient_domain = { not = "
     "\"@our_domains\"; }; }, or set identify = \"xclient\" if the upstream knows XCLIENT"},
    {BEGIN RULE("ours", "sender_domain = \"@ours\";", "accept = true;") ", " NO_RELAY ");",
     OPEN "rule 'ours' accepts mail from <someone@example.org> to ..."},
    {BEGIN RULE("boss", "sender = \"boss@far.test\";", "accept = true;") ", " NO_RELAY ");",
     OPEN "rule 'boss' accepts mail from <boss@far.test> to ..."},
    {BEGIN RULE("none", "sender = \"none@example.org\";", NO) "); final_rules = ( " RULE(
         "far", "not = { sender = \"boss@far.test\"; };", NO) ");",
     OPEN "no rule refuses mail from <boss@far.test> to ..."},
    {BEGIN RULE("null", "sender = \"\";", "accept = true;") ", " NO_RELAY ");",
     OPEN "rule 'null' accepts mail from <> to ..."},
    {BEGIN RULE("helo", "helo = \"mx.example.org\";", "accept = true;") ", " NO_RELAY ");",
     OPEN "rule 'helo' accepts mail from ..."},
    {BEGIN RULE("named", "not = { client_name = \"unknown\"; };", "accept = true;") ", " NO_RELAY
                                                                                    ");",
     OPEN "rule 'named' accepts mail from ..."},
    {BEGIN RULE("unnamed", "client_name = \"unknown\";", "accept = true;") ", " NO_RELAY ");",
     OPEN "rule 'unnamed' accepts mail from ..."},
    {BEGIN RULE("named", "client_name = \"unknown\";", NO) ");",
     OPEN "no rule refuses mail from ..."},
    {BEGIN RULE("v6", "client = \"2000::/3\";", "accept = true;") ", " NO_RELAY ");",
     OPEN "rule 'v6' accepts mail from <someone@elsewhere.example> to <someone@elsewhere.alt> by a "
          "stranger at 2001:db8::1, and ..."},
    {BEGIN RULE("world", "client = \"0.0.0.0/0\";", "accept = true;") ", " NO_RELAY ");",
     OPEN "rule 'world' accepts mail from ..."},
    {BEGIN RULE("bogus", "recipient_domain = [ \"*.test\", \"*.example\", \"*.invalid\" ];",
                NO) ");",
     OPEN "no rule refuses mail from ..."},
    {BEGIN RULE("spam", "header = { Subject = \"/casino/\"; };", NO) ");",
     OPEN "no rule refuses mail from ..."},
    {BEGIN RULE("dateless", "missing_header = [ \"Date\", \"Message-ID\" ];", NO) ");",
     OPEN "no rule refuses mail from ..."},
    {BEGIN "{ name = \"watch\"; mode = \"shadow\"; when = { recipient_domain = { not = \"@ours\"; "
           "}; }; then = { " NO " }; }"
           ");",
     OPEN "no rule refuses mail from ..."},
};

#define TLS(more)                                                                                  \
    "listeners = ( { address = \"[::]:25\"; name = \"in\"; tls = { certificate = \"c\"; key = "    \
    "\"k\"; " more " }; } ); " UPSTREAM
#define PLAIN RULE("plain", "tls = false;", NO)

/* What the listener makes of it. */
static const struct load_row LISTENERS[] = {
    {TLS("mode = \"starttls\";") "rules = ( " PLAIN " );", ANY_OPEN},
    {TLS("mode = \"starttls\";") "rules = ( " RULE("tls", "tls = true;", NO) " );", ANY_OPEN},
    {TLS("mode = \"starttls\"; required = true;") "rules = ( " RULE("tls", "tls = true;", NO) " );",
     ""},
    {TLS("mode = \"implicit\";") "rules = ( " RULE("tls", "tls = true;", NO) " );", ""},
    {TLS("mode = \"implicit\"; client_certificate = \"require\"; client_ca = \"a\";"), ""},
    {TLS("mode = \"starttls\"; client_certificate = \"require\"; client_ca = \"a\";"), ANY_OPEN},
    {TLS("mode = \"starttls\"; required = true; client_certificate = \"require\"; client_ca = "
         "\"a\";"),
     ""},
    {"listeners = ( { address = \"127.0.0.1:1\"; name = \"in\"; },\n { address = \"127.0.0.1:2\"; "
     "name = \"out\"; } ); " UPSTREAM "rules = ( " RULE("in", "listener = \"in\";", NO) " );",
     "2: warning: listener 'out' could be an open relay: ..."},
    {"listeners = ( { address = \"127.0.0.1:1\"; name = \"in\"; },\n { address = \"127.0.0.1:2\"; "
     "name = \"out\"; } ); " UPSTREAM,
     "1: warning: listener 'in' could be an open relay: ...\n"
     "2: warning: listener 'out' could be an open relay: ..."},
    {"listeners = ( { address = \"127.0.0.1:1\"; name = \"in\"; },\n { address = \"127.0.0.1:2\"; "
     "name = \"out\"; routed_addresses = \"pass\"; } ); " UPSTREAM
     "rules = ( " RULE("r", "recipient_domain = { not = \"example.org\"; };", NO) " );",
     "2: warning: listener 'out' could be an open relay: ..."},
    {"listeners = ( { address = \"127.0.0.1:1\"; name = \"in\"; } ); " UPSTREAM
     "rules = ( " RULE("v6", "client = \"2000::/3\";",
                       "accept = true;") ", { name = \"no\"; then = { " NO " }; } );",
     ""},
};

/* Two listeners that are alike but for one thing, by which the second is open and the first is not.
 */
#define PAIR(first, second)                                                                        \
    "listeners = ( { name = \"in\"; " first " },\n { name = \"out\"; " second " } ); " UPSTREAM
#define V4(port)  "address = \"127.0.0.1:" port "\"; "
#define V6(port)  "address = \"[::1]:" port "\"; "
#define IN_TLS(s) "tls = { certificate = \"c\"; key = \"k\"; " s " }; "
#define NO_TLS    "rules = ( " RULE("tls", "tls = true;", NO) " );"
static const struct load_row PAIRS[] = {
    {PAIR(V4("1"), V4("2") "policy = \"all\";") "policies = { all = { rules = ( ); }; }; "
                                                "rules = ( { name = \"no\"; then = { " NO
                                                " }; } );",
     "2: warning: listener 'out' could be an open relay: ..."},
    {PAIR(V4("1") IN_TLS("mode = \"implicit\";"), V4("2")) NO_TLS,
     "2: warning: listener 'out' could be an open relay: ..."},
    {PAIR(V4("1") IN_TLS("mode = \"starttls\"; required = true;"),
          V4("2") IN_TLS("mode = \"starttls\";")) NO_TLS,
     "2: warning: listener 'out' could be an open relay: ..."},
    {PAIR(V4("1"), V6("2")) "rules = ( " RULE("v6", "client = \"2000::/3\";",
                                              "accept = true;") ", { name = \"no\"; then = { " NO
                                                                " }; } );",
     "2: warning: listener 'out' could be an open relay: ..."},
    {PAIR(V4("1") IN_TLS("mode = \"implicit\"; client_certificate = \"require\"; client_ca = "
                         "\"a\";"),
          V4("2") IN_TLS("mode = \"implicit\";")),
     "2: warning: listener 'out' could be an open relay: ..."},
};

/* Where what routes is passed: the local part sends it on. */
#define LMTP                                                                                       \
    "listeners = ( { address = \"127.0.0.1:2424\"; name = \"in\"; protocol = \"lmtp\"; } "         \
    "); " UPSTREAM
static const struct load_row ROUTED[] = {
    {LMTP "rules = ( " RULE("r", "recipient_domain = { not = \"example.org\"; };", NO) " );", OPEN
     "no rule refuses mail from <someone@elsewhere.example> to <someone%elsewhere.alt@example.org> "
     "by a stranger "
     "at 192.0.2.1, and upstream 'mta' decides by this gateway's address, not the client's; set "
     "routed_addresses = "
     "\"reject\" in the listener, or set identify = \"xclient\" if the upstream knows XCLIENT"},
    {LMTP "rules = ( " RULE("p", "recipient = \"*%*\";", NO) ", " RULE(
         "r", "recipient_domain = { not = \"example.org\"; };", NO) " );",
     OPEN "no rule refuses mail from <someone@elsewhere.example> to "
          "<\"someone@elsewhere.alt\"@example.org> by..."},
    {LMTP "rules = ( " RULE("p", "recipient = [ \"*%*\", \"*@*@*\" ];", NO) ", " RULE(
         "r", "recipient_domain = { not = \"example.org\"; };", NO) " );",
     OPEN "no rule refuses mail from <someone@elsewhere.example> to "
          "<elsewhere.alt!someone@example.org> by..."},
    {LMTP "rules = ( " RULE("r", "not = { recipient = [ \"a@example.org\" ]; };", NO) " );", ""},
    {LMTP "rules = ( " RULE("i", "recipient = \"info@example.org\";", "score = 1;") ", " RULE(
         "r", "recipient_domain = { not = \"/^ex.*rg$/\"; };", NO) " );",
     OPEN "no rule refuses mail from <someone@elsewhere.example> to "
          "<someone%elsewhere.alt@example.org> ..."},
};

#define AT(settings) "listeners = ( { address = \"[::]:25\"; name = \"in\"; " settings " } ); "
#define BY(identify)                                                                               \
    "upstreams = ( { address = \"127.0.0.1:10025\"; identify = \"" identify "\"; } ); "
#define LIMITED       "rules = ( " RULE("r", "recipient_domain = { not = \"example.org\"; };", NO) " ); "
#define ORIGINAL      "upstreams = ( { name = \"original\"; } ); "
#define PASSTHROUGH   "tls = { mode = \"passthrough\"; };"
#define PASSED        "1: warning: listener 'in': mail that comes inside TLS is not judged...\n"
#define PASSED_INSIDE "1: warning: listener 'in' could be an open relay: inside TLS no rule sees..."

/* Who decides by the client's address, and what is not seen to be decided. */
static const struct load_row UPSTREAMS[] = {
    {AT("") UPSTREAM, ANY_OPEN},
    {AT("") UPSTREAM LIMITED, ""},
    {AT("") BY("xclient"), ""},
    {AT("") BY("proxy-v1"), ""},
    {AT("") BY("proxy-v2"), ""},
    {AT("") BY("xforward"), ANY_OPEN}, /* it only informs the log */
    {AT("") BY("xforward") LIMITED, ""},
    {AT("policy = \"p\";") UPSTREAM LIMITED "policies = { p = { }; };",
     "1: warning: policy 'default' is used by nobody: ...\n"
     "1: warning: listener 'in' could be an open relay: in policy 'p' ..."},
    {AT(PASSTHROUGH) UPSTREAM LIMITED, PASSED PASSED_INSIDE},
    {AT(PASSTHROUGH) BY("proxy-v2"), PASSED},
    {AT(""), ""}, /* nowhere to relay to */
    {AT("transparent = \"redirect\";") ORIGINAL, ANY_OPEN},
    {AT("transparent = \"tproxy\";") ORIGINAL, ANY_OPEN},
    {AT("transparent = \"tproxy\"; client_source = true;") ORIGINAL, ""},
    {LMTP, ANY_OPEN}, /* its client may be anybody all the same */
};

/* Where something is wrong already, nothing is tried. */
static const struct load_row ERRORS[] = {
    {AT("") UPSTREAM "workers = \"many\";", "1: error: 'workers' must be ..."},
};

static void upstreams(void **state)
{
    (void)state;
    LOAD_DOUBTED(UPSTREAMS, relay_check);
    LOAD_DOUBTED(ERRORS, relay_check);
}

static void closed(void **state)
{
    (void)state;
    LOAD_DOUBTED(CLOSED, relay_check);
}

static void opens(void **state)
{
    (void)state;
    LOAD_DOUBTED(OPENS, relay_check);
}

static void anchored(void **state)
{
    (void)state;
    LOAD_DOUBTED(ANCHORED, relay_check);
}

static void loose(void **state)
{
    (void)state;
    LOAD_DOUBTED(LOOSE, relay_check);
}

static void listeners(void **state)
{
    (void)state;
    LOAD_DOUBTED(LISTENERS, relay_check);
    LOAD_DOUBTED(PAIRS, relay_check);
}

static void routed(void **state)
{
    (void)state;
    LOAD_DOUBTED(ROUTED, relay_check);
}

static void all_is_given_back(void **state)
{
    assert_true(leaves_nothing(listeners, state));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(anchored),  cmocka_unit_test(loose),
        cmocka_unit_test(closed),    cmocka_unit_test(opens),
        cmocka_unit_test(listeners), cmocka_unit_test(routed),
        cmocka_unit_test(upstreams), cmocka_unit_test(all_is_given_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
