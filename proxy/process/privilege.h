/* privilege: root binds, somebody else serves. */
#ifndef PROXY_PROCESS_PRIVILEGE_H
#define PROXY_PROCESS_PRIVILEGE_H

#include <stdbool.h>
#include <stddef.h>

#include "conf/needs.h"
#include "filters/base/must_use.h"
#include "filters/base/slice.h"

struct config;

struct privilege {
    struct slice user; /* whom to become, NUL-terminated; empty: nothing happens */
    const char *path;  /* a file that becomes the user's; NULL: none */
    bool transparent;  /* the right to speak from foreign addresses outlives it, and no other */
};

/* privilege_for(config, program): what ${program}, the proxy or the milter, wants; without a file.
 * Its slice is ${config}'s. */
struct privilege privilege_for(const struct config *config, enum config_needs program);

/* privilege_drop(wanted, error, error_size): as root: gives the user the file and becomes the user
 * with all its groups; anybody else stays who he is. Then whether the right that is wanted is
 * there, not first when mail is to be delivered. Returns 0, or -1 and a sentence. */
MUST_USE int privilege_drop(const struct privilege *wanted, char *error, size_t error_size);

/* privilege_transparent(error, error_size): whether this process may speak from foreign addresses
 * (transparent_from) now: 0, or -1 and a sentence. */
MUST_USE int privilege_transparent(char *error, size_t error_size);

#endif
