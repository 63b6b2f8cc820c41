/* printable: bytes of anybody's for a terminal. */
#ifndef PROXY_EXPLAIN_PRINTABLE_H
#define PROXY_EXPLAIN_PRINTABLE_H

#include "filters/base/bytes.h"

/* printable_append(out, s): appends ${s}: UTF-8 and tabs as they are, but other control characters
 * and broken UTF-8 as \n, \r or \xNN, and what turns the direction of writing, breaks lines or
 * cannot be seen as \u{NNNN}. So nothing in a message can move the cursor or hide text. out->failed
 * tells of trouble. */
void printable_append(struct bytes *out, struct slice s);

/* printable_quote(out, s): the same between double quotes, with tabs, backslashes and double quotes
 * escaped too, so that it can be read back. */
void printable_quote(struct bytes *out, struct slice s);

#endif
