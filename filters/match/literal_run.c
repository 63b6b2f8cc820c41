/* literal_run: see literal_run.h. */
#include "filters/match/literal_run.h"

#define VARYING_MAX   3 /* letters s and k in a literal: each doubles it */
#define VARYING_BYTES 3 /* the longest of what stands for one of them */

struct literal_run literal_run_of(struct slice text)
{
    struct literal_run run = {.count = 1, .lengths = {(unsigned char)text.len}};

    for (size_t i = 0; i < text.len; i++)
        run.text[0][i] = (unsigned char)text.ptr[i] | LITERAL_FOLD;
    return run;
}

static bool has(const struct literal_run *run, const unsigned char *text, size_t length)
{
    for (unsigned i = 0; i < run->count; i++)
        if (run->lengths[i] == length && memcmp(run->text[i], text, length) == 0)
            return true;
    return false;
}

bool literal_run_join(struct literal_run *run, const struct literal_run *other)
{
    bool known = run->count > 0 && other->count > 0;

    for (unsigned i = 0; known && i < other->count; i++) {
        if (has(run, other->text[i], other->lengths[i]))
            continue;
        known = run->count < LITERAL_RUN_STRINGS;
        if (!known)
            break;
        run->lengths[run->count] = other->lengths[i];
        memcpy(run->text[run->count++], other->text[i], LITERAL_RUN_BYTES);
    }
    if (!known)
        run->count = 0;
    return known;
}

static unsigned longest(const struct literal_run *run)
{
    unsigned length = 0;

    for (unsigned i = 0; i < run->count; i++)
        length = run->lengths[i] > length ? run->lengths[i] : length;
    return length;
}

bool literal_run_cross(struct literal_run *run, const struct literal_run *next)
{
    struct literal_run made = {.count = run->count * next->count};

    if (made.count == 0 || made.count > LITERAL_RUN_STRINGS ||
        longest(run) + longest(next) > LITERAL_RUN_BYTES)
        return false;
    for (unsigned i = 0; i < made.count; i++) {
        unsigned first = i / next->count, second = i % next->count;

        memcpy(made.text[i], run->text[first], run->lengths[first]);
        memcpy(made.text[i] + run->lengths[first], next->text[second], next->lengths[second]);
        made.lengths[i] = (unsigned char)(run->lengths[first] + next->lengths[second]);
    }
    *run = made;
    return true;
}

/* --- picking ---------------------------------------------------------------------------------- */

/* How much a folded byte tells, in bits, as mail is written. */
static unsigned bits_of(unsigned char c)
{
    if (slice_find(SLICE(" etaoinsr"), (char)c) != SLICE_NOT_FOUND)
        return 4;
    if (slice_find(SLICE("hdlcumfpgwyb-/."), (char)c) != SLICE_NOT_FOUND)
        return 5;
    return c >= 'a' && c <= 'z' ? 7 : 6;
}

static bool is_varying(unsigned char c)
{
    return c == 's' || c == 'k';
}

/* A part of a string. */
struct part {
    size_t start, length;
    unsigned bits; /* 0: there is none */
};

/* The part from ${start} on that tells most. */
static struct part best_from(const unsigned char *text, size_t length, size_t start, bool varies)
{
    struct part part = {.start = start}, best = {.bits = 0};
    unsigned varying = 0;

    while (start + part.length < length && part.length < LITERAL_BYTES) {
        unsigned char c = text[start + part.length++];

        varying += varies && is_varying(c);
        if (varying > VARYING_MAX)
            break;
        part.bits += bits_of(c) - (varies && is_varying(c));
        if (part.length >= LITERAL_MIN)
            best = part;
    }
    return best;
}

static struct part best_part(const unsigned char *text, size_t length, bool varies)
{
    struct part best = {.bits = 0};

    for (size_t start = 0; start < length; start++) {
        struct part part = best_from(text, length, start, varies);

        if (part.bits > best.bits)
            best = part;
    }
    return best;
}

/* What stands for ${c} besides itself (PCRE2's simple folding: U+017F and U+212A), folded. */
static struct slice other_of(unsigned char c)
{
    return c == 's' ? SLICE("\xE5\xBF") : SLICE("\xE2\xA4\xAA");
}

static void append(struct literal *literal, struct slice text)
{
    for (size_t i = 0; i < text.len && literal->length < LITERAL_BYTES; i++)
        literal->bytes[literal->length++] = (unsigned char)text.ptr[i];
}

/* Puts one literal on the pool: the bit of each varying letter in ${others} says which it is. */
static bool put(struct literal_pool *pool, const unsigned char *text, size_t length,
                unsigned others)
{
    struct literal literal = {.length = 0};

    for (size_t i = 0; i < length; i++) {
        bool other = is_varying(text[i]) && (others & 1) != 0;

        append(&literal, other ? other_of(text[i]) : slice_make((const char *)text + i, 1));
        others >>= is_varying(text[i]);
    }
    if (pool->used == LITERAL_POOL_MAX)
        return false;
    pool->items[pool->used++] = literal;
    return true;
}

static bool put_all(struct literal_pool *pool, const unsigned char *text, size_t length,
                    bool varies)
{
    unsigned varying = 0;

    for (size_t i = 0; varies && i < length; i++)
        varying += is_varying(text[i]);
    for (unsigned others = 0; others < 1U << varying; others++)
        if (!put(pool, text, length, others))
            return false;
    return true;
}

void literal_run_pick(const struct literal_run *run, bool varies, struct literal_pool *pool,
                      struct literal_choice *choice)
{
    size_t mark = pool->used;
    bool whole = run->count > 0;

    *choice = (struct literal_choice){.bits = UINT32_MAX};
    for (unsigned i = 0; whole && i < run->count; i++) {
        struct part part = best_part(run->text[i], run->lengths[i], varies);
        size_t ahead = part.start * (varies ? VARYING_BYTES : 1);

        whole = part.bits > 0 && put_all(pool, run->text[i] + part.start, part.length, varies);
        choice->ahead = ahead > choice->ahead ? ahead : choice->ahead;
        choice->bits = part.bits < choice->bits ? part.bits : choice->bits;
    }
    choice->count = pool->used - mark;
    if (whole && choice->count <= LITERALS_MAX)
        return;
    pool->used = mark;
    *choice = (struct literal_choice){.count = 0};
}
