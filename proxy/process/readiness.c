#include "proxy/process/readiness.h"

#include <errno.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <unistd.h>

#include "conf/config.h"
#include "conf/listener_conf.h"
#include "conf/listener_tls.h"
#include "conf/needs.h"
#include "conf/upstream_conf.h"
#include "filters/base/endpoint.h"
#include "proxy/net/listener.h"
#include "proxy/net/place.h"
#include "proxy/net/tls_file.h"
#include "proxy/process/privilege.h"
#include "proxy/process/readiness_child.h"

static bool is_proxy(const struct readiness *r)
{
    return r->program == CONFIG_NEEDS_PROXY;
}

/* --- before the user --- */

static const char *socket_reason(const struct endpoint *endpoint, bool transparent, int error)
{
    if (transparent && error == EPERM)
        return "tproxy needs root, CAP_NET_RAW or CAP_NET_ADMIN";
    if (endpoint->address.family != ADDRESS_UNIX)
        return error == EADDRNOTAVAIL ? "no interface of this machine has that address"
                                      : strerror(error);
    if (error == EEXIST)
        return "something stands there that is no socket";
    return error == ENOENT ? "its folder does not exist" : strerror(error);
}

static void probe(const struct readiness *r, struct place place, const struct endpoint *endpoint,
                  bool transparent, struct diag *diag)
{
    int error = listener_probe(endpoint, transparent);
    if (error != 0)
        diag_add(diag, r->level, place, "cannot listen on %.*s: %s", SLICE_ARG(endpoint->text),
                 socket_reason(endpoint, transparent, error));
}

static void look_at_user(const struct readiness *r, struct diag *diag)
{
    struct slice user = r->config->user;
    bool root = geteuid() == 0;
    if (user.len == 0 || getpwnam(user.ptr) != NULL)
        return;
    /* Others cannot become another user, and do not try. */
    diag_add(diag, root ? r->level : DIAG_NOTE, r->config->places.user,
             "there is no user '%.*s' on this machine%s", SLICE_ARG(user),
             root ? "" : ": started as root it would be refused");
}

void readiness_open(const struct readiness *r, struct diag *diag)
{
    const struct config *config = r->config;
    look_at_user(r, diag);
    if (!is_proxy(r)) {
        probe(r, config->milter.place, &config->milter.endpoint, false, diag);
        return;
    }
    for (size_t i = 0; i < config->listener_count; i++) {
        const struct listener_conf *listener = &config->listeners[i];
        probe(r, listener->place, &listener->endpoint, listener->transparent == TRANSPARENT_TPROXY,
              diag);
    }
}

/* --- as the user --- */

/* What may not be written, and by whom. */
static void refuse_place(const struct readiness *r, struct place place, const char *setting,
                         struct slice path, int error, struct diag *diag)
{
    bool denied = error == EACCES || error == EPERM;
    const struct passwd *user = denied ? getpwuid(geteuid()) : NULL;
    if (error != 0)
        diag_add(diag, r->level, place, "%s: \"%.*s\" cannot be used%s%s%s: %s", setting,
                 SLICE_ARG(path), user != NULL ? " by user '" : "",
                 user != NULL ? user->pw_name : "", user != NULL ? "'" : "", strerror(error));
}

static bool is_path(struct slice target)
{
    return slice_starts(target, SLICE("/"));
}

static void look_at_depot(const struct readiness *r, const struct depot_conf *depot,
                          struct diag *diag)
{
    static const char *const FOLDERS[] = {"tmp", "mail"};
    int error = 0;
    for (size_t i = 0; i < sizeof FOLDERS / sizeof FOLDERS[0] && error == 0; i++) {
        char path[PATH_MAX];
        int length = snprintf(path, sizeof path, "%s/%s", depot->directory.ptr, FOLDERS[i]);
        error = length < (int)sizeof path ? place_future_folder(path) : ENAMETOOLONG;
    }
    refuse_place(r, depot->place, depot->name.ptr, depot->directory, error, diag);
}

static void look_at_places(const struct readiness *r, struct diag *diag)
{
    const struct config *config = r->config;
    const struct config_places *places = &config->places;
    struct slice spool = config->limits.spool_dir;
    if (is_path(config->audit.file))
        refuse_place(r, places->audit, "audit", config->audit.file,
                     place_appendable(config->audit.file.ptr), diag);
    if (is_path(config->log.to))
        refuse_place(r, places->log, "log", config->log.to, place_appendable(config->log.to.ptr),
                     diag);
    refuse_place(r, places->spool, "spool_dir", spool, place_folder(spool.ptr), diag);
    if (is_proxy(r) && config_quarantines(config))
        look_at_depot(r, &config->quarantine, diag);
    if (is_proxy(r) && config_archives(config))
        look_at_depot(r, &config->archive, diag);
}

static void look_at_files(const struct readiness *r, struct diag *diag)
{
    for (const struct config_file *file = r->config->files; file != NULL; file = file->next) {
        int error = place_readable(file->path.ptr);
        if (error != 0)
            diag_add(diag, r->level < DIAG_WARNING ? r->level : DIAG_WARNING, file->place,
                     "\"%.*s\" cannot be read again by the user that serves, so that no reload "
                     "will be taken: %s",
                     SLICE_ARG(file->path), strerror(error));
    }
}

void readiness_serve(const struct readiness *r, struct diag *diag)
{
    look_at_places(r, diag);
    look_at_files(r, diag);
}

/* --- for check --- */

static void look_at_tls(const struct readiness *r, struct place place, struct slice path,
                        struct diag *diag)
{
    char problem[TLS_FILE_PROBLEM_MAX];
    if (is_path(path) && place_readable(path.ptr) != 0 && !tls_file_usable(path, problem))
        diag_add(diag, r->level, place, "cannot use \"%.*s\": %s", SLICE_ARG(path), problem);
}

static void look_at_pair(const struct readiness *r, const struct tls_pair *pair, struct diag *diag)
{
    look_at_tls(r, pair->place, pair->certificate, diag);
    look_at_tls(r, pair->place, pair->key, diag);
}

/* The content of all of them was judged before, by who could read them. */
static void look_at_certificates(const struct readiness *r, struct diag *diag)
{
    const struct config *config = r->config;
    for (size_t i = 0; i < config->listener_count; i++) {
        const struct listener_tls *tls = &config->listeners[i].tls;
        look_at_pair(r, &tls->pair, diag);
        look_at_tls(r, tls->pair.place, tls->client_ca, diag);
        for (size_t k = 0; k < tls->other_count; k++)
            look_at_pair(r, &tls->others[k], diag);
    }
    for (size_t i = 0; i < config->upstream_count; i++) {
        const struct upstream_conf *upstream = &config->upstreams[i];
        look_at_tls(r, upstream->place, upstream->tls.certificate, diag);
        look_at_tls(r, upstream->place, upstream->tls.key, diag);
        look_at_tls(r, upstream->place, upstream->tls.ca, diag);
    }
}

static void look_as_self(const struct readiness *r, struct diag *diag)
{
    char error[256];
    if (is_proxy(r) && config_client_source(r->config) &&
        privilege_transparent(error, sizeof error) != 0)
        diag_add(diag, r->level, r->config->places.user, "%s", error);
    readiness_serve(r, diag);
}

static void look_as_user(const void *ctx, struct diag *diag)
{
    const struct readiness *r = ctx;
    char error[256];
    const struct privilege wanted = privilege_for(r->config, r->program);
    if (privilege_drop(&wanted, error, sizeof error) != 0) {
        diag_add(diag, r->level, r->config->places.user, "%s", error);
        return;
    }
    look_as_self(r, diag);
    if (is_proxy(r))
        look_at_certificates(r, diag);
}

void readiness_check(const struct readiness *r, struct diag *diag)
{
    struct slice user = r->config->user;
    readiness_open(r, diag);
    if (geteuid() != 0 || user.len == 0)
        look_as_self(r, diag);
    else if (getpwnam(user.ptr) != NULL && readiness_in_child(look_as_user, r, diag) != 0)
        diag_add(diag, r->level, r->config->places.user,
                 "it could not be seen what user '%.*s' may do: %s", SLICE_ARG(user),
                 strerror(errno));
}
