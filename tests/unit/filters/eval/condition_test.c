/* Three-valued conditions and matchers: postern-rules(7), "Conditions". */
#include "tests/unit/filters/eval/story.h"
#include "tests/unit/heap.h"
#include "tests/unit/support.h"

#define BEFORE                                                                                     \
    "connect 192.0.2.1 => continue\nhelo client.test => continue\nmail a@b.test => continue\n"     \
    "rcpt u@x.test => continue\ndata => continue\n"

/* Takes more steps than a match may have. */
#define HARD "/^(a+)+$/"

/* A condition, a header (name X unless it says otherwise), and whether the condition holds: 'y',
 * 'n', or 'f' when it cannot be judged. */
static const struct {
    const char *title, *condition, *header;
    char holds;
} ROWS[] = {
    {"some value matches", "header[X]=b", "X: a|X: b", 'y'},
    {"no value matches", "header[X]=b", "X: a|X: c", 'n'},
    {"a list of matchers is any", "header[X]=b,c", "X: c", 'y'},
    {"each value is compared with each matcher", "header[X]=b,c", "X: a|X: b", 'y'},
    {"each value with each pattern", "header[X]=/q/,/b/", "X: a|X: xb", 'y'},
    {"each value with each pattern, from its start", "header[X]=/q/,/z/", "X: aaaa|X: q", 'y'},
    {"not: some value that does not match", "header[X]=~a", "X: a|X: b", 'y'},
    {"not: all values match", "header[X]=~a", "X: a|X: A", 'n'},
    {"not of a list: a value that none of them matches", "header[X]=~(a,b)", "X: a|X: b", 'n'},
    {"... and there is one", "header[X]=~(a,b)", "X: a|X: c", 'y'},
    {"not of not", "header[X]=~(~a)", "X: b|X: a", 'y'},
    {"not of not, none", "header[X]=~(~a)", "X: b", 'n'},
    {"not beside others", "header[X]=~(a,~b),c", "X: c", 'y'},
    {"not beside others, none", "header[X]=~(a,~b),c", "X: a", 'n'},
    {"not beside others, by not", "header[X]=~(a,~b),c", "X: b", 'y'},
    {"no value: a matcher never holds", "header[X]=~a", "Y: b", 'n'},
    {"the group's not holds then", "!header[X]=~a", "Y: b", 'y'},
    {"the group's not: the group does not hold", "!header[X]=a", "X: a|X: b", 'n'},
    {"every part of a group", "header[X]=a & header[Y]=b", "X: a|Y: c", 'n'},
    {"any of the groups", "header[X]=a | header[Y]=b", "X: c|Y: b", 'y'},
    {"they nest", "!(header[X]=a | !(header[Y]=b & header[Z]=c))", "X: b|Y: b|Z: c", 'y'},
    {"whole value, case-insensitive", "header[X]=ABC", "X: abc", 'y'},
    {"whole value, not a part of it", "header[X]=abc", "X: abcd", 'n'},
    {"wildcards", "header[X]=a*d?", "X: abcde", 'y'},
    {"a pattern finds a part", "header[X]=/b.d/", "X: abcde", 'y'},
    {"a pattern tells case apart", "header[X]=/B/", "X: abc", 'n'},
    {"... unless it says i", "header[X]=/B/i", "X: abc", 'y'},
    {"client", "client=192.0.2.0/24", "X: a", 'y'},
    {"client, as text", "client=192.0.2.*", "X: a", 'y'},
    {"client, by pattern", "client=/^192[.]/", "X: a", 'y'},
    {"client, another", "client=192.0.3.0/24,2001:db8::/32", "X: a", 'n'},
    {"client, not", "client=~192.0.3.0/24", "X: a", 'y'},
    {"client_port", "client_port=1025", "X: a", 'y'},
    {"listener", "listener=inbound", "X: a", 'y'},
    {"helo", "helo=/^client[.]/", "X: a", 'y'},
    {"sender", "sender=A@B.TEST", "X: a", 'y'},
    {"sender_domain", "sender_domain=b.test", "X: a", 'y'},
    {"recipient", "recipient=u@x.test & recipient_count=1", "X: a", 'y'},
    {"numbers", "hops=<1 & hops=<=0 & hops=>=0 & !hops=>0 & hops=~1", "X: a", 'y'},
    {"what fails is unknown", "header[X]=" HARD, "X: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab",
     'f'},
    {"... through not too", "!header[X]=" HARD, "X: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab",
     'f'},
    {"... and the other not", "header[X]=~" HARD, "X: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab",
     'f'},
    {"... unless another part settles it: all", "header[X]=" HARD " & hops=1",
     "X: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab", 'n'},
    {"... unless another part settles it: any", "header[X]=" HARD " | hops=0",
     "X: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab", 'y'},
    {"... no other part settles it: all", "header[X]=" HARD " & hops=0",
     "X: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab", 'f'},
    {"... no other part settles it: any", "header[X]=" HARD " | hops=1",
     "X: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab", 'f'},
};

static void rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(ROWS); i++)
        story_check_condition(ROWS[i].title, ROWS[i].condition, ROWS[i].header, ROWS[i].holds);
}

static const struct story STORIES[] = {
    {"raw_body is one subject for each line, without its line end",
     "a: raw_body=/^b$/ -> reject(550 a)\n",
     BEFORE "header A: b => continue\n"
            "message a|b|c => reject a\n"},
    {"... never two", "a: raw_body=/a.*b/s -> reject(550 a)\n",
     BEFORE "header A: b => continue\n"
            "message a|b|c => continue\n"},
    {"an empty line is a line", "a: raw_body='' -> reject(550 a)\n",
     BEFORE "header A: b => continue\n"
            "message a||c => reject a\n"},
    {"an empty body has none", "a: raw_body=* -> reject(550 a)\n",
     BEFORE "header A: b => continue\n"
            "message => continue\n"},
    {"the null sender is the value \"\"", "a: sender='' & sender_domain='' -> reject(550 a)\n",
     "connect 192.0.2.1 => continue\n"
     "mail <> => reject a\n"
     "reset =>\n"
     "mail a@b.test => continue\n"},
    {"what failed and what is undecided: undecided",
     "a: sender=" HARD " & header[X]=a -> reject(550 a)\n",
     "connect 192.0.2.1 => continue\n"
     "mail aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab => continue\n"
     "outcome a => undecided\n"
     "rcpt u@x.test => continue\n"
     "data => continue\n"
     "header X: a => tempfail a !regex\n"
     "reset =>\n"
     "mail aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab => continue\n"
     "rcpt u@x.test => continue\n"
     "data => continue\n"
     "header X: b => continue\n"},
    {"a rule that failed is held back as a refusal",
     "h: header[X]=a -> accept\na: sender=" HARD " -> accept\nb: * -> add_header(B: b)\n",
     "connect 192.0.2.1 => continue\n"
     "mail aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab => continue\n"
     "outcome a => failed\n"
     "outcome b => held\n"
     "rcpt u@x.test => continue\n"
     "data => continue\n"
     "header X: b => tempfail a !regex\n"
     "reply => 451 4.7.1 The message could not be checked, try later|\n"
     "report => score=0 failures=a\n"},
    {"... also for one recipient", "a: recipient=" HARD " -> accept\nb: recipient=* -> score(1)\n",
     "connect 192.0.2.1 => continue\n"
     "mail a@b.test => continue\n"
     "rcpt aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab => tempfail a rcpt !regex\n"
     "rcpt u@x.test => continue\n"
     "data => continue\n"
     "report => score=1 rules=b failures=a\n"},
    {"... also for some recipient", "a message: recipient=" HARD ",x -> score(1)\n",
     "connect 192.0.2.1 => continue\n"
     "mail a@b.test => continue\n"
     "rcpt aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab => continue\n"
     "rcpt u => continue\n"
     "data => tempfail a !regex\n"},
    {"... unless another recipient settles it", "a message: recipient=" HARD " -> score(1)\n",
     "connect 192.0.2.1 => continue\n"
     "mail a@b.test => continue\n"
     "rcpt aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab => continue\n"
     "rcpt aa => continue\n"
     "data => continue\n"
     "report => score=1 rules=a\n"},
    {"... also below an accept of the message",
     "a: recipient=" HARD " -> score(1)\nb: sender=a@b.test -> accept\n",
     "connect 192.0.2.1 => continue\n"
     "mail a@b.test => accept b\n"
     "rcpt aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab => tempfail a rcpt !regex\n"
     "rcpt u => accept b\n"},
    {"... and when held back at RCPT, for the message",
     "h: header[X]=a -> accept\na: recipient=" HARD " -> score(1)\n",
     "connect 192.0.2.1 => continue\n"
     "mail a@b.test => continue\n"
     "rcpt aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab => continue\n"
     "data => continue\n"
     "header X: b => tempfail a !regex\n"},
};

static void stories(void **state)
{
    (void)state;
    story_check_all(STORIES, COUNT_OF(STORIES));
}

static void failures_can_reject(void **state)
{
    const struct story_options options = {.on_regex = VERDICT_REJECT};

    (void)state;
    story_check("on_failure.regex = reject", "a: sender=" HARD " -> accept\n",
                "connect 192.0.2.1 => continue\n"
                "mail aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab => reject a !regex\n"
                "reply => 550 5.7.1 The message could not be checked|\n",
                &options);
}

/* --- lists ------------------------------------------------------------------------------------ */

static void lists(void **state)
{
    struct list_name names[] = {{SLICE("friends"), list_create()}};
    struct list_table table = {names, 1};
    struct story_options options = {.lists = &table};
    struct diag diag;

    (void)state;
    diag_init(&diag);
    assert_int_equal(
        list_add(names[0].list, SLICE("b.test"), SLICE("good"), (struct place){0}, &diag), 0);
    assert_int_equal(
        list_add(names[0].list, SLICE("192.0.2.0/24"), SLICE("near"), (struct place){0}, &diag), 0);
    assert_int_equal(
        list_add(names[0].list, SLICE("/^u(.*)x/"), SLICE(""), (struct place){0}, &diag), 0);
    story_check("lists, their texts and captures",
                "a: sender=@friends -> log(${listtext})\n"
                "b: client=@friends -> log(${listtext})\n"
                "d: sender=/(.)@/ & client=@friends & sender=* -> log($1 ${listtext})\n"
                "c: recipient=@friends -> reject(550 no $1)\n",
                "connect 192.0.2.1 => continue\n"
                "logs =>\n"
                "mail a@b.test => continue\n"
                "logs => good; near; a near\n"
                "rcpt u@x.test => reject c rcpt\n"
                "reply => 550 no @|\n"
                "rcpt v@x.test => continue\n",
                &options);
    list_destroy(names[0].list);
    diag_fini(&diag);
}

static void lookalikes(void **state)
{
    struct list_name names[] = {{SLICE("ours"), list_create()}};
    struct list_table table = {names, 1};
    struct story_options options = {.lists = &table};
    struct diag diag;

    (void)state;
    diag_init(&diag);
    assert_int_equal(
        list_add(names[0].list, SLICE("*.example.org"), SLICE("us"), (struct place){0}, &diag), 0);
    story_check("domains of From and Reply-To, and what they imitate",
                "a: lookalike=@ours -> reject(550 ${matched} ${listtext})\n",
                "connect 192.0.2.1 => continue\n"
                "mail a@b.test => continue\nrcpt u@x.test => continue\ndata => continue\n"
                "header From: a@example.org|Reply-To: a@b.example.org => continue\nreset =>\n"
                "mail a@b.test => continue\nrcpt u@x.test => continue\ndata => continue\n"
                "header From: a@example.org, b@x.exampel.org => reject a\n"
                "reply => 550 example.org us|\nreset =>\n"
                "mail a@b.test => continue\nrcpt u@x.test => continue\ndata => continue\n"
                "header From: a@b.test, b@c.test|From: d@e.test|Reply-To: f@g.test, "
                "h@xn--exmple-4nf.org => reject a\nreset =>\n"
                "mail a@b.test => continue\nrcpt u@x.test => continue\ndata => continue\n"
                "header Reply-To: f@g.test, h@examp1e.org => reject a\n",
                &options);
    list_destroy(names[0].list);
    diag_fini(&diag);
}

/* What the last matcher of a condition has matched: of a list the value. */
static void matched(void **state)
{
    struct list_name names[] = {{SLICE("friends"), list_create()}};
    struct list_table table = {names, 1};
    struct story_options options = {.lists = &table};
    struct diag diag;

    (void)state;
    diag_init(&diag);
    assert_int_equal(list_add(names[0].list, SLICE("b.test"), SLICE_NONE, (struct place){0}, &diag),
                     0);
    assert_int_equal(list_add(names[0].list, SLICE("/ello/"), SLICE_NONE, (struct place){0}, &diag),
                     0);
    story_check("what has matched",
                "a: helo=c* -> log(1 ${matched})\n"
                "b: sender=@friends -> log(2 ${matched})\n"
                "c: helo=c* & sender=/@(.)/ -> log(3 ${matched} $1)\n"
                "d: sender=~c@* -> log(4 ${matched})\n"
                "e: size=>2 -> log(5 ${matched})\n"
                "f: client=192.0.2.0/24 -> log(6 ${matched})\n"
                "g: helo=z | client=192.0.2.1 | helo=c* -> log(7 ${matched})\n"
                "h: recipient=u@* -> log(8 ${matched})\n"
                "i: header[S]=@friends -> log(9 ${matched}) add_header(X: ${matched})\n"
                "j: header[S]=/l+/ -> log(10 ${matched} ${header.s} ${header.T})\n"
                "k: * -> log(11 ${header.S})\n",
                "connect 192.0.2.1 => continue\nhelo client.test => continue\n"
                "mail a@b.test => continue\n"
                "logs => 1 client.test; 2 a@b.test; 3 @b b; 4 ; 6 192.0.2.1; 7 192.0.2.1; 11 \n"
                "rcpt v@x.test => continue\nrcpt u@x.test => continue\ndata => continue\n"
                "header S: =?utf-8?q?hello?=|S: no => continue\n"
                "message xyz => continue\n"
                "logs => 8 u@x.test; 9 hello; 10 ll hello ; 5 5\n"
                "edits => add_header X: hello\n",
                &options);
    list_destroy(names[0].list);
    diag_fini(&diag);
}

/* One entry, the client 192.0.2.1 or 2001:db8::1, and what is logged: "held", or nothing. */
static const struct {
    const char *entry, *client, *logs;
} CLIENTS[] = {
    {"192.0.2.0/24", "192.0.2.1", " held"},
    {"192.0.3.0/24", "192.0.2.1", ""},
    {"192.0.2.1", "192.0.2.1", " held"},
    {"192.0.2.*", "192.0.2.1", " held"},
    {"192.0.3.*", "192.0.2.1", ""},
    {"192.0.2.?", "192.0.2.1", " held"},
    {"*.2.1", "192.0.2.1", " held"},
    {"/^192[.]0[.]/", "192.0.2.1", " held"},
    {"/^10[.]/", "192.0.2.1", ""},
    {"2001:DB8:0::1", "2001:db8::1", " held"},
    {"2001:db8:*", "2001:db8::1", " held"},
    {"/^2001:db8:/", "2001:db8::1", " held"},
    {"2001:0db8:*", "2001:db8::1", ""},
    {"*", "2001:db8::1", " held"},
    {"::ffff:192.0.2.1", "192.0.2.1", " held"},
};

static void check_client(size_t i)
{
    struct list_name name = {SLICE("l"), list_create()};
    struct list_table table = {&name, 1};
    struct story_options options = {.lists = &table};
    char story[128];
    struct diag diag;

    diag_init(&diag);
    assert_row(list_add(name.list, slice_str(CLIENTS[i].entry), SLICE("held"), (struct place){0},
                        &diag) == 0,
               CLIENTS[i].entry, i);
    (void)snprintf(story, sizeof(story),
                   "connect %s => continue\nmail a@b.test => continue\nlogs =>%s\n",
                   CLIENTS[i].client, CLIENTS[i].logs);
    story_check(CLIENTS[i].entry, "a: client=@l -> log(${listtext})\n", story, &options);
    list_destroy(name.list);
    diag_fini(&diag);
}

/* In a list an entry means for a client what it means alone: its text counts, too. */
static void lists_of_clients(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(CLIENTS); i++)
        check_client(i);
}

static void all_is_given_back(void **state)
{
    assert_true(leaves_nothing(stories, state));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows),
        cmocka_unit_test(stories),
        cmocka_unit_test(failures_can_reject),
        cmocka_unit_test(lists),
        cmocka_unit_test(lookalikes),
        cmocka_unit_test(matched),
        cmocka_unit_test(lists_of_clients),
        cmocka_unit_test(all_is_given_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
