#include "proxy/net/privilege.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <unistd.h>

int privilege_drop(struct slice user, const char *path, char *error, size_t error_size)
{
    if (geteuid() != 0 || user.len == 0)
        return 0;
    const struct passwd *entry = getpwnam(user.ptr);
    if (entry == NULL) {
        (void)snprintf(error, error_size, "user: there is no user '%s'", user.ptr);
        return -1;
    }
    if (path != NULL && lchown(path, entry->pw_uid, entry->pw_gid) != 0) {
        (void)snprintf(error, error_size, "user: cannot give '%s' to '%s': %s", path, user.ptr,
                       strerror(errno));
        return -1;
    }
    if (initgroups(entry->pw_name, entry->pw_gid) == 0 && setgid(entry->pw_gid) == 0 &&
        setuid(entry->pw_uid) == 0)
        return 0;
    (void)snprintf(error, error_size, "user: cannot become '%s'", user.ptr);
    return -1;
}
