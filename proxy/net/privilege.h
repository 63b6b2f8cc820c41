/* privilege: root binds, somebody else serves. */
#ifndef PROXY_NET_PRIVILEGE_H
#define PROXY_NET_PRIVILEGE_H

#include "filters/base/slice.h"

/* privilege_drop(user, path, error, error_size): as root, with a ${user} (NUL-terminated; empty:
 * nothing happens): gives the user the file at ${path}, unless that is NULL, and becomes the user
 * with all its groups. Returns 0, or -1 and a sentence. */
int privilege_drop(struct slice user, const char *path, char *error, size_t error_size);

#endif
