/* report: an explanation, written. */
#ifndef PROXY_EXPLAIN_REPORT_H
#define PROXY_EXPLAIN_REPORT_H

#include "filters/base/bytes.h"
#include "proxy/explain/explanation.h"

/* report_text_write(x, out): for a person, in lines; nothing in it can disturb a terminal. */
void report_text_write(const struct explanation *x, struct bytes *out);

/* report_json_write(x, out): the same as one JSON object on one line. */
void report_json_write(const struct explanation *x, struct bytes *out);

#endif
