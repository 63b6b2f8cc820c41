/* spelling: see spelling.h. The distance is that of optimal string alignment: insertions,
 * deletions, substitutions and swaps of neighbours, which is how people mistype. */
#include "conf/spelling.h"

void spelling_init(struct spelling *spelling, struct slice word)
{
    size_t near = word.len / 3 < 2 ? 2 : word.len / 3;

    if (word.len < 3)
        near = 1;
    *spelling = (struct spelling){.word = word, .distance = near + 1};
}

static bool same(char a, char b)
{
    a = a == '-' ? '_' : ascii_lower(a);
    b = b == '-' ? '_' : ascii_lower(b);
    return a == b;
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

static size_t distance(struct slice a, struct slice b)
{
    size_t rows[3][SPELLING_WORD_MAX + 1];
    size_t *above2 = rows[0], *above = rows[1], *row = rows[2];

    for (size_t j = 0; j <= b.len; j++)
        row[j] = j;
    for (size_t i = 1; i <= a.len; i++) {
        size_t *free_row = above2;

        above2 = above;
        above = row;
        row = free_row;
        row[0] = i;
        for (size_t j = 1; j <= b.len; j++) {
            row[j] = least(above[j], row[j - 1]) + 1;
            row[j] = least(row[j], above[j - 1] + !same(a.ptr[i - 1], b.ptr[j - 1]));
            if (i > 1 && j > 1 && same(a.ptr[i - 1], b.ptr[j - 2]) &&
                same(a.ptr[i - 2], b.ptr[j - 1]))
                row[j] = least(row[j], above2[j - 2] + 1);
        }
    }
    return row[b.len];
}

/* What does not fit becomes "...". */
static void remember(struct spelling *spelling, struct slice candidate)
{
    const struct slice more = SLICE(", ...");
    struct slice comma = spelling->names_length > 0 ? SLICE(", ") : SLICE_NONE;
    char *at = spelling->names + spelling->names_length;

    if (spelling->names_length + 2 + candidate.len + more.len > SPELLING_NAMES_MAX) {
        if (spelling->names_length + more.len <= SPELLING_NAMES_MAX)
            memcpy(at, more.ptr, more.len);
        spelling->names_length = SPELLING_NAMES_MAX;
        return;
    }
    if (comma.len > 0)
        memcpy(at, comma.ptr, comma.len);
    memcpy(at + comma.len, candidate.ptr, candidate.len);
    spelling->names_length += comma.len + candidate.len;
}

void spelling_try(struct spelling *spelling, struct slice candidate)
{
    size_t d;

    if (candidate.len == 0)
        return; /* something that has no name because of another error */
    remember(spelling, candidate);
    if (spelling->word.len > SPELLING_WORD_MAX || candidate.len > SPELLING_WORD_MAX)
        return;
    d = distance(spelling->word, candidate);
    if (d < spelling->distance) {
        spelling->distance = d;
        spelling->nearest = candidate;
    }
}

const char *spelling_hint(const struct spelling *spelling, struct arena *arena)
{
    struct slice hint;

    if (spelling->nearest.ptr != NULL)
        hint = arena_format(arena, "; did you mean '%.*s'?", SLICE_ARG(spelling->nearest));
    else if (spelling->names_length > 0)
        hint = arena_format(arena, "; known are %.*s",
                            (int)strnlen(spelling->names, SPELLING_NAMES_MAX), spelling->names);
    else
        return "";
    return hint.ptr != NULL ? hint.ptr : "";
}
