/* fuzz_html: any HTML. What is made of it is well-formed UTF-8 without what cannot be seen, links
 * are within their bounds, and the work is proportional to the length. */
#include <assert.h>

#include "filters/base/utf8.h"
#include "filters/html/html.h"

#define ROOM           ((size_t)256 << 20)
#define STEPS_PER_BYTE 400
#define STEPS_ALWAYS   10000

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_text(struct slice text)
{
    assert(utf8_valid(text));
    for (size_t i = 0; i < text.len; i++)
        assert((unsigned char)text.ptr[i] >= ' ' || text.ptr[i] == '\n');
}

static void check_link(const struct link *link)
{
    assert(link->url.len > 0 && link->url.len <= LINK_URL_BYTES_MAX);
    assert(utf8_valid(link->url) && utf8_valid(link->host) && utf8_valid(link->shown));
    assert(!link->mismatch || (link->host.len > 0 && link->shown.len > 0));
    for (size_t i = 0; i < link->host.len; i++)
        assert(link->host.ptr[i] != ' ' && link->host.ptr[i] == ascii_lower(link->host.ptr[i]));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct allowance allowance = {.over = NULL};
    struct link_list links;
    struct arena arena;
    struct html html;
    enum content_result result;

    arena_init(&arena, 4096, ROOM);
    link_list_init(&links, &arena, &allowance);
    result = html_read(slice_make((const char *)data, size), &arena, &links, &html);
    assert(result == CONTENT_READ || result == CONTENT_LIMIT);
    assert(allowance.spent <= STEPS_PER_BYTE * size + STEPS_ALWAYS);
    if (result == CONTENT_READ) {
        check_text(html.visible);
        check_text(html.hidden);
    }
    assert(links.count <= LINK_COUNT_MAX);
    for (size_t i = 0; i < links.count; i++)
        check_link(&links.items[i]);
    arena_fini(&arena);
    return 0;
}
