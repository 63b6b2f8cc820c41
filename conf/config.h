/* config: everything the operator said, as plain immutable structs.
 *
 * One load makes one of these, checked whole; threads share it by reference count and a reload
 * makes a new one. All texts are NUL-terminated slices in its own arena. Defaults are filled in,
 * relative paths are absolute. Nobody outside conf/ knows libconfig.
 */
#ifndef CONF_CONFIG_H
#define CONF_CONFIG_H

#include "conf/origin.h"
#include "filters/base/address.h"
#include "filters/base/diag.h"
#include "filters/base/newline.h"
#include "filters/match/list.h"
#include "filters/rules/ruleset.h"
#include "filters/verdict.h"

/* Where a socket is: an IP address with port, a path (address.family ADDRESS_UNIX), or a host's
 * name (ADDRESS_NONE, with its port), of upstreams only. */
struct endpoint {
    struct address address;
    struct slice path; /* of a unix socket */
    struct slice host; /* a name; else empty */
    struct slice text; /* as written */
};

/* What is spoken: SMTP, or LMTP (RFC 2033), where each recipient has its own last reply. */
enum protocol { PROTOCOL_SMTP, PROTOCOL_LMTP };
enum auth_mode { AUTH_RELAY, AUTH_TLS_ONLY, AUTH_OFF };
/* How a listener learns where the connections it intercepts were meant to go. */
enum transparent { TRANSPARENT_OFF, TRANSPARENT_REDIRECT, TRANSPARENT_TPROXY };
enum refuse_at { REFUSE_EARLY, REFUSE_RCPT };
/* Recipients that a server behind us might send on (mailbox_routes). */
enum routed { ROUTED_REJECT, ROUTED_PASS };

/* What refuses one, for the record and for explain. */
#define ROUTED_REASON "routed address"
#define ROUTED_REPLY  "550 5.1.3 Routed addresses are not accepted here\r\n"
enum identify {
    IDENTIFY_NONE,
    IDENTIFY_XCLIENT,
    IDENTIFY_XFORWARD,
    IDENTIFY_PROXY_V1,
    IDENTIFY_PROXY_V2,
};
enum privacy { PRIVACY_PLAIN, PRIVACY_HASH, PRIVACY_OMIT };
enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARNING, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };

/* Hosts that may tell us who the client is. */
struct peers {
    const struct address_range *ranges;
    size_t count;
};

/* How a listener speaks TLS. */
enum tls_mode {
    TLS_OFF,
    TLS_STARTTLS,
    TLS_IMPLICIT,
    TLS_PASSTHROUGH, /* STARTTLS is the upstream's: what follows passes unread */
};
enum tls_version { TLS_1_2, TLS_1_3 };
enum client_certificate {
    CLIENT_CERTIFICATE_NONE,
    CLIENT_CERTIFICATE_REQUEST,
    CLIENT_CERTIFICATE_REQUIRE
};

/* A certificate with its key, and the names a client may ask for it by (SNI). */
struct tls_pair {
    const struct slice *names; /* as written; "*.example.org" is any one label there */
    size_t name_count;
    struct slice certificate, key; /* absolute paths */
    struct place place;
};

struct listener_tls {
    enum tls_mode mode;
    struct tls_pair
        pair; /* the default one; its paths are empty when the mode is off or passthrough */
    const struct tls_pair *others;
    size_t other_count;
    bool required;
    enum client_certificate client_certificate;
    struct slice client_ca; /* empty: none */
    enum tls_version min_version;
};

/* How an upstream is spoken to. */
enum upstream_tls_mode {
    UPSTREAM_TLS_OFF,
    UPSTREAM_TLS_OPPORTUNISTIC,
    UPSTREAM_TLS_REQUIRED,
    UPSTREAM_TLS_VERIFIED,
    UPSTREAM_TLS_IMPLICIT,
};

struct upstream_tls {
    enum upstream_tls_mode mode;
    struct slice name;             /* asked for and expected; empty: the address is expected */
    struct slice ca;               /* an absolute path, "system", or empty */
    struct slice certificate, key; /* ours; empty: none */
};

#define UPSTREAM_ENDPOINTS_MAX 16
#define UPSTREAM_KEEPALIVE_MAX 1000

struct upstream_conf {
    struct slice name;
    const struct endpoint *endpoints; /* in the order they are tried */
    size_t endpoint_count;            /* 0: its listeners are transparent */
    bool addressed;                   /* an address is written */
    enum protocol protocol;
    enum identify identify;
    unsigned keepalive; /* idle connections kept for other sessions, by each worker; 0: none */
    struct upstream_tls tls;
    struct place place;
};

/* One sample of a rule: judged by the whole policy when the configuration is checked. */
struct sample {
    struct place place;
    struct slice rule; /* the rule it stands in */
    struct origin origin;
    struct slice sender;
    const struct slice *recipients;
    size_t recipient_count;
    struct slice message; /* the file's absolute path, empty: the sample ends at DATA */
    struct slice
        expect; /* "continue", "accept", "discard", "quarantine", or how the reply begins */
};

/* What is done with a message that a milter cannot judge. */
enum milter_failure {
    MILTER_FAILURE_TEMPFAIL,
    MILTER_FAILURE_REJECT,
    MILTER_FAILURE_CONTINUE,
    MILTER_FAILURE_QUARANTINE,
    MILTER_FAILURE_SHUTDOWN,
};

/* What a milter may change. */
enum milter_may {
    MILTER_MAY_HEADERS = 1,
    MILTER_MAY_BODY = 2,
    MILTER_MAY_SENDER = 4,
    MILTER_MAY_RECIPIENTS = 8,
    MILTER_MAY_QUARANTINE = 16,
};
#define MILTER_MAY_ALL 31U

/* Whose habits a milter is used to. */
enum milter_style { MILTER_STYLE_POSTFIX, MILTER_STYLE_SENDMAIL };

#define MILTERS_MAX 32 /* of one policy */

struct milter_conf {
    struct slice name;
    struct endpoint endpoint;
    enum milter_failure on_failure;
    unsigned may;                   /* mask of enum milter_may */
    enum milter_style macros;       /* those it hears of without asking */
    enum milter_style header_index; /* how it counts header fields */
    unsigned connect_timeout_ms, command_timeout_ms, content_timeout_ms;
    /* One rule, which refuses when the milter is to be asked; it is decided before the header.
     * NULL: always. */
    struct ruleset *when;
    struct place place;
};

struct policy {
    struct slice name;
    struct ruleset *rules;
    const struct milter_conf *milters; /* in the order they are asked */
    size_t milter_count;
    const struct rule *rule_items; /* as compiled into ${rules} */
    size_t rule_count;
    struct ruleset *final_rules; /* after the milters; never NULL */
    const struct rule *final_items;
    size_t final_count;
    const struct sample *samples; /* of both */
    size_t sample_count;
    struct place place;
};

struct listener_conf {
    struct endpoint endpoint;
    struct slice name;
    const struct upstream_conf *upstream;
    const struct policy *policy;
    enum protocol protocol;
    enum newline_mode bare_newline;
    enum refuse_at refuse_at;
    enum routed routed_addresses;
    bool add_received;
    enum auth_mode auth;
    enum transparent transparent;         /* not OFF: the original destination is the upstream */
    bool client_source;                   /* which sees the client's address */
    struct peers proxy_protocol;          /* must begin with a PROXY header */
    struct peers xclient;                 /* may say XCLIENT and XFORWARD */
    const struct slice *strip_extensions; /* upper case */
    size_t strip_count;
    struct listener_tls tls;
    struct place place;
};

struct limits {
    unsigned connections, connections_per_client;
    unsigned recipients;
    uint64_t message_bytes;
    size_t header_bytes;
    unsigned header_fields;
    size_t command_line_bytes; /* CRLF included */
    unsigned data_rate;        /* bytes a second at least; 0: any */
    unsigned errors, junk_commands;
    size_t memory_per_message_bytes;
    struct slice spool_dir;
    unsigned match_time_rule_ms, match_time_message_ms;
};

struct timeouts {
    unsigned command_ms, data_ms, end_of_data_ms, greeting_ms, connect_ms, drain_ms;
    unsigned keepalive_ms; /* an idle connection that is kept is closed then */
    unsigned noop_ms;      /* of an upstream, while a message is held */
};

struct on_failure {
    /* VERDICT_TEMPFAIL, VERDICT_REJECT or VERDICT_CONTINUE */
    enum verdict_kind by_default, regex, milter, lookup;
};

struct audit_conf {
    struct slice file; /* "-", an absolute path, or "syslog" */
    enum privacy subject, recipients, sender;
};

struct log_conf {
    struct slice to; /* "stderr", "syslog" or an absolute path */
    enum log_level level;
};

#define MILTER_MODE_DEFAULT 0660
/* A rule's delay is waited for by the MTA, which gives up on a milter that is silent for long. */
#define MILTER_DELAY_MAX_MS 20000

/* Where `postern milter` listens, and what it does there. */
struct milter_service {
    bool given;
    struct endpoint endpoint;
    const struct policy *policy;
    unsigned mode; /* of a unix socket */
    struct place place;
};

struct resolver_conf {
    const struct address *servers; /* with ports; none: the system's */
    size_t server_count;
    unsigned timeout_ms; /* for one lookup, a client's name in all its steps */
    bool client_names;   /* looked up for every session, for the record */
};

/* Where settings stand that name something of the machine; without line where they have their
 * defaults. */
struct config_places {
    struct place user, quarantine, spool, audit, log;
};

/* A file that was read, and that a reload reads again. */
struct config_file {
    struct config_file *next;
    struct slice path;
    struct place place; /* where it is named; for the configuration's own, the file itself */
};

struct census;

/* Which text a configuration was made from: how the SHA-256 of the file begins, in hexadecimal;
 * what the file includes stands in its place there. List files are not in it. */
#define CONFIG_ID_MAX 9

struct config {
    struct slice file; /* as loaded, absolute */
    char id[CONFIG_ID_MAX];
    struct slice hostname;
    unsigned workers; /* 0: one per CPU */
    struct slice user;
    struct slice state_dir, quarantine_dir; /* absolute; made when first needed */
    bool quarantine_given;                  /* the file says where, by one of the two */
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

/* config_peer(peers, address): whether ${address} is one of them; a unix socket's never is. */
bool config_peer(const struct peers *peers, const struct address *address);

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

/* config_client_source(config): whether some listener has the upstream see the client's address. */
bool config_client_source(const struct config *config);

/* endpoint_equal(a, b): the same address and port, or the same path. endpoint_reaches(to,
 * listener): whether a connection to ${to} arrives at ${listener}, as far as the addresses alone
 * tell. endpoint_covers(wide, other): whether a socket listening on ${wide} takes all that arrives
 * at ${other}, so that the system opens only one of them: [::] is opened for IPv4, too. */
bool endpoint_covers(const struct endpoint *wide, const struct endpoint *other);
bool endpoint_equal(const struct endpoint *a, const struct endpoint *b);
bool endpoint_reaches(const struct endpoint *to, const struct endpoint *listener);

/* transparent_keeps(opened, next, error, error_size): whether ${next} intercepts as the socket was
 * opened for, which ${opened} says; if not, a sentence. */
bool transparent_keeps(const struct listener_conf *opened, const struct listener_conf *next,
                       char *error, size_t error_size);

#endif
