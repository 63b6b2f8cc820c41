/* signature: the type that a file's content shows, whatever it is called or said to be. */
#ifndef FILTERS_CONTENT_SIGNATURE_H
#define FILTERS_CONTENT_SIGNATURE_H

#include "filters/base/slice.h"

/* signature_of(content, members, count): the MIME type of ${content}, a file's octets, in small
 * letters: as IANA has registered it, else as practice calls it (postern-rules(7) has the list).
 * Static; ptr NULL when nothing is known. ${members} are the names of the members where it is a ZIP
 * (zip_read's outermost): they tell documents and programs from plain archives. Looks at a bounded
 * part of the content. */
struct slice signature_of(struct slice content, const struct slice *members, size_t count);

/* signature_archive(type): whether files of ${type}, one of signature_of's, hold other files that
 * are not seen here. */
bool signature_archive(struct slice type);

#endif
