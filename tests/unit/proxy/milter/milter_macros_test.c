/* The macros before each command (MILTER 6). */
#include "filters/verdict.h"
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(postfix_macros), cmocka_unit_test(sendmail_macros),
        cmocka_unit_test(asked_macros),   cmocka_unit_test(stale_macros),
        cmocka_unit_test(macros_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
