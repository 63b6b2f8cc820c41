/* unit: see unit.h. */
#include "conf/unit.h"

struct unit {
    struct slice name;
    uint64_t factor;
};

static const struct unit SIZES[] = {
    {SLICE_INIT(""), 1},
    {SLICE_INIT("K"), UINT64_C(1) << 10},
    {SLICE_INIT("M"), UINT64_C(1) << 20},
    {SLICE_INIT("G"), UINT64_C(1) << 30},
};
static const struct unit TIMES[] = {
    {SLICE_INIT("ms"), 1},
    {SLICE_INIT("s"), 1000},
    {SLICE_INIT("m"), UINT64_C(60) * 1000},
    {SLICE_INIT("h"), UINT64_C(3600) * 1000},
    {SLICE_INIT("d"), UINT64_C(86400) * 1000},
};

#define COUNT(table) (sizeof(table) / sizeof(*(table)))

/* Takes the digits off the front. Returns 0, or -1 when there are none or too many. */
static int take_digits(struct slice *text, uint64_t *value)
{
    size_t i = 0;

    *value = 0;
    for (; i < text->len && ascii_is_digit(text->ptr[i]); i++) {
        if (*value > INT64_MAX / 10 - 1)
            return -1;
        *value = *value * 10 + (uint64_t)(text->ptr[i] - '0');
    }
    *text = slice_from(*text, i);
    return i > 0 ? 0 : -1;
}

static const struct unit *find(const struct unit *units, size_t count, struct slice name)
{
    for (size_t i = 0; i < count; i++)
        if (slice_equal(units[i].name, name))
            return &units[i];
    return NULL;
}

static int with_unit(struct slice text, const struct unit *units, size_t count, uint64_t *out)
{
    const struct unit *unit;
    uint64_t value;

    if (take_digits(&text, &value) < 0)
        return -1;
    unit = find(units, count, text);
    if (unit == NULL || value > INT64_MAX / unit->factor)
        return -1;
    *out = value * unit->factor;
    return 0;
}

int unit_size(struct slice text, uint64_t *bytes)
{
    return with_unit(text, SIZES, COUNT(SIZES), bytes);
}

int unit_time(struct slice text, uint64_t *ms)
{
    return with_unit(text, TIMES, COUNT(TIMES), ms);
}

static enum number_op take_op(struct slice *text)
{
    static const struct {
        struct slice name;
        enum number_op op;
    } OPS[] = {
        {SLICE_INIT(">="), NUMBER_GREATER_EQUAL},
        {SLICE_INIT("<="), NUMBER_LESS_EQUAL},
        {SLICE_INIT(">"), NUMBER_GREATER},
        {SLICE_INIT("<"), NUMBER_LESS},
    };

    for (size_t i = 0; i < COUNT(OPS); i++) {
        if (slice_starts(*text, OPS[i].name)) {
            *text = slice_trim_start(slice_from(*text, OPS[i].name.len));
            return OPS[i].op;
        }
    }
    return NUMBER_EQUAL;
}

/* Takes a point and the digits behind it off the front, if there is a point. */
static int take_fraction(struct slice *text, double *value)
{
    struct slice rest;
    uint64_t digits;
    double scale = 1;

    if (!slice_starts(*text, SLICE(".")))
        return 0;
    rest = slice_from(*text, 1);
    if (take_digits(&rest, &digits) < 0)
        return -1;
    for (size_t i = rest.len + 1; i < text->len; i++)
        scale *= 10;
    *value += (double)digits / scale;
    *text = rest;
    return 0;
}

int unit_number(struct slice text, enum number_op *op, double *number)
{
    const struct unit *unit;
    uint64_t digits;
    bool negative;

    *op = take_op(&text);
    negative = slice_starts(text, SLICE("-"));
    if (negative)
        text = slice_from(text, 1);
    if (take_digits(&text, &digits) < 0)
        return -1;
    *number = (double)digits;
    if (take_fraction(&text, number) < 0)
        return -1;
    unit = find(SIZES, COUNT(SIZES), text);
    if (unit == NULL)
        return -1;
    *number *= (double)unit->factor * (negative ? -1 : 1);
    return 0;
}
