/* walk_recipient: what is not known at RCPT: failures that are held back, and turns that end. */
#include "tests/unit/filters/eval/story.h"
#include "tests/unit/support.h"

#define MAIL                                                                                       \
    "connect 192.0.2.1 => continue\nhelo client.test => continue\nmail a@b.test => continue\n"

#define LOST "name ? =>\n"

/* Lookups that fail are refusals, which an accept above holds back like any other. */
static const struct {
    const char *title, *rules, *script;
} FAILURES[] = {
    {"a failure held back at RCPT speaks for the message when it is free",
     "h: header[Subject]=x -> accept\nr: client_name=m & recipient=u@x -> reject(550 r)\n",
     LOST MAIL "rcpt u@x => asked continue\n"
               "data => continue\n"
               "header Subject: y => tempfail r !lookup\n"
               "reset =>\n"
               "mail a@b.test => continue\n"
               "rcpt u@x => continue\n"
               "data => continue\n"
               "header Subject: x => accept h\n"},
    {"... and nothing below it passes before, though the rule itself refuses nothing",
     "h: header[Subject]=x -> accept\n"
     "r: client_name=m & recipient=u@x -> add_header(X: r)\n"
     "p: recipient_count=>0 -> accept\n",
     LOST MAIL "rcpt u@x => asked continue\n"
               "data => continue\n"
               "header Subject: y => tempfail r !lookup\n"},
};

static void failures(void **state)
{
    const struct story_options options = {.on_lookup = VERDICT_TEMPFAIL};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(FAILURES); i++)
        story_check(FAILURES[i].title, FAILURES[i].rules, FAILURES[i].script, &options);
}

static uint64_t tick(void *ctx)
{
    return *(uint64_t *)ctx += 1000000;
}

/* A turn that ends while the facts of the message are judged is no word on the rule. */
static void turns_end_before_recipients(void **state)
{
    uint64_t clock = 0;
    size_t turns = 0;
    const struct story_options options = {
        .clock_ns = tick, .clock_ctx = &clock, .turn_ns = 1, .turns = &turns};

    (void)state;
    story_check(
        "in turns",
        "r: sender=/1/,/2/,/3/,/4/,/5/,/6/,/7/,/8/,a@b.test & recipient=u@x -> reject(550 r)\n"
        "s: sender=/1/,/2/,/3/,/4/,/5/,/6/,/7/,/9/ & recipient=* -> reject(550 s)\n",
        MAIL "rcpt v@x => continue\n"
             "rcpt u@x => reject r rcpt\n"
             "data => continue\n",
        &options);
    assert_true(turns > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(failures),
                                       cmocka_unit_test(turns_end_before_recipients)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
