#include "tests/unit/proxy/milter/scene.h"
#include "filters/base/slice.h"
#include "filters/verdict.h"

#include <string.h>

#define TIMEOUT_MS 20000

void scene_wake(void *ctx)
{
    struct scene *s = ctx;

    s->wakes++;
    assert_false(milter_busy(s->milter));
}

void scene_begin(struct scene *s, const struct play_line *lines)
{
    const struct milter_setup setup = {.loop = s->loop = loop_create(),
                                       .conf = &s->conf,
                                       .limits = &s->limits,
                                       .wake = scene_wake,
                                       .ctx = s};

    s->wakes = 0;
    play_begin(&s->play, s->loop, lines);
    s->conf = (struct milter_conf){.name = SLICE("m"),
                                   .endpoint = s->play.endpoint,
                                   .may = MILTER_MAY_ALL,
                                   .connect_timeout_ms = TIMEOUT_MS,
                                   .command_timeout_ms = TIMEOUT_MS,
                                   .content_timeout_ms = TIMEOUT_MS};
    s->limits = (struct limits){
        .message_bytes = 32U << 20, .memory_per_message_bytes = 65536, .spool_dir = SLICE("/tmp")};
    s->facts = (struct milter_facts){.hostname = SLICE("gw.example.org"),
                                     .client_name = SLICE("mx.test"),
                                     .client_addr = SLICE("192.0.2.1")};
    arena_init(&s->arena, 4096, 16U << 20);
    s->milter = milter_create(&setup);
    assert_non_null(s->milter);
}

void scene_end(struct scene *s)
{
    milter_destroy(s->milter);
    run_for(s->loop, 5);
    play_end(&s->play);
    loop_destroy(s->loop);
    arena_fini(&s->arena);
}

static bool is_idle(const void *ctx)
{
    return !milter_busy(((const struct scene *)ctx)->milter);
}

void scene_settle(struct scene *s)
{
    run_until(s->loop, is_idle, s);
}

void scene_quiet(struct scene *s)
{
    run_for(s->loop, 30);
}

static struct verdict feed(struct scene *s)
{
    milter_feed(s->milter, &s->event, &s->facts);
    scene_settle(s);
    return milter_verdict(s->milter);
}

struct verdict scene_connect(struct scene *s)
{
    s->event = (struct event){.kind = EVENT_CONNECT};
    assert_int_equal(address_parse(SLICE("192.0.2.1"), &s->event.u.connect.client), 0);
    s->event.u.connect.client.port = 2525;
    return feed(s);
}

struct verdict scene_helo(struct scene *s)
{
    s->event = (struct event){.kind = EVENT_HELO, .u.helo.name = SLICE("me.test")};
    return feed(s);
}

struct verdict scene_mail(struct scene *s, const char *sender)
{
    s->event = (struct event){.kind = EVENT_MAIL, .u.mail.sender = slice_str(sender)};
    return feed(s);
}

struct verdict scene_rcpt(struct scene *s, const char *recipient)
{
    s->event = (struct event){.kind = EVENT_RCPT, .u.rcpt.recipient = slice_str(recipient)};
    return feed(s);
}

struct verdict scene_data(struct scene *s)
{
    s->event = (struct event){.kind = EVENT_DATA};
    return feed(s);
}

struct verdict scene_envelope(struct scene *s)
{
    (void)scene_connect(s);
    (void)scene_helo(s);
    (void)scene_mail(s, "s@example.org");
    (void)scene_rcpt(s, "u@example.org");
    return scene_data(s);
}

void scene_start(struct scene *s, const char *header, struct slice body)
{
    assert_int_equal(header_parse(&s->header, slice_str(header), true, &s->arena), 0);
    milter_message(s->milter, &s->header, body, &s->facts, SCENE_BUDGET_MS);
}

struct verdict scene_message(struct scene *s, const char *header, struct slice body)
{
    scene_start(s, header, body);
    scene_settle(s);
    return milter_verdict(s->milter);
}

const char *scene_edits(struct scene *s)
{
    const struct edit_list *edits = milter_edits(s->milter);
    struct bytes text;
    struct slice copy;

    bytes_init(&text, 65536);
    for (size_t i = 0; i < edits->count; i++) {
        const struct edit *edit = &edits->items[i];

        bytes_format(&text, "%s%.*s", i > 0 ? "|" : "", SLICE_ARG(edit_name(edit->kind)));
        if (edit_is_header(edit->kind) && edit->kind != EDIT_ADD_HEADER)
            bytes_format(&text, "[%u]", edit->index);
        bytes_append_char(&text, ' ');
        bytes_append(&text, edit->name);
        if (edit->kind != EDIT_DELETE_HEADER) {
            bytes_append(&text, edit->name.len > 0 ? SLICE("=") : SLICE_NONE);
            bytes_append(&text, edit->value);
        }
    }
    copy = arena_copy(&s->arena, bytes_slice(&text));
    bytes_fini(&text);
    return copy.ptr;
}
