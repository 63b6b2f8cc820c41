/* probe_example: a probe as probe_run leaves it, with one of each that a report can tell, for the
 * tests of the reports. */
#ifndef TESTS_UNIT_PROXY_PROBE_PROBE_EXAMPLE_H
#define TESTS_UNIT_PROXY_PROBE_PROBE_EXAMPLE_H

#include "filters/event.h"
#include "filters/verdict.h"
#include "proxy/probe/probe_report.h"
#include "tests/unit/support.h"

struct example {
    struct probe_request request;
    struct probe probe;
    struct transcript_answer answers[4];
    struct transcript_step steps[4];
    struct packet_macro macro;
    struct edit edits[3];
    struct diff_line lines[2];
    struct probe_message message;
};

static inline void example_begin(struct example *x)
{
    *x = (struct example){
        .request = {.endpoint = {.text = SLICE("inet:8891@127.0.0.1")}, .repeat = 1},
        .macro = {SLICE("j"), SLICE("gw\x1b")},
        .answers = {{.known = true, .kind = PACKET_REPLY_CONTINUE, .count = 1, .after_us = 1234},
                    {.known = true,
                     .kind = PACKET_REPLY_INSERT_HEADER,
                     .text = SLICE("X-A: b"),
                     .index = 2,
                     .count = 3,
                     .after_us = 50},
                    {.known = true, .kind = PACKET_REPLY_REPLACE_BODY, .octets = 70000, .count = 1},
                    {.wrong = "no such reply", .text = SLICE("7a00"), .count = 1}},
        .steps = {{.kind = PACKET_COMMAND_CONNECT, .text = SLICE("[192.0.2.1]"), .awaited = true},
                  {.kind = PACKET_COMMAND_HELO, .unsent = "NOHELO"},
                  {.kind = PACKET_COMMAND_BODYEOB, .awaited = true},
                  {.kind = PACKET_COMMAND_QUIT}},
        .edits = {{.kind = EDIT_ADD_HEADER, .name = SLICE("X-A"), .value = SLICE(" b")},
                  {.kind = EDIT_DELETE_HEADER, .name = SLICE("X-B"), .index = 1},
                  {.kind = EDIT_REPLACE_BODY, .value = SLICE("12345")}},
        .lines = {{'@', SLICE("@@ -1,1 +1,2 @@")}, {'+', SLICE("X-A: b\x1b")}},
        .message = {.number = 1,
                    .verdict = {.kind = VERDICT_REJECT,
                                .stage = STAGE_MESSAGE,
                                .reply = {550, SLICE("550-5.7.1 No\r\n550 5.7.1 really\r\n")}},
                    .note = "a note"},
    };
    x->steps[0].answers = &x->answers[0];
    x->steps[0].macros = &x->macro;
    x->steps[0].macro_count = 1;
    x->steps[2].answers = &x->answers[1];
    for (size_t i = 1; i + 1 < COUNT_OF(x->answers); i++)
        x->answers[i].next = &x->answers[i + 1];
    for (size_t i = 0; i + 1 < COUNT_OF(x->steps); i++)
        x->steps[i].next = &x->steps[i + 1];
    x->message.edits = (struct edit_list){.items = x->edits, .count = COUNT_OF(x->edits)};
    x->message.header = (struct diff){x->lines, COUNT_OF(x->lines)};
    x->probe = (struct probe){.request = &x->request, .messages = &x->message};
    x->probe.transcript = (struct transcript){
        .offered = true,
        .offer = {.version = 6, .actions = PACKET_ACTION_ADD_HEADERS | 0x80000000U},
        .answered = true,
        .answer = {.version = 2, .steps = PACKET_STEP_NO_HELO},
        .settled = true,
        .agreed = {.version = 2, .steps = PACKET_STEP_NO_HELO},
        .steps = &x->steps[0],
        .last = &x->steps[COUNT_OF(x->steps) - 1]};
    x->probe.transcript.answer.symbols.given = 1U << PACKET_STAGE_CONNECT;
    x->probe.transcript.answer.symbols.lists[PACKET_STAGE_CONNECT] = SLICE("j {x}");
}

#endif
