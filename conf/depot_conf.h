/* depot_conf: a directory that keeps messages: the quarantine, the archive. */
#ifndef CONF_DEPOT_CONF_H
#define CONF_DEPOT_CONF_H

#include <stdbool.h>
#include <stdint.h>

#include "filters/base/diag.h"
#include "filters/base/slice.h"

struct depot_conf {
    struct slice name;       /* "quarantine", "archive": of the setting and of the command */
    struct slice directory;  /* absolute; made when first needed */
    bool given;              /* the file says where, here or by state_dir */
    uint64_t max_size_bytes; /* of all its messages; what would go over it is not taken; 0: any */
    uint64_t max_age_ms;     /* a message goes when it is older; 0: none goes by itself */
    struct place place;      /* where the directory is set; without line: nowhere */
};

#endif
