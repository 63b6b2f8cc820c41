/* mime_kit: a message given as text, and its parts as mime reads them. */
#ifndef TESTS_UNIT_FILTERS_MIME_MIME_KIT_H
#define TESTS_UNIT_FILTERS_MIME_MIME_KIT_H

#include "filters/message/header.h"
#include "filters/mime/mime.h"
#include "tests/unit/support.h"

struct read_message {
    struct arena arena;
    struct header header;
    struct slice body;
    struct mime mime;
};

static const struct mime_bounds BOUNDS = {
    .parts = 1000, .fields = 1000, .parameters = 1000, .header_bytes = 10000, .body_bytes = 100000};

static inline void split(struct read_message *message, struct slice text)
{
    struct header_scan scan = {0};
    struct header_end end;

    arena_init(&message->arena, 4096, (size_t)64 << 20);
    assert_int_equal(header_scan(&scan, text, true, &end), 1);
    assert_int_equal(header_parse(&message->header, slice_first(text, end.fields_end),
                                  end.body_start > end.fields_end, &message->arena),
                     0);
    message->body = slice_from(text, end.body_start);
}

static inline enum content_result read_split(struct read_message *message,
                                             const struct mime_bounds *bounds, unsigned depth,
                                             struct allowance *allowance)
{
    return mime_read(&message->header, message->body, bounds, depth, allowance, &message->arena,
                     &message->mime);
}

static inline void read_message(struct read_message *message, struct slice text)
{
    struct allowance allowance = {0};

    *message = (struct read_message){0};
    split(message, text);
    assert_int_equal(read_split(message, &BOUNDS, 100, &allowance), CONTENT_READ);
}

static inline void read_fini(struct read_message *message)
{
    arena_fini(&message->arena);
}

#endif
