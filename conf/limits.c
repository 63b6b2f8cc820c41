/* limits: see limits.h. */
#include "conf/limits.h"

#define KIB       UINT64_C(1024)
#define MIB       (1024 * KIB)
#define SECOND_MS 1000

static const struct limits DEFAULT = {
    .connections = 10000,
    .connections_per_client = 100,
    .recipients = 1000,
    .message_bytes = 50 * MIB,
    .header_bytes = 256 * KIB,
    .header_fields = 2000,
    .mime_depth = 100,
    .mime_parts = 10000,
    .command_line_bytes = 2048,
    .data_rate = 500,
    .errors = 20,
    .junk_commands = 100,
    .memory_per_message_bytes = 256 * KIB,
    .spool_dir = SLICE_INIT("/var/tmp"),
    .match_time_rule_ms = 100,
    .match_time_message_ms = 500,
    .content_time_ms = 2 * SECOND_MS,
};

struct limits limits_default(void)
{
    return DEFAULT;
}
