/* label: how the lines of what explain prints begin. */
#ifndef PROXY_EXPLAIN_LABEL_H
#define PROXY_EXPLAIN_LABEL_H

#include "filters/base/bytes.h"

#define LABEL_COLUMNS 11

/* label_write(out, name): ${name}, and blanks up to where what it names stands. */
static inline void label_write(struct bytes *out, const char *name)
{
    bytes_format(out, "%-*s", LABEL_COLUMNS, name);
}

#endif
