/* The client's next command: whole, too long, none at all. */
#include "proxy/session/line.h"

#include "tests/unit/proxy/session/session_kit.h"

#define SMALL  "limits = { command_line = 512; errors = 2; };\n"
#define STRICT "listeners = ( { address = '127.0.0.1:25'; bare_newline = 'reject'; } );\n"

static char ran[64];

static void run(struct session *s)
{
    (void)snprintf(ran, sizeof ran, "%.*s", SLICE_ARG(line_text(s)));
    line_next(s);
}

static struct session *begin(void)
{
    struct session *s = kit_begin(STRICT, SMALL);
    ran[0] = '\0';
    line_next(s);
    return s;
}

struct line_row {
    const char *sent, *ran, *said;
    enum phase phase;
};

static const struct line_row line_rows[] = {
    {"NOOP\r\n", "NOOP", "", PHASE_COMMAND},
    {"NO", "", "", PHASE_COMMAND},
    {"\r\n", "", "", PHASE_COMMAND},
    {"NO\rOP\r\n", "", "500 5.5.2 Bare CR, LF or NUL in a command\r\n", PHASE_END},
    {"NOOP\n", "", "500 5.5.2 Bare CR, LF or NUL in a command\r\n", PHASE_END},
    {"\x16\x03\x01", "", "421 4.7.0 This is SMTP without TLS\r\n", PHASE_END},
    {"PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n", "", "", PHASE_END},
};

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(line_rows); i++) {
        struct session *s = begin();
        kit_sends(line_rows[i].sent);
        (void)line_step(s, run);
        assert_string_equal(ran, line_rows[i].ran);
        assert_int_equal(s->phase, line_rows[i].phase);
        assert_string_equal(kit_said(), line_rows[i].said);
        kit_end();
    }
}

/* One at a time; the next one waits. */
static void test_pipelined(void **state)
{
    (void)state;
    struct session *s = begin();
    kit_sends("NOOP\r\nRSET\r\n");
    assert_true(line_step(s, run));
    assert_string_equal(ran, "NOOP");
    assert_true(line_step(s, run));
    assert_string_equal(ran, "RSET");
    assert_false(line_step(s, run));
    kit_end();
}

static const char *longer(const char *begin, size_t len)
{
    static char text[4096];
    size_t used = (size_t)snprintf(text, sizeof text, "%s", begin);
    memset(text + used, 'x', len - used);
    memcpy(text + len, "\r\n", 3);
    return text;
}

/* It is answered once, and the next one counts; AUTH may be longer. */
static void test_too_long(void **state)
{
    (void)state;
    struct session *s = begin();
    kit_sends(longer("NOOP ", 600));
    while (line_step(s, run))
        continue;
    assert_string_equal(kit_said(), "500 5.5.2 Command line too long\r\n");
    assert_string_equal(ran, "");
    assert_int_equal(s->phase, PHASE_COMMAND);
    kit_sends(longer("AUTH ", 600));
    assert_true(line_step(s, run));
    assert_memory_equal(ran, "AUTH x", 6);
    kit_end();
}

/* Who makes nothing but errors is heard no more. */
static void test_errors(void **state)
{
    (void)state;
    struct session *s = begin();
    line_answer(s, "500 5.5.1 No\r\n");
    line_answer(s, "500 5.5.1 No\r\n");
    kit_sends("NOOP\r\n");
    (void)line_step(s, run);
    assert_string_equal(ran, "");
    assert_string_equal(kit_said(),
                        "500 5.5.1 No\r\n500 5.5.1 No\r\n421 4.7.0 Too many errors\r\n");
    assert_int_equal(s->phase, PHASE_END);
    kit_end();
}

/* Going down, a session is ended between transactions only. */
static void test_draining(void **state)
{
    (void)state;
    struct session *s = begin();
    s->draining = true;
    kit_mail("a@b.test");
    kit_sends("NOOP\r\n");
    assert_true(line_step(s, run));
    assert_string_equal(ran, "NOOP");
    s->tx.envelope.open = false;
    (void)line_step(s, run);
    assert_string_equal(kit_said(), CLIENT_GOING_DOWN);
    assert_int_equal(s->phase, PHASE_END);
    kit_end();
}

static void test_closed(void **state)
{
    (void)state;
    struct session *s = begin();
    assert_int_equal(shutdown(kit.client, SHUT_WR), 0);
    run_for(kit.host.loop, 2);
    (void)line_step(s, run);
    assert_int_equal(s->phase, PHASE_END);
    assert_string_equal(kit_said(), "");
    kit_end();
}

/* A line is wiped when the next one may come: it may have been a secret. */
static void test_wiped(void **state)
{
    (void)state;
    struct session *s = begin();
    kit_sends("AUTH PLAIN secret\r\n");
    assert_true(line_step(s, run));
    assert_string_equal(ran, "AUTH PLAIN secret");
    assert_int_equal(line_text(s).len, 0);
    kit_end();
}

/* A refusal is said, and ends the session where it is to disconnect. */
static void test_verdict(void **state)
{
    struct verdict verdict = {.kind = VERDICT_REJECT,
                              .reply = {550, SLICE_INIT("550 5.7.1 No\r\n")}};
    (void)state;
    struct session *s = begin();
    line_answer_verdict(s, &verdict);
    assert_int_equal(s->phase, PHASE_COMMAND);
    verdict.kind = VERDICT_DISCONNECT;
    line_answer_verdict(s, &verdict);
    assert_int_equal(s->phase, PHASE_END);
    assert_string_equal(kit_said(), "550 5.7.1 No\r\n550 5.7.1 No\r\n");
    kit_end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),     cmocka_unit_test(test_pipelined),
        cmocka_unit_test(test_too_long), cmocka_unit_test(test_errors),
        cmocka_unit_test(test_draining), cmocka_unit_test(test_closed),
        cmocka_unit_test(test_wiped),    cmocka_unit_test(test_verdict),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
