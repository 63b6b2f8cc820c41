/* outlet: where the lines of a writer go, one system call at a time. Private to proxy/record. */
#ifndef PROXY_RECORD_OUTLET_H
#define PROXY_RECORD_OUTLET_H

#include "filters/base/must_use.h"
#include "filters/base/slice.h"
#include "proxy/record/writer.h"

#include <sys/types.h>

struct outlet {
    enum writer_target target;
    int fd;       /* -1: syslog */
    bool regular; /* a file that takes all at once */
};

/* outlet_open(outlet, target, path): 0, or -1 with errno. outlet_close(outlet): closes what was
 * opened. */
MUST_USE int outlet_open(struct outlet *outlet, enum writer_target target, const char *path);
void outlet_close(const struct outlet *outlet);

/* outlet_torn(outlet): whether what is written next would stand on the line of somebody who died in
 * the middle of it: a file that does not end in a line end, or one that cannot be looked into. */
bool outlet_torn(const struct outlet *outlet);

/* outlet_ready(outlet, patience_ms): whether it takes something now, or within that time. */
bool outlet_ready(const struct outlet *outlet, int patience_ms);

/* outlet_write(outlet, lines): writes as much of ${lines} as a ready outlet takes without waiting,
 * whole lines if it can be. The count, or -1 with errno. Not for syslog. */
ssize_t outlet_write(const struct outlet *outlet, struct slice lines);

/* outlet_log(priority, line): to syslog. */
void outlet_log(int priority, struct slice line);

#endif
