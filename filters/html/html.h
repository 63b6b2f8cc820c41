/* html: what a reader of an HTML text sees, what he does not see, and where it leads to.
 *
 * Read as the HTML standard's tokeniser does ("13.2.5 Tokenization"), without a tree: a bounded
 * stack of open elements says what is hidden. Where readers differ, a text that one of them shows
 * is visible:
 *
 * - A style sheet in the text is not looked at by all of them. What only it hides is visible text
 *   and hidden text. So is what only Outlook hides ("mso-hide") .
 * - What stands in a conditional comment that Outlook may read ("<!--[if mso]>") is read like
 *   the rest, on its own; any other comment is not.
 * - Scripts are not run: what stands in noscript is shown.
 * - Images are not loaded: their alternative texts are shown. So are the values and placeholders of
 *   inputs and buttons.
 *
 * Hidden is what has no size, no opacity, hardly any colour of its own on its ground, stands far
 * off or is clipped away, and template, as inline styles, attributes and simple selectors tell. The
 * contents of title, style, script, iframe, noframes, noembed and Office's xml are neither.
 *
 * Of blanks only one is kept, each of Unicode's is a space; blocks and br are a line end, cells a
 * space. Characters that cannot be seen (soft hyphen, zero width, marks of direction, and whatever
 * else utf8_deceives) are left out, as NUL is: a word that they stand in is found. The text as
 * written still has them.
 */
#ifndef FILTERS_HTML_HTML_H
#define FILTERS_HTML_HTML_H

#include "filters/base/arena.h"
#include "filters/link/link.h"

struct html {
    struct slice visible, hidden; /* well-formed UTF-8; lines end in LF */
};

/* html_read(source, arena, links, html): reads ${source}, which should be UTF-8: a byte that
 * belongs to no character is U+FFFD. The texts are made in ${arena}, and its links, in href, src,
 * srcset, action and the like, refresh, and URLs in visible text outside of anchors, are added to
 * ${links}, whose allowance is spent. CONTENT_READ, or why not: CONTENT_OVER, CONTENT_MEMORY, or
 * CONTENT_LIMIT for too many links. Linear in the length. */
MUST_USE enum content_result html_read(struct slice source, struct arena *arena,
                                       struct link_list *links, struct html *html);

#endif
