/* content: see content.h. */
#include "filters/content/content.h"

#include "filters/content/builder.h"
#include "filters/content/readings.h"

enum content_result content_read(const struct header *header, struct slice body,
                                 const struct content_limits *limits, struct allowance *allowance,
                                 struct content **content)
{
    struct builder *b = builder_create(limits, allowance);
    struct outline_source source = {
        .header = header,
        .text = body.ptr != NULL ? body : SLICE(""),
        .type = SLICE("text/plain"),
        .parts = limits->parts,
        .depth_max = limits->depth,
    };
    enum content_result result;

    *content = NULL;
    if (b == NULL)
        return CONTENT_MEMORY;
    if (readings_take(b, &source, CONTENT_NO_PART))
        *content = builder_finish(b);
    result = b->result;
    if (*content == NULL)
        builder_destroy(b);
    return result;
}

const char *content_why(enum content_result result)
{
    switch (result) {
    case CONTENT_READ: return "it was read";
    case CONTENT_LIMIT: return "its structure is over a limit";
    case CONTENT_OVER: return "to read it took too long";
    case CONTENT_MEMORY: return "to read it took too much memory";
    }
    return "";
}

void content_destroy(struct content *content)
{
    builder_destroy((struct builder *)content);
}
