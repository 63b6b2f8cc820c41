/* build: one load under way, and what its readers make things with.
 *
 * Readers never stop at an error: they record it, leave the broken part out and go on, so that one
 * load shows everything that is wrong. config_load gives the result away only if there was no error
 * at all.
 */
#ifndef CONF_READ_BUILD_H
#define CONF_READ_BUILD_H

#include <libconfig.h>

#include "conf/needs.h"
#include "conf/read/config_load.h"
#include "conf/read/source.h"

struct config;
struct digest_sum;
struct endpoint;
struct field_info;
struct listener_conf;
struct listener_tls;
struct matcher;
struct policy;
struct rule;
struct sample;
struct upstream_conf;

struct build {
    struct config *config; /* under construction */
    struct arena *arena;   /* of the configuration */
    struct diag *diag;
    const struct source *source; /* while it is read */
    bool out_of_memory;          /* recorded once */
    struct digest_sum *digest;   /* of all that is read: the source, then the list files */
};

/* build_out_of_memory(build): records the error, once. */
void build_out_of_memory(struct build *build);

/* build_alloc(build, count, size): ${count} zeroed items in the arena (never NULL for count 0), or
 * NULL and an error "out of memory". */
void *build_alloc(struct build *build, size_t count, size_t size);

/* build_text(build, s): a NUL-terminated copy in the arena. ptr NULL on failure, with an error. */
struct slice build_text(struct build *build, struct slice s);

/* build_path(build, place, text): the absolute path that ${text} means where it stands. As
 * build_text. */
struct slice build_path(struct build *build, struct place place, struct slice text);

#endif
