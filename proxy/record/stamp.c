#include "proxy/record/stamp.h"

#include <stdio.h>
#include <time.h>

#define US_PER_S 1000000

int64_t stamp_now_us(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_REALTIME, &now); /* cannot fail with a clock that exists */
    return (int64_t)now.tv_sec * US_PER_S + now.tv_nsec / 1000;
}

struct slice stamp_text(int64_t time_us, char out[STAMP_BYTES_MAX])
{
    struct tm utc;
    time_t seconds = (time_t)(time_us / US_PER_S);
    if (gmtime_r(&seconds, &utc) == NULL)
        return SLICE_NONE;
    size_t len = strftime(out, STAMP_BYTES_MAX, "%Y-%m-%dT%H:%M:%S", &utc);
    int rest = snprintf(out + len, STAMP_BYTES_MAX - len, ".%03dZ", (int)(time_us / 1000 % 1000));
    return slice_make(out, len + (rest > 0 ? (size_t)rest : 0));
}
