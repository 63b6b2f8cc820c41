/* link: where a text leads to: its URLs, the hosts that a browser would go to, and whether what is
 * shown of a link names another one.
 *
 * Of plain text, as mail programs find links in it: what begins with http://, https:// or ftp://,
 * or with "www." at the begin of a word, up to a blank, a control character, one of <>"`{}|^ or a
 * typographic quote, or a comma before the next one, without the punctuation that ends it; a
 * closing bracket is of the URL when it was opened there. Where its host has a character that no
 * name has ("http://a.test's"), readers differ, and both ends are ends. Of HTML see html.h. A mail
 * address is no link, nor is "hxxp://", which is written so that it leads nowhere.
 */
#ifndef FILTERS_LINK_LINK_H
#define FILTERS_LINK_LINK_H

#include "filters/base/allowance.h"
#include "filters/base/arena.h"
#include "filters/base/must_use.h"
#include "filters/base/reading.h"

#define LINK_COUNT_MAX     100000 /* of a message */
#define LINK_URL_BYTES_MAX 8192   /* of one of them; what follows is cut off */

struct link {
    struct slice url;   /* as url.h spells it; well-formed UTF-8 */
    struct slice host;  /* as host.h spells it; empty: there is none */
    struct slice shown; /* the text of it that a reader sees; empty: none */
    bool mismatch;      /* ... names another host */
};

/* All links of a message, in its order. */
struct link_list {
    struct arena *arena;
    struct allowance *allowance;
    struct link *items;
    size_t count, room;
};

/* link_list_init(list, arena, allowance): an empty list. What is added to it is copied into
 * ${arena}; each byte looked at is a step of ${allowance}. Nothing needs to be given back. */
void link_list_init(struct link_list *list, struct arena *arena, struct allowance *allowance);

/* link_add(list, url, base, shown): adds the link to ${url}, as it was written but for entities,
 * which ${base} completes if it is relative (empty: nothing does). ${shown} is kept as it is: it
 * must live as long as the list. What leads nowhere is left out: the empty URL, one of the same
 * page ("#top"), one of a part of the message ("cid:"). CONTENT_READ, or why it could not be;
 * CONTENT_LIMIT when there are LINK_COUNT_MAX already. */
MUST_USE enum content_result link_add(struct link_list *list, struct slice url, struct slice base,
                                      struct slice shown);

/* link_scan(list, text): adds the URLs that stand in ${text}, which are what is shown of them: none
 * is a mismatch. As link_add. Linear in the length. */
MUST_USE enum content_result link_scan(struct link_list *list, struct slice text);

#endif
