/* stamp: the time of day, as records and log lines bear it. The clocks that measure how long
 * something takes are elsewhere: loop_now_ms. */
#ifndef PROXY_RECORD_STAMP_H
#define PROXY_RECORD_STAMP_H

#include <stdint.h>

#include "filters/base/slice.h"

#define STAMP_BYTES_MAX 40

/* stamp_now_us(): microseconds since 1970. It may jump, either way. Any thread. */
int64_t stamp_now_us(void);

/* stamp_text(time_us, out): such a time as ISO 8601 in UTC, with milliseconds: a slice of ${out}.
 * Empty for a year that the system cannot count. */
struct slice stamp_text(int64_t time_us, char out[STAMP_BYTES_MAX]);

#endif
