/* view_text: what rules see of a message, for a person. */
#ifndef PROXY_EXPLAIN_VIEW_TEXT_H
#define PROXY_EXPLAIN_VIEW_TEXT_H

#include "filters/base/bytes.h"
#include "proxy/explain/view.h"

/* view_text_write(view, out): in lines; nothing in it can disturb a terminal, and lines of the
 * message stand behind a bar, so that none can pass for one of ours. Memory that was out is
 * out->failed. */
void view_text_write(struct view *view, struct bytes *out);

/* view_text_part(content, number, out): what part ${number} is, on one line without its end. */
void view_text_part(const struct content *content, size_t number, struct bytes *out);

/* view_text_doubts(content, width, max, out): why it is ambiguous, a line for each of the first
 * ${max} reasons, behind a label of ${width}. */
void view_text_doubts(const struct content *content, int width, size_t max, struct bytes *out);

#endif
