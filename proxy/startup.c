#include "proxy/startup.h"

#include <sysexits.h>

#include "conf/config.h"
#include "proxy/problems.h"

int startup_run(const char *file, enum config_needs program, config_doubt *doubt,
                int (*serve)(struct config *config, struct diag *diag))
{
    struct diag diag;
    int status = EX_CONFIG;
    diag_init(&diag);
    struct config *config = config_load(file, program, doubt, &diag);
    if (config != NULL)
        status = serve(config, &diag);
    else
        problems_print(&diag);
    config_unref(config);
    diag_fini(&diag);
    return status;
}

int startup_refuse(const struct diag *diag)
{
    problems_print(diag);
    return EX_OSERR;
}
