/* target: which parts of a message are the texts that edits change.
 */
#ifndef FILTERS_REVISE_TARGET_H
#define FILTERS_REVISE_TARGET_H

#include "filters/content/content.h"

/* target_is_text(part): whether it is a text that a reader shows as the message, or a part of it.
 * What a report says of a delivery (message/delivery-status) is not. */
bool target_is_text(const struct content_part *part);

/* target_first(content): the first such text, those of forwarded messages aside, or
 * SLICE_NOT_FOUND. */
size_t target_first(const struct content *content);

/* target_is(content, first, part, html): whether a text, plain or HTML, that is added to the
 * message is added to that part: it is of that kind, and the first text, or the first of its kind
 * in another of the alternatives that the first text is one of. ${first}: target_first. */
bool target_is(const struct content *content, size_t first, size_t part, bool html);

#endif
