/* style: see style.h. */
#include "filters/html/style.h"

#include "filters/html/colour.h"
#include "filters/html/css.h"

#define PIXEL       100       /* in hundredths */
#define LENGTH_MAX  100000000 /* in these; longer ones are as long */
#define LETTERS_MIN 200       /* smaller ones nobody reads */
#define BOX_MIN     100       /* a box of a pixel shows nothing */
#define FAR         (999 * PIXEL)
#define OPACITY_MIN 10

/* --- reading values ------------------------------------------------------------------------- */

struct keyword {
    struct slice word;
    int32_t value;
};

static bool find_keyword(const struct keyword *words, size_t count, struct slice word,
                         int32_t *value)
{
    for (size_t i = 0; i < count; i++) {
        if (!slice_equal(words[i].word, word))
            continue;
        *value = words[i].value;
        return true;
    }
    return false;
}

#define FIND(words, word, value)                                                                   \
    find_keyword(words, sizeof(words) / sizeof((words)[0]), word, value)

static bool contains(struct slice text, struct slice what)
{
    return text.len >= what.len && memmem(text.ptr, text.len, what.ptr, what.len) != NULL;
}

/* The number that ${s} begins with, in hundredths; *${length} is how long it is, 0: none. */
static int32_t read_number(struct slice s, size_t *length)
{
    bool minus = s.len > 0 && s.ptr[0] == '-';
    size_t from = s.len > 0 && (s.ptr[0] == '-' || s.ptr[0] == '+') ? 1 : 0, at = from;
    int32_t number = 0, part = PIXEL;

    for (; at < s.len && ascii_is_digit(s.ptr[at]); at++)
        number = number < LENGTH_MAX / 10 ? number * 10 + (s.ptr[at] - '0') * PIXEL : LENGTH_MAX;
    if (at + 1 < s.len && s.ptr[at] == '.' && ascii_is_digit(s.ptr[at + 1]))
        for (at++; at < s.len && ascii_is_digit(s.ptr[at]); at++)
            number += part > 1 ? (s.ptr[at] - '0') * (part /= 10) : 0;
    *length = at == from ? 0 : at;
    return minus ? -number : number;
}

static bool read_length(struct slice s, int32_t *value, uint8_t *unit)
{
    /* What one of them is, in hundredths of a pixel or of the unit; without any: pixels. */
    static const struct {
        struct slice name;
        int32_t factor;
        enum style_unit unit;
    } UNITS[] = {
        {SLICE_INIT(""), 100, STYLE_PIXELS},    {SLICE_INIT("px"), 100, STYLE_PIXELS},
        {SLICE_INIT("pt"), 133, STYLE_PIXELS},  {SLICE_INIT("pc"), 1600, STYLE_PIXELS},
        {SLICE_INIT("in"), 9600, STYLE_PIXELS}, {SLICE_INIT("cm"), 3780, STYLE_PIXELS},
        {SLICE_INIT("mm"), 378, STYLE_PIXELS},  {SLICE_INIT("rem"), 1600, STYLE_PIXELS},
        {SLICE_INIT("vw"), 800, STYLE_PIXELS},  {SLICE_INIT("vh"), 600, STYLE_PIXELS},
        {SLICE_INIT("em"), 100, STYLE_EMS},     {SLICE_INIT("ex"), 50, STYLE_EMS},
        {SLICE_INIT("ch"), 50, STYLE_EMS},      {SLICE_INIT("%"), 100, STYLE_PERCENT},
    };
    size_t length;
    int64_t number = read_number(s, &length);
    struct slice name = slice_from(s, length);

    for (size_t i = 0; length > 0 && i < sizeof(UNITS) / sizeof(UNITS[0]); i++) {
        if (!slice_equal(UNITS[i].name, name))
            continue;
        number = number * UNITS[i].factor / 100;
        *value = number > LENGTH_MAX    ? LENGTH_MAX
                 : number < -LENGTH_MAX ? -LENGTH_MAX
                                        : (int32_t)number;
        *unit = (uint8_t)UNITS[i].unit;
        return true;
    }
    return false;
}

static bool read_size(struct slice text, int32_t *value, uint8_t *unit)
{
    static const struct keyword SIZES[] = {
        {SLICE_INIT("xx-small"), 900},  {SLICE_INIT("x-small"), 1000},
        {SLICE_INIT("small"), 1300},    {SLICE_INIT("medium"), 1600},
        {SLICE_INIT("large"), 1800},    {SLICE_INIT("x-large"), 2400},
        {SLICE_INIT("xx-large"), 3200}, {SLICE_INIT("initial"), 1600},
    };

    *unit = STYLE_PIXELS;
    if (FIND(SIZES, text, value))
        return true;
    return read_length(text, value, unit) && *value >= 0;
}

/* Takes the next word off ${rest}. */
static struct slice next_word(struct slice *rest)
{
    struct slice word;

    *rest = slice_trim_start(*rest);
    word = slice_first(*rest, slice_find(*rest, ' '));
    *rest = slice_from(*rest, word.len);
    return word;
}

/* "bold 1px/2px Arial": the first word that is a length, up to the slash. */
static bool read_font(struct slice text, int32_t *value, uint8_t *unit)
{
    while (text.len > 0) {
        struct slice word = next_word(&text);
        bool number = word.len > 0 && (ascii_is_digit(word.ptr[0]) || word.ptr[0] == '.');
        bool weight = word.len == 3 && slice_equal(slice_from(word, 1), SLICE("00"));

        word = slice_first(word, slice_find(word, '/'));
        if (number && !weight && read_size(word, value, unit))
            return true;
    }
    return false;
}

static bool read_display(struct slice text, int32_t *value)
{
    static const struct keyword WORDS[] = {
        {SLICE_INIT("none"), STYLE_GONE},          {SLICE_INIT("inline"), STYLE_INLINE},
        {SLICE_INIT("contents"), STYLE_INLINE},    {SLICE_INIT("inline-block"), STYLE_INLINE},
        {SLICE_INIT("inline-flex"), STYLE_INLINE}, {SLICE_INIT("inline-table"), STYLE_INLINE},
        {SLICE_INIT("initial"), STYLE_INLINE},     {SLICE_INIT("block"), STYLE_LINES},
        {SLICE_INIT("flex"), STYLE_LINES},         {SLICE_INIT("grid"), STYLE_LINES},
        {SLICE_INIT("list-item"), STYLE_LINES},    {SLICE_INIT("table"), STYLE_LINES},
        {SLICE_INIT("table-row"), STYLE_LINES},    {SLICE_INIT("table-cell"), STYLE_LINES},
        {SLICE_INIT("flow-root"), STYLE_LINES},
    };

    return FIND(WORDS, text, value);
}

static bool read_visible(struct slice text, int32_t *value)
{
    static const struct keyword WORDS[] = {{SLICE_INIT("visible"), 1},
                                           {SLICE_INIT("hidden"), 0},
                                           {SLICE_INIT("collapse"), 0},
                                           {SLICE_INIT("initial"), 1}};

    return FIND(WORDS, text, value);
}

static bool read_opacity(struct slice text, int32_t *value)
{
    size_t length;

    *value = read_number(text, &length);
    if (length > 0 && slice_equal(slice_from(text, length), SLICE("%")))
        *value /= 100;
    return length > 0;
}

/* The colour among the words of "background"; a picture hides what is below it. */
static bool read_ground(struct slice text, int32_t *value)
{
    int32_t colour = contains(text, SLICE("url(")) || contains(text, SLICE("gradient("))
                         ? COLOUR_UNKNOWN
                         : colour_read(text);

    while (colour == COLOUR_INVALID && text.len > 0)
        colour = colour_read(next_word(&text));
    *value = colour;
    return colour != COLOUR_INVALID;
}

/* Of "background-image": none, or one. */
static bool read_picture(struct slice text, int32_t *value)
{
    *value = COLOUR_UNKNOWN;
    return contains(text, SLICE("("));
}

static bool read_colour(struct slice text, int32_t *value)
{
    *value = colour_read(text);
    return *value != COLOUR_INVALID;
}

static bool read_overflow(struct slice text, int32_t *value)
{
    *value = contains(text, SLICE("hidden")) || contains(text, SLICE("clip"));
    return true;
}

/* "rect(0, 0, 0, 0)", "rect(1px 1px 1px 1px)": none of its sides is longer than a pixel. */
static bool read_clip(struct slice text, int32_t *value)
{
    size_t open = slice_find(text, '(');

    *value = slice_starts(text, SLICE("rect(")) && !contains(text, SLICE("auto"));
    for (size_t at = open; *value != 0 && at < text.len; at++) {
        size_t length = 0;
        bool start = at > 0 && !ascii_is_digit(text.ptr[at - 1]) && text.ptr[at - 1] != '.';

        if (start && ascii_is_digit(text.ptr[at]) &&
            read_number(slice_from(text, at), &length) > BOX_MIN)
            *value = 0;
    }
    return true;
}

static bool read_clip_path(struct slice text, int32_t *value)
{
    *value = slice_starts(text, SLICE("inset(100%")) || slice_starts(text, SLICE("inset(50%")) ||
             slice_starts(text, SLICE("circle(0"));
    return true;
}

static bool read_placed(struct slice text, int32_t *value)
{
    static const struct keyword WORDS[] = {{SLICE_INIT("static"), 0},
                                           {SLICE_INIT("relative"), 1},
                                           {SLICE_INIT("absolute"), 2},
                                           {SLICE_INIT("fixed"), 2}};

    return FIND(WORDS, text, value);
}

static bool read_mso_hide(struct slice text, int32_t *value)
{
    *value = slice_equal(text, SLICE("all"));
    return true;
}

static bool read_pre(struct slice text, int32_t *value)
{
    *value = slice_starts(text, SLICE("pre"));
    return true;
}

/* "margin: 0 0 0 -9999px": the last of four, or the second or first. */
static bool read_margin(struct slice text, int32_t *value, uint8_t *unit)
{
    struct slice words[4];
    size_t count = 0;

    while (count < 4 && text.len > 0)
        words[count++] = next_word(&text);
    return count > 0 && read_length(words[count == 4 ? 3 : count > 1 ? 1 : 0], value, unit);
}

/* --- declarations --------------------------------------------------------------------------- */

/* How each is read: as a value, or as a length with its unit. */
static const struct property {
    struct slice name;
    enum style_property property;
    bool (*value)(struct slice text, int32_t *value);
    bool (*length)(struct slice text, int32_t *value, uint8_t *unit);
} PROPERTIES[] = {
    {SLICE_INIT("color"), STYLE_COLOUR, read_colour, NULL},
    {SLICE_INIT("font-size"), STYLE_SIZE, NULL, read_size},
    {SLICE_INIT("font"), STYLE_SIZE, NULL, read_font},
    {SLICE_INIT("width"), STYLE_WIDTH, NULL, read_length},
    {SLICE_INIT("height"), STYLE_HEIGHT, NULL, read_length},
    {SLICE_INIT("display"), STYLE_DISPLAY, read_display, NULL},
    {SLICE_INIT("background-color"), STYLE_GROUND, read_ground, NULL},
    {SLICE_INIT("background"), STYLE_GROUND, read_ground, NULL},
    {SLICE_INIT("background-image"), STYLE_GROUND, read_picture, NULL},
    {SLICE_INIT("max-width"), STYLE_MAX_WIDTH, NULL, read_length},
    {SLICE_INIT("max-height"), STYLE_MAX_HEIGHT, NULL, read_length},
    {SLICE_INIT("margin"), STYLE_MARGIN_LEFT, NULL, read_margin},
    {SLICE_INIT("margin-left"), STYLE_MARGIN_LEFT, NULL, read_length},
    {SLICE_INIT("visibility"), STYLE_VISIBLE, read_visible, NULL},
    {SLICE_INIT("opacity"), STYLE_OPACITY, read_opacity, NULL},
    {SLICE_INIT("overflow"), STYLE_OVERFLOW, read_overflow, NULL},
    {SLICE_INIT("text-indent"), STYLE_INDENT, NULL, read_length},
    {SLICE_INIT("position"), STYLE_PLACED, read_placed, NULL},
    {SLICE_INIT("left"), STYLE_LEFT, NULL, read_length},
    {SLICE_INIT("top"), STYLE_TOP, NULL, read_length},
    {SLICE_INIT("clip"), STYLE_CLIP, read_clip, NULL},
    {SLICE_INIT("clip-path"), STYLE_CLIP_PATH, read_clip_path, NULL},
    {SLICE_INIT("mso-hide"), STYLE_MSO_HIDE, read_mso_hide, NULL},
    {SLICE_INIT("white-space"), STYLE_PRE, read_pre, NULL},
    {SLICE_INIT("-webkit-text-fill-color"), STYLE_COLOUR, read_colour, NULL},
};

static void read_declaration(const struct css_declaration *one, struct style_declared *declared)
{
    for (size_t i = 0; i < sizeof(PROPERTIES) / sizeof(PROPERTIES[0]); i++) {
        const struct property *property = &PROPERTIES[i];
        uint8_t unit = STYLE_PIXELS;
        int32_t value = 0;

        if (!slice_equal(property->name, one->name))
            continue;
        if (property->value != NULL ? !property->value(one->value, &value)
                                    : !property->length(one->value, &value, &unit))
            return;
        style_set(declared, property->property, value);
        declared->unit[property->property] = unit;
        return;
    }
}

void style_read(struct slice text, struct style_declared *declared)
{
    struct css_declaration one;

    while (css_declaration(&text, &one))
        read_declaration(&one, declared);
}

void style_set(struct style_declared *declared, enum style_property property, int32_t value)
{
    declared->set |= UINT32_C(1) << property;
    declared->value[property] = value;
    declared->unit[property] = STYLE_PIXELS;
}

static bool is_set(const struct style_declared *declared, enum style_property property)
{
    return (declared->set >> property & 1) != 0;
}

void style_add(struct style_declared *declared, const struct style_declared *more)
{
    for (size_t i = 0; i < STYLE_PROPERTIES; i++) {
        if (!is_set(more, (enum style_property)i))
            continue;
        style_set(declared, (enum style_property)i, more->value[i]);
        declared->unit[i] = more->unit[i];
    }
}

/* --- what holds ----------------------------------------------------------------------------- */

struct style style_root(void)
{
    return (struct style){.colour = COLOUR_BLACK, .ground = COLOUR_WHITE, .size = 16 * PIXEL};
}

/* A length in hundredths of a pixel; of a box's percentages nobody knows of what. */
static int32_t pixels(const struct style_declared *declared, enum style_property property,
                      int32_t of)
{
    int64_t value = declared->value[property];

    if (declared->unit[property] == STYLE_EMS)
        value = value * of / 100;
    else if (declared->unit[property] == STYLE_PERCENT)
        value = value * of / 10000;
    return value > LENGTH_MAX ? LENGTH_MAX : value < -LENGTH_MAX ? -LENGTH_MAX : (int32_t)value;
}

static bool is_small(const struct style_declared *declared, enum style_property property)
{
    return is_set(declared, property) && declared->value[property] >= 0 &&
           declared->value[property] <= BOX_MIN;
}

static bool is_far(const struct style_declared *declared, enum style_property property,
                   int32_t size)
{
    return is_set(declared, property) && pixels(declared, property, size) <= -FAR;
}

/* Boxes without room for what is in them, that do not let it out either. */
static bool is_shut(const struct style_declared *declared)
{
    return is_set(declared, STYLE_OVERFLOW) && declared->value[STYLE_OVERFLOW] != 0 &&
           (is_small(declared, STYLE_HEIGHT) || is_small(declared, STYLE_WIDTH) ||
            is_small(declared, STYLE_MAX_HEIGHT) || is_small(declared, STYLE_MAX_WIDTH));
}

static bool is_away(const struct style_declared *declared, int32_t size)
{
    int32_t placed = is_set(declared, STYLE_PLACED) ? declared->value[STYLE_PLACED] : 0;

    if (placed > 0 && (is_far(declared, STYLE_LEFT, size) || is_far(declared, STYLE_TOP, size)))
        return true;
    if (placed == 2 && is_set(declared, STYLE_CLIP) && declared->value[STYLE_CLIP] != 0)
        return true;
    return is_far(declared, STYLE_MARGIN_LEFT, size) ||
           (is_set(declared, STYLE_CLIP_PATH) && declared->value[STYLE_CLIP_PATH] != 0);
}

static bool is_gone(const struct style_declared *declared, int32_t size)
{
    return (is_set(declared, STYLE_DISPLAY) && declared->value[STYLE_DISPLAY] == STYLE_GONE) ||
           (is_set(declared, STYLE_OPACITY) && declared->value[STYLE_OPACITY] < OPACITY_MIN) ||
           is_shut(declared) || is_away(declared, size);
}

static void take_colours(const struct style_declared *declared, struct style *style)
{
    int32_t colour = declared->value[STYLE_COLOUR], ground = declared->value[STYLE_GROUND];

    if (is_set(declared, STYLE_COLOUR) && colour != COLOUR_INHERIT)
        style->colour = colour;
    if (is_set(declared, STYLE_GROUND) && ground != COLOUR_INHERIT && ground != COLOUR_CLEAR)
        style->ground = ground;
}

struct style style_inside(const struct style *outer, const struct style_declared *declared)
{
    struct style style = *outer;
    int32_t display = is_set(declared, STYLE_DISPLAY) ? declared->value[STYLE_DISPLAY] : STYLE_GONE;

    style.inner_lines = display == STYLE_LINES;
    style.inner_inline = display == STYLE_INLINE;
    if (declared->set == 0)
        return style;
    take_colours(declared, &style);
    if (is_set(declared, STYLE_SIZE))
        style.size = pixels(declared, STYLE_SIZE, outer->size);
    if (is_set(declared, STYLE_VISIBLE))
        style.unseen = declared->value[STYLE_VISIBLE] == 0;
    if (is_set(declared, STYLE_INDENT))
        style.far = is_far(declared, STYLE_INDENT, style.size);
    if (is_set(declared, STYLE_PRE))
        style.pre = declared->value[STYLE_PRE] != 0;
    style.mso_hidden |= is_set(declared, STYLE_MSO_HIDE) && declared->value[STYLE_MSO_HIDE] != 0;
    style.gone |= is_gone(declared, style.size);
    return style;
}

bool style_hides(const struct style *style)
{
    return style->gone || style->unseen || style->far || style->size < LETTERS_MIN ||
           colour_near(style->colour, style->ground);
}
