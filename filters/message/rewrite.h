/* rewrite: applies edits to a header and writes the result.
 *
 * What no edit names is written from the original bytes, never re-serialised, so DKIM signatures
 * survive. Envelope edits and the body are not its business: see draft.h.
 */
#ifndef FILTERS_MESSAGE_REWRITE_H
#define FILTERS_MESSAGE_REWRITE_H

#include "filters/base/must_use.h"
#include "filters/edit.h"
#include "filters/message/header.h"

/* rewrite_apply(header, edit, arena): applies one header edit (edit_is_header) to ${header}, a
 * clone made with header_clone. New bytes are in the arena. What is put in stands above the first
 * line that is no field; where that is a fold, which would continue it, the fold becomes the value
 * of a field X-Postern-Stray. A name that is no field name, or a
 * value with a CR, LF or NUL that is not a fold, is refused (PROTOCOL H01). Returns 0, or -1 when
 * refused or the arena is full; ${header} is then unchanged. */
MUST_USE int rewrite_apply(struct header *header, const struct edit *edit, struct arena *arena);

/* rewrite_cut(header): takes off what stands from the first line on that is no field: a new body
 * comes in its place, and an empty line before it. */
void rewrite_cut(struct header *header);

/* rewrite_changes(header, edit): whether rewrite_apply would change anything: not a field to what
 * it is, nor one away that is not there. */
bool rewrite_changes(const struct header *header, const struct edit *edit);

/* rewrite_emit(header, out): appends the header to ${out}: prefix, fields, and the empty line if
 * there was one or the header was edited. An edited one that is ambiguous gets none: it would end
 * elsewhere then. 0, or -1 with out->failed. */
MUST_USE int rewrite_emit(const struct header *header, struct bytes *out);

/* rewrite_size(header): how many octets rewrite_emit appends. */
size_t rewrite_size(const struct header *header);

#endif
