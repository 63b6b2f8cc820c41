/* Who looks on sees each packet of both sides, and what is none; and what kind a failure is. */
#include "filters/verdict.h"
#include "tests/unit/proxy/milter/scene.h"

struct looker {
    struct bytes said, heard, garbage;
    bool asked;
};

static void on_said(void *ctx, struct packet packet)
{
    struct looker *looker = ctx;

    if (packet.code != (char)PACKET_COMMAND_MACRO)
        bytes_append_char(&looker->said, packet.code);
}

static void on_heard(void *ctx, struct packet packet)
{
    struct looker *looker = ctx;

    bytes_append_char(&looker->heard, packet.code);
}

static void on_garbage(void *ctx, struct slice input, bool asked)
{
    struct looker *looker = ctx;

    bytes_append(&looker->garbage, input);
    looker->asked = asked;
}

static const struct row {
    const char *name;
    struct play_line line;
    const char *said, *heard;
    struct slice garbage;
    enum milter_fault fault;
} ROWS[] = {
    {"all is well", {'X', 0, "c"}, "OCHMRTLLNBE", "Occcccccccc", {NULL, 0}, MILTER_FAULT_NONE},
    {"no reply", {'H', 0, "#000000015A"}, "OCH", "OcZ", {NULL, 0}, MILTER_FAULT_PROTOCOL},
    {"no length",
     {'H', 0, "#0000000041"},
     "OCH",
     "Oc",
     SLICE_INIT("\0\0\0\0A"),
     MILTER_FAULT_PROTOCOL},
    {"it leaves", {'M', 0, "!"}, "OCHM", "Occ", {NULL, 0}, MILTER_FAULT_LOST},
    {"silence", {'R', 0, ""}, "OCHMR", "Occc", {NULL, 0}, MILTER_FAULT_SILENT},
};

/* A milter of our own in place of the scene's, with a looker-on. */
static void look_on(struct scene *s, const struct milter_trace *trace)
{
    const struct milter_setup setup = {.loop = s->loop,
                                       .conf = &s->conf,
                                       .limits = &s->limits,
                                       .wake = scene_wake,
                                       .ctx = s,
                                       .trace = trace};

    milter_destroy(s->milter);
    s->milter = milter_create(&setup);
    assert_non_null(s->milter);
}

static void run(const struct row *row, size_t i)
{
    const struct play_line lines[] = {row->line, {.say = NULL}};
    struct looker looker = {.asked = false};
    const struct milter_trace trace = {on_said, on_heard, on_garbage, &looker};
    struct scene s;

    bytes_init(&looker.said, 1024);
    bytes_init(&looker.heard, 1024);
    bytes_init(&looker.garbage, 1024);
    scene_begin(&s, lines);
    if (row->fault == MILTER_FAULT_SILENT)
        s.conf.command_timeout_ms = 100;
    look_on(&s, &trace);
    (void)scene_envelope(&s);
    if (row->fault == MILTER_FAULT_NONE)
        (void)scene_message(&s, "A: b\r\nC: d\r\n", SLICE("x\r\n"));
    assert_row_slice(bytes_slice(&looker.said), slice_str(row->said), row->name, i);
    assert_row_slice(bytes_slice(&looker.heard), slice_str(row->heard), row->name, i);
    assert_row_slice(bytes_slice(&looker.garbage), row->garbage, row->name, i);
    assert_row(looker.asked == (row->garbage.len > 0), row->name, i);
    assert_int_equal(milter_fault(s.milter), row->fault);
    scene_end(&s);
    bytes_fini(&looker.said);
    bytes_fini(&looker.heard);
    bytes_fini(&looker.garbage);
}

static void rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(ROWS); i++)
        run(&ROWS[i], i);
}

/* Which version is offered is the owner's to say. */
static void version(void **state)
{
    struct scene s;
    struct milter_setup setup = {
        .limits = &s.limits, .conf = &s.conf, .wake = scene_wake, .ctx = &s};

    (void)state;
    scene_begin(&s, NULL);
    setup.loop = s.loop;
    setup.version = 4;
    milter_destroy(s.milter);
    s.milter = milter_create(&setup);
    assert_int_equal(scene_connect(&s).kind, VERDICT_CONTINUE);
    assert_int_equal(s.play.offer.version, 4);
    scene_end(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(rows), cmocka_unit_test(version)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
