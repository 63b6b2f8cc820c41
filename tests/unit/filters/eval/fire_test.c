/* What a rule says when it acts: its log and its delay, each once. */
#include "tests/unit/filters/eval/story.h"
#include "tests/unit/support.h"

#define SESSION "connect 192.0.2.1 => continue\nhelo client.test => continue\n"

static const struct story STORIES[] = {
    {"log and delay of a rule decided by the session's facts happen once a message",
     "a: client=192.0.2.1 -> log(from ${client}, ${sender}) delay(50)\nb: * -> log(all)\n",
     "connect 192.0.2.1 => continue\n"
     "helo x => continue\n"
     "logs =>\n"
     "mail a@b.test => continue delay=50\n"
     "logs => from 192.0.2.1, a@b.test; all\n"
     "rcpt u@x.test => continue\n"
     "data => continue\n"
     "header A: b => continue\n"
     "message x => continue\n"
     "logs =>\n"
     "reset =>\n"
     "mail c@b.test => continue delay=50\n"
     "logs => from 192.0.2.1, c@b.test; all\n"},
    {"... before that with a refusal only",
     "a: helo=x -> log(met ${helo})\nb: helo=x -> reject(550 b) log(no ${helo}) delay(50)\n",
     "connect 192.0.2.1 => continue\n"
     "helo x => reject b delay=50\n"
     "logs => no x\n"
     "mail a@b.test => reject b delay=50\n"
     "logs => met x; no x\n"},
    {"... which nobody has written is said with the MAIL, once",
     "a: helo=x -> reject(550 a) log(no ${helo})\n",
     "connect 192.0.2.1 => continue\n"
     "helo x => reject a\n"
     "helo x => reject a\n"
     "mail a@b.test => reject a\n"
     "logs => no x\n"},
    {"... held back as others are", "a: header[S]=x -> accept\nb: * -> log(b) delay(50)\n",
     SESSION "mail a@b.test => continue\n"
             "rcpt u@x.test => continue\n"
             "data => continue\n"
             "header S: y => continue delay=50\n"
             "logs => b\n"},
    {"log and delay of other rules happen for each message",
     "a: sender=a@b.test -> log(from ${sender}) delay(50)\nb: sender=a@* -> delay(1)\n",
     SESSION "mail a@b.test => continue delay=51\n"
             "logs => from a@b.test\n"
             "rcpt u@x.test => continue\n"
             "reset =>\n"
             "mail a@b.test => continue delay=51\n"
             "logs => from a@b.test\n"},
    {"logs that nobody took are kept",
     "a: client=192.0.2.1 -> log(a)\nb: sender=a@b.test -> log(b)\n",
     SESSION "mail a@b.test => continue\n"
             "logs => a; b\n"},
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
