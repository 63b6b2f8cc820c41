/* reading_kit: a message as text, and what is read of it. */
#ifndef TESTS_UNIT_FILTERS_CONTENT_READING_KIT_H
#define TESTS_UNIT_FILTERS_CONTENT_READING_KIT_H

#include <stdlib.h>

#include "filters/content/content.h"
#include "filters/message/header.h"
#include "tests/unit/support.h"

#define KIT_MEMORY ((size_t)64 << 20)

/* A message that was read. */
struct kit {
    struct arena arena;
    struct header header;
    struct slice body;
    struct allowance allowance;
    struct content_limits limits;
    struct content *content;
    char *copy; /* ends where memory ends that is not its own */
};

/* kit_init(kit, message): takes ${message} apart; its LFs become CRLFs. */
static inline void kit_init(struct kit *kit, struct slice message)
{
    struct header_scan scan = {0};
    struct header_end end;
    size_t used = 0;

    *kit = (struct kit){.limits = {.depth = 100, .parts = 10000, .memory_bytes = KIT_MEMORY}};
    arena_init(&kit->arena, 4096, KIT_MEMORY);
    kit->copy = malloc(2 * message.len + 1);
    assert_non_null(kit->copy);
    for (size_t i = 0; i < message.len; i++) {
        if (message.ptr[i] == '\n' && (i == 0 || message.ptr[i - 1] != '\r'))
            kit->copy[used++] = '\r';
        kit->copy[used++] = message.ptr[i];
    }
    assert_int_equal(header_scan(&scan, slice_make(kit->copy, used), true, &end), 1);
    assert_int_equal(header_parse(&kit->header, slice_make(kit->copy, end.fields_end),
                                  end.body_start > end.fields_end, &kit->arena),
                     0);
    kit->body = slice_make(kit->copy + end.body_start, used - end.body_start);
}

static inline enum content_result kit_try(struct kit *kit)
{
    return content_read(&kit->header, kit->body, &kit->limits, &kit->allowance, &kit->content);
}

/* kit_read(kit, text): the content of the message ${text}, which is read. */
static inline void kit_read(struct kit *kit, const char *text)
{
    kit_init(kit, slice_str(text));
    assert_int_equal(kit_try(kit), CONTENT_READ);
    assert_non_null(kit->content);
}

static inline void kit_fini(struct kit *kit)
{
    content_destroy(kit->content);
    arena_fini(&kit->arena);
    free(kit->copy);
}

/* kit_value(kit, fact, text): whether ${text} is one of the values. */
static inline bool kit_value(const struct kit *kit, enum content_fact fact, const char *text)
{
    const struct content_values *values = &kit->content->values[fact];

    for (size_t i = 0; i < values->count; i++)
        if (slice_equal(values->items[i].text, slice_str(text)))
            return true;
    return false;
}

static inline void kit_say(const struct kit *kit, enum content_fact fact)
{
    const struct content_values *values = &kit->content->values[fact];

    for (size_t i = 0; i < values->count; i++)
        support_print("has", values->items[i].text);
    for (size_t i = 0; i < kit->content->doubt_count; i++)
        print_error("  doubt: %s (part %u)\n", kit->content->doubts[i].why,
                    (unsigned)kit->content->doubts[i].part);
}

static inline bool kit_doubt(const struct kit *kit, const char *why)
{
    for (size_t i = 0; i < kit->content->doubt_count; i++)
        if (strcmp(kit->content->doubts[i].why, why) == 0)
            return true;
    return false;
}

/* assert_value(kit, fact, text), assert_no_value, assert_doubt(kit, why): that it has it, or not;
 * else what is there is printed. */
#define assert_value(kit, fact, text)                                                              \
    do {                                                                                           \
        if (!kit_value((kit), (fact), (text))) {                                                   \
            kit_say((kit), (fact));                                                                \
            print_error("no value \"%s\"\n", (text));                                              \
            _fail(__FILE__, __LINE__);                                                             \
        }                                                                                          \
    } while (0)
#define assert_no_value(kit, fact, text) assert_false(kit_value((kit), (fact), (text)))
#define assert_doubt(kit, why)                                                                     \
    do {                                                                                           \
        if (!kit_doubt((kit), (why))) {                                                            \
            kit_say((kit), CONTENT_ATTACHMENT);                                                    \
            print_error("no doubt \"%s\"\n", (why));                                               \
            _fail(__FILE__, __LINE__);                                                             \
        }                                                                                          \
    } while (0)

#endif
