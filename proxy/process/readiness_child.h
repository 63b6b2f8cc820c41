/* readiness_child: has a child of this process look at something, as whom it may become, and tell
 * what it has found. */
#ifndef PROXY_PROCESS_READINESS_CHILD_H
#define PROXY_PROCESS_READINESS_CHILD_H

#include "filters/base/diag.h"
#include "filters/base/must_use.h"

/* readiness_in_child(look, ctx, diag): runs ${look}(${ctx}) in a child that ends then; what it adds
 * to its diag is added to ${diag}. For a process without threads. Returns 0, or -1 with errno:
 * there was no child, or it died. */
MUST_USE int readiness_in_child(void (*look)(const void *ctx, struct diag *diag), const void *ctx,
                                struct diag *diag);

#endif
