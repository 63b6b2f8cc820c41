/* probe_report_json: one object on one line. */
#include "tests/unit/proxy/probe/probe_example.h"

static void assert_report(const struct probe *probe, const char *wanted)
{
    struct bytes out;

    bytes_init(&out, 65536);
    probe_report_json(probe, &out);
    assert_int_equal(bytes_end(&out), 0);
    assert_slice(bytes_slice(&out), slice_str(wanted));
    bytes_fini(&out);
}

static void all_of_it(void **state)
{
    struct example x;

    (void)state;
    example_begin(&x);
    assert_report(
        &x.probe,
        "{\"milter\":\"inet:8891@127.0.0.1\","
        "\"offered\":{\"version\":6,\"action_bits\":2147483649,\"actions\":[\"ADDHDRS\"],"
        "\"protocol_bits\":0,\"protocol\":[],\"macros\":{}},"
        "\"answered\":{\"version\":2,\"action_bits\":0,\"actions\":[],\"protocol_bits\":2,"
        "\"protocol\":[\"NOHELO\"],\"macros\":{\"connect\":\"j {x}\"}},"
        "\"agreed\":{\"version\":2,\"action_bits\":0,\"actions\":[],\"protocol_bits\":2,"
        "\"protocol\":[\"NOHELO\"],\"macros\":{}},"
        "\"steps\":[{\"command\":\"CONNECT\",\"sent\":true,\"text\":\"[192.0.2.1]\","
        "\"macros\":[{\"name\":\"j\",\"value\":\"gw\\u001b\"}],\"awaited\":true,"
        "\"answers\":[{\"answer\":\"continue\",\"text\":\"\",\"ms\":1.234}]},"
        "{\"command\":\"HELO\",\"sent\":false,\"reason\":\"NOHELO\",\"macros\":[],"
        "\"awaited\":false,\"answers\":[]},"
        "{\"command\":\"EOB\",\"sent\":true,\"text\":\"\",\"macros\":[],\"awaited\":true,"
        "\"answers\":[{\"answer\":\"insert header\",\"text\":\"X-A: b\",\"index\":2,\"count\":3,"
        "\"ms\":0.05},{\"answer\":\"replace body\",\"text\":\"\",\"size\":70000,\"ms\":0},"
        "{\"wrong\":\"no such reply\",\"octets\":\"7a00\",\"ms\":0}]},"
        "{\"command\":\"QUIT\",\"sent\":true,\"text\":\"\",\"macros\":[],\"awaited\":false,"
        "\"answers\":[]}],"
        "\"messages\":[{\"verdict\":\"reject\",\"stage\":\"message\","
        "\"reply\":\"550-5.7.1 No\\r\\n550 5.7.1 really\\r\\n\",\"note\":\"a note\","
        "\"edits\":[{\"edit\":\"add_header\",\"name\":\"X-A\",\"value\":\" b\"},"
        "{\"edit\":\"delete_header\",\"name\":\"X-B\",\"index\":1},"
        "{\"edit\":\"replace_body\",\"size\":5}],\"edits_fit\":true,\"envelope_diff\":[],"
        "\"header_diff\":[\"@@ -1,1 +1,2 @@\",\"+X-A: b\\u001b\"],\"body_diff\":[]}]}\n");
}

static void failed(void **state)
{
    struct example x;

    (void)state;
    example_begin(&x);
    x.probe.transcript =
        (struct transcript){.steps = &x.steps[0], .last = &x.steps[0], .unasked = true};
    x.steps[0] = (struct transcript_step){.kind = PACKET_COMMAND_OPTNEG, .awaited = true};
    x.message = (struct probe_message){
        .number = 1,
        .verdict = {.failure = FAILURE_MILTER, .reply = {451, SLICE("451 4.7.1 Later\r\n")}},
        .unfit = true};
    x.probe.fault = MILTER_FAULT_PROTOCOL;
    x.probe.failure = "it spoke unasked";
    assert_report(&x.probe,
                  "{\"milter\":\"inet:8891@127.0.0.1\",\"steps\":[{\"command\":\"OPTNEG\","
                  "\"sent\":true,\"text\":\"\",\"macros\":[],\"awaited\":true,\"answers\":[]}],"
                  "\"messages\":[{\"verdict\":\"failure\",\"stage\":\"connect\",\"edits\":[],"
                  "\"edits_fit\":false,\"envelope_diff\":[],\"header_diff\":[],\"body_diff\":[]}],"
                  "\"failure\":{\"kind\":\"protocol\",\"text\":\"it spoke unasked\","
                  "\"expected\":\"nothing, until it is asked\"}}\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_of_it),
        cmocka_unit_test(failed),
    };

    return cmocka_run_group_tests_name("probe_report_json", tests, NULL, NULL);
}
