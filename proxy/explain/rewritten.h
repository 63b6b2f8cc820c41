/* rewritten: the envelope, the header and the body as edits leave them, compared with what came. */
#ifndef PROXY_EXPLAIN_REWRITTEN_H
#define PROXY_EXPLAIN_REWRITTEN_H

#include "filters/base/must_use.h"
#include "proxy/explain/explanation.h"

enum rewritten_result {
    REWRITTEN_OK,
    REWRITTEN_FAILED, /* an edit cannot be applied */
    REWRITTEN_NOBODY, /* edits leave no recipient */
    REWRITTEN_MEMORY,
};

/* rewritten_envelope(draft, diff, arena): sender and recipients as MAIL and RCPT, as the client
 * named them and as ${draft} has them. rewritten_header(received, draft, diff, arena): the header's
 * lines. 0, or -1 when the arena is full. */
MUST_USE int rewritten_envelope(const struct draft *draft, struct diff *diff, struct arena *arena);
MUST_USE int rewritten_header(const struct header *received, const struct draft *draft,
                              struct diff *diff, struct arena *arena);

/* rewritten_compare(x): fills the diffs of an explanation whose trial is over. */
enum rewritten_result rewritten_compare(struct explanation *x);

#endif
