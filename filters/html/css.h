/* css: style sheets cut into rules and declarations, as far as inline styles and simple sheets go
 * (CSS Syntax 3): quotes, brackets, comments and escapes are known, nested rules are skipped. */
#ifndef FILTERS_HTML_CSS_H
#define FILTERS_HTML_CSS_H

#include "filters/base/slice.h"

#define CSS_TEXT_MAX 128 /* octets of a name or a value that count */

struct css_declaration {
    char name_text[CSS_TEXT_MAX], value_text[CSS_TEXT_MAX];
    struct slice name,
        value; /* in small letters, one space for blanks and comments, escapes undone,
                * without "!important"; slices of the above, but for memcpy */
};

/* css_declaration(rest, declaration): takes the next declaration off ${rest}, which is an inline
 * style or what stands in a rule's braces; false at the end. */
bool css_declaration(struct slice *rest, struct css_declaration *declaration);

/* css_rule(rest, selectors, block): takes the next rule off ${rest}, which is a sheet: its
 * selectors and what stands in its braces, as written. What begins with "@" is skipped. False at
 * the end. */
bool css_rule(struct slice *rest, struct slice *selectors, struct slice *block);

#endif
