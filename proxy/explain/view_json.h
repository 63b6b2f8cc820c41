/* view_json: what rules see of a message, for a program. */
#ifndef PROXY_EXPLAIN_VIEW_JSON_H
#define PROXY_EXPLAIN_VIEW_JSON_H

#include "filters/base/bytes.h"
#include "proxy/explain/view.h"

/* view_json_write(view, out): the same as view_text_write, as one JSON object on one line. Memory
 * that was out is out->failed. */
void view_json_write(struct view *view, struct bytes *out);

#endif
