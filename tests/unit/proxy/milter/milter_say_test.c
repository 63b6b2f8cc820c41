/* Macros and commands, and which of them go out (MILTER 5.2, 5.5, 5.6). */
#include "tests/unit/proxy/milter/scene.h"

static const struct slice PARAMS[] = {SLICE_INIT("SIZE=100"), SLICE_INIT("BODY=8BITMIME")};

static void fill(struct milter_facts *facts)
{
    *facts = (struct milter_facts){
        .hostname = SLICE("gw.test"),
        .version = SLICE("Postern"),
        .queue_id = SLICE("Q1"),
        .date = SLICE("today"),
        .protocol = SLICE("ESMTP"),
        .helo = SLICE("me.test"),
        .time = SLICE("202601011200"),
        .client_name = SLICE("mx.test"),
        .client_addr = SLICE("192.0.2.1"),
        .client_port = SLICE("2525"),
        .daemon_name = SLICE("inbound"),
        .daemon_addr = SLICE("192.0.2.9"),
        .if_addr = SLICE("192.0.2.9"),
        .tls_version = SLICE("TLSv1.3"),
        .cipher = SLICE("AES"),
        .cipher_bits = SLICE("256"),
        .auth_type = SLICE("PLAIN"),
        .auth_authen = SLICE("bob"),
        .auth_ssf = SLICE("0"),
        .mail_mailer = SLICE("esmtp"),
        .mail_host = SLICE("b.test"),
        .rcpt_mailer = SLICE("esmtp"),
        .rcpt_host = SLICE("example.org"),
        .msg_id = SLICE("<1@b.test>"),
    };
}

static void message(struct scene *s)
{
    fill(&s->facts);
    (void)scene_connect(s);
    (void)scene_helo(s);
    s->facts.params = PARAMS;
    s->facts.param_count = COUNT_OF(PARAMS);
    (void)scene_mail(s, "a@b.test");
    s->facts.param_count = 0;
    (void)scene_rcpt(s, "u@example.org");
    (void)scene_data(s);
    (void)scene_message(s, "A: 1\r\nB: 2\r\n", SLICE("hello\r\n"));
    scene_quiet(s);
}

static void postfix_macros(void **state)
{
    struct scene s;

    (void)state;
    scene_begin(&s, NULL);
    s.play.tell_macros = true;
    message(&s);
    assert_string_equal(
        play_heard(&s.play),
        "O|DC{j=gw.test,{daemon_name}=inbound,{daemon_addr}=192.0.2.9,v=Postern,_=mx.test "
        "[192.0.2.1],t=202601011200,b=today,{client_addr}=192.0.2.1,{client_name}=mx.test,"
        "{client_port}=2525}|C:mx.test/4/2525/192.0.2.1"
        "|DH{{tls_version}=TLSv1.3,{cipher}=AES,{cipher_bits}=256,s=me.test}|H:me.test"
        "|DM{i=Q1,{auth_type}=PLAIN,{auth_authen}=bob,{mail_addr}=a@b.test,{mail_host}=b.test,"
        "{mail_mailer}=esmtp,r=ESMTP}|M:<a@b.test>,SIZE=100,BODY=8BITMIME"
        "|DR{i=Q1,{rcpt_addr}=u@example.org,{rcpt_host}=example.org,{rcpt_mailer}=esmtp,b=today,"
        "r=ESMTP,v=Postern,Z=Postern}|R:<u@example.org>|DT{i=Q1}|T"
        "|DL{i=Q1}|L:A=1|L:B=2|DN{i=Q1}|N|DB{i=Q1}|B:7|DE{i=Q1}|E");
    scene_end(&s);
}

static void sendmail_macros(void **state)
{
    struct scene s;

    (void)state;
    scene_begin(&s, NULL);
    s.conf.macros = MILTER_STYLE_SENDMAIL;
    s.play.tell_macros = true;
    message(&s);
    assert_non_null(strstr(play_heard(&s.play), "|DE{{msg_id}=<1@b.test>}|E"));
    scene_end(&s);
}

/* What it asks for replaces all that it would hear of itself; a macro without a value is not sent.
 */
static void asked_macros(void **state)
{
    struct scene s;

    (void)state;
    scene_begin(&s, NULL);
    s.play.tell_macros = true;
    s.play.answer = packet_options_offer(PACKET_VERSION_MAX);
    s.play.answer.steps = 0;
    s.play.answer.symbols.given =
        1U << PACKET_STAGE_CONNECT | 1U << PACKET_STAGE_EOM | 1U << PACKET_STAGE_MAIL;
    s.play.answer.symbols.lists[PACKET_STAGE_CONNECT] = SLICE("{client_addr} {tls_sni} {none} j");
    s.play.answer.symbols.lists[PACKET_STAGE_EOM] = SLICE("_");
    message(&s);
    assert_true(strncmp(play_heard(&s.play), "O|DC{{client_addr}=192.0.2.1,j=gw.test}|C:",
                        strlen("O|DC{{client_addr}="
                               "192.0.2.1,j=gw.test}"
                               "|C:")) == 0);
    assert_non_null(strstr(s.play.heard.data, "|M:<a@b.test>"));
    assert_null(strstr(s.play.heard.data, "|DM"));
    assert_non_null(strstr(s.play.heard.data, "|DE{_=mx.test [192.0.2.1]}|E"));
    scene_end(&s);
}

/* Values of the recipient before are replaced, even by none. */
static void stale_macros(void **state)
{
    struct scene s;

    (void)state;
    scene_begin(&s, NULL);
    s.play.tell_macros = true;
    s.play.answer = packet_options_offer(PACKET_VERSION_MAX);
    s.play.answer.steps = 0;
    s.play.answer.symbols.given = 1U << PACKET_STAGE_RCPT;
    s.play.answer.symbols.lists[PACKET_STAGE_RCPT] = SLICE("{rcpt_host}");
    (void)scene_connect(&s);
    (void)scene_mail(&s, "a@b.test");
    (void)scene_rcpt(&s, "u@example.org");
    s.facts.rcpt_host = SLICE("h");
    (void)scene_rcpt(&s, "v@example.org");
    s.facts.rcpt_host = SLICE_NONE;
    (void)scene_rcpt(&s, "w@example.org");
    assert_non_null(strstr(play_heard(&s.play),
                           "|R:<u@example.org>|DR{{rcpt_host}=h}|R:<v@example.org>|DR{}|R:<w@"));
    scene_end(&s);
}

/* --- which commands --- */

struct row {
    const char *name;
    uint32_t version, steps;
    const char *heard; /* macros left out; those are sent in any case */
};

#define WHOLE "O|C:mx.test/4/2525/192.0.2.1|H:me.test|M:<a@b.test>,SIZE=100,BODY=8BITMIME|"

static const struct row ROWS[] = {
    {"all", 6, 0, WHOLE "R:<u@example.org>|T|L:A=1|L:B=2|N|B:7|E"},
    {"nothing", 6,
     PACKET_STEP_NO_CONNECT | PACKET_STEP_NO_HELO | PACKET_STEP_NO_MAIL | PACKET_STEP_NO_RCPT |
         PACKET_STEP_NO_BODY | PACKET_STEP_NO_HEADERS | PACKET_STEP_NO_EOH |
         PACKET_STEP_NO_UNKNOWN | PACKET_STEP_NO_DATA,
     "O|E"},
    {"no body", 6, PACKET_STEP_NO_BODY, WHOLE "R:<u@example.org>|T|L:A=1|L:B=2|N|E"},
    {"no header", 6, PACKET_STEP_NO_HEADERS | PACKET_STEP_NO_EOH,
     WHOLE "R:<u@example.org>|T|B:7|E"},
    {"unanswered", 6,
     PACKET_STEP_UNANSWERED_CONNECT | PACKET_STEP_UNANSWERED_HELO | PACKET_STEP_UNANSWERED_MAIL |
         PACKET_STEP_UNANSWERED_RCPT | PACKET_STEP_UNANSWERED_DATA |
         PACKET_STEP_UNANSWERED_HEADERS | PACKET_STEP_UNANSWERED_EOH | PACKET_STEP_UNANSWERED_BODY,
     WHOLE "R:<u@example.org>|T|L:A=1|L:B=2|N|B:7|E"},
    {"leading spaces", 6, PACKET_STEP_LEADING_SPACE,
     WHOLE "R:<u@example.org>|T|L:A= 1|L:B= 2|N|B:7|E"},
    {"version 2 has no DATA", 2, 0, WHOLE "R:<u@example.org>|L:A=1|L:B=2|N|B:7|E"},
    {"version 4", 4, 0, WHOLE "R:<u@example.org>|T|L:A=1|L:B=2|N|B:7|E"},
};

static void commands(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(ROWS); i++) {
        struct scene s;

        scene_begin(&s, NULL);
        s.play.answer = (struct packet_options){
            ROWS[i].version, PACKET_ACTIONS_V2, ROWS[i].steps, {.given = 0}};
        message(&s);
        assert_row(milter_verdict(s.milter).kind == VERDICT_CONTINUE, ROWS[i].name, i);
        assert_row_slice(slice_str(play_heard(&s.play)), slice_str(ROWS[i].heard), ROWS[i].name, i);
        scene_end(&s);
    }
}

/* Macros of what is not sent are sent. */
static void macros_alone(void **state)
{
    struct scene s;

    (void)state;
    scene_begin(&s, NULL);
    s.play.tell_macros = true;
    s.play.answer = (struct packet_options){
        6, PACKET_ACTIONS_V2, PACKET_STEP_NO_DATA | PACKET_STEP_NO_BODY, {.given = 0}};
    message(&s);
    assert_non_null(strstr(play_heard(&s.play), "|DT{i=Q1}|DL{i=Q1}|L:A=1|L:B=2|DN{i=Q1}|N|DB{i=Q1}"
                                                "|DE{i=Q1}|E"));
    scene_end(&s);
}

struct client {
    const char *name, *address; /* NULL: unknown */
    const char *heard;
};

static const struct client CLIENTS[] = {
    {"mx.test", "192.0.2.1", "O|C:mx.test/4/2525/192.0.2.1"},
    {"unknown", "192.0.2.1", "O|C:[192.0.2.1]/4/2525/192.0.2.1"},
    {"", "2001:db8::1", "O|C:[2001:db8::1]/6/2525/2001:db8::1"},
    {"x", NULL, "O|C:unknown/U/0/"},
};

static void clients(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(CLIENTS); i++) {
        struct scene s;

        scene_begin(&s, NULL);
        s.facts.client_name = slice_str(CLIENTS[i].name);
        s.event = (struct event){.kind = EVENT_CONNECT};
        if (CLIENTS[i].address != NULL)
            assert_int_equal(
                address_parse(slice_str(CLIENTS[i].address), &s.event.u.connect.client), 0);
        s.event.u.connect.client.port = 2525;
        milter_feed(s.milter, &s.event, &s.facts);
        scene_settle(&s);
        assert_string_equal(play_heard(&s.play), CLIENTS[i].heard);
        scene_end(&s);
    }
}

/* Refused recipients are told to those who asked, with why. SKIP ends one kind of command until
 * another comes. */
static void recipients(void **state)
{
    static const struct play_line lines[] = {{'R', 2, "s"}, {.say = NULL}};

    (void)state;
    for (unsigned wants = 0; wants < 2; wants++) {
        struct scene s;

        scene_begin(&s, lines);
        s.play.answer = packet_options_offer(PACKET_VERSION_MAX);
        s.play.answer.steps =
            PACKET_STEP_SKIP | (wants ? (uint32_t)PACKET_STEP_REFUSED_RECIPIENT : 0U);
        (void)scene_connect(&s);
        (void)scene_mail(&s, "a@b.test");
        (void)scene_rcpt(&s, "u@x.test");
        s.event.kind = EVENT_RCPT_REFUSED;
        milter_feed(s.milter, &s.event, &s.facts);
        scene_settle(&s);
        (void)scene_rcpt(&s, "v@x.test");
        (void)scene_rcpt(&s, "w@x.test");
        (void)scene_data(&s);
        assert_string_equal(strstr(play_heard(&s.play), "R:"),
                            wants ? "R:<u@x.test>|R:<u@x.test>|T" : "R:<u@x.test>|R:<v@x.test>|T");
        scene_end(&s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(postfix_macros), cmocka_unit_test(sendmail_macros),
        cmocka_unit_test(asked_macros),   cmocka_unit_test(stale_macros),
        cmocka_unit_test(commands),       cmocka_unit_test(macros_alone),
        cmocka_unit_test(clients),        cmocka_unit_test(recipients),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
