/* audit_fit: how much of a text has room in a record, whatever its bytes become in JSON. */
#include "filters/base/utf8.h"
#include "proxy/record/audit.h"

#define ESCAPE_MAX 6 /* bytes of "\u000a", the longest there is but for a pair of surrogates */

/* escaped_size(s, length): an upper bound of what json makes of the character of ${length} bytes at
 * the front. */
static size_t escaped_size(struct slice s, size_t length)
{
    unsigned char first = (unsigned char)*s.ptr;
    bool plain = length == 1 && first >= ' ' && first <= '~' && first != '"' && first != '\\';
    if (plain || (length > 1 && !utf8_deceives(slice_first(s, length))))
        return length;
    return length == 4 ? 2 * ESCAPE_MAX : ESCAPE_MAX;
}

struct slice audit_fit(struct slice value, size_t limit_bytes)
{
    size_t used = 0;
    if (value.len <= limit_bytes / ESCAPE_MAX)
        return value;
    for (struct slice rest = value; rest.len > 0;) {
        size_t length = utf8_length(rest);
        used += escaped_size(rest, length);
        if (used > limit_bytes)
            return slice_first(value, value.len - rest.len);
        rest = slice_from(rest, length > 0 ? length : 1);
    }
    return value;
}
