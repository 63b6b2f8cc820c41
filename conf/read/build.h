/* build: private to conf/: one load under way, and the readers that take part in it.
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

/* Each reads the settings of its noun below ${root} and leaves them in build->config. lists_read
 * and upstreams_read come before policies_read, which comes before listeners_read. limits_read
 * reads the groups of plain values: limits, timeouts, on_failure, audit, log. */
void resolver_read(struct build *build, const config_setting_t *root);
void limits_read(struct build *build, const config_setting_t *root);
void lists_read(struct build *build, const config_setting_t *root);
void upstreams_read(struct build *build, const config_setting_t *root);
void policies_read(struct build *build, const config_setting_t *root);
void listeners_read(struct build *build, const config_setting_t *root);

/* needs_check(build, root, needs): what the program that loads it cannot do without: errors; notes
 * for CONFIG_NEEDS_ADVICE. When all is read. needs_places(build, root): where the settings stand
 * that name something of the machine. needs_file(build, place, path): that file was read, which
 * ${place} names. needs_sources(build): those of the source were. */
void needs_check(struct build *build, const config_setting_t *root, enum config_needs needs);
void needs_places(struct build *build, const config_setting_t *root);
void needs_file(struct build *build, struct place place, const char *path);
void needs_sources(struct build *build);

/* milter_read(build, root, used): reads the group `milter`, after the policies. ${used}: rules that
 * do less under an MTA than in the proxy are warned of. */
void milter_read(struct build *build, const config_setting_t *root, bool used);

/* policies_find(build, s, name): the policy of that name, or NULL after an error at ${s}. */
const struct policy *policies_find(struct build *build, const config_setting_t *s,
                                   struct slice name);

/* endpoint_read(build, setting, endpoint, listener): reads "host:port" or "unix:/path";
 * ${listener}: whether it is where we listen: the port may be 0 then, and the host is an address.
 * false: an error was recorded. */
bool endpoint_read(struct build *build, const config_setting_t *setting, struct endpoint *endpoint,
                   bool listener);

/* endpoint_read_unix(build, s, path, endpoint): the unix socket at ${path}, beside the file that
 * ${s} stands in. As endpoint_read. */
bool endpoint_read_unix(struct build *build, const config_setting_t *s, struct slice path,
                        struct endpoint *endpoint);

/* milter_endpoint_read(build, s, endpoint, listener): a milter's address in the notation of
 * libmilter ("inet:8891@127.0.0.1", "local:/path") or of Postfix ("inet:127.0.0.1:8891",
 * "unix:/path"). Without a host it is every address to listen on, or this machine to connect to.
 * false: an error was recorded. */
bool milter_endpoint_read(struct build *build, const config_setting_t *s, struct endpoint *endpoint,
                          bool listener);

/* milters_read(build, group, policy): the milters in the member `milters` of ${group}, and their
 * conditions. limits_read and lists_read come before. */
void milters_read(struct build *build, const config_setting_t *group, struct policy *policy);

/* transparent_check(build, listener): what does not go with interception. transparent_check_all(
 * build, root): when the listeners are read: whether each upstream has the addresses it needs, and
 * no others. */
void transparent_check(struct build *build, const struct listener_conf *listener);
void transparent_check_all(struct build *build, const config_setting_t *root);

/* tls_read_listener(build, s, tls): the group `tls` of a listener; ${s} NULL: off.
 * tls_check_listener(build, listener): whether that fits the rest of it, its upstream above all.
 * tls_check_auth(build, listener): whether auth = "tls-only" leaves a way to log in, always or at
 * all. tls_check_upstream(build, group, upstream): whether the settings of an upstream's TLS fit
 * each other. */
void tls_read_listener(struct build *build, const config_setting_t *s, struct listener_tls *tls);
void tls_check_listener(struct build *build, const struct listener_conf *listener);
void tls_check_auth(struct build *build, const struct listener_conf *listener);
void tls_check_upstream(struct build *build, const config_setting_t *group,
                        const struct upstream_conf *upstream);

/* conditions_read(build, when): what the group `when` says, or NULL after an error that left
 * nothing. */
const struct condition *conditions_read(struct build *build, const config_setting_t *when);

/* matchers_read(build, setting, field, out, count): the matchers for a field in one setting: a
 * value or a list of them. */
void matchers_read(struct build *build, const config_setting_t *setting,
                   const struct field_info *field, const struct matcher **out, size_t *count);

/* actions_read(build, then, rule): fills the rule's actions in file order. */
void actions_read(struct build *build, const config_setting_t *then, struct rule *rule);

/* sample_read(build, setting, rule, out): one sample of the rule of that name. false: an error was
 * recorded. */
bool sample_read(struct build *build, const config_setting_t *setting, struct slice rule,
                 struct sample *out);

#endif
