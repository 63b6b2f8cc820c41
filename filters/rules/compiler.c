/* compiler: see compiler.h. */
#include "filters/rules/compiler.h"

#define PATTERN_ERROR_MAX 256
#define FIRST_PATTERNS    16

void compiler_no_memory(struct compiler *c)
{
    diag_add(c->diag, DIAG_ERROR, (struct place){0}, "out of memory for the rules");
}

void *compiler_alloc(struct compiler *c, size_t count, size_t size)
{
    void *room = arena_alloc(&c->out->arena, count * size);

    if (room == NULL)
        compiler_no_memory(c);
    return room;
}

static int own_pattern(struct compiler *c, struct pattern *pattern)
{
    struct ruleset *out = c->out;

    if (out->pattern_count == out->pattern_capacity) {
        size_t capacity = out->pattern_capacity > 0 ? 2 * out->pattern_capacity : FIRST_PATTERNS;
        struct pattern **items = compiler_alloc(c, capacity, sizeof(*items));

        if (items == NULL)
            return -1;
        if (out->pattern_count > 0)
            memcpy(items, out->patterns, out->pattern_count * sizeof(*items));
        out->patterns = items;
        out->pattern_capacity = capacity;
    }
    out->patterns[out->pattern_count++] = pattern;
    return 0;
}

const struct pattern *compiler_pattern(struct compiler *c, struct slice source, unsigned flags,
                                       struct place place)
{
    char error[PATTERN_ERROR_MAX] = "";
    struct pattern *pattern = pattern_create(source, flags, error, sizeof(error));

    if (pattern == NULL) {
        diag_add(c->diag, DIAG_ERROR, place, "rule '%.*s': the pattern /%.*s/ is wrong: %s",
                 SLICE_ARG(c->entry->rule->name), SLICE_ARG(source), error);
        return NULL;
    }
    if (own_pattern(c, pattern) != 0) {
        pattern_destroy(pattern);
        return NULL;
    }
    return pattern;
}

const struct list *compiler_entry(struct compiler *c, struct slice text, struct place place)
{
    struct own_list *own = compiler_alloc(c, 1, sizeof(*own));

    if (own == NULL)
        return NULL;
    own->list = list_create();
    if (own->list == NULL) {
        diag_add(c->diag, DIAG_ERROR, place, "out of memory for the rules");
        return NULL;
    }
    own->next = c->out->lists;
    c->out->lists = own;
    return list_add(own->list, text, SLICE_NONE, place, c->diag) == 0 ? own->list : NULL;
}
