#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "tests/unit/conf/read/load.h"

/* All facts are there. */
#define RULE(when)                                                                                 \
    "listeners = ( { address = \"127.0.0.1:2525\"; name = \"in\"; tls = { mode = \"starttls\"; "   \
    "certificate = \"c\"; key = \"k\"; client_certificate = \"request\"; client_ca = \"a\"; }; } " \
    "); "                                                                                          \
    "upstreams = ( { address = \"127.0.0.1:1\"; identify = \"xclient\"; } ); "                     \
    "rules = ( { name = \"r\"; when = { " when " }; then = { log = \"x\"; }; } );"

static const struct load_row TEXTS[] = {
    {RULE("sender_domain = \"a@b.test\";"),
     "1: warning: rule 'r': 'sender_domain' is never \"a@b.test\": it is a domain, not a mail "
     "address; write \"b.test\", or ask for 'sender'"},
    {RULE("recipient_domain = \"*@b.test\";"),
     "1: warning: rule 'r': 'recipient_domain' is never \"*@b.test\": it is a domain, not a mail "
     "address; write \"b.test\", or ask for 'recipient'"},
    {RULE("from_domain = { not = \"a@b.test\"; };"),
     "1: warning: rule 'r': 'from_domain' is never \"a@b.test\": it is a domain, not a mail "
     "address; write \"b.test\", or ask for 'from_address'"},
    {RULE("sender = \"^foo\";"), "1: warning: rule 'r': 'sender' is never \"^foo\": it is a mail "
                                 "address, not a pattern without slashes; write \"/^foo/\""},
    {RULE("helo = \"foo$\";"), "1: warning: rule 'r': 'helo' is never \"foo$\": it is a name as "
                               "HELO gives it, not a pattern without slashes; write \"/foo$/\""},
    {RULE("recipient = \"a.test|b.test\";"),
     "1: warning: rule 'r': 'recipient' is never \"a.test|b.test\": it is a mail address, not a "
     "pattern..."},
    {RULE("header = { Subject = \"^foo\"; };"),
     "1: warning: rule 'r': 'header' is compared with \"^foo\" as a whole value, which looks like "
     "a pattern without slashes: write \"/^foo/\""},
    {RULE("raw_body = \"[0-9]+ times\";"), "1: warning: rule 'r': 'raw_body' is compared with "
                                           "\"[0-9]+ times\" as a whole value, which..."},
    {RULE("sender = \"a@b, c@d\";"),
     "1: warning: rule 'r': 'sender' is never \"a@b, c@d\": it is a mail address, not several in "
     "one text; write each as a text of its own, [ \"...\", \"...\" ], or in a list file on a line "
     "of its own"},
    {RULE("recipient = [ \"a@b\", \"c@d;e@f\" ];"),
     "1: warning: rule 'r': 'recipient' is never \"c@d;e@f\": it is a mail address, not several in "
     "one text; ..."},
    {RULE("header = { Subject = \".*casino.*\"; };"),
     "1: warning: rule 'r': 'header' is compared with \".*casino.*\" as a whole value, which looks "
     "like a pattern without slashes: write \"/.*casino.*/\""},
    {RULE("sender = \"*@b[.]test\";"),
     "1: warning: rule 'r': 'sender' is never \"*@b[.]test\": it is a mail address, not a pattern "
     "without slashes; ..."},
    {RULE("helo = \"a b\";"), "1: warning: rule 'r': 'helo' is never \"a b\": it is a name as HELO "
                              "gives it, not several in one text; ..."},
    {RULE("sender = \" a@b\";"), "1: warning: rule 'r': 'sender' is never \" a@b\": it is a mail "
                                 "address, not one with blanks around it; leave the blanks out"},
    {RULE("sender = \"<a@b>\";"), "1: warning: rule 'r': 'sender' is never \"<a@b>\": it is a mail "
                                  "address, not one in angle brackets; leave the brackets out"},
    {RULE("sender = \"user@\";"),
     "1: warning: rule 'r': 'sender' is never \"user@\": it is a mail address, not a local part "
     "with nothing behind its \"@\"; write \"user@*\" for the user in every domain"},
    {RULE("sender_domain = \"'a.test'\";"),
     "1: warning: rule 'r': 'sender_domain' is never \"'a.test'\": it is a domain, not one in "
     "quotes of its own; leave the inner quotes out"},
    {RULE("sender_domain = \"a.test.\";"),
     "1: warning: rule 'r': 'sender_domain' is never \"a.test.\": it is a domain, not one that "
     "ends in a dot; leave the last dot out"},
    {RULE("sender = \"mailto:a@b.test\";"),
     "1: warning: rule 'r': 'sender' is never \"mailto:a@b.test\": it is a mail address, not a "
     "URL; write the host or the address alone"},
    {RULE("client_name = \"mx.test:25\";"),
     "1: warning: rule 'r': 'client_name' is never \"mx.test:25\": it is a host name, not one with "
     "a port; leave the port out"},
    {RULE("client_name = \"192.0.2.1\";"),
     "1: warning: rule 'r': 'client_name' is never \"192.0.2.1\": it is a host name, not an IP "
     "address; ask for 'client'"},
    {RULE("helo = \"10.0.0.0/8\";"),
     "1: warning: rule 'r': 'helo' is never \"10.0.0.0/8\": it is a name as HELO gives it, not a "
     "range of IP addresses; ask for 'client'"},
    {RULE("client = \"mail*.test\";"),
     "1: warning: rule 'r': 'client' is never \"mail*.test\": it is an IP address, not a name; ask "
     "for 'client_name', or write a range such as \"192.0.2.0/24\""},
    {RULE("recipient_domain = \"first+last\";"),
     "1: warning: rule 'r': 'recipient_domain' is never \"first+last\": it is a domain, not a "
     "local part; ask for the whole address, with \"*\" for what may be anything"},
    {RULE("recipient = \"\";"), "1: warning: rule 'r': 'recipient' is never \"\": it is a mail "
                                "address, not an empty text; ..."},
    {RULE("client_name = \"\";"), "1: warning: rule 'r': 'client_name' is never \"\": it is a host "
                                  "name, not an empty text; ..."},
    {RULE("auth = { not = \"*\"; };"),
     "1: warning: rule 'r': { not = \"*\"; } never holds, for every value is that; for no value "
     "write not = { auth = \"*\"; }"},
    {RULE("auth = { not = [ \"bob\", \"**\" ]; };"),
     "1: warning: rule 'r': { not = \"**\"; } never holds, for..."},
    {RULE("sender = { not = \"/.*/\"; };"),
     "1: warning: rule 'r': { not = \".*\"; } never holds, for..."},
    {RULE("header = { Subject = { not = \"*\"; }; };"),
     "1: warning: rule 'r': { not = \"*\"; } never holds, for every value is that; for a field "
     "that is not there write missing_header = \"Subject\""},
    {RULE("tls_version = \"1.1\";"),
     "1: warning: rule 'r': 'tls_version' is never \"1.1\": write \"1.2\" or \"1.3\""},
    {RULE("tls_version = \"TLSv1.3\";"),
     "1: warning: rule 'r': 'tls_version' is never \"TLSv1.3\": write \"1.2\" or \"1.3\""},
};

static const struct load_row HEADERS[] = {
    {RULE("header_line = \"casino\";"),
     "1: warning: rule 'r': 'header_line' is never \"casino\": it is a whole field, \"Name: "
     "value\"; write \"*casino*\" for a part of it"},
    {RULE("header = { Subject = \"Subject: x\"; };"),
     "1: warning: rule 'r': the value of a header field does not begin with its name: leave "
     "\"Subject:\" out, or ask for 'header_line'"},
    {RULE("header = { Subject = \"/^subject:.*x/\"; };"),
     "1: warning: rule 'r': the value of a header field does not begin with its name: ..."},
    {RULE("raw_header = { To = \" x\"; };"),
     "1: warning: rule 'r': 'raw_header' is never \" x\": blanks around a value are not part of "
     "it; leave them out"},
    {RULE("raw_header = { To = \"x\\n\"; };"),
     "1: warning: rule 'r': 'raw_header' is one line at a time, without its end: a text with a "
     "line end in it is never there"},
    {RULE("header_line = \"X: *\\r\";"), "1: warning: rule 'r': 'header_line' is one line at..."},
    {RULE("header = ( { name = \"X-Spam-*\"; value = \"*\"; } );"),
     "1: warning: rule 'r': no header field has the name \"X-Spam-*\", for names have no wildcards "
     "here; write header_line = \"X-Spam-*: *\""},
    {RULE("missing_header = \"X-*\";"),
     "1: warning: rule 'r': no header field has the name \"X-*\", for..."},
};

static const struct load_row PATTERNS[] = {
    {RULE("sender_domain = \"/@b[.]test$/\";"),
     "1: warning: rule 'r': 'sender_domain' is a domain, in which no \"@\" stands: the pattern "
     "never matches; leave the \"@\" out, or ask for the whole address"},
    {RULE("recipient_domain = \"/[.]test\\\\@/\";"),
     "1: warning: rule 'r': 'recipient_domain' is a domain, in which..."},
    {RULE("raw_body = \"/one\\ntwo/\";"),
     "1: warning: rule 'r': 'raw_body' is one line at a time, without its end: a pattern with a "
     "line end in it never matches"},
    {RULE("raw_body = \"/one\\\\ntwo/\";"),
     "1: warning: rule 'r': 'raw_body' is one line at a time, without its end: ..."},
    {RULE("header = { Subject = \"/a\\r\\n b/\"; };"),
     "1: warning: rule 'r': 'header' is one line at a time, without its end: ..."},
};

/* What may hold, however odd. */
static const struct load_row GOOD[] = {
    {RULE("sender = [ \"a@b.test\", \"b.test\", \"*.b.test\", \"*@b.test\", \"root\", \"o'brien\", "
          "\"\", \"spam*\", \"/@b/\" ];"),
     ""},
    {RULE("sender = [ \"\\\"a b\\\"@c.test\", \"user%far@b.test\", \"a@[192.0.2.1]\", "
          "\"müller.test\", \"a@müller.test\" ];"),
     ""},
    {RULE("sender_domain = [ \"b.test\", \"*.b.test\", \"test\", \"\", \"[192.0.2.1]\", "
          "\"192.0.2.1\", \"/(^|@)b/\", \"/@?b/\", \"/[@.]b/\", \"/a|@b/\", \"/(?:@b)?c/\", "
          "\"/@{0}b/\" ];"),
     ""},
    {RULE("recipient_domain = { not = [ \"b.test\", \"*.b.test\" ]; };"), ""},
    {RULE("client = [ \"10.0.0.0/8\", \"192.0.2.*\", \"2001:db8:*\", \"::1\", \"/^10[.]/\" ];"),
     ""},
    {RULE("client_name = [ \"unknown\", \"*.dsl.test\", \"/dyn/\" ];"), ""},
    {RULE("helo = [ \"[192.0.2.1]\", \"192.0.2.1\", \"localhost\", \"x.test.\", \"WIN_2019\", "
          "\"a@b\" ];"),
     ""},
    {RULE("tls_version = [ \"1.2\", \"1.3\", \"1.*\" ]; tls_name = \"mx.test\"; tls_cipher = "
          "\"*GCM*\";"),
     ""},
    {RULE("auth = \"*\"; not = { auth = \"bob\"; };"), ""},
    {RULE("auth = { not = \"bob\"; };"), ""},
    {RULE("header = { Subject = [ \"a, b\", \"<x>\", \"user@\", \"http://x\", \"\", \"50%$\", \"* "
          "x *\", \"Re: x\", \"/^Re: /\" ]; X-Spam = \"Yes\"; };"),
     ""},
    {RULE("header_line = [ \"Subject: x\", \"*x*\", \"/^x/\" ]; raw_body = [ \" x\", "
          "\"/a\\\\n?b/\", \"/a[^\\\\n]*b/\", \"/(\\\\n|x)b/\" ];"),
     ""},
    {RULE("raw_body = \"/a # \\n b/x\"; sender_domain = \"/\\\\Q@\\\\Eb|a/\";"), ""},
    {RULE("missing_header = [ \"Date\", \"X-Foo\" ];"), ""},
};

#define AT(listener, when)                                                                         \
    "listeners = ( { address = \"127.0.0.1:2525\"; " listener " } ); policies = { p = { }; }; "    \
    "rules = ( { name = \"r\"; when = { " when " }; then = { log = \"x\"; }; } );"
#define P "1: warning: policy 'p' is used by nobody: ..."

static const struct load_row LISTENERS[] = {
    {AT("name = \"in\"; auth = \"off\";", "auth = \"*\";"),
     "1: warning: rule 'r': 'auth' never holds: no listener of policy 'default' lets clients log in"
     "\n" P},
    {AT("name = \"in\";", "tls = true;"),
     "1: warning: rule 'r': 'tls' never holds: no listener of policy 'default' speaks TLS"
     "\n" P},
    {AT("name = \"in\";", "any = ( { tls_version = \"1.3\"; } );"),
     "1: warning: rule 'r': 'tls_version' never holds: no listener of policy 'default' speaks TLS"
     "\n" P},
    {AT("tls = { mode = \"starttls\"; certificate = \"c\"; key = \"k\"; };",
        "client_cert = \"*\";"),
     "1: warning: rule 'r': 'client_cert' never holds: no listener of policy 'default' asks for "
     "certificates of clients"
     "\n" P},
    {AT("name = \"in\";", "not = { tls = true; };"), P},
    {AT("name = \"in\";", "tls = false;"), P},
    {AT("auth = \"off\";", "not = { auth = \"*\"; };"), P},
    {AT("name = \"in\";", "listener = \"inn\";"),
     "1: warning: rule 'r': 'listener' is never \"inn\": no listener of policy 'default' has that "
     "name; did you mean 'in'?"
     "\n" P},
    {AT("name = \"in\"; }, { address = \"127.0.0.1:2\"; name = \"out\"; policy = \"p\";",
        "listener = \"out\";"),
     "1: warning: rule 'r': 'listener' is never \"out\": that one has the policy 'p', and this "
     "rule is of policy 'default'"},
    {AT("name = \"in\";", "listener = [ \"in\", \"i*\", \"/x/\" ];"), P},
};

/* Nobody knows what an MTA knows. */
#define MILTER(when)                                                                               \
    "milter = { address = \"inet:8899@127.0.0.1\"; }; "                                            \
    "listeners = ( { address = \"127.0.0.1:2525\"; name = \"in\"; auth = \"off\"; } ); "           \
    "rules = ( { name = \"r\"; when = { " when " }; then = { log = \"x\"; }; } );"

static const struct load_row MILTERS[] = {
    {MILTER("auth = \"*\"; tls = true; listener = \"smtpd\"; tls_version = \"1.1\"; client_cert = "
            "\"x\";"),
     ""},
    {MILTER("size = \"> 100M\"; recipient_count = \"> 5000\";"), ""},
    {MILTER("tls_version = \"0.9\";"),
     "1: warning: rule 'r': 'tls_version' is never \"0.9\": write..."},
};

static void texts(void **state)
{
    (void)state;
    LOAD_ROWS(TEXTS);
}

static void headers(void **state)
{
    (void)state;
    LOAD_ROWS(HEADERS);
}

static void patterns(void **state)
{
    (void)state;
    LOAD_ROWS(PATTERNS);
}

static void good(void **state)
{
    (void)state;
    LOAD_ROWS(GOOD);
}

static void listeners(void **state)
{
    (void)state;
    LOAD_ROWS(LISTENERS);
}

static void milters(void **state)
{
    (void)state;
    LOAD_ROWS(MILTERS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts), cmocka_unit_test(headers),   cmocka_unit_test(patterns),
        cmocka_unit_test(good),  cmocka_unit_test(listeners), cmocka_unit_test(milters),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
