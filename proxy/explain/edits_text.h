/* edits_text: what edits make of a message, for a person. */
#ifndef PROXY_EXPLAIN_EDITS_TEXT_H
#define PROXY_EXPLAIN_EDITS_TEXT_H

#include "filters/base/bytes.h"
#include "proxy/explain/explanation.h"

/* edits_text_write(x, out): which signatures they break, what was left out and why, and envelope,
 * header and body as differences. edits_text_would(would, out): what shadow rules would have done.
 */
void edits_text_write(const struct explanation *x, struct bytes *out);
void edits_text_would(const struct eval_would *would, struct bytes *out);

#endif
