/* request: see request.h. */
#include "proxy/depot/request.h"

#include <errno.h>
#include <stdio.h>
#include <sysexits.h>
#include <unistd.h>

#include "conf/config.h"

struct log *request_log(const struct config *config)
{
    char error[256];
    struct log_conf conf = config->log;
    bool ours = slice_equal(conf.to, SLICE("stderr")) || access(conf.to.ptr, F_OK) != 0;
    if (ours)
        conf.to = SLICE("syslog");
    if (conf.level < LOG_LEVEL_INFO)
        conf.level = LOG_LEVEL_INFO;
    struct log *log = log_create(&conf, error, sizeof error);
    if (log == NULL)
        (void)fprintf(stderr, "postern quarantine: what is done is not logged: %s\n", error);
    return log;
}

int request_error(const char *id, enum depot_result result)
{
    int error = errno;
    switch (result) {
    case DEPOT_OK: return EX_OK;
    case DEPOT_ABSENT:
        (void)fprintf(stderr, "postern quarantine: there is no message '%s'\n", id);
        return EX_NOINPUT;
    case DEPOT_BUSY:
        (void)fprintf(stderr,
                      "postern quarantine: %s: another command works on it, or its message is "
                      "under way\n",
                      id);
        return EX_TEMPFAIL;
    case DEPOT_DAMAGED:
        (void)fprintf(stderr, "postern quarantine: %s: damaged, or no message of ours\n", id);
        return EX_DATAERR;
    case DEPOT_FOREIGN:
        (void)fprintf(stderr,
                      "postern quarantine: %s: its record is of a version that this program does "
                      "not know; another version of postern has written it\n",
                      id);
        return EX_DATAERR;
    case DEPOT_ERROR: break;
    }
    (void)fprintf(stderr, "postern quarantine: %s: %s\n", id, strerror(error));
    return error == EACCES || error == EPERM ? EX_NOPERM : EX_IOERR;
}
