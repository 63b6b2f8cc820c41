#include "proxy/process/privilege.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <unistd.h>

#include "conf/config.h"
#include "proxy/net/transparent.h"
#include "proxy/process/capability.h"

/* Says why a client's address cannot be taken; returns -1. */
static int refuse_transparent(char *error, size_t error_size)
{
    (void)snprintf(error, error_size,
                   "client_source: connecting from a client's address needs CAP_NET_RAW or "
                   "CAP_NET_ADMIN: %s",
                   strerror(errno));
    return -1;
}

int privilege_transparent(char *error, size_t error_size)
{
    return transparent_permitted() ? 0 : refuse_transparent(error, error_size);
}

struct privilege privilege_for(const struct config *config, enum config_needs program)
{
    bool proxy = program == CONFIG_NEEDS_PROXY;
    return (struct privilege){.user = config->user,
                              .transparent = proxy && config_client_source(config)};
}

static int become(const struct passwd *user, bool transparent, char *error, size_t error_size)
{
    if ((transparent && capability_hold() != 0) || initgroups(user->pw_name, user->pw_gid) != 0 ||
        setgid(user->pw_gid) != 0 || setuid(user->pw_uid) != 0) {
        (void)snprintf(error, error_size, "user: cannot become '%s'", user->pw_name);
        return -1;
    }
    if (transparent && user->pw_uid != 0 && capability_keep_transparent() != 0)
        return refuse_transparent(error, error_size);
    return 0;
}

/* Root becomes the user that is wanted. */
static int change_user(const struct privilege *wanted, char *error, size_t error_size)
{
    const struct passwd *user = getpwnam(wanted->user.ptr);
    if (user == NULL) {
        (void)snprintf(error, error_size, "user: there is no user '%s'", wanted->user.ptr);
        return -1;
    }
    if (wanted->path != NULL && lchown(wanted->path, user->pw_uid, user->pw_gid) != 0) {
        (void)snprintf(error, error_size, "user: cannot give '%s' to '%s': %s", wanted->path,
                       wanted->user.ptr, strerror(errno));
        return -1;
    }
    return become(user, wanted->transparent, error, error_size);
}

int privilege_drop(const struct privilege *wanted, char *error, size_t error_size)
{
    if (geteuid() == 0 && wanted->user.len > 0 && change_user(wanted, error, error_size) != 0)
        return -1;
    return wanted->transparent ? privilege_transparent(error, error_size) : 0;
}
