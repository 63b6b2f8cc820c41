/* failing_libmilter: a libmilter that says it failed, for tests.
 *
 * Loaded by LD_PRELOAD. FAILING_LIBMILTER names a folder of the test's: with a file `start` in it
 * smfi_main fails at once, else it serves until it is stopped and then says that it failed, as it
 * does when its thread for signals has closed the socket under the one that listens.
 */
#include <dlfcn.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define FAILURE (-1) /* as libmilter/mfapi.h has it */

int smfi_main(void);

int smfi_main(void)
{
    int (*serve)(void);
    char start[PATH_MAX];
    const char *folder = getenv("FAILING_LIBMILTER");

    *(void **)&serve = dlsym(RTLD_NEXT, "smfi_main");
    if (folder != NULL && snprintf(start, sizeof start, "%s/start", folder) < PATH_MAX &&
        access(start, F_OK) != 0)
        (void)serve();
    return FAILURE;
}
