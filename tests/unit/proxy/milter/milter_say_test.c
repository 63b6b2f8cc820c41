/* Commands, and which of them go out (MILTER 2, 5). */
#include "filters/verdict.h"
#include "tests/unit/proxy/milter/scene.h"

static const struct slice PARAMS[] = {SLICE_INIT("SIZE=100"), SLICE_INIT("BODY=8BITMIME")};

static void message(struct scene *s)
{
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

        cmocka_unit_test(commands),

        cmocka_unit_test(clients),
        cmocka_unit_test(recipients),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
