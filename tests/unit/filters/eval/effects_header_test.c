/* Actions on the header as edits: postern-rules(7), "Actions". */

#include "tests/unit/filters/eval/story.h"
#include "tests/unit/heap.h"
#include "tests/unit/support.h"

#define BEFORE                                                                                     \
    "connect 192.0.2.1 => continue\nhelo client.test => continue\nmail a@b.test => continue\n"     \
    "rcpt u@x.test => continue\ndata => continue\n"

#define FORTY "wwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwww"

/* One message, its header, and the edits made of it. */
static const struct {
    const char *title, *actions, *header, *edits;
} ROWS[] = {
    {"add: at the end", "add_header(X: a b)", "A: 1", "add_header X: a b"},
    {"add: every time", "add_header(X: a) add_header(X: b)", "X: 1",
     "add_header X: a; add_header X: b"},
    {"insert: at the top in written order", "insert_header(X: a) insert_header(Y: b)", "A: 1",
     "insert_header[0] X: a; insert_header[1] Y: b"},
    {"insert: below what was inserted and is still there",
     "insert_header(X: a) insert_header(Y: b) remove_header(X) insert_header(Z: c)", "A: 1",
     "insert_header[0] X: a; insert_header[1] Y: b; delete_header[1] X; insert_header[1] Z: c"},
    {"set: adds where there is none", "set_header(X: a)", "A: 1", "add_header X: a"},
    {"set: replaces the first, deletes the rest", "set_header(x: a)", "X: 1|A: 2|X: 3|X: 4",
     "change_header[1] x: a; delete_header[2] x; delete_header[2] x"},
    {"set: below a line that is no field it is put above, and deleted there", "set_header(x: a)",
     "A: 1|hello|X: 1|X: 2", "add_header x: a; delete_header[2] x; delete_header[2] x"},
    {"set: above and below a line that is no field", "set_header(x: a)", "X: 1|:|X: 2",
     "change_header[1] x: a; delete_header[2] x"},
    {"remove: below a line that is no field, which stays", "remove_header(*)", "A: 1|no field|B: 2",
     "delete_header[1] A; delete_header[1] B"},
    {"prepend: below a line that is no field", "prepend(Subject: [E] )", "A: 1|: x|Subject: hi",
     "change_header[1] Subject: [E] hi"},
    {"replace: above and below a line that is no field", "replace(X /a/ b)", "X: a|X a: x|X: a",
     "change_header[1] X: b; change_header[2] X: b"},
    {"remove: all of the name", "remove_header(X)", "X: 1|A: 2|x: 3",
     "delete_header[1] X; delete_header[1] x"},
    {"remove: wildcards", "remove_header(X-Spam-*)",
     "X-Spam-Flag: 1|A: 2|X-Spam-Level: 3|X-Spam: 4",
     "delete_header[1] X-Spam-Flag; delete_header[1] X-Spam-Level"},
    {"remove: what was added above", "add_header(X: a) remove_header(X)", "A: 1",
     "add_header X: a; delete_header[1] X"},
    {"remove: those that match, decoded", "remove_header(X /^a/i)",
     "X: a|Y: a|X: b|x: A|X: =?utf-8?Q?=61?=|X: c",
     "delete_header[1] X; delete_header[2] x; delete_header[2] X"},
    {"remove: those that match, with wildcards", "remove_header(X-* /no/)",
     "X-A: yes|X-B: no|X-A: no|B: no", "delete_header[1] X-B; delete_header[2] X-A"},
    {"remove: none matches", "remove_header(X /no/)", "X: yes", ""},
    {"prepend: after the leading blanks, other bytes untouched", "prepend(Subject: [E] )",
     "Subject:   hi  there", "change_header[1] Subject:   [E] hi  there"},
    {"prepend: a fold is left where it is", "prepend(Subject: [E] )", "Subject: hi| there",
     "change_header[1] Subject: [E] hi| there"},
    {"prepend: a value that begins on the next line", "prepend(Subject: [E] )", "Subject:| hi",
     "change_header[1] Subject:| [E] hi"},
    {"prepend: no blank at all", "prepend(Subject: [E] )", "Subject:hi",
     "change_header[1] Subject: [E] hi"},
    {"prepend: added if absent", "prepend(Subject: [E] )", "A: 1", "add_header Subject: [E]"},
    {"prepend: nothing if the text is there already", "prepend(Subject: [E] )", "Subject: [E] hi",
     ""},
    {"prepend: there in an encoded-word", "prepend(Subject: [E] )",
     "Subject: =?utf-8?Q?[E]_h=C3=B6?=", ""},
    {"prepend: there and nothing else", "prepend(Subject: [E] )", "Subject: [E]", ""},
    {"prepend: twice is once", "prepend(Subject: [E] ) prepend(Subject: [E] )", "Subject: hi",
     "change_header[1] Subject: [E] hi"},
    {"prepend: before an encoded-word, which stays one", "prepend(Subject: [E])",
     "Subject: =?utf-8?Q?h=C3=B6?=",
     "change_header[1] Subject: =?UTF-8?B?W0Vd?= =?utf-8?Q?h=C3=B6?="},
    {"prepend: the first of that name only", "prepend(X: a )", "X: 1|X: 2",
     "change_header[1] X: a 1"},
    {"prepend: a non-ASCII text, once",
     "prepend(Subject: [\xC3\x84] ) prepend(Subject: [\xC3\x84] )", "Subject: hi",
     "change_header[1] Subject: =?UTF-8?B?W8OEXQ==?= hi"},
    {"prepend: a non-ASCII text before an encoded-word, once",
     "prepend(Subject: [\xC3\x84] ) prepend(Subject: [\xC3\x84] )", "Subject: =?utf-8?Q?h=C3=B6?=",
     "change_header[1] Subject: =?UTF-8?B?W8OEXSA=?= =?utf-8?Q?h=C3=B6?="},
    {"append: a non-ASCII text behind an encoded-word, once",
     "append(Subject:  [\xC3\x84]) append(Subject:  [\xC3\x84])", "Subject: =?utf-8?Q?h=C3=B6?=",
     "change_header[1] Subject: =?utf-8?Q?h=C3=B6?= =?UTF-8?B?IFvDhF0=?="},
    {"append: a non-ASCII text, once", "append(Subject:  [\xC3\x84]) append(Subject:  [\xC3\x84])",
     "Subject: hi", "change_header[1] Subject: hi =?UTF-8?B?W8OEXQ==?="},
    {"prepend: a non-ASCII text that ends in ASCII, once",
     "prepend(Subject: \xC3\x84 [E] ) prepend(Subject: \xC3\x84 [E] )", "Subject: hi",
     "change_header[1] Subject: =?UTF-8?B?w4Q=?= [E] hi"},
    {"prepend: a field without value", "prepend(Subject: [E] )", "Subject:|A: 1",
     "change_header[1] Subject: [E] "},
    {"append: at the end", "append(Subject:  [E])", "Subject: hi",
     "change_header[1] Subject: hi [E]"},
    {"append: nothing if the text is there already", "append(Subject:  [E])", "Subject: hi [E]",
     ""},
    {"append: behind an encoded-word", "append(Subject: [E])", "Subject: =?utf-8?Q?h=C3=B6?=",
     "change_header[1] Subject: =?utf-8?Q?h=C3=B6?= =?UTF-8?B?W0Vd?="},
    {"replace: every instance, in the decoded value", "replace(X /a(.)/ <$1>)",
     "X: ab ac|Y: ab|x: ad", "change_header[1] X: <b> <c>; change_header[2] x: <d>"},
    {"replace: unchanged is untouched", "replace(X /a/ a)", "X: a b", ""},
    {"replace: an encoded-word is replaced and encoded again", "replace(Subject /kauf/i x)",
     "Subject: =?iso-8859-1?Q?Kauf_=F6?=", "change_header[1] Subject: x =?UTF-8?B?w7Y=?="},
    {"replace: sees edits above", "set_header(X: abc) replace(X /b/ B)", "A: 1",
     "add_header X: abc; change_header[1] X: aBc"},
    {"replace: an address in UTF-8 is no name, and what is not named stays",
     "replace(From /@old.test/ @new.test)", "From: J\xC3\xB6rg <j\xC3\xB6rg@old.test>",
     "change_header[1] From: J\xC3\xB6rg <j\xC3\xB6rg@new.test>"},
    {"replace: encoded words, folds and comments stay", "replace(From /@old.test/ @new.test)",
     "From: =?utf-8?q?J=C3=B6rg?=| <j@old.test>|\t(=?UTF-8?Q?M=C3=A4rtin_S?=)",
     "change_header[1] From: =?utf-8?q?J=C3=B6rg?=| <j@new.test>|\t(=?UTF-8?Q?M=C3=A4rtin_S?=)"},
    {"replace: groups", "replace(To /old/ new)", "To: =?utf-8?q?M=C3=A4?=: a@old, b@old;, c@old",
     "change_header[1] To: =?utf-8?q?M=C3=A4?=: a@new, b@new;, c@new"},
    {"replace: quoted words and words of an unknown charset stay", "replace(To /old/ new)",
     "To: \"=?x?q?a?=\" <a@old>, =?x-none?q?b?= <b@old>",
     "change_header[1] To: \"=?x?q?a?=\" <a@new>, =?x-none?q?b?= <b@new>"},
    {"replace: a name that is changed is encoded, the address is not",
     "replace(From /Joe/ J\xC3\xB6)", "From: Joe <joe@x>",
     "change_header[1] From: =?UTF-8?B?SsO2?= <joe@x>"},
    {"replace: in a quoted string", "replace(From /Joe/ J\xC3\xB6)", "From: \"Joe, X\" <joe@x>",
     "change_header[1] From: =?UTF-8?B?SsO2LCBY?= <joe@x>"},
    {"replace: in a comment, whose brackets stay", "replace(From /Joe/ J\xC3\xB6)",
     "From: joe@x (Joe (a Joe))",
     "change_header[1] From: joe@x (=?UTF-8?B?SsO2?= (a =?UTF-8?B?SsO2?=))"},
    {"replace: a captured name stays one", "replace(From /^(.*) <.*/ $1 via L <l@x>)",
     "From: =?utf-8?q?Foo=2C_Bar?= <a@b>",
     "change_header[1] From: =?utf-8?q?Foo=2C_Bar?= via L <l@x>"},
    {"replace: part of a captured name, too", "replace(From /^Foo(.*) <.*/ $1 <l@x>)",
     "From: =?utf-8?q?Foo=2C_=22B?= <a@b>", "change_header[1] From: \", \\\"B\" <l@x>"},
    {"replace: raw bytes of no charset stay, in a word that is changed too",
     "replace(Subject /old/ new)", "Subject: Gr\xFC\xDF old| =?iso-8859-1?q?=FC?= x-old-\xFC",
     "change_header[1] Subject: Gr\xFC\xDF new| =?iso-8859-1?q?=FC?= x-new-\xFC"},
    {"replace: next to a word that stays, words are parted by a blank that is not shown",
     "replace(Subject /a/ b)",
     "Subject: a=?utf-8?q?=C3=B6?=", "change_header[1] Subject: =?UTF-8?Q?b?= =?utf-8?q?=C3=B6?="},
    {"replace: before a word that says nothing, whose blank is said",
     "replace(Subject /a/ \xC3\x84)", "Subject: a =?utf-8?b?#?=.b",
     "change_header[1] Subject: =?UTF-8?B?w4Qg?= =?utf-8?b?#?=.b"},
    {"replace: the halves of a word that was none do not become one", "replace(Subject /[?]x / )",
     "Subject: =?utf-8?q?a ?x b?=|Subject: =?x-none?q?a ?x b?=",
     "change_header[1] Subject: =?UTF-8?B?PT91dGYtOD9xP2E=?= b?=; "
     "change_header[2] Subject: =?x-none?q?a b?="},
    {"replace: nor with the beginning of a word for their end", "replace(Subject /[?]x / )",
     "Subject: =?utf-8?q?a ?x ?=?utf-8?q?b?=",
     "change_header[1] Subject: =?UTF-8?B?PT91dGYtOD9xP2E=?= ?=?utf-8?q?b?="},
    {"replace: nor where their end is part of a new word", "replace(Subject /x/ a)",
     "Subject: =?utf-8?q?a =?utf-8?q?b?=?==?utf-8?q?c?=x",
     "change_header[1] Subject: =?UTF-8?B?PT91dGYtOD9xP2E=?= b?=ca"},
    {"replace: nor where that goes on with a blank of a word", "replace(Subject /x/ y)",
     "Subject: =?utf-8?q?a =?utf-8?q?b?=?==?utf-8?q?_?=x",
     "change_header[1] Subject: =?UTF-8?B?PT91dGYtOD9xP2E=?= b?= y"},
    {"replace: nor is one new word the beginning of two", "replace(Subject /x/ =?utf-8?q?)",
     "Subject: =?x= a?=", "change_header[1] Subject: =?UTF-8?B?PT89P3V0Zi04P3E/PQ==?= a?="},
    {"replace: nor in a list of addresses", "replace(From /[?]x/ c)",
     "From: (=?utf-8?q?a) a@b (?x?=), =?utf-8?q?a (?x?=) <c@d>",
     "change_header[1] From: (=?UTF-8?B?PT91dGYtOD9xP2E=?=) a@b (c?=), "
     "=?UTF-8?B?PT91dGYtOD9xP2E=?= (c?=) <c@d>"},
    {"replace: two words that meet", "replace(Subject / x / )",
     "Subject: =?utf-8?q?=C3=B6?= x =?utf-8?q?=C3=A4?=",
     "change_header[1] Subject: =?utf-8?q?=C3=B6?= =?utf-8?q?=C3=A4?="},
    {"replace: what is captured and put back stays, in a quoted string and a comment too",
     "replace(From /([^ ]*)( *)/ $1$2)",
     "From: \"F, =?utf-8?q?q?=\" <\"a b\"@x> (=?utf-8?q?J=C3=B6?= y)", ""},
    {"replace: byte by byte", "replace(From /(.)/ $1)",
     "From: \"F, =?utf-8?q?q?=\" <\"a b\"@x> (=?utf-8?q?J=C3=B6?= y)", ""},
    {"replace: so does what stands at the front and the end of the match",
     "replace(From /(.)Joe(.)/ $1Jim$2)", "From: \"Joe, X\" <a@b> (Joe), (x Joe) <c@d>",
     "change_header[1] From: \"Jim, X\" <a@b> (Jim), (x Jim) <c@d>"},
    {"replace: twice is new", "replace(From /(Joe)/ $1 $1)", "From: (Joe) a@b",
     "change_header[1] From: (Joe Joe) a@b"},
    {"replace: half of a quoted string is a name", "replace(From /^(.Foo,).*/ $1 <l@x>)",
     "From: \"Foo, Bar\" <a@b>", "change_header[1] From: \"Foo,\" <l@x>"},
    {"replace: another order", "replace(To /^(.*), (.*)$/ $2, $1)",
     "To: \"F, B\" <a@b>,| =?utf-8?q?J=C3=B6?= <c@d>",
     "change_header[1] To: =?utf-8?q?J=C3=B6?= <c@d>, \"F, B\" <a@b>"},
    {"replace: what looks like an address in a name stays a name", "replace(From /@old/ @new)",
     "From: =?utf-8?q?a=40old?= <a@old>, =?utf-8?q?b=40old?=:;, c@old <c@old>, \"d@old\" <d@old>",
     "change_header[1] From: \"a@new\" <a@new>, \"b@new\":;, c@new <c@new>, \"d@new\" <d@new>"},
    {"replace: and so does one with a quote", "replace(From /@old/ @new)",
     "From: =?utf-8?q?=22a=40old?= <a@old>", "change_header[1] From: =?UTF-8?B?ImFAbmV3?= <a@new>"},
    {"set: an address as a name", "set_header(From: a@b via <c@d>)", "A: 1",
     "add_header From: \"a@b\" via <c@d>"},
    {"replace: no line is left with blanks only", "replace(X /Foo/ )",
     "X: a| Foo|X: Foo| b|X: a| =?utf-8?q?Foo_?=| b|X:| Foo",
     "change_header[1] X: a ; change_header[2] X: | b; change_header[3] X: a   b; "
     "change_header[4] X: "},
    {"replace: nor is one above what stays", "replace(From /Foo/ )",
     "From: \"b\"| =?utf-8?q?Foo_?=| (c) <a@b>|From:| Foo| b@c",
     "change_header[1] From: \"b\"|   (c) <a@b>; change_header[2] From:|  b@c"},
    {"replace: nor does a long word make one", "replace(X /a/ " FORTY ")",
     "X:|                                             a",
     "change_header[1] X:|                                             " FORTY},
    {"replace: words that say nothing take no blanks away beside a new word",
     "replace(X /o/ \xC3\xB6)",
     "X: o =?utf-8?q?"
     "?= b",
     "change_header[1] X: =?UTF-8?B?w7Y=?=  b"},
    {"replace: words that say nothing stay", "replace(X /o/ a)",
     "X: o| =?utf-8?q?"
     "?= =?utf-8?q?"
     "?=| b =?utf-8?q?"
     "?= |X: =?utf-8?q?"
     "?=o",
     "change_header[1] X: a| =?utf-8?q?"
     "?= =?utf-8?q?"
     "?=| b =?utf-8?q?"
     "?= ; change_header[2] X: a"},
    {"append: behind words that say nothing", "append(X:  [E])",
     "X: a =?utf-8?q?"
     "?=",
     "change_header[1] X: a  [E]"},
    {"set: a comment", "set_header(From: j@x.y (J\xC3\xB6rg))", "A: 1",
     "add_header From: j@x.y (=?UTF-8?B?SsO2cmc=?=)"},
    {"prepend: nothing if the text is anywhere", "prepend(Subject: [E] )", "Subject: Re: [E] hi",
     ""},
    {"prepend: nothing if it is the end", "prepend(Subject: [E] )", "Subject: Re: [E]", ""},
    {"append: nothing if it is at the front", "append(Subject:  [E])", "Subject: [E] hi", ""},
    {"prepend: there with other blanks", "prepend(Subject: [A B] )", "Subject: x [A|\t  B] hi", ""},
    {"prepend: half of it is not it", "prepend(Subject: [E] )", "Subject: [E hi",
     "change_header[1] Subject: [E] [E hi"},
    {"append: non-ASCII behind a word and a blank, once",
     "append(Subject:  [\xC3\x84]) append(Subject:  [\xC3\x84])", "Subject: =?utf-8?q?h=C3=B6?=",
     "change_header[1] Subject: =?utf-8?q?h=C3=B6?= =?UTF-8?B?IFvDhF0=?="},
    {"facts in texts", "add_header(X: ${client} ${sender} ${recipient} $$)", "A: 1",
     "add_header X: 192.0.2.1 a@b.test u@x.test $"},
    {"non-ASCII values become encoded-words", "add_header(X: h\xC3\xB6)", "A: 1",
     "add_header X: =?UTF-8?B?aMO2?="},
};

static void rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(ROWS); i++) {
        char rule[1024], script[4096];

        (void)snprintf(rule, sizeof(rule), "r: * -> %s", ROWS[i].actions);
        (void)snprintf(script, sizeof(script), "%sheader %s => continue\nedits =>%s%s\n", BEFORE,
                       ROWS[i].header, ROWS[i].edits[0] != '\0' ? " " : "", ROWS[i].edits);
        story_check(ROWS[i].title, rule, script, NULL);
    }
}

/* Many rules that edit a long field of many pieces need the memory for one of them. */
static void long_fields(void **state)
{
    static char rules[4096], script[8192];
    const struct story_options options = {.memory_limit_bytes = 256 * 1024};
    size_t used = 0;

    (void)state;
    for (int i = 0; i < 20; i++)
        used += (size_t)snprintf(rules + used, sizeof(rules) - used,
                                 "r%d: * -> replace(To /u%d@/ v@)\n", i, i);
    used = (size_t)snprintf(script, sizeof(script), "%sheader To: u@x", BEFORE);
    for (int i = 0; i < 100; i++)
        used += (size_t)snprintf(script + used, sizeof(script) - used,
                                 ",| =?utf-8?q?J=C3=B6?= <w%d@x>", i);
    (void)snprintf(script + used, sizeof(script) - used,
                   " => continue\nedits =>\nreport => score=0 rules=r0,r1,r2,r3,r4,r5,r6,r7,r8,r9,"
                   "r10,r11,r12,r13,r14,r15,r16,r17,r18,r19\n");
    story_check("long fields", rules, script, &options);
}

/* However long a field is, what an edit does not name is all there, and every match is replaced. */
static void nothing_is_cut(void **state)
{
    char script[8192], all[2048], refolded[2048], as[1201], bs[1201];
    size_t used = 0, folded = 0, column = strlen("Cc:");

    (void)state;
    for (int i = 0; i < 150; i++)
        used += (size_t)snprintf(all + used, sizeof(all) - used, "u%d@x,| ", i);
    for (int i = 0; i < 150; i++) {
        int len = snprintf(NULL, 0, "u%d@x", i);
        bool folds = column + 1 + (size_t)len > 78;

        folded += (size_t)snprintf(refolded + folded, sizeof(refolded) - folded, "%s u%d@x,",
                                   folds ? "|" : "", i);
        column = (folds ? 0 : column) + 2 + (size_t)len;
    }
    memset(as, 'a', sizeof(as));
    memset(bs, 'b', sizeof(bs));
    as[sizeof(as) - 1] = bs[sizeof(bs) - 1] = '\0';
    (void)snprintf(script, sizeof(script),
                   "%sheader To: %sl@x => continue\nedits => change_header[1] To: %sl@x, c@d\n",
                   BEFORE, all, all);
    story_check("all of it captured", "r: * -> replace(To /^(.*)$/ $1, c@d)", script, NULL);
    (void)snprintf(script, sizeof(script),
                   "%sheader To: m@x, %sl@x => continue\n"
                   "edits => change_header[1] To: %sl@x, m@x\n",
                   BEFORE, all, all);
    story_check("put elsewhere", "r: * -> replace(To /^(m@x), (.*)$/ $2, $1)", script, NULL);
    (void)snprintf(script, sizeof(script),
                   "%sheader To: %sl@x => continue\nedits => add_header Cc:%s l@x, c@d\n", BEFORE,
                   all, refolded);
    story_check("by the condition", "r: header[To]=/^(.*)$/ -> set_header(Cc: $1, c@d)", script,
                NULL);
    (void)snprintf(script, sizeof(script),
                   "%sheader X: %.600s %.600s => continue\n"
                   "edits => change_header[1] X: %.600s| %.600s\n",
                   BEFORE, as, as, bs, bs);
    story_check("every one of many", "r: * -> replace(X /a/ b)", script, NULL);
}

static void all_is_given_back(void **state)
{
    assert_true(leaves_nothing(rows, state));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows),
        cmocka_unit_test(long_fields),
        cmocka_unit_test(nothing_is_cut),
        cmocka_unit_test(all_is_given_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
