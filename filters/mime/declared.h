/* declared: what the header of a part says of it: type, transfer encoding, charset, boundary, names
 * (RFC 2045, 2183), in each way in which readers take it.
 */
#ifndef FILTERS_MIME_DECLARED_H
#define FILTERS_MIME_DECLARED_H

#include "filters/mime/parameter.h"

struct header;

/* One of several. */
struct declared_text {
    struct declared_text *next;
    struct slice text;
    bool other; /* only some readers take it */
};

struct declared {
    struct declared_text *types;      /* "text/html", small letters; in the order of the header. One
                                       * at least, that of the place where none is given */
    struct declared_text *boundaries; /* octets; none may be there */
    struct declared_text *charsets;   /* likewise */
    struct declared_text *names;      /* file names, decoded */
    unsigned encodings;               /* a bit for each that some reader undoes */
    enum content_encoding encoding;   /* which most undo */
    bool eight_bit;                   /* ... none, and octets above 127 are announced */
    bool attachment;                  /* its disposition is to be one */
    size_t parameters;                /* of its fields, each reading of one counted */
    doubt_set doubts;
};

/* declared_read(header, type, means, out): what ${header} says; ${type} is that of a part without
 * one. Slices point into the header or the arena. As parameter_read. */
MUST_USE enum content_result declared_read(const struct header *header, struct slice type,
                                           const struct parameter_means *means,
                                           struct declared *out);

/* declared_is(type, major): whether ${type} is "MAJOR/..." or just that word. */
bool declared_is(struct slice type, struct slice major);

#endif
