/* limits: how much is taken of anything. */
#ifndef CONF_LIMITS_H
#define CONF_LIMITS_H

#include <stddef.h>
#include <stdint.h>

#include "filters/base/slice.h"

struct limits {
    unsigned connections, connections_per_client;
    unsigned recipients;
    uint64_t message_bytes;
    size_t header_bytes;
    unsigned header_fields;
    size_t command_line_bytes; /* CRLF included */
    unsigned data_rate;        /* bytes a second at least; 0: any */
    unsigned mime_depth, mime_parts;
    unsigned errors, junk_commands;
    size_t memory_per_message_bytes;
    struct slice spool_dir;
    unsigned match_time_rule_ms, match_time_message_ms;
    unsigned content_time_ms;
};

/* limits_default(): those of a configuration that says nothing of them. */
struct limits limits_default(void);

#endif
