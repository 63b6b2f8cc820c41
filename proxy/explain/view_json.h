/* view_json: what rules see of a message, for a program. */
#ifndef PROXY_EXPLAIN_VIEW_JSON_H
#define PROXY_EXPLAIN_VIEW_JSON_H

#include "filters/base/json.h"
#include "proxy/explain/view.h"

/* view_json_write(view, out): the same as view_text_write, as one JSON object on one line. Memory
 * that was out is out->failed. */
void view_json_write(struct view *view, struct bytes *out);

/* view_json_content(content, result, j): members of an object: what of the content is no text: its
 * parts, and what is ambiguous; NULL: why it was not read. */
void view_json_content(const struct content *content, enum content_result result, struct json *j);

#endif
