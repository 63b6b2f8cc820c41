/* readiness: whether this machine has what a configuration names, before somebody needs it.
 *
 * `proxy` and `milter` look before they begin and at each reload, `check` before either does: one
 * place decides, so that they cannot disagree. Problems are told with the place of their setting;
 * their level is the caller's: a refusal, or a note. Nothing is made or changed. Blocking file I/O.
 */
#ifndef PROXY_PROCESS_READINESS_H
#define PROXY_PROCESS_READINESS_H

#include "conf/needs.h"
#include "filters/base/diag.h"

struct config;

/* Of which program, and how what stands in its way is told. */
struct readiness {
    const struct config *config;
    enum config_needs program; /* CONFIG_NEEDS_PROXY or CONFIG_NEEDS_MILTER */
    enum diag_level level;
};

/* readiness_open(r, diag): whether the sockets can be opened by this process, and it can then
 * become the user. */
void readiness_open(const struct readiness *r, struct diag *diag);

/* readiness_serve(r, diag): whether this process, which is the user now, can write what it is to
 * write; what only a reload would miss, the files it reads again, is a warning. */
void readiness_serve(const struct readiness *r, struct diag *diag);

/* readiness_check(r, diag): both, and whether the user can read certificates and keys. This process
 * stays who it is: where it is root and a user is set, a child becomes the user and looks. */
void readiness_check(const struct readiness *r, struct diag *diag);

#endif
