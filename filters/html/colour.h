/* colour: colours as HTML and CSS write them, and whether text of one can be read on another. */
#ifndef FILTERS_HTML_COLOUR_H
#define FILTERS_HTML_COLOUR_H

#include "filters/base/slice.h"

/* A colour is 0xRRGGBB, or one of these. */
#define COLOUR_CLEAR   (-1) /* transparent */
#define COLOUR_UNKNOWN (-2) /* some colour, or a picture */
#define COLOUR_INHERIT (-3) /* that of the element around it */
#define COLOUR_INVALID (-4) /* none: what says so does not count */

#define COLOUR_BLACK 0x000000
#define COLOUR_WHITE 0xFFFFFF

/* colour_read(text): the colour that ${text} of a style is, in small letters: a name, "#fff",
 * "rgb(1 2 3 / 50%)". One of less than a tenth opacity is clear, other opacities do not count. */
int32_t colour_read(struct slice text);

/* colour_legacy(text): the colour that an attribute means: as browsers, nearly any text is one
 * ("2.4.6", "Rules for parsing a legacy color value"). */
int32_t colour_legacy(struct slice text);

/* colour_near(ink, ground): whether nobody could read text of the one on the other. False when one
 * of them is not known. */
bool colour_near(int32_t ink, int32_t ground);

#endif
