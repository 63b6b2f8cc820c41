/* What a message says: when that is asked, what each field of it is, and what when nobody can tell.
 */
#include "filters/eval/facts_mime.h"

#include "tests/unit/filters/eval/story.h"
#include "tests/unit/support.h"

#define ENVELOPE                                                                                   \
    "connect 192.0.2.1 => continue\nmail a@b.test => continue\nrcpt u@x.test => continue\n"        \
    "data => continue\nheader Subject: hi => continue\n"
#define REFUSES    " -> reject(550 5.7.1 no)\n"
#define SAYS(what) "content " what " =>\n" ENVELOPE
#define EMPTY      "content =>\n" ENVELOPE
#define NO         "message x => read continue\n"
#define YES        "message x => read reject r\n"

static const struct story FIELDS[] = {
    {"text", "r: body=/buy/" REFUSES, SAYS("body=hello|body=please buy") YES},
    {"no text", "r: body=/buy/" REFUSES, SAYS("hidden_text=buy|attachment=buy") NO},
    {"none at all", "r: body=*" REFUSES, EMPTY NO},
    {"... is not another", "r: body=~buy" REFUSES, EMPTY NO},
    {"hidden text", "r: hidden_text=*buy*" REFUSES, SAYS("body=x|hidden_text=to buy now") YES},
    {"a name", "r: attachment=*.exe" REFUSES, SAYS("attachment=a.txt|attachment=B.EXE") YES},
    {"a type", "r: attachment_type=text/html" REFUSES, SAYS("attachment_type=text/html") YES},
    {"a size", "r: attachment_size=>10" REFUSES, SAYS("attachment_size=10|attachment_size=11") YES},
    {"a size that is not over", "r: attachment_size=>11" REFUSES, SAYS("attachment_size=11") NO},
    {"a member", "r: archive_member=*.js" REFUSES, SAYS("archive_member=x/a.js") YES},
    {"locked", "r: archive_encrypted=unknown" REFUSES, SAYS("archive_encrypted=unknown") YES},
    {"a link", "r: link=/t[.]ly/" REFUSES, SAYS("link=https://t.ly/x") YES},
    {"a host", "r: link_host=t.ly" REFUSES, SAYS("link_host=T.ly") YES},
    {"its subdomain", "r: link_host=*.t.ly" REFUSES, SAYS("link_host=t.ly") NO},
    {"a host in its other spelling", "r: link_host=xn--bcher-kva.test" REFUSES,
     SAYS("link_host=x.test|link_host=b\xC3\xBC"
          "cher.test") YES},
    {"... and in this one",
     "r: link_host=b\xC3\xBC"
     "cher.test" REFUSES,
     SAYS("link_host=xn--bcher-kva.test") YES},
    {"a mismatch", "r: link_mismatch=true" REFUSES, SAYS("mismatch") YES},
    {"none", "r: link_mismatch=true" REFUSES, SAYS("link=x") NO},
    {"... is one, too", "r: link_mismatch=false" REFUSES, EMPTY YES},
    {"a doubt", "r: mime_ambiguous=true" REFUSES, SAYS("doubt") YES},
    {"no doubt", "r: mime_ambiguous=true" REFUSES, SAYS("mismatch") NO},
};

static const struct story WHEN[] = {
    {"once, however many look",
     "a: body=/x/ -> score(1)\nb: attachment=*.exe -> score(2)\nc: mime_ambiguous=true -> "
     "score(4)\n",
     SAYS("attachment=a.exe|doubt") NO "report => score=6 rules=b,c\n"},
    {"not where a header decides", "r: body=/x/ & header[Subject]=no" REFUSES,
     SAYS("body=x") "message x => continue\n"},
    {"nor below the end of the list", "a: sender=a@b.test -> accept\nr: body=/x/" REFUSES,
     "content body=x =>\nconnect 192.0.2.1 => continue\nmail a@b.test => accept a\n"},
    {"anew for each message", "r: body=/x/" REFUSES,
     SAYS("body=x") YES
     "reset =>\ncontent body=y =>\nmail a@b.test => continue\n"
     "rcpt u@x.test => continue\ndata => continue\nheader A: b => continue\n" NO},
    {"together with a name", "r: body=/x/ & client_name=m.test" REFUSES,
     "name m.test =>\n" SAYS("body=x") "message x => asked read reject r\n"},
    {"for one recipient", "r: body=/x/ & recipient=u@x.test" REFUSES, SAYS("body=x") YES},
    {"a refusal by size waits for it", "r: body=/x/ & size=>1" REFUSES,
     "content body=x =>\nconnect 192.0.2.1 => continue\nmail a@b.test size=9 => continue\n"
     "rcpt u@x.test => continue\ndata => continue\nheader A: b => continue\n"
     "message x => read reject r\n"},
    {"a shadow rule asks too", "r shadow: body=/x/" REFUSES,
     SAYS("body=x") NO "would => reject r: 550 5.7.1 no\n"},
};

static const struct story TEXTS[] = {
    {"in a text the first of them",
     "r: attachment=*b -> add_header(X: ${attachment} ${attachment_type} ${attachment_size} "
     "${archive_member} ${archive_encrypted} ${link} ${link_host} ${link_mismatch} "
     "${mime_ambiguous})\n",
     SAYS("attachment=a|attachment=b|attachment_type=t/t|attachment_size=12|archive_member=m|"
          "archive_encrypted=no|link=http://h/|link_host=h|doubt") NO
     "edits => add_header X: a t/t 12 m no http://h/ h false true\n"},
    {"... or nothing", "r: * -> add_header(X: <${attachment}>)\n",
     SAYS("body=x") NO "edits => add_header X: <>\n"},
    {"... also where nobody knows", "r: * -> add_header(X: <${attachment}> <${link_mismatch}>)\n",
     SAYS("limit") NO "edits => add_header X: <> <>\n"},
    {"a text asks with the message, though the rule fired before",
     "r: sender=a@b.test -> add_header(X: ${attachment})\n",
     SAYS("attachment=a") NO "edits => add_header X: a\n"},
    {"a text that is said before there is a message names nothing",
     "r: sender=a@b.test -> log(<${attachment}>)\n",
     SAYS("attachment=a") "message x => continue\nlogs => <>\n"},
    {"captures", "r: body=/b(u)y/ -> add_header(X: $1)\n",
     SAYS("body=buy") NO "edits => add_header X: u\n"},
};

static void fields(void **state)
{
    (void)state;
    story_check_all(FIELDS, COUNT_OF(FIELDS));
}

static void when(void **state)
{
    (void)state;
    story_check_all(WHEN, COUNT_OF(WHEN));
}

static void texts(void **state)
{
    (void)state;
    story_check_all(TEXTS, COUNT_OF(TEXTS));
}

#define FAILS(what) "message x => read " what "\n"

/* Nobody can tell. */
static const struct {
    const char *title, *rules, *script;
    enum verdict_kind on_content, on_lookup;
} FAILURES[] = {
    {"over a limit", "r: body=/x/" REFUSES,
     SAYS("limit") FAILS("reject r !content") "reply => 554 5.6.0 The message has too many parts, "
                                              "or its structure is over another "
                                              "limit|\n",
     VERDICT_REJECT, 0},
    {"too slow", "r: !body=/x/" REFUSES,
     SAYS("over") FAILS("reject r !content") "reply => 554 5.6.0 The message takes too long to "
                                             "read|\n",
     VERDICT_REJECT, 0},
    {"nobody reads it", "r: body=/x/" REFUSES,
     ENVELOPE FAILS("reject r !content") "reply => 554 5.6.0 The message could not be read|\n",
     VERDICT_REJECT, 0},
    {"over a limit, later", "r: body=/x/" REFUSES,
     SAYS("limit") FAILS("tempfail r !content") "reply => 451 4.6.0 The message has too many "
                                                "parts, or its structure is over another "
                                                "limit|\n",
     VERDICT_TEMPFAIL, 0},
    {"too slow, later", "r: body=/x/" REFUSES,
     SAYS("over") FAILS("tempfail r !content") "reply => 451 4.6.0 The message takes too long to "
                                               "read|\n",
     VERDICT_TEMPFAIL, 0},
    {"nobody reads it, later", "r: body=/x/" REFUSES,
     ENVELOPE FAILS("tempfail r !content") "reply => 451 4.6.0 The message could not be read|\n",
     VERDICT_TEMPFAIL, 0},
    {"... and on", "r: body=/x/" REFUSES,
     SAYS("limit") NO "edits => add_header X-Postern-Unchecked: content r\n"
                      "report => score=0 failures=r unchecked\n",
     VERDICT_CONTINUE, 0},
    {"... is asked once", "r: body=/x/" REFUSES "s: link=/x/" REFUSES,
     SAYS("limit") NO "edits => add_header X-Postern-Unchecked: content r, content s\n",
     VERDICT_CONTINUE, 0},
    {"memory", "r: body=/x/" REFUSES,
     SAYS("memory")
         FAILS("tempfail !memory") "reply => 452 4.3.1 Out of memory for this message|\n",
     VERDICT_CONTINUE, 0},
    {"another part settles it", "r: body=/x/ | header[Subject]=hi" REFUSES,
     "content limit =>\nconnect 192.0.2.1 => continue\nmail a@b.test => continue\n"
     "rcpt u@x.test => continue\ndata => continue\nheader Subject: hi => reject r\n",
     VERDICT_REJECT, 0},
    {"who does not look does not see it", "r: header[Subject]=no" REFUSES,
     SAYS("limit") "message x => continue\n", VERDICT_REJECT, 0},
    {"a shadow rule fails alone", "r shadow: body=/x/" REFUSES, SAYS("limit") NO, VERDICT_REJECT,
     0},
    {"of two reasons the one that refuses", "r: body=/x/ & client_name=m.test" REFUSES,
     "name ? =>\n" SAYS("limit") "message x => asked read reject r !content\n", VERDICT_REJECT,
     VERDICT_CONTINUE},
    {"... or the other", "r: body=/x/ & client_name=m.test" REFUSES,
     "name ? =>\n" SAYS("limit") "message x => asked read tempfail r !lookup\n", VERDICT_CONTINUE,
     VERDICT_TEMPFAIL},
};

static void failures(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(FAILURES); i++) {
        struct story_options options = {.on_content = FAILURES[i].on_content,
                                        .on_lookup = FAILURES[i].on_lookup};

        story_check(FAILURES[i].title, FAILURES[i].rules, FAILURES[i].script, &options);
    }
}

/* With what it is waited for is said before anything is fed. */
static void interest(void **state)
{
    struct story_options options = {.on_content = VERDICT_REJECT};

    (void)state;
    story_check("held", "r: body=/x/" REFUSES, "interest => M\n", &options);
    options.on_content = VERDICT_CONTINUE;
    story_check("... and perhaps marked", "r: body=/x/" REFUSES, "interest => M\n", &options);
    story_check("marked", "r: body=/x/" REFUSES, SAYS("limit") NO "interest => E\n", &options);
    story_check("for a text", "r: * -> add_header(X: ${attachment})\n", "interest => HME\n",
                &options);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields),   cmocka_unit_test(when),     cmocka_unit_test(texts),
        cmocka_unit_test(failures), cmocka_unit_test(interest),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
