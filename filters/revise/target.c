/* target: see target.h. */
#include "filters/revise/target.h"

static bool is_message(const struct content_part *part)
{
    return slice_starts(part->type, SLICE("message/"));
}

bool target_is_text(const struct content_part *part)
{
    return part->shown && !part->other && !is_message(part);
}

/* Whether it is a text of this message, not of one that is forwarded in it. */
static bool is_own(const struct content *content, size_t part)
{
    uint32_t at = content->parts[part].parent;

    while (at != CONTENT_NO_PART && !is_message(&content->parts[at]))
        at = content->parts[at].parent;
    return at == CONTENT_NO_PART && target_is_text(&content->parts[part]);
}

size_t target_first(const struct content *content)
{
    for (size_t i = 0; i < content->part_count; i++)
        if (is_own(content, i))
            return i;
    return SLICE_NOT_FOUND;
}

/* The innermost multipart/alternative that holds the part, or CONTENT_NO_PART. */
static uint32_t alternative_of(const struct content *content, size_t part)
{
    uint32_t at = content->parts[part].parent;

    while (at != CONTENT_NO_PART &&
           !slice_equal(content->parts[at].type, SLICE("multipart/alternative")))
        at = content->parts[at].parent;
    return at;
}

/* Which child of ${whole} the part is, or is in; CONTENT_NO_PART: none. */
static uint32_t branch_of(const struct content *content, size_t part, uint32_t whole)
{
    uint32_t at = (uint32_t)part;

    while (at != CONTENT_NO_PART && content->parts[at].parent != whole)
        at = content->parts[at].parent;
    return at;
}

static bool is_of_kind(const struct content *content, size_t part, bool html)
{
    const struct content_part *p = &content->parts[part];

    return is_own(content, part) && (html ? p->html : slice_equal(p->type, SLICE("text/plain")));
}

/* Whether it is the first of its kind in another alternative than ${first} is in. */
static bool is_alternative(const struct content *content, size_t first, size_t part, bool html)
{
    uint32_t whole = alternative_of(content, first), branch;

    if (whole == CONTENT_NO_PART)
        return false;
    branch = branch_of(content, part, whole);
    if (branch == CONTENT_NO_PART || branch == branch_of(content, first, whole))
        return false;
    for (size_t i = part; i > branch; i--) /* no further than to the one before */
        if (is_of_kind(content, i - 1, html) && branch_of(content, i - 1, whole) == branch)
            return false;
    return true;
}

bool target_is(const struct content *content, size_t first, size_t part, bool html)
{
    if (!is_of_kind(content, part, html))
        return false;
    return part == first || is_alternative(content, first, part, html);
}
