/* html_kit: a text that is read, with what holds it. */
#ifndef TESTS_UNIT_FILTERS_HTML_HTML_KIT_H
#define TESTS_UNIT_FILTERS_HTML_HTML_KIT_H

#include "filters/html/html.h"

#define READING_ROOM ((size_t)64 << 20)

struct reading {
    struct arena arena;
    struct allowance allowance;
    struct link_list links;
    struct html html;
    enum content_result result;
};

static inline void reading_init(struct reading *reading, struct slice source)
{
    *reading = (struct reading){.allowance = {.over = NULL}};
    arena_init(&reading->arena, 4096, READING_ROOM);
    link_list_init(&reading->links, &reading->arena, &reading->allowance);
    reading->result = html_read(source, &reading->arena, &reading->links, &reading->html);
}

static inline void reading_fini(struct reading *reading)
{
    arena_fini(&reading->arena);
}

#endif
