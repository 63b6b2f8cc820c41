/* resend: the conversation in which a stored message goes upstream, and what becomes of each
 * recipient. */
#include "proxy/depot/resend.h"

#include "conf/config.h"
#include "conf/upstream_conf.h"
#include "tests/unit/configured.h"
#include "tests/unit/proxy/depot/mail_server.h"

#define HELLO   "220 a\r\n", "250-a\r\n250-8BITMIME\r\n250 SIZE 1000\r\n"
#define MESSAGE "Subject: x\r\n\r\n.dot\r\n"
#define CONTENT "Subject: x\r\n\r\n..dot\r\n.|"
#define BEGUN   "EHLO me.test|MAIL FROM:<a@x> SIZE=20|RCPT TO:<u@y>|RCPT TO:<v@y>|"

struct row {
    const char *name;
    const char *script[10];
    const char *outcomes; /* of each recipient: its first letter and the code, a blank between */
    const char *heard;
    const char *text; /* of the first; NULL: whatever */
    const char *protocol;
    struct slice params; /* of MAIL */
    const char *left_out;
};

static const struct row rows[] = {
    {"taken",
     {HELLO, "250 m\r\n", "250 u\r\n", "250 v\r\n", "354 go\r\n", "250 2.0.0 queued\r\n",
      "221 bye\r\n"},
     "T250 T250",
     BEGUN "DATA|" CONTENT "QUIT|",
     "250 2.0.0 queued",
     "smtp",
     {NULL, 0},
     ""},
    {"one recipient refused",
     {HELLO, "250 m\r\n", "250 u\r\n", "550 5.1.1 who\r\n", "354 go\r\n", "250 ok\r\n",
      "221 b\r\n"},
     "T250 R550",
     BEGUN "DATA|" CONTENT "QUIT|",
     "250 ok",
     "smtp",
     {NULL, 0},
     ""},
    {"all of them",
     {HELLO, "250 m\r\n", "450 4.2.1 busy\r\n", "550 who\r\n", "221 b\r\n"},
     "R450 R550",
     BEGUN "QUIT|",
     "450 4.2.1 busy",
     "smtp",
     {NULL, 0},
     ""},
    {"the sender",
     {HELLO, "553 no\r\n", "221 b\r\n"},
     "R553 R553",
     "EHLO me.test|MAIL FROM:<a@x> SIZE=20|QUIT|",
     "553 no",
     "smtp",
     {NULL, 0},
     ""},
    {"the message",
     {HELLO, "250 m\r\n", "250 u\r\n", "250 v\r\n", "354 go\r\n", "554 no\r\n", "221 b\r\n"},
     "R554 R554",
     BEGUN "DATA|" CONTENT "QUIT|",
     "554 no",
     "smtp",
     {NULL, 0},
     ""},
    {"lost in the middle",
     {HELLO, "250 m\r\n", NULL},
     "O0 O0",
     "EHLO me.test|MAIL FROM:<a@x> SIZE=20|RCPT TO:<u@y>|",
     NULL,
     "smtp",
     {NULL, 0},
     ""},
    {"lost behind the dot",
     {HELLO, "250 m\r\n", "250 u\r\n", "250 v\r\n", "354 go\r\n", NULL},
     "U0 U0",
     BEGUN "DATA|" CONTENT,
     NULL,
     "smtp",
     {NULL, 0},
     ""},
    {"a parameter that is not offered any more",
     {HELLO, "250 m\r\n", "250 u\r\n", "250 v\r\n", "354 go\r\n", "250 ok\r\n", "221 b\r\n"},
     "T250 T250",
     BEGUN "DATA|" CONTENT "QUIT|",
     "250 ok",
     "smtp",
     SLICE_INIT("RET=HDRS"),
     " RET"},
    {"LMTP",
     {HELLO, "250 m\r\n", "250 u\r\n", "250 v\r\n", "354 go\r\n", "250 u\r\n552 v\r\n",
      "221 b\r\n"},
     "T250 R552",
     "LHLO me.test|MAIL FROM:<a@x> SIZE=20|RCPT TO:<u@y>|RCPT TO:<v@y>|DATA|" CONTENT "QUIT|",
     "250 u",
     "lmtp",
     {NULL, 0},
     ""},
};

static void check(const struct row *row)
{
    static const char letters[] = {
        [RESEND_OPEN] = 'O', [RESEND_TAKEN] = 'T', [RESEND_REFUSED] = 'R', [RESEND_UNKNOWN] = 'U'};
    struct depot_entry entry = {
        .record = {.sender = SLICE("a@x"), .params = row->params, .helo = SLICE("h")},
        .message = SLICE(MESSAGE)};
    struct resend_recipient recipients[] = {{.address = SLICE("u@y")}, {.address = SLICE("v@y")}};
    struct mail_server server;
    struct bytes left_out, outcomes;
    char settings[256];

    mail_server_begin(&server, row->script);
    (void)snprintf(settings, sizeof settings,
                   "hostname = \"me.test\"; upstreams = ( { address = \"127.0.0.1:%u\"; protocol = "
                   "\"%s\"; } );\n",
                   (unsigned)server.port, row->protocol);
    struct config *config = configured(settings);
    arena_init(&entry.arena, 4096, 65536);
    bytes_init(&left_out, 1024);
    bytes_init(&outcomes, 1024);
    const struct resend_request request = {.config = config,
                                           .upstream = &config->upstreams[0],
                                           .entry = &entry,
                                           .recipients = recipients,
                                           .recipient_count = COUNT_OF(recipients),
                                           .arena = &entry.arena,
                                           .left_out = &left_out};
    assert_int_equal(resend_run(&request), 0);
    assert_row_slice(mail_server_end(&server), slice_str(row->heard), row->name, 0);
    for (size_t i = 0; i < COUNT_OF(recipients); i++)
        bytes_format(&outcomes, "%s%c%d", i > 0 ? " " : "", letters[recipients[i].outcome],
                     recipients[i].code);
    assert_row_slice(bytes_slice(&outcomes), slice_str(row->outcomes), row->name, 0);
    assert_row_slice(bytes_slice(&left_out), slice_str(row->left_out), row->name, 0);
    if (row->text != NULL)
        assert_row_slice(recipients[0].text, slice_str(row->text), row->name, 0);
    assert_row(recipients[0].text.len > 0, row->name, 0);
    bytes_fini(&outcomes);
    bytes_fini(&left_out);
    arena_fini(&entry.arena);
    config_unref(config);
}

static void every_row(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        check(&rows[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_row),
    };

    return cmocka_run_group_tests_name("resend", tests, NULL, NULL);
}
