/* capability: in children, since what was given up does not come back. */
#include "proxy/process/capability.h"

#include "proxy/net/transparent.h"
#include "tests/unit/support.h"

#include <errno.h>
#include <linux/capability.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#define NOBODY 65534

static unsigned effective(void)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];
    if (syscall(SYS_capget, &header, data) != 0)
        return ~0U;
    return data[0].effective | data[0].permitted | data[1].effective | data[1].permitted;
}

/* What becomes of a child that gives up root: 0 when all is as it should be, else the step. */
static int give_up_root(bool hold)
{
    if (hold && capability_hold() != 0)
        return 1;
    if (setgid(NOBODY) != 0 || setuid(NOBODY) != 0)
        return 2;
    if (!hold)
        return capability_keep_transparent() == -1 && errno == EPERM && effective() == 0 &&
                       !transparent_permitted()
                   ? 0
                   : 3;
    if (capability_keep_transparent() != 0)
        return 4;
    if (effective() != 1U << CAP_NET_RAW && effective() != 1U << CAP_NET_ADMIN)
        return 5;
    return transparent_permitted() && setuid(0) != 0 ? 0 : 6;
}

static void test_capability(void **state)
{
    (void)state;
    if (geteuid() != 0 || !transparent_permitted())
        skip_because("only root with CAP_NET_ADMIN may bind to a foreign address");
    for (int hold = 0; hold < 2; hold++) {
        pid_t child = fork();
        if (child == 0)
            _exit(give_up_root(hold == 1));
        int status = -1;
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_int_equal(status, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_capability),
    };

    return cmocka_run_group_tests_name("capability", tests, NULL, NULL);
}
