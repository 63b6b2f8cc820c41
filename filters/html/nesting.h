/* nesting: which elements of HTML are open, for what they do to the texts in them ("13.2.6 Tree
 * construction" of the HTML standard, as far as it decides whether a text is shown).
 *
 * A stack with a bound. Where browsers move things about, texts count as shown rather than as
 * hidden: elements that the standard opens anew behind a paragraph stay closed here, and what is in
 * an element that was closed across others holds what holds around it.
 */
#ifndef FILTERS_HTML_NESTING_H
#define FILTERS_HTML_NESTING_H

#include "filters/html/element.h"
#include "filters/html/style.h"

#define NESTING_MAX     256 /* open elements; what is deeper is counted */
#define NESTING_BUCKETS 64

struct nesting_frame {
    const struct element *element;
    uint32_t hash;            /* of its name */
    bool foreign;             /* what is in it is svg or math */
    bool neither;             /* what is in it is no text of the document */
    bool lines;               /* it is there, and stands in lines of its own */
    struct style plain, full; /* what holds in it: without the style sheets, and with them */
};

struct nesting {
    struct nesting_frame frames[NESTING_MAX];
    size_t depth;                   /* one at least: the text itself */
    size_t floor;                   /* frames below it stay */
    size_t beyond;                  /* open ones that have no frame */
    bool lost;                      /* there were such */
    size_t steps;                   /* done, until somebody counts them */
    uint16_t open[NESTING_BUCKETS]; /* frames by hash */
};

/* nesting_is_there(frame): whether it takes any place, for a reader at least. */
static inline bool nesting_is_there(const struct nesting_frame *frame)
{
    return !frame->plain.gone || !frame->full.gone;
}

/* nesting_init(nesting): nothing is open. */
void nesting_init(struct nesting *nesting);

/* nesting_top(nesting): the innermost open element. */
const struct nesting_frame *nesting_top(const struct nesting *nesting);

/* nesting_home(nesting): the element that a text or an element other than parts of a table comes to
 * stand in: the innermost, or, directly in a table, what the table stands in. */
const struct nesting_frame *nesting_home(struct nesting *nesting);

/* nesting_before(nesting, element): closes what the start tag of ${element} closes. */
void nesting_before(struct nesting *nesting, const struct element *element);

/* nesting_open(nesting, element, name, plain, full): opens an element, which has the name ${name},
 * and declares ${plain}, and ${full} with the style sheets. One that has no content is not opened.
 */
bool nesting_open(struct nesting *nesting, const struct element *element, struct slice name,
                  const struct style_declared *plain, const struct style_declared *full);

/* nesting_close(nesting, element, name): the end tag of ${element}. True when what it closed stood
 * in lines of its own. */
bool nesting_close(struct nesting *nesting, const struct element *element, struct slice name);

/* nesting_cut(nesting, depth): closes all but the first ${depth}. */
void nesting_cut(struct nesting *nesting, size_t depth);

#endif
