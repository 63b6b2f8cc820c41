/* mime_private: what mime's files share: GMime. mime_stream gives it the message, mime_part asks it
 * for a part; mime goes from part to part. */
#ifndef FILTERS_MIME_MIME_PRIVATE_H
#define FILTERS_MIME_MIME_PRIVATE_H

#include <gmime/gmime.h>

#include "filters/mime/mime.h"

/* mime_stream(pieces, piece_count, allowance): a stream of those pieces, one after the other, which
 * must outlive it and all that GMime makes of it; the first call of all readies GMime. It ends
 * early when the allowance is over. The caller's, for g_object_unref. From any thread. */
GMimeStream *mime_stream(const struct slice *pieces, size_t piece_count,
                         struct allowance *allowance);

/* mime_part_take(part, object, message, head_bytes, arena): all of ${part} but where it stands in
 * the tree. ${message}: whose root it is, or NULL; ${head_bytes}: of the stream, in front of the
 * body. What the arena has no room for sticks there. */
void mime_part_take(struct mime_part *part, GMimeObject *object, GMimeMessage *message,
                    size_t head_bytes, struct arena *arena);

/* mime_in_body(offset, head_bytes): the place in the body of one in the stream. */
size_t mime_in_body(gint64 offset, size_t head_bytes);

#endif
