/* outline: where the parts of a message begin and end: our own reading of its structure, and the
 * first that anybody makes of it.
 *
 * One pass over the lines, linear whatever they say, in memory proportional to the parts: what is
 * over a limit ends here, before a library sees the message. Readers that differ (doubt.h) are read
 * by as many passes: each takes another of the types and boundaries that a header could mean.
 *
 * A message in a part (message/rfc822, message/global) is descended into; one that is encoded is
 * marked and left for who can decode it, and opened as it stands by the reading that takes whatever
 * could be, as is a multipart by all.
 */
#ifndef FILTERS_MIME_OUTLINE_H
#define FILTERS_MIME_OUTLINE_H

#include "filters/mime/declared.h"

#define OUTLINE_FIELDS_MAX     2000   /* lines of one part's header that could be fields */
#define OUTLINE_BOUNDARIES_MAX 16     /* boundaries that one part could have */
#define OUTLINE_PARAMETERS_MAX 200000 /* of all parts */

enum outline_kind {
    OUTLINE_LEAF,
    OUTLINE_MULTIPART,
    OUTLINE_MESSAGE, /* its one child is the message in it */
    OUTLINE_ENCODED, /* a message that is encoded: nothing below it is seen here */
};

/* How headers and lines are taken that could mean several things. */
enum outline_reading {
    OUTLINE_FIRST, /* the first type and boundary; a header ends at its empty line */
    OUTLINE_LAST,  /* the last ones */
    OUTLINE_SHORT, /* the first; a header ends at its first line that is no field */
    OUTLINE_EVERY, /* every boundary is in use, and whatever could be a delimiter is one */
    OUTLINE_READINGS,
};

/* Offsets are those of the text that was read. */
struct outline_part {
    uint32_t parent; /* CONTENT_NO_PART: of the first */
    unsigned depth;
    enum outline_kind kind;
    size_t header_start; /* of the first both are 0 */
    size_t body_start;   /* past the empty line */
    size_t body_end;     /* without the line end that belongs to a delimiter */
    size_t first_line;   /* of a multipart: where its first delimiter begins; body_end: none came */
    size_t epilogue;     /* ... past its last delimiter; body_end: there is nothing */
    struct slice type;   /* as this reading takes it */
    const struct header *header; /* of the first; else NULL: it stands in the text */
    struct declared declared;
    doubt_set doubts; /* the header's among them */
};

struct outline {
    struct outline_part *parts; /* in the order of the text */
    size_t count;
    size_t fields, parameters, header_bytes; /* of all headers but the message's own: not less than
                                              * any reader could find in them */
};

/* What is read: a message's header and the text below it, or a part's. */
struct outline_source {
    const struct header *header;
    struct slice text;
    struct slice type; /* where the header has none: "text/plain" */
    unsigned depth;    /* of the first part */
    size_t parts;      /* how many there may be */
    unsigned depth_max;
};

/* outline_read(source, reading, means, outline): the parts of ${source}. CONTENT_READ: ${outline}
 * is filled in; its memory is the arena's, its slices point into ${source}. CONTENT_LIMIT,
 * CONTENT_OVER, CONTENT_MEMORY: nothing is known. */
MUST_USE enum content_result outline_read(const struct outline_source *source,
                                          enum outline_reading reading,
                                          const struct parameter_means *means,
                                          struct outline *outline);

/* outline_differs(outline): whether another reading than OUTLINE_FIRST may find other parts. */
bool outline_differs(const struct outline *outline);

#endif
