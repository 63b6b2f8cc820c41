/* anchors: the links of an HTML text while it is read. Where they lead is known when the text is
 * over, for a base may follow, and so is what is shown of them. */
#ifndef FILTERS_HTML_ANCHORS_H
#define FILTERS_HTML_ANCHORS_H

#include "filters/base/bytes.h"
#include "filters/link/link.h"

#define ANCHORS_BASE_MAX 1024 /* octets; what is longer is no base */

struct anchors {
    struct bytes urls;  /* one behind the other */
    struct bytes items; /* struct anchor, of anchors.c */
    struct bytes base;
    bool based; /* there was one: the first counts */
    size_t count;
    size_t open; /* the anchor whose text is read, from 1; 0: none */
};

/* anchors_init(anchors, limit_bytes): none yet. Whoever made them gives them back by anchors_fini.
 * What fails sticks until anchors_finish. */
void anchors_init(struct anchors *anchors, size_t limit_bytes);
void anchors_fini(struct anchors *anchors);

/* URLs are without references. anchors_add: one without a text. anchors_open, anchors_close: one
 * whose text begins and ends where so much of the visible text is there; opening closes the one
 * before. anchors_list: all of a srcset. anchors_style: what "url(...)" names in a style.
 * anchors_refresh: that of a meta's refresh. anchors_base: what the relative ones are relative to.
 */
void anchors_add(struct anchors *anchors, struct slice url);
void anchors_open(struct anchors *anchors, struct slice url, size_t visible);
void anchors_close(struct anchors *anchors, size_t visible);
void anchors_list(struct anchors *anchors, struct slice srcset);
void anchors_style(struct anchors *anchors, struct slice style);
void anchors_refresh(struct anchors *anchors, struct slice content);
void anchors_base(struct anchors *anchors, struct slice url);

/* anchors_finish(anchors, visible, links): adds them to ${links}, and the URLs that stand in
 * ${visible}, which is all of the visible text, outside of them. As link_add. */
MUST_USE enum content_result anchors_finish(struct anchors *anchors, struct slice visible,
                                            struct link_list *links);

#endif
