#include "proxy/net/place.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int allowed(const char *path, int what)
{
    return faccessat(AT_FDCWD, path, what, AT_EACCESS) == 0 ? 0 : errno;
}

int place_readable(const char *path)
{
    return allowed(path, R_OK);
}

int place_above(const char *path, char *out, unsigned long size)
{
    const char *slash = strrchr(path, '/');
    size_t length = slash != NULL ? (size_t)(slash - path) : 0;
    if (length >= size || size < sizeof "/")
        return ENAMETOOLONG;
    if (length > 0) {
        memcpy(out, path, length);
        out[length] = '\0';
        return 0;
    }
    (void)snprintf(out, size, "%s", slash != NULL ? "/" : ".");
    return 0;
}

int place_folder(const char *path)
{
    struct stat found;
    if (stat(path, &found) != 0)
        return errno;
    return S_ISDIR(found.st_mode) ? allowed(path, W_OK | X_OK) : ENOTDIR;
}

int place_appendable(const char *path)
{
    char folder[PATH_MAX];
    struct stat found;
    if (stat(path, &found) == 0)
        return S_ISDIR(found.st_mode) ? EISDIR : allowed(path, W_OK);
    if (errno != ENOENT)
        return errno;
    int error = place_above(path, folder, sizeof folder);
    return error != 0 ? error : place_folder(folder);
}

int place_future_folder(const char *path)
{
    char folder[PATH_MAX];
    int error = place_folder(path);
    if (strlen(path) >= sizeof folder)
        return ENAMETOOLONG;
    (void)snprintf(folder, sizeof folder, "%s", path);
    while (error == ENOENT && strcmp(folder, "/") != 0 && strcmp(folder, ".") != 0) {
        char above[PATH_MAX];
        error = place_above(folder, above, sizeof above);
        if (error != 0)
            break;
        memcpy(folder, above, sizeof folder);
        error = place_folder(folder);
    }
    return error;
}
