/* inside: see inside.h. */
#include "filters/mime/inside.h"

static bool delimits(struct slice line, const struct declared_text *boundaries)
{
    struct slice text = slice_from(line, 2);

    if (!slice_starts(line, SLICE("--")))
        return false;
    for (; boundaries != NULL; boundaries = boundaries->next)
        if (boundaries->text.len > 0 && slice_starts(text, boundaries->text))
            return true;
    return false;
}

bool inside_header(struct slice body)
{
    while (body.len > 0 && body.ptr[0] != '\r' && body.ptr[0] != '\n' &&
           !slice_starts(body, SLICE("--"))) {
        size_t end = slice_find(body, '\n');

        if (slice_starts_case(body, SLICE("content-")))
            return true;
        body = end != SLICE_NOT_FOUND ? slice_from(body, end + 1) : SLICE_NONE;
    }
    return false;
}

doubt_set inside_doubts(struct slice type, const struct declared *declared, struct slice body)
{
    bool message = declared_is(type, SLICE("message"));
    doubt_set doubts = 0;

    while (body.len > 0 && (message || declared->boundaries != NULL)) {
        size_t end = slice_find(body, '\n');

        if (delimits(body, declared->boundaries))
            doubts |= doubt_bit(DOUBT_LEAF);
        if (message && slice_starts_case(body, SLICE("content-")))
            doubts |= doubt_bit(DOUBT_MESSAGE);
        body = end != SLICE_NOT_FOUND ? slice_from(body, end + 1) : SLICE_NONE;
    }
    return doubts;
}
