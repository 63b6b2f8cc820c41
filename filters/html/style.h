/* style: whether a text can be seen, as styles and attributes say (CSS 2.2, CSS Display 3, CSS Text
 * 3, Microsoft's mso-hide).
 *
 * What an element declares is read once into a few numbers; from these and from what holds around
 * it follows what holds in it.
 */
#ifndef FILTERS_HTML_STYLE_H
#define FILTERS_HTML_STYLE_H

#include "filters/base/slice.h"

enum style_property {
    STYLE_DISPLAY, /* enum style_display */
    STYLE_VISIBLE, /* 0 or 1 */
    STYLE_OPACITY, /* hundredths */
    STYLE_COLOUR,  /* as colour.h has it */
    STYLE_GROUND,
    STYLE_MSO_HIDE, /* 0 or 1 */
    STYLE_CLIP,     /* 0 or 1: nothing is left of it */
    STYLE_CLIP_PATH,
    STYLE_OVERFLOW, /* 0 or 1: what is outside is not seen */
    STYLE_PLACED,   /* 0; 1: relative; 2: out of the flow */
    STYLE_PRE,      /* 0 or 1: blanks are kept */
    STYLE_SIZE,     /* lengths, in hundredths of a pixel or of what their unit is */
    STYLE_INDENT,
    STYLE_HEIGHT,
    STYLE_WIDTH,
    STYLE_MAX_HEIGHT,
    STYLE_MAX_WIDTH,
    STYLE_LEFT,
    STYLE_TOP,
    STYLE_MARGIN_LEFT,
    STYLE_PROPERTIES,
};

enum style_display { STYLE_GONE, STYLE_INLINE, STYLE_LINES };
enum style_unit { STYLE_PIXELS, STYLE_EMS, STYLE_PERCENT };

/* What an element declares. Zero: nothing. */
struct style_declared {
    uint32_t set; /* bits by property */
    int32_t value[STYLE_PROPERTIES];
    uint8_t unit[STYLE_PROPERTIES];
};

/* What holds in an element. */
struct style {
    int32_t colour, ground; /* of the text, and what it stands on */
    int32_t size;           /* of its letters, in hundredths of a pixel */
    bool gone;              /* it and all that is in it: not there, clipped, clear or far off */
    bool unseen;            /* visibility: what is in it can be seen again */
    bool far;               /* its lines begin far off */
    bool mso_hidden;        /* Outlook does not show it */
    bool pre;
    bool inner_lines, inner_inline; /* display says that it stands in lines of its own, or not */
};

/* style_read(text, declared): adds what the inline style, or the block of a rule, ${text} declares;
 * what comes later holds. */
void style_read(struct slice text, struct style_declared *declared);

/* style_set(declared, property, value): adds one declaration; of a length, in pixels. */
void style_set(struct style_declared *declared, enum style_property property, int32_t value);

/* style_add(declared, more): adds all that ${more} declares. */
void style_add(struct style_declared *declared, const struct style_declared *more);

/* style_root(): what holds in a text before any element: black on white, of 16 pixels. */
struct style style_root(void);

/* style_inside(outer, declared): what holds in an element that declares this in ${outer}. */
struct style style_inside(const struct style *outer, const struct style_declared *declared);

/* style_hides(style): whether a reader sees nothing of a text in it. */
bool style_hides(const struct style *style);

#endif
