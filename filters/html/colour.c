/* colour: see colour.h. */
#include "filters/html/colour.h"

#define NEAR 24 /* of 255: so little in no channel is read */

struct named {
    struct slice name;
    int32_t colour;
};

/* "6.1 Named Colors" of CSS Color 4, in the order of bytes. */
static const struct named NAMED[] = {
    {SLICE_INIT("aliceblue"), 0xF0F8FF},
    {SLICE_INIT("antiquewhite"), 0xFAEBD7},
    {SLICE_INIT("aqua"), 0x00FFFF},
    {SLICE_INIT("aquamarine"), 0x7FFFD4},
    {SLICE_INIT("azure"), 0xF0FFFF},
    {SLICE_INIT("beige"), 0xF5F5DC},
    {SLICE_INIT("bisque"), 0xFFE4C4},
    {SLICE_INIT("black"), 0x000000},
    {SLICE_INIT("blanchedalmond"), 0xFFEBCD},
    {SLICE_INIT("blue"), 0x0000FF},
    {SLICE_INIT("blueviolet"), 0x8A2BE2},
    {SLICE_INIT("brown"), 0xA52A2A},
    {SLICE_INIT("burlywood"), 0xDEB887},
    {SLICE_INIT("cadetblue"), 0x5F9EA0},
    {SLICE_INIT("chartreuse"), 0x7FFF00},
    {SLICE_INIT("chocolate"), 0xD2691E},
    {SLICE_INIT("coral"), 0xFF7F50},
    {SLICE_INIT("cornflowerblue"), 0x6495ED},
    {SLICE_INIT("cornsilk"), 0xFFF8DC},
    {SLICE_INIT("crimson"), 0xDC143C},
    {SLICE_INIT("cyan"), 0x00FFFF},
    {SLICE_INIT("darkblue"), 0x00008B},
    {SLICE_INIT("darkcyan"), 0x008B8B},
    {SLICE_INIT("darkgoldenrod"), 0xB8860B},
    {SLICE_INIT("darkgray"), 0xA9A9A9},
    {SLICE_INIT("darkgreen"), 0x006400},
    {SLICE_INIT("darkgrey"), 0xA9A9A9},
    {SLICE_INIT("darkkhaki"), 0xBDB76B},
    {SLICE_INIT("darkmagenta"), 0x8B008B},
    {SLICE_INIT("darkolivegreen"), 0x556B2F},
    {SLICE_INIT("darkorange"), 0xFF8C00},
    {SLICE_INIT("darkorchid"), 0x9932CC},
    {SLICE_INIT("darkred"), 0x8B0000},
    {SLICE_INIT("darksalmon"), 0xE9967A},
    {SLICE_INIT("darkseagreen"), 0x8FBC8F},
    {SLICE_INIT("darkslateblue"), 0x483D8B},
    {SLICE_INIT("darkslategray"), 0x2F4F4F},
    {SLICE_INIT("darkslategrey"), 0x2F4F4F},
    {SLICE_INIT("darkturquoise"), 0x00CED1},
    {SLICE_INIT("darkviolet"), 0x9400D3},
    {SLICE_INIT("deeppink"), 0xFF1493},
    {SLICE_INIT("deepskyblue"), 0x00BFFF},
    {SLICE_INIT("dimgray"), 0x696969},
    {SLICE_INIT("dimgrey"), 0x696969},
    {SLICE_INIT("dodgerblue"), 0x1E90FF},
    {SLICE_INIT("firebrick"), 0xB22222},
    {SLICE_INIT("floralwhite"), 0xFFFAF0},
    {SLICE_INIT("forestgreen"), 0x228B22},
    {SLICE_INIT("fuchsia"), 0xFF00FF},
    {SLICE_INIT("gainsboro"), 0xDCDCDC},
    {SLICE_INIT("ghostwhite"), 0xF8F8FF},
    {SLICE_INIT("gold"), 0xFFD700},
    {SLICE_INIT("goldenrod"), 0xDAA520},
    {SLICE_INIT("gray"), 0x808080},
    {SLICE_INIT("green"), 0x008000},
    {SLICE_INIT("greenyellow"), 0xADFF2F},
    {SLICE_INIT("grey"), 0x808080},
    {SLICE_INIT("honeydew"), 0xF0FFF0},
    {SLICE_INIT("hotpink"), 0xFF69B4},
    {SLICE_INIT("indianred"), 0xCD5C5C},
    {SLICE_INIT("indigo"), 0x4B0082},
    {SLICE_INIT("ivory"), 0xFFFFF0},
    {SLICE_INIT("khaki"), 0xF0E68C},
    {SLICE_INIT("lavender"), 0xE6E6FA},
    {SLICE_INIT("lavenderblush"), 0xFFF0F5},
    {SLICE_INIT("lawngreen"), 0x7CFC00},
    {SLICE_INIT("lemonchiffon"), 0xFFFACD},
    {SLICE_INIT("lightblue"), 0xADD8E6},
    {SLICE_INIT("lightcoral"), 0xF08080},
    {SLICE_INIT("lightcyan"), 0xE0FFFF},
    {SLICE_INIT("lightgoldenrodyellow"), 0xFAFAD2},
    {SLICE_INIT("lightgray"), 0xD3D3D3},
    {SLICE_INIT("lightgreen"), 0x90EE90},
    {SLICE_INIT("lightgrey"), 0xD3D3D3},
    {SLICE_INIT("lightpink"), 0xFFB6C1},
    {SLICE_INIT("lightsalmon"), 0xFFA07A},
    {SLICE_INIT("lightseagreen"), 0x20B2AA},
    {SLICE_INIT("lightskyblue"), 0x87CEFA},
    {SLICE_INIT("lightslategray"), 0x778899},
    {SLICE_INIT("lightslategrey"), 0x778899},
    {SLICE_INIT("lightsteelblue"), 0xB0C4DE},
    {SLICE_INIT("lightyellow"), 0xFFFFE0},
    {SLICE_INIT("lime"), 0x00FF00},
    {SLICE_INIT("limegreen"), 0x32CD32},
    {SLICE_INIT("linen"), 0xFAF0E6},
    {SLICE_INIT("magenta"), 0xFF00FF},
    {SLICE_INIT("maroon"), 0x800000},
    {SLICE_INIT("mediumaquamarine"), 0x66CDAA},
    {SLICE_INIT("mediumblue"), 0x0000CD},
    {SLICE_INIT("mediumorchid"), 0xBA55D3},
    {SLICE_INIT("mediumpurple"), 0x9370DB},
    {SLICE_INIT("mediumseagreen"), 0x3CB371},
    {SLICE_INIT("mediumslateblue"), 0x7B68EE},
    {SLICE_INIT("mediumspringgreen"), 0x00FA9A},
    {SLICE_INIT("mediumturquoise"), 0x48D1CC},
    {SLICE_INIT("mediumvioletred"), 0xC71585},
    {SLICE_INIT("midnightblue"), 0x191970},
    {SLICE_INIT("mintcream"), 0xF5FFFA},
    {SLICE_INIT("mistyrose"), 0xFFE4E1},
    {SLICE_INIT("moccasin"), 0xFFE4B5},
    {SLICE_INIT("navajowhite"), 0xFFDEAD},
    {SLICE_INIT("navy"), 0x000080},
    {SLICE_INIT("oldlace"), 0xFDF5E6},
    {SLICE_INIT("olive"), 0x808000},
    {SLICE_INIT("olivedrab"), 0x6B8E23},
    {SLICE_INIT("orange"), 0xFFA500},
    {SLICE_INIT("orangered"), 0xFF4500},
    {SLICE_INIT("orchid"), 0xDA70D6},
    {SLICE_INIT("palegoldenrod"), 0xEEE8AA},
    {SLICE_INIT("palegreen"), 0x98FB98},
    {SLICE_INIT("paleturquoise"), 0xAFEEEE},
    {SLICE_INIT("palevioletred"), 0xDB7093},
    {SLICE_INIT("papayawhip"), 0xFFEFD5},
    {SLICE_INIT("peachpuff"), 0xFFDAB9},
    {SLICE_INIT("peru"), 0xCD853F},
    {SLICE_INIT("pink"), 0xFFC0CB},
    {SLICE_INIT("plum"), 0xDDA0DD},
    {SLICE_INIT("powderblue"), 0xB0E0E6},
    {SLICE_INIT("purple"), 0x800080},
    {SLICE_INIT("rebeccapurple"), 0x663399},
    {SLICE_INIT("red"), 0xFF0000},
    {SLICE_INIT("rosybrown"), 0xBC8F8F},
    {SLICE_INIT("royalblue"), 0x4169E1},
    {SLICE_INIT("saddlebrown"), 0x8B4513},
    {SLICE_INIT("salmon"), 0xFA8072},
    {SLICE_INIT("sandybrown"), 0xF4A460},
    {SLICE_INIT("seagreen"), 0x2E8B57},
    {SLICE_INIT("seashell"), 0xFFF5EE},
    {SLICE_INIT("sienna"), 0xA0522D},
    {SLICE_INIT("silver"), 0xC0C0C0},
    {SLICE_INIT("skyblue"), 0x87CEEB},
    {SLICE_INIT("slateblue"), 0x6A5ACD},
    {SLICE_INIT("slategray"), 0x708090},
    {SLICE_INIT("slategrey"), 0x708090},
    {SLICE_INIT("snow"), 0xFFFAFA},
    {SLICE_INIT("springgreen"), 0x00FF7F},
    {SLICE_INIT("steelblue"), 0x4682B4},
    {SLICE_INIT("tan"), 0xD2B48C},
    {SLICE_INIT("teal"), 0x008080},
    {SLICE_INIT("thistle"), 0xD8BFD8},
    {SLICE_INIT("tomato"), 0xFF6347},
    {SLICE_INIT("turquoise"), 0x40E0D0},
    {SLICE_INIT("violet"), 0xEE82EE},
    {SLICE_INIT("wheat"), 0xF5DEB3},
    {SLICE_INIT("white"), 0xFFFFFF},
    {SLICE_INIT("whitesmoke"), 0xF5F5F5},
    {SLICE_INIT("yellow"), 0xFFFF00},
    {SLICE_INIT("yellowgreen"), 0x9ACD32},
};

static int compare(struct slice a, struct slice b)
{
    size_t common = a.len < b.len ? a.len : b.len;
    int order = common > 0 ? memcmp(a.ptr, b.ptr, common) : 0;

    if (order != 0)
        return order;
    return a.len == b.len ? 0 : a.len < b.len ? -1 : 1;
}

static int32_t by_name(struct slice name)
{
    size_t low = 0, high = sizeof(NAMED) / sizeof(NAMED[0]);

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = compare(name, NAMED[middle].name);

        if (order == 0)
            return NAMED[middle].colour;
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return COLOUR_INVALID;
}

/* --- of styles ------------------------------------------------------------------------------ */

/* "#rgb", "#rgba", "#rrggbb" or "#rrggbbaa", without the "#". */
static int32_t by_digits(struct slice digits)
{
    size_t size = digits.len <= 4 ? 1 : 2;
    int32_t channel[4] = {0, 0, 0, 0xFF};

    if (digits.len != 3 && digits.len != 4 && digits.len != 6 && digits.len != 8)
        return COLOUR_INVALID;
    for (size_t i = 0; i < digits.len / size; i++) {
        int high = ascii_hex(digits.ptr[i * size]),
            low = ascii_hex(digits.ptr[i * size + size - 1]);

        if (high < 0 || low < 0)
            return COLOUR_INVALID;
        channel[i] = high << 4 | low;
    }
    return channel[3] < 0x1A ? COLOUR_CLEAR : channel[0] << 16 | channel[1] << 8 | channel[2];
}

/* The next number of ${rest}, of 255, or in hundredths where it is an opacity; -1: there is none.
 */
static int32_t next_number(struct slice *rest, bool opacity)
{
    int32_t whole = 0, part = 0, unit = 100;
    size_t at = 0;

    while (at < rest->len && slice_find(SLICE(" ,/"), rest->ptr[at]) != SLICE_NOT_FOUND)
        at++;
    if (at == rest->len || (!ascii_is_digit(rest->ptr[at]) && rest->ptr[at] != '.'))
        return -1;
    for (; at < rest->len && ascii_is_digit(rest->ptr[at]); at++)
        whole = whole < 1000 ? whole * 10 + (rest->ptr[at] - '0') : whole;
    if (at < rest->len && rest->ptr[at] == '.')
        for (at++; at < rest->len && ascii_is_digit(rest->ptr[at]); at++)
            part += unit > 1 ? (rest->ptr[at] - '0') * (unit /= 10) : 0;
    whole = whole * 100 + part; /* in hundredths */
    if (at < rest->len && rest->ptr[at] == '%') {
        at++;
        whole = opacity ? whole / 100 : whole * 255 / 100;
    }
    *rest = slice_from(*rest, at);
    whole = opacity ? whole : whole / 100;
    return opacity || whole <= 0xFF ? whole : 0xFF;
}

static int32_t by_channels(struct slice inside)
{
    int32_t red = next_number(&inside, false), green = next_number(&inside, false),
            blue = next_number(&inside, false), opacity = next_number(&inside, true);

    if (red < 0 || green < 0 || blue < 0)
        return COLOUR_INVALID;
    return opacity >= 0 && opacity < 10 ? COLOUR_CLEAR : red << 16 | green << 8 | blue;
}

int32_t colour_read(struct slice text)
{
    size_t open = slice_find(text, '(');

    if (text.len > 0 && text.ptr[0] == '#')
        return by_digits(slice_from(text, 1));
    if (slice_starts(text, SLICE("rgb")) && open != SLICE_NOT_FOUND)
        return by_channels(slice_from(text, open + 1));
    if (open != SLICE_NOT_FOUND) /* hsl() and its like */
        return COLOUR_UNKNOWN;
    if (slice_equal(text, SLICE("transparent")))
        return COLOUR_CLEAR;
    if (slice_equal(text, SLICE("inherit")))
        return COLOUR_INHERIT;
    return by_name(text);
}

/* --- of attributes -------------------------------------------------------------------------- */

#define LEGACY_MAX 128 /* characters of it that count */

/* A channel of it: the two digits behind as many of ${part} as are too many. */
static int32_t legacy_channel(struct slice part, size_t skip)
{
    int32_t value = 0;

    for (size_t i = skip; i < part.len && i < skip + 2; i++) {
        int digit = ascii_hex(part.ptr[i]);

        value = value << 4 | (digit < 0 ? 0 : digit);
    }
    return value;
}

/* How many digits at the front of each of the three parts do not count: all but the last eight, and
 * zeros that all three have, as long as more than two are left. */
static size_t legacy_skip(const char *digits, size_t len)
{
    size_t skip = len > 8 ? len - 8 : 0;

    while (len - skip > 2 && digits[skip] == '0' && digits[len + skip] == '0' &&
           digits[2 * len + skip] == '0')
        skip++;
    return skip;
}

static int32_t by_any_text(struct slice text)
{
    char digits[LEGACY_MAX + 3];
    size_t len = 0, skip;

    text = slice_first(text, LEGACY_MAX);
    for (size_t i = 0; i < text.len; i++)
        digits[len++] = (char)(ascii_hex(text.ptr[i]) < 0 ? '0' : text.ptr[i]);
    while (len == 0 || len % 3 != 0)
        digits[len++] = '0';
    len /= 3;
    skip = legacy_skip(digits, len);
    return legacy_channel(slice_make(digits, len), skip) << 16 |
           legacy_channel(slice_make(digits + len, len), skip) << 8 |
           legacy_channel(slice_make(digits + 2 * len, len), skip);
}

int32_t colour_legacy(struct slice text)
{
    char small[LEGACY_MAX];
    int32_t named;

    text = slice_first(slice_trim(text), LEGACY_MAX);
    for (size_t i = 0; i < text.len; i++)
        small[i] = ascii_lower(text.ptr[i]);
    text = slice_make(small, text.len);
    if (text.len == 0 || slice_equal(text, SLICE("transparent")))
        return COLOUR_INVALID;
    named = by_name(text);
    if (named >= 0)
        return named;
    if (text.ptr[0] == '#' && text.len == 4 && by_digits(slice_from(text, 1)) >= 0)
        return by_digits(slice_from(text, 1));
    return by_any_text(slice_from(text, text.ptr[0] == '#' ? 1 : 0));
}

/* --- comparing ------------------------------------------------------------------------------ */

static bool near_channel(int32_t a, int32_t b)
{
    int32_t difference = (a & 0xFF) - (b & 0xFF);

    return difference < NEAR && difference > -NEAR;
}

bool colour_near(int32_t ink, int32_t ground)
{
    if (ink == COLOUR_CLEAR)
        return true;
    return ink >= 0 && ground >= 0 && near_channel(ink, ground) &&
           near_channel(ink >> 8, ground >> 8) && near_channel(ink >> 16, ground >> 16);
}
