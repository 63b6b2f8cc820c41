/* What each answer means at each stage (MILTER 3). */
#include "filters/verdict.h"
#include "tests/unit/proxy/milter/scene.h"

enum at { AT_CONNECT, AT_HELO, AT_MAIL, AT_RCPT, AT_DATA, AT_CONTENT };

struct row {
    char code; /* the command that gets the answer */
    const char *say;
    enum at at;
    enum verdict_kind kind;
    enum verdict_scope scope;
    const char *reply; /* the wire form; NULL: none */
    bool failed;
};

#define REJECTED                    "550 5.7.1 Command rejected\r\n"
#define LATER                       "451 4.7.1 Service unavailable - try again later\r\n"
#define CLOSING                     "421 4.7.0 Closing connection\r\n"
#define CONTINUES                   VERDICT_CONTINUE, SCOPE_MESSAGE, NULL, false
#define REFUSES(kind, scope, reply) VERDICT_##kind, SCOPE_##scope, reply, false
#define FAILS                       VERDICT_TEMPFAIL, SCOPE_MESSAGE, LATER, true

static const struct row ROWS[] = {
    {'C', "c", AT_CONNECT, CONTINUES},
    {'C', "r", AT_CONNECT, REFUSES(REJECT, SESSION, REJECTED)},
    {'C', "t", AT_CONNECT, REFUSES(TEMPFAIL, SESSION, LATER)},
    {'C', "d", AT_CONNECT, CONTINUES}, /* there is no message to discard */
    {'C', "4", AT_CONNECT, REFUSES(DISCONNECT, SESSION, CLOSING)},
    {'C', "f", AT_CONNECT, REFUSES(DISCONNECT, SESSION, CLOSING)},
    {'C', "a", AT_CONNECT, REFUSES(ACCEPT, SESSION, NULL)},
    {'C', "y:554 5.7.1 go", AT_CONNECT, REFUSES(REJECT, SESSION, "554 5.7.1 go\r\n")},
    {'C', "p|p|c", AT_CONNECT, CONTINUES},
    {'H', "r", AT_HELO, REFUSES(REJECT, SESSION, REJECTED)},
    {'H', "a", AT_HELO, REFUSES(ACCEPT, SESSION, NULL)},
    {'H', "d", AT_HELO, CONTINUES},
    {'M', "r", AT_MAIL, REFUSES(REJECT, MESSAGE, REJECTED)},
    {'M', "t", AT_MAIL, REFUSES(TEMPFAIL, MESSAGE, LATER)},
    {'M', "d", AT_MAIL, REFUSES(DISCARD, MESSAGE, NULL)},
    {'M', "a", AT_MAIL, REFUSES(ACCEPT, MESSAGE, NULL)},
    {'M', "y:450 4.2.1 slow", AT_MAIL, REFUSES(TEMPFAIL, MESSAGE, "450 4.2.1 slow\r\n")},
    {'M', "y:421 4.3.2 bye", AT_MAIL, REFUSES(DISCONNECT, SESSION, "421 4.3.2 bye\r\n")},
    {'R', "r", AT_RCPT, REFUSES(REJECT, RECIPIENT, REJECTED)},
    {'R', "t", AT_RCPT, REFUSES(TEMPFAIL, RECIPIENT, LATER)},
    {'R', "y:550 5.1.1 who", AT_RCPT, REFUSES(REJECT, RECIPIENT, "550 5.1.1 who\r\n")},
    {'R', "a", AT_RCPT, REFUSES(ACCEPT, MESSAGE, NULL)},
    {'R', "d", AT_RCPT, REFUSES(DISCARD, MESSAGE, NULL)},
    {'R', "4", AT_RCPT, REFUSES(DISCONNECT, SESSION, CLOSING)},
    {'R', "s", AT_RCPT, CONTINUES},
    {'T', "r", AT_DATA, REFUSES(REJECT, MESSAGE, REJECTED)},
    {'L', "r", AT_CONTENT, REFUSES(REJECT, MESSAGE, REJECTED)},
    {'L', "a", AT_CONTENT, REFUSES(ACCEPT, MESSAGE, NULL)},
    {'N', "t", AT_CONTENT, REFUSES(TEMPFAIL, MESSAGE, LATER)},
    {'B', "y:554 5.7.1 virus", AT_CONTENT, REFUSES(REJECT, MESSAGE, "554 5.7.1 virus\r\n")},
    {'B', "d", AT_CONTENT, REFUSES(DISCARD, MESSAGE, NULL)},
    {'E', "c", AT_CONTENT, CONTINUES},
    {'E', "p|p|c", AT_CONTENT, CONTINUES},
    {'E', "a", AT_CONTENT, REFUSES(ACCEPT, MESSAGE, NULL)},
    {'E', "r", AT_CONTENT, REFUSES(REJECT, MESSAGE, REJECTED)},
    {'E', "t", AT_CONTENT, REFUSES(TEMPFAIL, MESSAGE, LATER)},
    {'E', "d", AT_CONTENT, REFUSES(DISCARD, MESSAGE, NULL)},
    {'E', "4", AT_CONTENT, REFUSES(DISCONNECT, SESSION, CLOSING)},
    {'E', "y:550-5.7.1 a\r\n550 5.7.1 100%% b", AT_CONTENT,
     REFUSES(REJECT, MESSAGE, "550-5.7.1 a\r\n550 5.7.1 100% b\r\n")},
    /* what is no answer here, or anywhere */
    {'M', "y:250 2.0.0 fine", AT_MAIL, FAILS},
    {'M', "y:25x", AT_MAIL, FAILS},
    {'M', "h:X-A;1|c", AT_MAIL, FAILS},
    {'R', "q:no|c", AT_RCPT, FAILS},
    {'B', "b:new|c", AT_CONTENT, FAILS},
    {'M', "O", AT_MAIL, FAILS},
    {'M', "c|c", AT_MAIL, FAILS},
    {'E', "c|c", AT_CONTENT, FAILS},
    {'L', "c|c", AT_CONTENT, FAILS},
    {'M', "!", AT_MAIL, FAILS},
    {'T', "!", AT_DATA, FAILS},
    {'B', "!", AT_CONTENT, FAILS},
    {'E', "!", AT_CONTENT, FAILS},
    {'M', "#00000000", AT_MAIL, FAILS},     /* no length */
    {'M', "#FFFFFFFF63", AT_MAIL, FAILS},   /* beyond 2^31 */
    {'M', "#0002000063", AT_MAIL, FAILS},   /* more than is kept unread */
    {'M', "#000000026300", AT_MAIL, FAILS}, /* more data than there are */
    {'M', "#000000015A", AT_MAIL, FAILS},   /* no reply */
    {'M', "#485454502F", AT_MAIL, FAILS},   /* HTTP, in a hurry */
};

static struct verdict play_row(struct scene *s, enum at at)
{
    struct verdict verdict = scene_connect(s);

    if (at >= AT_HELO)
        verdict = scene_helo(s);
    if (at >= AT_MAIL)
        verdict = scene_mail(s, "s@example.org");
    if (at >= AT_RCPT)
        verdict = scene_rcpt(s, "u@example.org");
    if (at >= AT_DATA)
        verdict = scene_data(s);
    if (at >= AT_CONTENT)
        verdict = scene_message(s, "Subject: hi\r\n", SLICE("hello\r\n"));
    return verdict;
}

static void judge(const struct row *row, bool drip)
{
    const struct play_line lines[] = {{row->code, 0, row->say}, {.say = NULL}};
    struct verdict verdict;
    struct scene s;

    scene_begin(&s, lines);
    s.play.drip = drip;
    verdict = play_row(&s, row->at);
    assert_row(verdict.kind == row->kind, row->say, row->code);
    assert_row(verdict.kind == VERDICT_CONTINUE || verdict.scope == row->scope, row->say,
               row->code);
    assert_row_slice(verdict.reply.wire, row->reply != NULL ? slice_str(row->reply) : SLICE_NONE,
                     row->say, row->code);
    assert_row((milter_failure(s.milter) != NULL) == row->failed, row->say, row->code);
    assert_row((verdict.failure == FAILURE_MILTER) == row->failed, row->say, row->code);
    assert_row(verdict.party == PARTY_MILTER, row->say, row->code);
    assert_row(milter_edits(s.milter)->count == 0, row->say, row->code);
    scene_end(&s);
}

static void rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(ROWS); i++)
        judge(&ROWS[i], false);
}

/* The same when packets come in single octets; two replies for one need not come together then. */
static void rows_split(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(ROWS); i++)
        if (strcmp(ROWS[i].say, "c|c") != 0)
            judge(&ROWS[i], true);
}

/* A refused recipient is that recipient only, and is heard of where that was asked for. */
static void refused_recipients(void **state)
{
    static const struct play_line lines[] = {{'R', 1, "r"}, {'R', 3, "r"}, {.say = NULL}};
    struct scene s;

    (void)state;
    scene_begin(&s, lines);
    (void)scene_connect(&s);
    (void)scene_mail(&s, "s@example.org");
    assert_int_equal(scene_rcpt(&s, "a@example.org").kind, VERDICT_REJECT);
    assert_int_equal(scene_rcpt(&s, "b@example.org").kind, VERDICT_CONTINUE);
    s.event.kind = EVENT_RCPT_REFUSED;
    s.facts.rcpt_mailer = SLICE("error");
    milter_feed(s.milter, &s.event, &s.facts);
    scene_settle(&s);
    assert_int_equal(milter_verdict(s.milter).kind, VERDICT_CONTINUE);
    assert_int_equal(s.play.counts['R'], 3);
    scene_end(&s);
}

/* An unknown command is refused in any case; only its reply can change. */
static void unknown_commands(void **state)
{
    static const struct play_line lines[] = {
        {'U', 1, "c"}, {'U', 2, "y:502 5.5.1 what"}, {'U', 3, "d"}, {'U', 4, "a"}, {.say = NULL}};
    static const enum verdict_kind kinds[] = {VERDICT_CONTINUE, VERDICT_REJECT, VERDICT_CONTINUE,
                                              VERDICT_CONTINUE};
    struct scene s;

    (void)state;
    scene_begin(&s, lines);
    assert_false(milter_unknown(s.milter, SLICE("EARLY")));
    assert_false(milter_busy(s.milter));
    (void)scene_connect(&s);
    for (size_t i = 0; i < COUNT_OF(kinds); i++) {
        assert_true(milter_unknown(s.milter, SLICE("XYZ 1")));
        scene_settle(&s);
        assert_int_equal(milter_verdict(s.milter).kind, kinds[i]);
    }
    assert_int_equal(scene_mail(&s, "a@b.test").kind, VERDICT_CONTINUE);
    assert_string_equal(
        play_heard(&s.play),
        "O|C:mx.test/4/2525/192.0.2.1|U:XYZ 1|U:XYZ 1|U:XYZ 1|U:XYZ 1|M:<a@b.test>");
    scene_end(&s);
}

/* What it has said of the message or the session is not lost over an unknown command. */
static void unknown_after_all(void **state)
{
    static const struct play_line lines[] = {{'M', 0, "d"}, {.say = NULL}};
    struct scene s;

    (void)state;
    scene_begin(&s, lines);
    (void)scene_connect(&s);
    assert_int_equal(scene_mail(&s, "a@b.test").kind, VERDICT_DISCARD);
    assert_false(milter_unknown(s.milter, SLICE("XYZ")));
    assert_int_equal(milter_verdict(s.milter).kind, VERDICT_DISCARD);
    assert_int_equal(scene_rcpt(&s, "u@x.test").kind, VERDICT_DISCARD);
    scene_end(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows),
        cmocka_unit_test(rows_split),
        cmocka_unit_test(refused_recipients),
        cmocka_unit_test(unknown_commands),
        cmocka_unit_test(unknown_after_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
