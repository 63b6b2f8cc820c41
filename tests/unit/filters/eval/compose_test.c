/* Texts of the operator with what is known of where values come from. */
#include "tests/unit/filters/eval/story.h"
#include "tests/unit/support.h"

#define BEFORE                                                                                     \
    "connect 192.0.2.1 => continue\nhelo client.test => continue\nmail a@b.test => continue\n"     \
    "rcpt u@x.test => continue\ndata => continue\n"

/* What a condition has captured, in a field of addresses. */
static const struct {
    const char *title, *rule, *header, *edits;
} CAPTURED[] = {
    {"a name with a comma", "r: header[From]=/^(.*) </ -> set_header(From: $1 <l@x>)",
     "From: =?utf-8?q?Foo=2C_Bar?= <a@b>", "change_header[1] From: \"Foo, Bar\" <l@x>"},
    {"in quotes of the rule", "r: header[From]=/^(.*) </ -> set_header(From: \"$1 via\" <l@x>)",
     "From: =?utf-8?q?Foo=2C_=22Bar?= <a@b>", "change_header[1] From: \"Foo, \\\"Bar via\" <l@x>"},
    {"a quoted name", "r: header[From]=/^(.*) </ -> set_header(From: $1 <l@x>)",
     "From: \"Foo, \\\"Bar\" <a@b>", "change_header[1] From: \"Foo, \\\"Bar\" <l@x>"},
    {"a quoted name in quotes", "r: header[From]=/^(.*) </ -> set_header(From: \"$1 via\" <l@x>)",
     "From: \"Foo, \\\"Bar\" <a@b>", "change_header[1] From: \"Foo, \\\"Bar via\" <l@x>"},
    {"an open quote in quotes", "r: header[From]=/^(.*) </ -> set_header(From: \"$1 via\" <l@x>)",
     "From: Foo \"Bar <a@b>", "change_header[1] From: \"Foo \\\"Bar via\" <l@x>"},
    {"what is in the quotes", "r: header[From]=/^.(.*). </ -> set_header(From: $1 <l@x>)",
     "From: \"Foo, Bar\" <a@b>", "change_header[1] From: \"Foo, Bar\" <l@x>"},
    {"what is in a comment", "r: header[From]=/[(](.*)[)]/ -> set_header(From: $1 <l@x>)",
     "From: a@b (Foo, c@d)", "change_header[1] From: \"Foo, c@d\" <l@x>"},
    {"into a comment", "r: header[From]=/^(.*) </ -> set_header(From: l@x ($1))",
     "From: =?utf-8?q?F=29_=28B?= <a@b>", "change_header[1] From: l@x (=?UTF-8?B?RikgKEI=?=)"},
    {"of a line", "r: header_line=/^From: (.*) </ -> set_header(From: $1 <l@x>)",
     "From: =?utf-8?q?Foo=2C_Bar?= <a@b>", "change_header[1] From: \"Foo, Bar\" <l@x>"},
    {"all of it, with its addresses", "r: header[From]=/^(.*)$/ -> set_header(Reply-To: $1)",
     "From: =?utf-8?q?F=2C_B=C3=B6?= <a@b>, \"X, Y\" <c@d>",
     "add_header Reply-To: =?UTF-8?B?RiwgQsO2?= <a@b>, \"X, Y\" <c@d>"},
    {"an address out of a word",
     "r: header[X-From]=/(.*)/ -> set_header(From: $1) set_header(Reply-To: <$1>)",
     "X-From: =?utf-8?q?a=40b.test?=",
     "add_header From: a@b.test; add_header Reply-To: <a@b.test>"},
    {"more than an address out of a word", "r: header[X-From]=/(.*)/ -> set_header(From: <$1>)",
     "X-From: =?utf-8?q?a=40b=3E=2C?=", "add_header From: =?UTF-8?B?PGFAYj4sPg==?="},
    {"a fact in a name", "r: * -> set_header(From: for ${sender} <l@x>) set_header(To: ${sender})",
     "A: 1", "add_header From: for \"a@b.test\" <l@x>; add_header To: a@b.test"},
    {"where a name stands, all of it is one",
     "r: header[Subject]=/^(.*)$/ -> set_header(From: $1 <l@x>)", "Subject: Re: a, <e@x>",
     "add_header From: \"Re: a, <e@x>\" <l@x>"},
    {"before the rule's own words, too",
     "r: header[Subject]=/^(.*)$/ -> set_header(From: $1 via L <l@x>, m@x)", "Subject: e@x, y\"",
     "add_header From: \"e@x, y\\\"\" via L <l@x>, m@x"},
    {"before the rule's comment, whatever is in it",
     "r: header[Subject]=/^(.*)$/ -> set_header(From: $1 (x, y) <l@x>)", "Subject: a, b",
     "add_header From: \"a, b\" (x, y) <l@x>"},
    {"before the rule's quotes",
     "r: header[Subject]=/^(.*)$/ -> set_header(From: $1 \"x, y\" <l@x>)", "Subject: a, b",
     "add_header From: \"a, b\" \"x, y\" <l@x>"},
    {"the name of a group", "r: header[Subject]=/^(.*)$/ -> set_header(To: $1:;)", "Subject: a: b;",
     "add_header To: \"a: b;\":;"},
    {"a comment", "r: header[Subject]=/^(.*)$/ -> set_header(From: l@x (of $1))",
     "Subject: x) <e@x", "add_header From: l@x (of =?UTF-8?B?eCkgPGVAeA==?=)"},
    {"of a client, too", "r: helo=/^(.*)$/ -> set_header(From: $1, <l@x>) set_header(To: $1 <l@x>)",
     "A: 1", "add_header From: client.test, <l@x>; add_header To: \"client.test\" <l@x>"},
    {"addresses where a name stands", "r: header[From]=/^(.*)$/ -> set_header(From: $1 <l@x>)",
     "From: Joe <a@b>", "change_header[1] From: \"Joe <a@b>\" <l@x>"},
    {"an encoded-word in quotes is in its place",
     "r: header[To]=/^(.*)$/ -> set_header(Reply-To: $1)",
     "To: \"=?utf-8?q?q?=\" <a@b>, =?utf-8?q?J=C3=B6?= <c@d>",
     "add_header Reply-To: \"q\" <a@b>, =?UTF-8?B?SsO2?= <c@d>"},
    {"a field, with its addresses", "r: * -> set_header(Reply-To: ${header.From})",
     "From: =?utf-8?q?F=2C_B=C3=B6?= <a@b>, \"X, Y\" <c@d>",
     "add_header Reply-To: =?UTF-8?B?RiwgQsO2?= <a@b>, \"X, Y\" <c@d>"},
    {"a field for a name", "r: * -> set_header(From: \"${header.From} via L\" <l@x>)",
     "From: \"Joe\" <a@b>", "change_header[1] From: \"Joe <a@b> via L\" <l@x>"},
    {"a field of text is a name", "r: * -> set_header(From: ${header.Subject} <l@x>)",
     "Subject: Re: a, <e@x>", "add_header From: \"Re: a, <e@x>\" <l@x>"},
    {"no such field", "r: * -> set_header(Reply-To: l@x ${header.X-No})", "A: 1",
     "add_header Reply-To: l@x"},
    {"what matched in a field", "r: header[From]=/c@.*/ -> set_header(Reply-To: ${matched})",
     "From: a@b, \"X\" <c@d>, e@f", "add_header Reply-To: c@d>, e@f"},
    {"what matched elsewhere is no structure",
     "r: from_name=* -> set_header(Reply-To: ${matched} <l@x>, ${matched})",
     "From: \"e@x, <f@x>\" <a@b>", "add_header Reply-To: \"e@x, <f@x>\" <l@x>, \"e@x, <f@x>\""},
    {"elsewhere a text is a text", "r: header[From]=/^(.*) </ -> set_header(X-Name: $1 <l@x>)",
     "From: =?utf-8?q?Foo=2C_Bar?= <a@b>", "add_header X-Name: Foo, Bar <l@x>"},
};

static void captured(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(CAPTURED); i++) {
        char script[4096];

        (void)snprintf(script, sizeof(script), "%sheader %s => continue\nedits => %s\n", BEFORE,
                       CAPTURED[i].header, CAPTURED[i].edits);
        story_check(CAPTURED[i].title, CAPTURED[i].rule, script, NULL);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(captured)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
