/* decoded_list: see decoded_list.h. */
#include "filters/message/decoded_list.h"

#include "filters/message/header.h"

struct reader {
    struct slice value, decoded;
    char *out;  /* a copy of ${decoded}, in which names are made blank */
    bool tells; /* something is left of some run */
};

static bool is_boundary(char c)
{
    return memchr(" \t,;:<>()\"", c, 9) != NULL;
}

/* Whether nothing touches the words of ${run}. */
static bool stands_free(const struct reader *r, const struct header_run *run)
{
    return (run->words_start == 0 || is_boundary(r->value.ptr[run->words_start - 1])) &&
           (run->words_end == r->value.len || is_boundary(r->value.ptr[run->words_end]));
}

/* Leaves of a name what it has in brackets of its own, if an address is among that. */
static void blank_name(struct reader *r, const struct header_run *run)
{
    struct slice text = slice_make(r->out + run->start, run->end - run->start);
    size_t open = slice_find(text, '<'), close = slice_find_last(text, '>');
    size_t at = slice_find_last(text, '@');
    bool address = open != SLICE_NOT_FOUND && at != SLICE_NOT_FOUND && at > open;

    if (!address)
        open = text.len;
    if (!address || close == SLICE_NOT_FOUND || close < at)
        close = text.len;
    memset(r->out + run->start, ' ', open);
    if (close < text.len)
        memset(r->out + run->start + close + 1, ' ', text.len - close - 1);
    r->tells = r->tells || address;
}

/* From the end to the front: ${angle} is whether, behind ${at}, "<" comes before the next comma. */
static void read_runs(struct reader *r, const struct header_runs *runs)
{
    size_t at = r->value.len;
    bool angle = false;

    for (size_t i = runs->count; i > 0; i--) {
        const struct header_run *run = &runs->items[i - 1];

        for (; at > run->words_end; at--) {
            char c = r->value.ptr[at - 1];

            if (c == '<' || c == '>' || c == ',' || c == ';')
                angle = c == '<';
        }
        if (angle && stands_free(r, run))
            blank_name(r, run);
        else
            r->tells = true;
        at = run->words_start;
    }
}

struct slice decoded_list(struct slice value, struct arena *arena)
{
    struct reader r = {.value = value};
    struct field field = {.value = value};
    struct header_runs runs;
    struct slice copy;

    r.decoded = header_decode_runs(&field, false, &runs, arena);
    if (r.decoded.ptr == NULL || runs.count == 0)
        return slice_first(r.decoded, 0);
    r.out = arena_alloc(arena, r.decoded.len);
    if (r.out == NULL)
        return SLICE_NONE;
    if (r.decoded.len > 0)
        memcpy(r.out, r.decoded.ptr, r.decoded.len);
    read_runs(&r, &runs);
    copy = slice_make(r.out, r.decoded.len);
    return slice_first(copy, r.tells ? copy.len : 0);
}
