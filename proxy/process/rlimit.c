#include "proxy/process/rlimit.h"

#include <limits.h>
#include <sys/resource.h>

unsigned rlimit_descriptors(uint64_t wanted)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return 0;
    if (limit.rlim_cur < wanted) {
        const struct rlimit raised = {wanted, limit.rlim_max < wanted ? wanted : limit.rlim_max};
        const struct rlimit most = {limit.rlim_max, limit.rlim_max};
        if (setrlimit(RLIMIT_NOFILE, &raised) != 0)
            (void)setrlimit(RLIMIT_NOFILE, &most);
    }
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return 0;
    return limit.rlim_cur < UINT_MAX ? (unsigned)limit.rlim_cur : UINT_MAX;
}
