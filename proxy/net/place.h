/* place: whether files and folders could be used, without making or changing any.
 *
 * Judged for this process as it is, by its effective ids: rights, access lists and file systems
 * that are read-only are the system's to know. Each returns 0, or an errno that says why not.
 */
#ifndef PROXY_NET_PLACE_H
#define PROXY_NET_PLACE_H

#include "filters/base/must_use.h"

/* place_readable(path): whether the file could be read. */
MUST_USE int place_readable(const char *path);

/* place_appendable(path): whether lines could be added to the file; one that is not there could be
 * made. */
MUST_USE int place_appendable(const char *path);

/* place_folder(path): whether files could be made in the folder. place_future_folder(path): the
 * same, or the folder itself could be made, with all that is missing above it. */
MUST_USE int place_folder(const char *path);
MUST_USE int place_future_folder(const char *path);

/* place_above(path, out, size): the folder that ${path} stands in. Returns 0 or ENAMETOOLONG. */
MUST_USE int place_above(const char *path, char *out, unsigned long size);

#endif
