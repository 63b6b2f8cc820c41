/* request: see request.h. */
#include "proxy/depot/request.h"

#include <errno.h>
#include <stdio.h>
#include <sysexits.h>
#include <unistd.h>

#include "conf/config.h"

struct log *request_log(const struct depot_request *request)
{
    char error[256];
    struct log_conf conf = request->config->log;
    bool ours = slice_equal(conf.to, SLICE("stderr")) || access(conf.to.ptr, F_OK) != 0;
    if (ours)
        conf.to = SLICE("syslog");
    if (conf.level < LOG_LEVEL_INFO)
        conf.level = LOG_LEVEL_INFO;
    struct log *log = log_create(&conf, error, sizeof error);
    if (log == NULL)
        (void)fprintf(stderr, "postern %s: what is done is not logged: %s\n", request->name, error);
    return log;
}

int request_error(const struct depot_request *request, const char *id, enum depot_result result)
{
    const char *name = request->name;
    int error = errno;
    switch (result) {
    case DEPOT_OK: return EX_OK;
    case DEPOT_ABSENT:
        (void)fprintf(stderr, "postern %s: there is no message '%s'\n", name, id);
        return EX_NOINPUT;
    case DEPOT_BUSY:
        (void)fprintf(stderr,
                      "postern %s: %s: another command works on it, or its message is under way\n",
                      name, id);
        return EX_TEMPFAIL;
    case DEPOT_DAMAGED:
        (void)fprintf(stderr, "postern %s: %s: damaged, or no message of ours\n", name, id);
        return EX_DATAERR;
    case DEPOT_FOREIGN:
        (void)fprintf(stderr,
                      "postern %s: %s: its record is of a version that this program does "
                      "not know; another version of postern has written it\n",
                      name, id);
        return EX_DATAERR;
    case DEPOT_ERROR: break;
    }
    (void)fprintf(stderr, "postern %s: %s: %s\n", name, id, strerror(error));
    return error == EACCES || error == EPERM ? EX_NOPERM : EX_IOERR;
}
