/* probe: a session against a scripted milter, whose loop runs in a thread of its own. */
#include "proxy/probe/probe.h"

#include "tests/unit/proxy/milter/play.h"
#include "tests/unit/proxy/net/ground.h"

#include <pthread.h>

#define MESSAGE "From: a@x\r\nSubject: hi\r\n\r\nbody\r\n"

struct scene {
    struct loop *loop; /* the milter's */
    struct play play;
    pthread_t thread;
    struct probe_request request;
    struct probe probe;
};

static void *serve(void *loop)
{
    return loop_run(loop) == 0 ? NULL : loop;
}

static const struct slice RECIPIENTS[] = {SLICE_INIT("u@y"), SLICE_INIT("v@y")};

static void begin(struct scene *s, const struct play_line *lines)
{
    *s = (struct scene){.loop = loop_create()};
    assert_non_null(s->loop);
    play_begin(&s->play, s->loop, lines);
    s->request = (struct probe_request){.endpoint = s->play.endpoint,
                                        .version = PACKET_VERSION_MAX,
                                        .timeout_ms = GROUND_PATIENCE_MS,
                                        .repeat = 1,
                                        .until = STAGE_MESSAGE,
                                        .helo = SLICE("client.example.com"),
                                        .sender = SLICE("a@x"),
                                        .message = SLICE(MESSAGE),
                                        .recipients = RECIPIENTS,
                                        .recipient_count = COUNT_OF(RECIPIENTS)};
    assert_int_equal(address_parse(SLICE("192.0.2.1"), &s->request.client), 0);
    assert_int_equal(pthread_create(&s->thread, NULL, serve, s->loop), 0);
}

/* Runs the probe, and ends the milter's thread: what it has heard can be looked at then. */
static void run(struct scene *s)
{
    void *broken;

    assert_int_equal(probe_run(&s->probe, &s->request), 0);
    assert_int_equal(loop_post(s->loop, stop_loop, s->loop), 0);
    assert_int_equal(pthread_join(s->thread, &broken), 0);
    assert_null(broken);
}

static void end(struct scene *s)
{
    probe_end(&s->probe);
    play_end(&s->play);
    loop_destroy(s->loop);
}

static void a_session(void **state)
{
    struct scene s;

    (void)state;
    begin(&s, NULL);
    run(&s);
    assert_null(s.probe.failure);
    assert_int_equal(s.probe.fault, MILTER_FAULT_NONE);
    assert_non_null(s.probe.messages);
    assert_null(s.probe.messages->next);
    assert_int_equal(s.probe.messages->verdict.kind, VERDICT_CONTINUE);
    assert_int_equal(s.probe.messages->verdict.stage, STAGE_MESSAGE);
    assert_true(s.probe.transcript.settled);
    const char *heard = play_heard(&s.play);
    assert_non_null(strstr(heard, "M:<a@x>"));
    assert_non_null(strstr(heard, "R:<u@y>"));
    assert_non_null(strstr(heard, "R:<v@y>"));
    assert_non_null(strstr(heard, "L:Subject=hi"));
    assert_non_null(strstr(heard, "B:6"));
    end(&s);
}

static void until(void **state)
{
    struct scene s;

    (void)state;
    begin(&s, NULL);
    s.request.until = STAGE_MAIL;
    run(&s);
    assert_null(s.probe.failure);
    const char *heard = play_heard(&s.play);
    assert_non_null(strstr(heard, "M:<a@x>"));
    assert_null(strstr(heard, "R:"));
    end(&s);
}

static void repeated(void **state)
{
    struct scene s;
    unsigned count = 0;

    (void)state;
    begin(&s, NULL);
    s.request.repeat = 3;
    run(&s);
    for (const struct probe_message *m = s.probe.messages; m != NULL; m = m->next)
        assert_int_equal(m->number, ++count);
    assert_int_equal(count, 3);
    assert_int_equal(s.play.dials, 1);
    assert_int_equal(s.play.counts['C'], 1); /* it is introduced once */
    end(&s);
}

static void changed(void **state)
{
    static const struct play_line lines[] = {{'E', 0, "h:X-A;b|b:new\r\n|c"}, {.say = NULL}};
    struct scene s;

    (void)state;
    begin(&s, lines);
    run(&s);
    assert_null(s.probe.failure);
    const struct probe_message *message = s.probe.messages;
    assert_int_equal(message->edits.count, 2);
    assert_false(message->unfit);
    assert_true(message->header.count > 0 && message->body.diff.count > 0);
    assert_int_equal(message->envelope.count, 0);
    end(&s);
}

static void refused(void **state)
{
    static const struct play_line lines[] = {{'M', 0, "y:550 5.7.1 no"}, {.say = NULL}};
    struct scene s;

    (void)state;
    begin(&s, lines);
    run(&s);
    assert_null(s.probe.failure);
    assert_int_equal(s.probe.messages->verdict.kind, VERDICT_REJECT);
    assert_int_equal(s.probe.messages->verdict.stage, STAGE_MAIL);
    assert_text(s.probe.messages->verdict.reply.wire, "550 5.7.1 no\r\n");
    assert_null(strstr(play_heard(&s.play), "R:")); /* an MTA would not go on either */
    end(&s);
}

static void faults(void **state)
{
    static const struct {
        const char *name, *say;
        enum milter_fault fault;
    } rows[] = {
        {"it goes away", "!", MILTER_FAULT_LOST},
        {"it says nothing", "", MILTER_FAULT_SILENT},
        {"no such reply", "#0000000151", MILTER_FAULT_PROTOCOL},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        const struct play_line lines[] = {{'H', 0, rows[i].say}, {.say = NULL}};
        struct scene s;

        begin(&s, lines);
        s.request.timeout_ms = 300;
        run(&s);
        assert_row(s.probe.fault == rows[i].fault, rows[i].name, i);
        assert_row(s.probe.failure != NULL, rows[i].name, i);
        end(&s);
    }
}

static void nobody_there(void **state)
{
    struct scene s;
    uint16_t port;

    (void)state;
    begin(&s, NULL);
    assert_int_equal(close(tcp_listen(&port)), 0);
    s.request.endpoint.address.port = port;
    run(&s);
    assert_int_equal(s.probe.fault, MILTER_FAULT_UNREACHABLE);
    assert_non_null(s.probe.failure);
    end(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_session),    cmocka_unit_test(until),   cmocka_unit_test(repeated),
        cmocka_unit_test(changed),      cmocka_unit_test(refused), cmocka_unit_test(faults),
        cmocka_unit_test(nobody_there),
    };

    return cmocka_run_group_tests_name("probe", tests, NULL, NULL);
}
