/* content_text: see content_text.h. */
#include "tests/unit/filters/eval/content_text.h"

#include <stdlib.h>

#include "tests/unit/support.h"

static const char *const FACTS[CONTENT_FACTS] = {
    [CONTENT_BODY] = "body",
    [CONTENT_HIDDEN_TEXT] = "hidden_text",
    [CONTENT_ATTACHMENT] = "attachment",
    [CONTENT_ATTACHMENT_TYPE] = "attachment_type",
    [CONTENT_ATTACHMENT_SIZE] = "attachment_size",
    [CONTENT_ARCHIVE_MEMBER] = "archive_member",
    [CONTENT_ARCHIVE_ENCRYPTED] = "archive_encrypted",
    [CONTENT_LINK] = "link",
    [CONTENT_LINK_HOST] = "link_host",
};

static void add_value(struct content_text *t, struct slice name, struct slice text)
{
    size_t fact = 0;

    while (fact < CONTENT_FACTS && !slice_equal(name, slice_str(FACTS[fact])))
        fact++;
    if (fact == CONTENT_FACTS)
        fail_msg("no such fact: %.*s", SLICE_ARG(name));
    assert_true(t->content.values[fact].count < CONTENT_TEXT_VALUES);
    t->content.values[fact].items = t->values[fact];
    t->values[fact][t->content.values[fact].count++] =
        (struct content_value){.text = text, .number = strtoull(text.ptr, NULL, 10)};
}

static void add(struct content_text *t, struct slice word)
{
    size_t equals = slice_find(word, '=');

    if (slice_equal(word, SLICE("mismatch"))) {
        t->content.link_mismatch = true;
    } else if (slice_equal(word, SLICE("doubt"))) {
        t->doubt = (struct content_doubt){"two Content-Type fields", CONTENT_NO_PART};
        t->content.doubts = &t->doubt;
        t->content.doubt_count = 1;
    } else {
        assert_true(equals != SLICE_NOT_FOUND);
        add_value(t, slice_first(word, equals), slice_from(word, equals + 1));
    }
}

void content_text_init(struct content_text *t, struct slice text)
{
    *t = (struct content_text){.content = {.doubt_count = 0}};
    while (text.len > 0) {
        size_t bar = slice_find(text, '|');

        add(t, slice_first(text, bar));
        text = slice_from(text, bar == SLICE_NOT_FOUND ? text.len : bar + 1);
    }
}

enum content_result content_text_read(const struct header *header, struct slice body,
                                      struct content **content)
{
    struct content_limits limits = {.depth = 100, .parts = 1000, .memory_bytes = (size_t)1 << 26};
    struct allowance endless = {.over = NULL};

    content_destroy(*content);
    return content_read(header, body, &limits, &endless, content);
}
