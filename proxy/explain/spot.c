/* spot: see spot.h. */
#include "proxy/explain/spot.h"

#include "proxy/explain/view.h"

static bool is_text(enum field_id field)
{
    return field == FIELD_BODY || field == FIELD_HIDDEN_TEXT;
}

struct spot spot_of(const struct eval_hit *hit, const struct content *content, struct lines *lines)
{
    struct spot spot = {.line = lines_at(lines, hit->value.ptr + hit->start)};
    const struct content_part *part;

    if (spot.line == 0 && hit->origin != NULL)
        spot.line = lines_at(lines, hit->origin->raw.ptr);
    if (hit->item == NULL || content == NULL)
        return spot;
    part = &content->parts[hit->item->part];
    spot.part = hit->item->part + 1;
    spot.first_line = lines_at(lines, part->header.len > 0 ? part->header.ptr : part->body.ptr);
    spot.last_line = spot.first_line > 0 ? lines_last(lines, part->body) : 0;
    if (is_text(hit->field))
        spot.reading = view_text_name(hit->field == FIELD_BODY ? CONTENT_BODY : CONTENT_HIDDEN_TEXT,
                                      hit->item->view);
    return spot;
}
