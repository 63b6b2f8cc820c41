/* What a session tells, and tells again. */
#include "tests/unit/filters/eval/story.h"
#include "tests/unit/support.h"

#define SESSION "connect 192.0.2.1 => continue\nhelo client.test => continue\n"

static const struct story STORIES[] = {
    {"a refused HELO may be followed by a better one; the last counts",
     "r: helo=bad -> reject(550 5.7.1 no)\n",
     "connect 192.0.2.1 => continue\n"
     "helo bad => reject r\n"
     "helo good => continue\n"
     "mail a@b.test => continue\n"
     "reset =>\n"
     "helo bad => reject r\n"
     "mail a@b.test => reject r\n"},
    {"TLS in which a session begins is known at connect; any other, at MAIL",
     "r: client_cert=CN=bob -> reject(550 5.7.1 not ${client_cert})\n"
     "s: tls_version=1.2 & helo=old -> reject(550 5.7.1 ${tls})\n"
     "t: !tls_version=* -> reject(550 5.7.1 tls)\n",
     "connect 192.0.2.1 1.3 CN=bob => reject r session\n"
     "reply => 550 5.7.1 not CN=bob|\n"
     "connect 192.0.2.1 1.3 CN=alice => continue\n"
     "helo old => continue\n"
     "mail a@b.test => continue\n"
     "connect 192.0.2.1 1.2 CN=alice => continue\n"
     "helo old => reject s\n"
     "helo new => continue\n"
     "reset =>\n"
     "helo old => reject s\n"
     "reply => 550 5.7.1 true|\n"
     "connect 192.0.2.1 => continue\n"
     "helo old => continue\n"
     "mail a@b.test => reject t\n"},
    {"without HELO its matchers never hold", "r: helo=~good -> reject(550 5.7.1 no)\n",
     "connect 192.0.2.1 => continue\n"
     "mail a@b.test => continue\n"},
    {"a login is judged with each MAIL after it; without one, not even not holds",
     "a: auth=bob -> reject(550 no ${auth})\nb: auth=~bob -> tag(other)\n",
     SESSION "mail a@b.test => continue\n"
             "report => score=0\n"
             "reset =>\n"
             "auth bob => continue\n"
             "mail a@b.test => reject a\n"
             "reply => 550 no bob|\n"
             "reset =>\n"
             "mail a@b.test => reject a\n"
             "reset =>\n"
             "auth => continue\n"
             "mail a@b.test => continue\n"
             "report => score=0 rules=b tags=other\n"
             "reset =>\n"
             "helo again.test => continue\n"
             "auth alice => continue\n"
             "mail a@b.test => continue\n"
             "report => score=0 rules=b tags=other\n"
             "reset =>\n" SESSION "mail a@b.test => continue\n"
             "report => score=0\n"},
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
