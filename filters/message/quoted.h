/* quoted: quoted strings and comments in header fields (RFC 5322, 3.2.4 and 3.2.2). */
#ifndef FILTERS_MESSAGE_QUOTED_H
#define FILTERS_MESSAGE_QUOTED_H

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

/* comment_length(s): the length of the comment at the front of ${s}, those inside it included; 0
 * when it does not end. */
static inline size_t comment_length(struct slice s)
{
    size_t depth = 0;

    for (size_t i = 0; i < s.len; i++) {
        if (s.ptr[i] == '(')
            depth++;
        else if (s.ptr[i] == ')' && --depth == 0)
            return i + 1;
        else if (s.ptr[i] == '\\')
            i++;
    }
    return 0;
}

#endif
