/* quoted: quoted strings in header fields (RFC 5322, 3.2.4). */
#ifndef FILTERS_QUOTED_H
#define FILTERS_QUOTED_H

#include "filters/base/slice.h"

/* quoted_length(s): the length of the quoted string at the front of ${s}, both quotes included; 0
 * when it does not end. */
static inline size_t quoted_length(struct slice s)
{
    for (size_t i = 1; i < s.len; i++) {
        if (s.ptr[i] == '"')
            return i + 1;
        if (s.ptr[i] == '\\')
            i++;
    }
    return 0;
}

#endif
