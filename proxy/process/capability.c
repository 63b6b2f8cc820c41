#include "proxy/process/capability.h"

#include <errno.h>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

int capability_hold(void)
{
    return prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0);
}

/* The C library has no calls for these. Of the two words all we need is in the first. */
int capability_keep_transparent(void)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
    struct __user_cap_data_struct held[_LINUX_CAPABILITY_U32S_3] = {{0}};
    struct __user_cap_data_struct kept[_LINUX_CAPABILITY_U32S_3] = {{0}};
    if (syscall(SYS_capget, &header, held) != 0)
        return -1;
    /* Either will do. The first opens less: no routes, no packet filter, no interfaces. */
    unsigned one = held[0].permitted & (1U << CAP_NET_RAW);
    if (one == 0)
        one = held[0].permitted & (1U << CAP_NET_ADMIN);
    if (one == 0) {
        errno = EPERM;
        return -1;
    }
    kept[0].permitted = kept[0].effective = one;
    return syscall(SYS_capset, &header, kept) == 0 ? 0 : -1;
}
