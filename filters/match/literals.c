/* literals: see literals.h. Reads sequences, repeats and groups.
 *
 * Of a sequence two things are kept: the strings that what was read last can be (a run), which grow
 * as long as it is known what follows, and the best choice of literals so far. Where it is not
 * known what follows, a choice is made of the run, and a new one begins.
 */
#include "filters/match/literals.h"

#include <stdlib.h>

#include "filters/match/literals_private.h"
#include "filters/match/pattern.h"

#define DEPTH_MAX  100  /* groups in groups; in deeper ones nothing is sure */
#define NEAR_BYTES 1024 /* from where a match begins */
#define NEAR_BITS  8
#define REPEAT_MAX 65535 /* the largest number in braces */

/* --- what may stand between two items --------------------------------------------------------- */

static bool skip_comment(struct literals_reader *r)
{
    size_t end;

    if (!slice_starts(r->rest, SLICE("(?#")))
        return false;
    end = slice_find(r->rest, ')');
    r->unsure = r->unsure || end == SLICE_NOT_FOUND;
    literals_take(r, end == SLICE_NOT_FOUND ? r->rest.len : end + 1);
    return true;
}

/* Blanks, and comments up to the line's end, where the flag x says that they are none. */
static bool skip_extended(struct literals_reader *r)
{
    size_t end = 0;

    if (!r->extended || r->rest.len == 0)
        return false;
    if ((unsigned char)r->rest.ptr[0] >= 0x80) /* some of these are blanks, too */
        r->unsure = true;
    if (r->rest.ptr[0] == '#')
        while (end < r->rest.len && r->rest.ptr[end] != '\n' && r->rest.ptr[end] != '\r')
            end++;
    while (end < r->rest.len &&
           (r->rest.ptr[end] == ' ' || (r->rest.ptr[end] >= '\t' && r->rest.ptr[end] <= '\r')))
        end++;
    literals_take(r, end);
    return end > 0;
}

static void skip_nothings(struct literals_reader *r)
{
    for (;;) {
        if (literals_next(r, SLICE("\\E")))
            r->quoted = false;
        else if (!r->quoted && literals_next(r, SLICE("\\Q")))
            r->quoted = true;
        else if (r->quoted || (!skip_comment(r) && !skip_extended(r)))
            return;
    }
}

/* --- sequences -------------------------------------------------------------------------------- */

static size_t sum(size_t a, size_t b)
{
    return a < SIZE_MAX - b ? a + b : SIZE_MAX;
}

static size_t product(size_t a, size_t b)
{
    return b > 0 && a > SIZE_MAX / b ? SIZE_MAX : a * b;
}

struct sequence {
    struct literals_reader *r;
    struct literal_run run;
    size_t run_ahead; /* where it begins, at most */
    bool whole;       /* the run is all there was */
    size_t mark;      /* where the best choice stands in the pool */
    struct literal_choice best;
    size_t most;
};

/* Literals that may be anywhere in the text tell less than those a match begins near. */
static unsigned worth(const struct literal_choice *choice)
{
    return choice->bits + (choice->ahead < NEAR_BYTES ? NEAR_BITS : 0);
}

/* Of the best choice and ${other}, which stands behind it on the pool, one stays. */
static void keep_better(struct sequence *s, const struct literal_choice *other)
{
    struct literal_pool *pool = &s->r->pool;
    struct literal *items = pool->items + s->mark;

    if (other->count > 0 && (s->best.count == 0 || worth(other) > worth(&s->best))) {
        memmove(items, items + s->best.count, other->count * sizeof(*items));
        s->best = *other;
    }
    pool->used = s->mark + s->best.count;
}

static void settle_run(struct sequence *s)
{
    struct literal_choice choice;

    literal_run_pick(&s->run, s->r->utf && s->r->caseless_ever, &s->r->pool, &choice);
    choice.ahead = sum(choice.ahead, s->run_ahead);
    keep_better(s, &choice);
}

static void begin_run(struct sequence *s, const struct literal_run *run, size_t ahead)
{
    settle_run(s);
    s->run = *run;
    s->run_ahead = ahead;
    s->whole = false;
}

static void append(struct sequence *s, const struct literals_part *part)
{
    struct literal_choice choice = part->choice;
    const struct literal_run empty = literal_run_of(SLICE_NONE);

    choice.ahead = sum(choice.ahead, s->most);
    keep_better(s, &choice);
    if (part->exact.count == 0)
        begin_run(s, &empty, sum(s->most, part->most));
    else if (!literal_run_cross(&s->run, &part->exact))
        begin_run(s, &part->exact, s->most);
    if (part->open)
        begin_run(s, &part->exact, SIZE_MAX);
    s->most = sum(s->most, part->most);
}

/* --- repeats ---------------------------------------------------------------------------------- */

struct repeat {
    size_t least, most; /* SIZE_MAX: any number */
};

static size_t take_number(struct literals_reader *r)
{
    size_t number = 0;

    r->unsure = r->unsure || r->rest.len == 0 || !ascii_is_digit(r->rest.ptr[0]);
    while (r->rest.len > 0 && ascii_is_digit(r->rest.ptr[0]) && number <= REPEAT_MAX) {
        number = number * 10 + (size_t)(r->rest.ptr[0] - '0');
        literals_take(r, 1);
    }
    return number;
}

/* "{2}", "{2,}", "{2,5}"; what only looks like that is read in one way by some versions and in
 * another by others. */
static struct repeat take_braces(struct literals_reader *r)
{
    struct repeat repeat;

    literals_take(r, 1);
    repeat.least = repeat.most = take_number(r);
    if (literals_next(r, SLICE(",")))
        repeat.most = slice_starts(r->rest, SLICE("}")) ? SIZE_MAX : take_number(r);
    r->unsure = r->unsure || !literals_next(r, SLICE("}")) || repeat.most < repeat.least;
    return repeat;
}

/* A brace that begins no repeat in any version. */
static bool is_plain_brace(struct slice rest)
{
    return rest.len > 1 && !ascii_is_digit(rest.ptr[1]) && rest.ptr[1] != ',' &&
           rest.ptr[1] != ' ' && rest.ptr[1] != '\t';
}

/* Takes the repeat at the front of the rest; 1 to 1 without one. */
static struct repeat take_repeat(struct literals_reader *r)
{
    struct repeat repeat = {1, 1};

    skip_nothings(r);
    if (r->quoted)
        return repeat;
    if (literals_next(r, SLICE("*")))
        repeat = (struct repeat){0, SIZE_MAX};
    else if (literals_next(r, SLICE("+")))
        repeat = (struct repeat){1, SIZE_MAX};
    else if (literals_next(r, SLICE("?")))
        repeat = (struct repeat){0, 1};
    else if (slice_starts(r->rest, SLICE("{")) && !is_plain_brace(r->rest))
        repeat = take_braces(r);
    else
        return repeat;
    skip_nothings(r);
    if (!r->quoted && !literals_next(r, SLICE("?")))
        (void)literals_next(r, SLICE("+"));
    return repeat;
}

/* As many rounds of ${part} one after the other as fit into a run; ${repeat} says as many or
 * more. */
static void repeat_exact(struct literals_part *part, struct repeat repeat)
{
    const struct literal_run once = part->exact;
    size_t rounds = 1;

    while (rounds < repeat.least && rounds < LITERAL_RUN_BYTES &&
           literal_run_cross(&part->exact, &once))
        rounds++;
    part->open = part->open || rounds < repeat.most;
}

/* Makes ${part} what it is when it may be left out. */
static void make_optional(struct literals_reader *r, size_t mark, struct literals_part *part,
                          struct repeat repeat)
{
    const struct literal_run empty = literal_run_of(SLICE_NONE);

    r->pool.used = mark;
    part->choice.count = 0;
    if (repeat.most == 0)
        part->exact = empty;
    else if (repeat.most > 1 || part->open)
        part->exact.count = 0;
    else
        (void)literal_run_join(&part->exact, &empty);
    part->open = false;
}

/* ${part} as often as the repeat behind it says; its choice begins at ${mark} in the pool. */
static void take_in_repeat(struct literals_reader *r, size_t mark, struct literals_part *part)
{
    struct repeat repeat = take_repeat(r);

    if (repeat.least == 0)
        make_optional(r, mark, part, repeat);
    else if (part->exact.count > 0 && repeat.most > 1)
        repeat_exact(part, repeat);
    part->most = product(part->most, repeat.most);
}

/* --- groups ----------------------------------------------------------------------------------- */

static struct literals_part alternatives(struct literals_reader *r);

/* What is left of a group that began before, and its parenthesis. */
static struct literals_part group(struct literals_reader *r)
{
    struct literals_part part = literals_anything(SIZE_MAX);

    if (++r->depth > DEPTH_MAX)
        r->unsure = true;
    else
        part = alternatives(r);
    r->depth--;
    r->unsure = r->unsure || !literals_next(r, SLICE(")"));
    return part;
}

/* A group that says nothing of the text: what is not there, or only perhaps. */
static struct literals_part silent_group(struct literals_reader *r, size_t most)
{
    size_t mark = r->pool.used;

    (void)group(r);
    r->pool.used = mark;
    return most == 0 ? literals_nothing() : literals_anything(most);
}

/* A look ahead or behind, that it is there: it is no part of what is matched, but of the text. */
static struct literals_part look(struct literals_reader *r, bool behind)
{
    struct literals_part part = literals_nothing();

    part.choice = group(r).choice;
    if (behind)
        part.choice.ahead = SIZE_MAX;
    return part;
}

static struct literals_part named_group(struct literals_reader *r, char end)
{
    size_t at = slice_find(r->rest, end);

    r->unsure = r->unsure || at == SLICE_NOT_FOUND || slice_starts(r->rest, SLICE("*"));
    literals_take(r, at == SLICE_NOT_FOUND ? r->rest.len : at + 1);
    return group(r);
}

/* A reference or a call, up to its parenthesis: the text of another group. */
static struct literals_part reference(struct literals_reader *r)
{
    size_t at = slice_find(r->rest, ')');

    r->unsure = r->unsure || at == SLICE_NOT_FOUND;
    literals_take(r, at == SLICE_NOT_FOUND ? r->rest.len : at + 1);
    return literals_anything(SIZE_MAX);
}

/* A conditional group; what stands behind "(?(" is the condition. */
static struct literals_part conditional(struct literals_reader *r)
{
    bool looks = literals_next(r, SLICE("?=")) || literals_next(r, SLICE("?!")) ||
                 literals_next(r, SLICE("?<=")) || literals_next(r, SLICE("?<!"));

    if (looks)
        (void)silent_group(r, 0);
    else if (slice_starts(r->rest, SLICE("?")) || slice_starts(r->rest, SLICE("*")))
        r->unsure = true;
    else
        (void)reference(r);
    return silent_group(r, SIZE_MAX);
}

/* Letters of "(?i-x)" or "(?i:"; what they do is done. */
static void take_options(struct literals_reader *r)
{
    bool on = true;

    if (literals_next(r, SLICE("^")))
        r->caseless = r->extended = false;
    while (!r->unsure && r->rest.len > 0 && r->rest.ptr[0] != ')' && r->rest.ptr[0] != ':') {
        char c = r->rest.ptr[0];

        r->unsure = slice_find(SLICE("imsxnJU-"), c) == SLICE_NOT_FOUND ||
                    slice_starts(r->rest, SLICE("xx"));
        on = on && c != '-';
        r->caseless = c == 'i' ? on : r->caseless;
        r->extended = c == 'x' ? on : r->extended;
        literals_take(r, 1);
    }
    r->caseless_ever = r->caseless_ever || r->caseless;
}

static struct literals_part group_with_options(struct literals_reader *r)
{
    bool caseless = r->caseless, extended = r->extended;
    struct literals_part part;

    take_options(r);
    if (literals_next(r, SLICE(")")))
        return literals_nothing(); /* they hold up to the end of the group around */
    r->unsure = r->unsure || !literals_next(r, SLICE(":"));
    part = group(r);
    r->caseless = caseless;
    r->extended = extended;
    return part;
}

static bool is_reference(struct slice rest)
{
    if (rest.len > 1 && (rest.ptr[0] == '+' || rest.ptr[0] == '-'))
        return ascii_is_digit(rest.ptr[1]);
    return slice_starts(rest, SLICE("P=")) || slice_starts(rest, SLICE("P>")) ||
           (rest.len > 0 &&
            (ascii_is_digit(rest.ptr[0]) || rest.ptr[0] == '&' || rest.ptr[0] == 'R'));
}

/* What begins with a parenthesis. */
static struct literals_part parenthesis(struct literals_reader *r)
{
    literals_take(r, 1);
    if (literals_next(r, SLICE("*"))) { /* a verb, or a setting for the library */
        r->unsure = true;
        return literals_anything(SIZE_MAX);
    }
    if (!literals_next(r, SLICE("?")) || literals_next(r, SLICE(":")) ||
        literals_next(r, SLICE("|")) || literals_next(r, SLICE(">")))
        return group(r);
    if (literals_next(r, SLICE("!")) || literals_next(r, SLICE("<!")))
        return silent_group(r, 0);
    if (literals_next(r, SLICE("=")))
        return look(r, false);
    if (literals_next(r, SLICE("<=")))
        return look(r, true);
    if (is_reference(r->rest))
        return reference(r);
    if (literals_next(r, SLICE("(")))
        return conditional(r);
    if (literals_next(r, SLICE("<")) || literals_next(r, SLICE("P<")))
        return named_group(r, '>');
    if (literals_next(r, SLICE("'")))
        return named_group(r, '\'');
    return group_with_options(r);
}

/* --- items ------------------------------------------------------------------------------------ */

static struct literals_part item(struct literals_reader *r)
{
    if (r->quoted)
        return literals_character(r);
    switch (r->rest.ptr[0]) {
    case '\\': return literals_escape(r);
    case '[': return literals_class(r);
    case '(': return parenthesis(r);
    case '.': literals_take(r, 1); return literals_anything(r->utf ? LITERALS_CHARACTER_MAX : 1);
    case '^':
    case '$': literals_take(r, 1); return literals_nothing();
    case '*':
    case '+':
    case '?': r->unsure = true; break; /* of nothing */
    case '{': r->unsure = r->unsure || !is_plain_brace(r->rest); break;
    }
    return literals_character(r);
}

static bool at_end(const struct literals_reader *r)
{
    return r->unsure || r->rest.len == 0 ||
           (!r->quoted && (r->rest.ptr[0] == '|' || r->rest.ptr[0] == ')'));
}

/* One alternative. */
static struct literals_part sequence(struct literals_reader *r)
{
    struct sequence s = {
        .r = r, .run = literal_run_of(SLICE_NONE), .whole = true, .mark = r->pool.used};
    struct literals_part out = {.most = 0};

    for (skip_nothings(r); !at_end(r); skip_nothings(r)) {
        size_t mark = r->pool.used;
        struct literals_part part = item(r);

        take_in_repeat(r, mark, &part);
        append(&s, &part);
    }
    if (s.whole)
        out.exact = s.run;
    settle_run(&s);
    out.choice = s.best;
    out.most = s.most;
    return out;
}

/* ${all}, or what ${next} is, whose choice stands behind that of ${all}. */
static void join(struct literals_part *all, const struct literals_part *next)
{
    struct literal_choice *choice = &all->choice;

    (void)literal_run_join(&all->exact, &next->exact);
    all->most = next->most > all->most ? next->most : all->most;
    if (choice->count == 0 || next->choice.count == 0 ||
        choice->count + next->choice.count > LITERALS_MAX) {
        choice->count = 0;
        return;
    }
    choice->count += next->choice.count;
    choice->bits = next->choice.bits < choice->bits ? next->choice.bits : choice->bits;
    choice->ahead = next->choice.ahead > choice->ahead ? next->choice.ahead : choice->ahead;
}

static struct literals_part alternatives(struct literals_reader *r)
{
    bool caseless = r->caseless, extended = r->extended;
    size_t mark = r->pool.used;
    struct literals_part all = sequence(r);

    while (!r->unsure && literals_next(r, SLICE("|"))) {
        struct literals_part next = sequence(r);

        join(&all, &next);
        if (all.choice.count == 0)
            r->pool.used = mark;
    }
    r->caseless = caseless;
    r->extended = extended;
    return all;
}

int literals_cut(struct slice source, unsigned flags, struct literals *out)
{
    struct literals_reader *r = calloc(1, sizeof(*r));
    struct literals_part part;

    if (r == NULL)
        return -1;
    r->rest = source;
    r->utf = (flags & PATTERN_BYTES) == 0;
    r->caseless = r->caseless_ever = (flags & PATTERN_CASELESS) != 0;
    r->extended = (flags & PATTERN_EXTENDED) != 0;
    part = alternatives(r);
    out->count = r->unsure || r->rest.len > 0 ? 0 : part.choice.count;
    out->ahead = part.choice.ahead;
    memcpy(out->items, r->pool.items, out->count * sizeof(*out->items));
    free(r);
    return out->count > 0;
}
