/* config: everything the operator said, as plain immutable structs.
 *
 * One load makes one of these, checked whole; threads share it by reference count and a reload
 * makes a new one. All texts are NUL-terminated slices in its own arena. Defaults are filled in,
 * relative paths are absolute. Nobody outside conf/read/ knows libconfig.
 *
 * Its parts have headers of their own; who needs one of them needs no more.
 */
#ifndef CONF_CONFIG_H
#define CONF_CONFIG_H

#include "conf/audit_conf.h"
#include "conf/depot_conf.h"
#include "conf/limits.h"
#include "conf/log_conf.h"
#include "conf/milter_service.h"
#include "conf/on_failure.h"
#include "conf/resolver_conf.h"
#include "conf/timeouts.h"
#include "filters/base/diag.h"
#include "filters/match/list.h"

struct census;
struct listener_conf;
struct policy;
struct upstream_conf;

/* Where settings stand that name something of the machine; without line where they have their
 * defaults. */
struct config_places {
    struct place user, spool, audit, log;
};

/* A file that was read, and that a reload reads again. */
struct config_file {
    struct config_file *next;
    struct slice path;
    struct place place; /* where it is named; for the configuration's own, the file itself */
    bool list;          /* its entries are a list's */
    uint64_t mark;      /* file_mark() when it was read, or before */
};

/* Which texts a configuration was made from: how the SHA-256 of the file and of the list files that
 * it names, in this order, begins, in hexadecimal; what the file includes stands in its place
 * there.
 */
#define CONFIG_ID_MAX 9

struct config {
    struct slice file; /* as loaded, absolute */
    char id[CONFIG_ID_MAX];
    struct slice hostname;
    unsigned workers; /* 0: one per CPU */
    struct slice user;
    struct slice state_dir; /* absolute; made when first needed */
    struct depot_conf quarantine, archive;
    const struct listener_conf *listeners;
    size_t listener_count;
    const struct upstream_conf *upstreams;
    size_t upstream_count;
    const struct policy *policies; /* the first is "default" */
    size_t policy_count;
    struct milter_service milter;
    struct list_table lists;
    const struct census *censuses; /* of each list, in that order */
    struct limits limits;
    struct timeouts timeouts;
    struct on_failure on_failure;
    bool reject_ambiguous; /* a header that readers split differently is refused */
    struct audit_conf audit;
    struct log_conf log;
    struct resolver_conf resolver;
    struct config_places places;
    struct config_file *files; /* the configuration, what it includes, its list files */
};

#define CONFIG_DEFAULT_FILE "/etc/postern/postern.conf"

/* config_ref(config): one more reference; returns ${config}. config_unref(config): one less, the
 * last frees all; NULL: nothing. Any thread. */
struct config *config_ref(struct config *config);
void config_unref(struct config *config);

/* config_policy(config, name): the policy of that name, or NULL. */
const struct policy *config_policy(const struct config *config, struct slice name);

/* config_leads_here(config, endpoint): whether a connection to ${endpoint} arrives at one of our
 * own listeners, as far as the addresses alone tell. */
bool config_leads_here(const struct config *config, const struct endpoint *endpoint);

/* config_listener(config, name): the listener of that name, or NULL. */
const struct listener_conf *config_listener(const struct config *config, struct slice name);

/* config_upstream(config, name): the upstream of that name, or NULL. */
const struct upstream_conf *config_upstream(const struct config *config, struct slice name);

/* config_quarantines(config): whether some rule in force, or the failure of some milter, puts
 * messages into the quarantine. A milter's own wish may come as a surprise. */
bool config_quarantines(const struct config *config);

/* config_archives(config): whether some rule in force has copies kept in the archive. */
bool config_archives(const struct config *config);

/* config_client_source(config): whether some listener has the upstream see the client's address. */
bool config_client_source(const struct config *config);

#endif
