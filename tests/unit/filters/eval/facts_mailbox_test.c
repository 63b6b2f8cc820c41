/* Who a message says it is from, as conditions see it. */
#include <stdio.h>

#include "filters/message/header.h"
#include "tests/unit/filters/eval/story.h"
#include "tests/unit/support.h"

static const struct {
    const char *title, *condition, *header;
    char holds;
} ROWS[] = {
    {"from_address: each mailbox", "from_address=b@c.test", "From: A <a@b.test>, b@c.test", 'y'},
    {"from_address: each field", "from_address=b@c.test", "From: A <a@b.test>|from: b@c.test", 'y'},
    {"from_domain", "from_domain=C.TEST", "From: A <a@b.test>, b@c.test", 'y'},
    {"from_name", "from_name='J\xC3\xB6'", "From: =?utf-8?q?J=C3=B6?= <a@b.test>", 'y'},
    {"from_name: each of each field", "from_name=B", "From: a@b|From: A <a@b>, \"B\" <c@d>", 'y'},
    {"from_name: more than a few", "from_name=r",
     "From: a <@>, b <@>, c <@>, d <@>, e <@>, f <@>, g <@>, h <@>, i <@>, j <@>, k <@>, l <@>, m "
     "<@>, n <@>, o <@>, p <@>, q <@>, r <@>",
     'y'},
    {"from_name: no name", "from_name=*", "From: a@b.test", 'n'},
    {"from_name: no name, negated", "from_name=~Boss", "From: a@b.test", 'n'},
    {"from_name: is no name of Reply-To", "from_name=B", "Reply-To: B <c@d>", 'n'},
    {"reply_to_address", "reply_to_address=boss@b.test", "Reply-To: A <\"boss\"@B.test>", 'y'},
    {"reply_to_address: is no From", "reply_to_address=*", "From: a@b", 'n'},
    {"reply_to_domain", "reply_to_domain=C.TEST", "From: a@b|Reply-To: A <a@b.test>, b@c.test",
     'y'},
    {"reply_to_domain: none", "reply_to_domain=*", "Reply-To: A", 'n'},
    {"both spellings", "reply_to_domain='m\xC3\xBCller.test'", "Reply-To: a@xn--mller-kva.test",
     'y'},
};

static void rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(ROWS); i++)
        story_check_condition(ROWS[i].title, ROWS[i].condition, ROWS[i].header, ROWS[i].holds);
}

/* A malformed list that is too long to be mended: who else is in it is not known, tomorrow either.
 */
static void unread(void **state)
{
    static const struct {
        const char *rules, *answer;
    } asked[] = {
        {"r: from_address=x@y.test -> reject(550 r)", "reject r"},
        {"r: from_address=boss@b.test -> reject(550 r)", "reject r !content"},
        {"r: from_domain=~y.test -> reject(550 r)", "reject r !content"},
        {"r: from_name=z* -> tag(a)\ns: from_address=z -> tag(a)\nt: from_address=z -> tag(b)",
         "reject s !content"},
        {"r: from_name=Joe* -> reject(550 r)", "reject r"},
        {"r: reply_to_address=c@d.test -> reject(550 r)", "reject r"},
        {"r: reply_to_address=e@f.test -> reject(550 r)", "continue"},
    };
    const struct story_options options = {.on_content = VERDICT_REJECT};
    static char script[HEADER_MENDED_MAX + 1024], many[HEADER_MENDED_MAX + 1];

    (void)state;
    memset(many, 'a', sizeof(many) - 1);
    for (size_t i = 0; i < COUNT_OF(asked); i++) {
        (void)snprintf(script, sizeof(script),
                       "connect 192.0.2.1 => continue\nmail a@b.test => continue\n"
                       "rcpt u@x.test => continue\ndata => continue\n"
                       "header From: x@y.test|Reply-To: c@d.test|From: Joe [%s@b.test => %s\n",
                       many, asked[i].answer);
        story_check("unread", asked[i].rules, script, &options);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(rows), cmocka_unit_test(unread)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
