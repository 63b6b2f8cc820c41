/* parameter: the parameters of a MIME field (RFC 2045, 5.1; RFC 2231), as generously as readers
 * take them.
 *
 * A message that is to pass a filter says one thing to it and another to the reader behind. So each
 * value that some reader would take is in the list; those that only some take are marked, and why
 * is said. What is an encoded-word stays one here.
 */
#ifndef FILTERS_MIME_PARAMETER_H
#define FILTERS_MIME_PARAMETER_H

#include "filters/base/allowance.h"
#include "filters/base/arena.h"
#include "filters/base/charset.h"
#include "filters/base/must_use.h"
#include "filters/base/reading.h"
#include "filters/mime/doubt.h"

#define PARAMETER_FIELD_MAX    16384 /* octets of a field that is read */
#define PARAMETERS_MAX         200   /* of a field, pieces counted each */
#define PARAMETER_COMMENTS_MAX 100   /* comments in comments */

struct parameter {
    struct parameter *next;
    struct slice name;  /* small letters, without the "*" and number of a piece */
    struct slice value; /* unquoted, pieces joined; octets of a charset made UTF-8 */
    bool extended;      /* it came in pieces or with a charset (RFC 2231) */
    bool other;         /* only some readers take it so */
};

struct parameters {
    struct slice head;       /* what stands before the first ";", without comments and blanks */
    struct parameter *first; /* in the order in which they are written */
    doubt_set doubts;
};

/* What reading takes: memory that what is read stays in, converters, time. */
struct parameter_means {
    struct arena *arena;
    struct charset_set *charsets;
    struct allowance *allowance;
};

/* parameter_read(value, means, out): all readings of the field's ${value}, folds and all. Slices
 * point into ${value} or the arena. CONTENT_READ, CONTENT_LIMIT when it is over one of
 * the limits above, CONTENT_OVER or CONTENT_MEMORY. */
MUST_USE enum content_result parameter_read(struct slice value, const struct parameter_means *means,
                                            struct parameters *out);

#endif
