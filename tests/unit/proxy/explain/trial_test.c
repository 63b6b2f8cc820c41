#include "proxy/explain/trial.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "conf/config.h"
#include "conf/policy.h"
#include "tests/unit/conf/read/load.h"
#include "tests/unit/heap.h"

struct normal_row {
    struct slice raw, normal;
};

static const struct normal_row NORMALS[] = {
    {SLICE_INIT(""), SLICE_INIT("")},
    {SLICE_INIT("a"), SLICE_INIT("a\r\n")},
    {SLICE_INIT("a\n"), SLICE_INIT("a\r\n")},
    {SLICE_INIT("a\r\n"), SLICE_INIT("a\r\n")},
    {SLICE_INIT("a\rb\n\nc"), SLICE_INIT("a b\r\n\r\nc\r\n")},
    {SLICE_INIT("a\r\r\nb\r"), SLICE_INIT("a \r\nb \r\n")},
    {SLICE_INIT("\0a\0\r\n"), SLICE_INIT(" a \r\n")},
    {SLICE_INIT("\n"), SLICE_INIT("\r\n")},
    {SLICE_INIT("\r"), SLICE_INIT(" \r\n")},
};

static void normalise(void **state)
{
    struct bytes out;

    (void)state;
    for (size_t i = 0; i < sizeof(NORMALS) / sizeof(*NORMALS); i++) {
        bytes_init(&out, 64);
        assert_int_equal(trial_normalise(NORMALS[i].raw, &out), 0);
        assert_true(slice_equal(bytes_slice(&out), NORMALS[i].normal));
        bytes_fini(&out);
    }
    bytes_init(&out, 3);
    assert_int_equal(trial_normalise(SLICE("abc"), &out), -1);
    bytes_fini(&out);
}

#define MESSAGE                "Subject: hello\r\n\r\nbody text\r\n"
#define RULE(name, when, then) "{ name = \"" name "\"; when = { " when " }; then = { " then " }; }"
#define REJECT                 "reject = \"550 5.7.1 No\";"

struct story_row {
    const char *rules;
    const char *recipients[3];
    const char *message; /* NULL: none */
    enum verdict_kind kind;
    enum stage stage;
    const char *by; /* NULL: nobody */
    size_t asked;   /* recipients that were named */
};

static const struct story_row STORIES[] = {
    {"", {"u@x.test"}, MESSAGE, VERDICT_CONTINUE, 0, NULL, 1},
    {"", {"u@x.test"}, "", VERDICT_CONTINUE, 0, NULL, 1},
    {RULE("c", "client = \"192.0.2.0/24\";", REJECT),
     {"u@x.test"},
     MESSAGE,
     VERDICT_REJECT,
     STAGE_CONNECT,
     "c",
     0},
    {RULE("h", "helo = \"mx.test\";", REJECT),
     {"u@x.test"},
     MESSAGE,
     VERDICT_REJECT,
     STAGE_HELO,
     "h",
     0},
    {RULE("m", "sender = \"a@b.test\";", "tempfail = \"Later\";"),
     {"u@x.test"},
     MESSAGE,
     VERDICT_TEMPFAIL,
     STAGE_MAIL,
     "m",
     0},
    {RULE("z", "size = \"> 1K\";", REJECT),
     {"u@x.test"},
     MESSAGE,
     VERDICT_REJECT,
     STAGE_MAIL,
     "z",
     0}, /* as declared */
    {RULE("l", "listener = \"in\"; client_port = 4711;", "discard = true;"),
     {"u@x.test"},
     MESSAGE,
     VERDICT_DISCARD,
     STAGE_MAIL,
     "l",
     0}, /* decided at connect; but for refusals it happens for each message */
    /* what stands above a quarantine may still edit: it goes on to the end */
    {RULE("q", "sender = \"a@b.test\";", "quarantine = \"why\";"),
     {"u@x.test"},
     MESSAGE,
     VERDICT_QUARANTINE,
     STAGE_MAIL,
     "q",
     1},
    {RULE("q", "recipient = \"u@x.test\";", "quarantine = \"why\";"),
     {"u@x.test", "v@x.test"},
     MESSAGE,
     VERDICT_CONTINUE,
     0,
     NULL,
     2},
    /* one of two refused: the message goes on; both: the last word */
    {RULE("r", "recipient = \"u@x.test\";", REJECT),
     {"u@x.test", "v@x.test"},
     MESSAGE,
     VERDICT_CONTINUE,
     0,
     NULL,
     2},
    {RULE("r", "recipient = \"u@x.test\";", REJECT) "," RULE("s", "recipient = \"v@x.test\";",
                                                             "tempfail = \"Later\";"),
     {"u@x.test", "v@x.test"},
     MESSAGE,
     VERDICT_TEMPFAIL,
     STAGE_RCPT,
     "s",
     2},
    /* the one that was told 250 is the last word, whoever was refused before or after */
    {RULE("d", "recipient = \"u@x.test\";",
          "discard = true;") "," RULE("r", "recipient = \"v@x.test\";", REJECT),
     {"u@x.test", "v@x.test"},
     MESSAGE,
     VERDICT_DISCARD,
     STAGE_RCPT,
     "d",
     2},
    {RULE("d", "recipient = \"v@x.test\";", "disconnect = \"421 4.7.0 Bye\";"),
     {"u@x.test", "v@x.test", "w@x.test"},
     MESSAGE,
     VERDICT_DISCONNECT,
     STAGE_RCPT,
     "d",
     2},
    {RULE("n", "recipient_count = 2;", REJECT),
     {"u@x.test", "v@x.test"},
     MESSAGE,
     VERDICT_REJECT,
     STAGE_DATA,
     "n",
     2},
    {RULE("t", "header = { Subject = \"hello\"; };", REJECT),
     {"u@x.test"},
     MESSAGE,
     VERDICT_REJECT,
     STAGE_HEADER,
     "t",
     1},
    {RULE("b", "raw_body = \"/text/\";", REJECT),
     {"u@x.test"},
     MESSAGE,
     VERDICT_REJECT,
     STAGE_MESSAGE,
     "b",
     1},
    {RULE("b", "raw_body = \"/text/\";", REJECT), {"u@x.test"}, NULL, VERDICT_CONTINUE, 0, NULL, 1},
    {RULE("t", "missing_header = \"Date\";", REJECT),
     {"u@x.test"},
     "",
     VERDICT_REJECT,
     STAGE_HEADER,
     "t",
     1},
    {RULE("t", "missing_header = \"Date\";", REJECT),
     {"u@x.test"},
     NULL,
     VERDICT_CONTINUE,
     0,
     NULL,
     1}, /* no message is not an empty message */
    {RULE("a", "sender = \"a@b.test\";", "accept = true;") "," RULE("b", "raw_body = \"/text/\";",
                                                                    REJECT),
     {"u@x.test"},
     MESSAGE,
     VERDICT_ACCEPT,
     STAGE_MAIL,
     "a",
     1},
};

static struct trial_input input_of(const struct story_row *row, struct slice recipients[3])
{
    struct trial_input input = {
        .sender = SLICE("a@b.test"), .recipients = recipients, .message = slice_str(row->message)};

    origin_init(&input.origin);
    input.origin.client.port = 4711;
    input.origin.helo = SLICE("mx.test");
    input.origin.listener = SLICE("in");
    input.origin.declared_size = 5000;
    for (; input.recipient_count < 3 && row->recipients[input.recipient_count] != NULL;
         input.recipient_count++)
        recipients[input.recipient_count] = slice_str(row->recipients[input.recipient_count]);
    return input;
}

static void stories(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(STORIES) / sizeof(*STORIES); i++) {
        const struct story_row *row = &STORIES[i];
        struct slice recipients[3];
        struct trial_input input = input_of(row, recipients);
        struct trial trial;
        struct load load;
        char text[1024];

        load_begin(&load);
        (void)snprintf(text, sizeof(text), "rules = ( %s );", row->rules);
        load_good(&load, text);
        assert_int_equal(trial_run(&trial, load.config, &load.config->policies[0], &input, NULL),
                         0);
        assert_int_equal(trial.verdict.kind, row->kind);
        if (row->by != NULL)
            assert_int_equal(trial.verdict.stage, row->stage);
        assert_true(slice_equal(trial.verdict.by, slice_str(row->by)));
        assert_int_equal(trial.recipient_count, row->asked);
        trial_end(&trial);
        load_end(&load);
    }
}

/* What each recipient heard, the delay, and the message taken apart. */
static void details(void **state)
{
    static const char RULES[] =
        "rules = ( " RULE("r", "recipient = \"u@x.test\";", REJECT) "," RULE(
            "w", "sender = \"a@*\";", "delay = \"5s\"; add_header = { X-A = \"b\"; };") " );";
    static const struct story_row ROW = {.recipients = {"u@x.test", "v@x.test"},
                                         .message = MESSAGE};
    struct slice recipients[3];
    struct trial_input input = input_of(&ROW, recipients);
    struct trial trial;
    struct load load;

    (void)state;
    load_begin(&load);
    load_good(&load, RULES);
    assert_int_equal(trial_run(&trial, load.config, &load.config->policies[0], &input, NULL), 0);
    assert_int_equal(trial.recipients[0].verdict.kind, VERDICT_REJECT);
    assert_true(slice_equal(trial.recipients[0].verdict.reply.wire, SLICE("550 5.7.1 No\r\n")));
    assert_int_equal(trial.recipients[1].verdict.kind, VERDICT_CONTINUE);
    assert_true(slice_equal(trial.recipients[1].address, SLICE("v@x.test")));
    assert_int_equal(trial.delay_ms, 5000);
    assert_true(trial.header_known);
    assert_int_equal(trial.header.count, 1);
    assert_true(slice_equal(trial.draft.body, SLICE("body text\r\n")));
    assert_int_equal(eval_edits(trial.eval)->count, 1);
    assert_int_equal(eval_outcome(trial.eval, false, 0), OUTCOME_FIRED);
    assert_int_equal(eval_report(trial.eval).rule_count, 2);
    trial_end(&trial);
    load_end(&load);
}

/* A recipient that a rule took off or refused is not in the draft; when the message is quarantined
 * whole, all are. */
static void who_is_left(void **state)
{
    static const struct {
        const char *rules;
        size_t left;
    } ROWS[] = {
        {RULE("q", "recipient = \"u@x.test\";", "quarantine = \"why\";"), 1},
        {RULE("q", "sender = \"a@b.test\";", "quarantine = \"why\";"), 2},
        {RULE("d", "recipient = \"u@x.test\";", "discard = true;"), 1},
        {RULE("r", "recipient = \"u@x.test\";", REJECT), 1},
        {RULE("a", "recipient = \"u@x.test\";", "accept = true;"), 2},
        {RULE("m", "recipient = \"u@x.test\";", "redirect = \"v@x.test\";"), 1},
        {RULE("m", "recipient = \"u@x.test\";", "redirect = \"w@x.test\";"), 2},
    };
    static const struct story_row ROW = {.recipients = {"u@x.test", "v@x.test"},
                                         .message = MESSAGE};
    struct slice recipients[3];
    struct trial_input input = input_of(&ROW, recipients);

    (void)state;
    for (size_t i = 0; i < sizeof(ROWS) / sizeof(*ROWS); i++) {
        struct trial trial;
        struct load load;
        char text[1024];

        load_begin(&load);
        (void)snprintf(text, sizeof(text), "rules = ( %s );", ROWS[i].rules);
        load_good(&load, text);
        assert_int_equal(trial_run(&trial, load.config, &load.config->policies[0], &input, NULL),
                         0);
        assert_int_equal(trial.draft.recipient_count, ROWS[i].left);
        trial_end(&trial);
        load_end(&load);
    }
}

/* Of a message that does not go on no edits are told, not even those of a redirect before it was
 * refused. */
static void edits(void **state)
{
    static const struct {
        const char *text;
        size_t edits;
    } ROWS[] = {
        {"rules = ( " RULE("m", "recipient = \"u@x.test\";", "redirect = \"w@x.test\";") " );", 2},
        {"rules = ( " RULE("m", "recipient = \"u@x.test\";", "redirect = \"v@x.test\";") " );", 2},
        {"rules = ( " RULE("m", "recipient = \"u@x.test\";", "redirect = \"w@x.test\";") ", " RULE(
             "t", "header = { Subject = \"hello\"; };", REJECT) " );",
         0},
        {"rules = ( " RULE("m", "recipient = \"u@x.test\";",
                           "redirect = \"w@x.test\";") " ); "
                                                       "final_rules = ( " RULE(
                                                           "t",
                                                           "header = { Subject = \"hello\"; };",
                                                           REJECT) " );",
         0},
        {"rules = ( { name = \"r\"; then = { add_header = { A = \"b\"; }; }; } ); "
         "final_rules = ( { name = \"f\"; then = { add_header = { A = \"c\"; }; }; } );",
         2},
    };
    static const struct story_row ROW = {.recipients = {"u@x.test", "v@x.test"},
                                         .message = MESSAGE};
    struct slice recipients[3];
    struct trial_input input = input_of(&ROW, recipients);

    (void)state;
    for (size_t i = 0; i < sizeof(ROWS) / sizeof(*ROWS); i++) {
        struct trial trial;
        struct load load;

        load_begin(&load);
        load_good(&load, ROWS[i].text);
        assert_int_equal(trial_run(&trial, load.config, &load.config->policies[0], &input, NULL),
                         0);
        if (trial.edits.count != ROWS[i].edits)
            fail_msg("%s: %zu edits", ROWS[i].text, trial.edits.count);
        trial_end(&trial);
        load_end(&load);
    }
}

/* More recipients, or a header with more fields, than there is memory for. */
static void too_much(void **state)
{
    enum { FIELDS = (1 << 21) + 1 };
    static const struct story_row ROW = {.recipients = {"u@x.test"}, .message = MESSAGE};
    struct slice recipients[3];
    struct trial_input input = input_of(&ROW, recipients);
    char *message = malloc(4 * (size_t)FIELDS);
    struct trial trial;
    struct load load;

    (void)state;
    assert_non_null(message);
    for (size_t i = 0; i < FIELDS; i++)
        memcpy(message + 4 * i, "a:\r\n", 4);
    load_begin(&load);
    load_good(&load, "");
    input.message = slice_make(message, 4 * (size_t)FIELDS);
    assert_int_equal(trial_run(&trial, load.config, &load.config->policies[0], &input, NULL), -1);
    input.recipient_count = 1 << 28;
    assert_int_equal(trial_run(&trial, load.config, &load.config->policies[0], &input, NULL), -1);
    load_end(&load);
    free(message);
}

static void all_is_given_back(void **state)
{
    assert_true(leaves_nothing(too_much, state));
    assert_true(leaves_nothing(stories, state));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(normalise),         cmocka_unit_test(stories), cmocka_unit_test(details),
        cmocka_unit_test(who_is_left),       cmocka_unit_test(edits),   cmocka_unit_test(too_much),
        cmocka_unit_test(all_is_given_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
