/* resolver: see resolver.h.
 *
 * c-ares calls back from wherever it stands, from inside a start too, and cannot take back one
 * query. So its callbacks only keep the answer; a timer of ours tells it. A cancelled query stays
 * until c-ares has done with it.
 */
#include "proxy/net/resolver.h"

#include "conf/resolver_conf.h"
#include "filters/base/bytes.h"
#include "filters/base/hostname.h"
#include "proxy/net/both_families.h"
#include "proxy/net/watch_list.h"

#include <ares.h>
#include <arpa/nameser.h>
#include <netdb.h>
#include <stdlib.h>

#define TRIES       2 /* of each server; the second waits twice as long */
#define TRY_MS_MIN  50
#define SERVERS_MAX 1024 /* octets of the list of servers as text */

struct resolver_query {
    struct resolver_query *next, **link; /* of those under way, or of those to be told */
    struct resolver *resolver;
    struct resolver_ask ask;
    struct loop_timer deadline;
    unsigned in_flight; /* callbacks of c-ares that are due */
    bool cancelled;
    bool by_address;
    struct address address; /* whose names are asked for; else its family is the one wanted */
    char name[HOSTNAME_MAX_BYTES + 1]; /* as it is asked for */
    bool failed;                       /* one of the families could not be had */
    struct both_families found;
    struct resolver_answer answer;
    struct address addresses[RESOLVER_ADDRESSES_MAX];
    struct slice names[RESOLVER_NAMES_MAX]; /* of ${copies} */
    char *copies[RESOLVER_NAMES_MAX];
};

struct resolver {
    struct loop *loop;
    ares_channel channel; /* NULL: nobody can be asked */
    bool hosts;           /* the hosts file counts */
    struct watch_list sockets;
    struct resolver_query *queries, *finished;
    struct loop_timer timeout; /* c-ares's next */
    struct loop_timer telling;
};

/* --- lists and life of queries --- */

static void join(struct resolver_query *q, struct resolver_query **list)
{
    q->next = *list;
    q->link = list;
    if (q->next != NULL)
        q->next->link = &q->next;
    *list = q;
}

static void leave(struct resolver_query *q)
{
    *q->link = q->next;
    if (q->next != NULL)
        q->next->link = q->link;
}

static void release(struct resolver_query *q)
{
    leave(q);
    loop_timer_fini(&q->deadline);
    for (size_t i = 0; i < q->answer.name_count; i++)
        free(q->copies[i]);
    free(q);
}

static void tell(struct resolver_query *q)
{
    struct resolver_ask ask = q->ask;
    struct resolver_answer answer = q->answer;
    q->cancelled = true; /* its owner has no handle any more */
    answer.addresses = q->addresses;
    answer.names = q->names;
    ask.done(ask.ctx, &answer);
    if (q->in_flight == 0)
        release(q);
}

static void finish(struct resolver_query *q, enum resolver_result result)
{
    q->answer.result = result;
    leave(q);
    join(q, &q->resolver->finished);
    loop_timer_set(&q->resolver->telling, 0);
}

static void tell_finished(void *ctx)
{
    struct resolver *r = ctx;
    while (r->finished != NULL)
        tell(r->finished);
}

/* --- what c-ares says --- */

static enum resolver_result result_of(int status)
{
    switch (status) {
    case ARES_SUCCESS: return RESOLVER_OK;
    case ARES_ENODATA:
    case ARES_ENOTFOUND:
    case ARES_ENONAME:
    case ARES_EBADNAME: return RESOLVER_NONE;
    default: return RESOLVER_FAILED; /* an int: c-ares may know more of them than we */
    }
}

/* One of the callbacks that are due has come. Whether it is of use: else the query is gone, or
 * begins anew. */
static bool landed(struct resolver_query *q, int status)
{
    q->in_flight--;
    if (q->cancelled && q->in_flight == 0)
        release(q);
    else if (status != ARES_EDESTRUCTION)
        return !q->cancelled;
    return false;
}

static void merge(struct resolver_query *q)
{
    q->answer.address_count = both_families_merge(&q->found, q->addresses);
    q->answer.ttl_s = q->found.ttl_s;
}

/* What has come of it by now will do. */
static void expired(void *ctx)
{
    struct resolver_query *q = ctx;
    if (q->in_flight > 0) {
        merge(q);
        q->answer.result = q->answer.address_count > 0 ? RESOLVER_OK : RESOLVER_FAILED;
    }
    tell(q);
}

/* One family's answer is there. What one of them knows is enough. */
static void family_known(struct resolver_query *q, enum resolver_result result)
{
    q->failed = q->failed || result == RESOLVER_FAILED;
    if (q->in_flight > 0)
        return;
    merge(q);
    if (q->answer.address_count > 0)
        finish(q, RESOLVER_OK);
    else
        finish(q, q->failed ? RESOLVER_FAILED : RESOLVER_NONE);
}

static void on_v4(void *ctx, int status, int timeouts, unsigned char *answer, int len)
{
    struct resolver_query *q = ctx;
    struct ares_addrttl found[RESOLVER_ADDRESSES_MAX];
    int count = RESOLVER_ADDRESSES_MAX;
    (void)timeouts;
    if (!landed(q, status))
        return;
    if (status == ARES_SUCCESS)
        status = ares_parse_a_reply(answer, len, NULL, found, &count);
    for (int i = 0; status == ARES_SUCCESS && i < count; i++) {
        struct address address = {.family = ADDRESS_V4};
        memcpy(address.bytes, &found[i].ipaddr, 4);
        both_families_add(&q->found, address, found[i].ttl);
    }
    family_known(q, result_of(status));
}

static void on_v6(void *ctx, int status, int timeouts, unsigned char *answer, int len)
{
    struct resolver_query *q = ctx;
    struct ares_addr6ttl found[RESOLVER_ADDRESSES_MAX];
    int count = RESOLVER_ADDRESSES_MAX;
    (void)timeouts;
    if (!landed(q, status))
        return;
    if (status == ARES_SUCCESS)
        status = ares_parse_aaaa_reply(answer, len, NULL, found, &count);
    for (int i = 0; status == ARES_SUCCESS && i < count; i++)
        both_families_add(&q->found, address_from_v6(found[i].ip6addr._S6_un._S6_u8, 0),
                          found[i].ttl);
    family_known(q, result_of(status));
}

static void keep_name(struct resolver_query *q, const char *name)
{
    struct resolver_answer *answer = &q->answer;
    if (name == NULL || answer->name_count == RESOLVER_NAMES_MAX)
        return;
    for (size_t i = 0; i < answer->name_count; i++)
        if (slice_equal_case(q->names[i], slice_str(name)))
            return;
    char *copy = strdup(name);
    if (copy == NULL) {
        q->failed = true; /* a client without this name is another */
        return;
    }
    q->copies[answer->name_count] = copy;
    q->names[answer->name_count++] = slice_str(copy);
}

/* An answer in which some name is none, or that is cut short, is taken for none: whoever has the
 * address has written nonsense. */
static enum resolver_result read_names(struct resolver_query *q, const unsigned char *answer,
                                       int len)
{
    struct hostent *host = NULL;
    bool v4 = q->address.family == ADDRESS_V4;
    int status = ares_parse_ptr_reply(answer, len, q->address.bytes, v4 ? 4 : 16,
                                      v4 ? AF_INET : AF_INET6, &host);
    if (status != ARES_SUCCESS)
        return status == ARES_ENOMEM ? RESOLVER_FAILED : RESOLVER_NONE;
    for (char **alias = host->h_aliases; *alias != NULL; alias++) /* h_name is one of them */
        keep_name(q, *alias);
    ares_free_hostent(host);
    if (q->failed)
        return RESOLVER_FAILED;
    return q->answer.name_count > 0 ? RESOLVER_OK : RESOLVER_NONE;
}

static void on_names(void *ctx, int status, int timeouts, unsigned char *answer, int len)
{
    struct resolver_query *q = ctx;
    (void)timeouts;
    if (landed(q, status))
        finish(q, status == ARES_SUCCESS ? read_names(q, answer, len) : result_of(status));
}

/* --- its sockets and its time --- */

static void arm(struct resolver *r)
{
    struct timeval wait;
    if (r->channel == NULL || ares_timeout(r->channel, NULL, &wait) == NULL) {
        loop_timer_cancel(&r->timeout);
        return;
    }
    /* Rounded up: c-ares would find nothing to do a moment before. */
    loop_timer_set(&r->timeout, (uint64_t)wait.tv_sec * 1000 + (uint64_t)wait.tv_usec / 1000 + 1);
}

static void timed_out(void *ctx)
{
    struct resolver *r = ctx;
    if (r->channel != NULL)
        ares_process_fd(r->channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
    arm(r);
}

static void socket_ready(void *ctx, int fd, bool read, bool write)
{
    struct resolver *r = ctx;
    ares_process_fd(r->channel, read ? fd : ARES_SOCKET_BAD, write ? fd : ARES_SOCKET_BAD);
    arm(r);
}

/* A socket that cannot be watched is one whose answer does not come: the query fails in time. */
static void socket_changed(void *ctx, ares_socket_t fd, int readable, int writable)
{
    struct resolver *r = ctx;
    watch_list_set(&r->sockets, fd, readable != 0, writable != 0);
}

/* --- the channel --- */

static bool set_servers(ares_channel channel, const struct resolver_conf *conf)
{
    struct bytes list;
    char text[ADDRESS_TEXT_MAX];
    if (conf->server_count == 0)
        return true;
    bytes_init(&list, SERVERS_MAX);
    for (size_t i = 0; i < conf->server_count; i++)
        bytes_format(&list, "%s%.*s", i > 0 ? "," : "",
                     SLICE_ARG(address_port_text(&conf->servers[i], text)));
    bytes_append(&list, slice_make("", 1));
    struct slice csv;
    bool set = bytes_take(&list, &csv) == 0 &&
               ares_set_servers_ports_csv(channel, csv.ptr) == ARES_SUCCESS;
    bytes_fini(&list);
    return set;
}

/* All tries of one server end with the time that a lookup may take. */
static ares_channel open_channel(struct resolver *r, const struct resolver_conf *conf)
{
    unsigned try_ms = conf->timeout_ms / (TRIES + 1);
    struct ares_options options = {
        .flags = ARES_FLAG_NOSEARCH,
        .timeout = (int)(try_ms > TRY_MS_MIN ? try_ms : TRY_MS_MIN),
        .tries = TRIES,
        .ndomains = 0,
        .sock_state_cb = socket_changed,
        .sock_state_cb_data = r,
    };
    int set = ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_DOMAINS |
              ARES_OPT_SOCK_STATE_CB;
    char only_servers[] = "b"; /* and no hosts file */
    r->hosts = conf->server_count == 0;
    if (!r->hosts) {
        options.lookups = only_servers;
        set |= ARES_OPT_LOOKUPS;
    }
    ares_channel channel = NULL;
    if (ares_init_options(&channel, &options, set) != ARES_SUCCESS)
        return NULL;
    if (set_servers(channel, conf))
        return channel;
    ares_destroy(channel);
    return NULL;
}

static void close_channel(struct resolver *r)
{
    if (r->channel != NULL)
        ares_destroy(r->channel);
    r->channel = NULL;
    watch_list_clear(&r->sockets);
}

struct resolver *resolver_create(struct loop *loop, const struct resolver_conf *conf)
{
    struct resolver *r = calloc(1, sizeof *r);
    if (r == NULL)
        return NULL;
    if (ares_library_init(ARES_LIB_INIT_ALL) != ARES_SUCCESS) {
        free(r);
        return NULL;
    }
    r->loop = loop;
    r->sockets = (struct watch_list){.loop = loop, .ready = socket_ready, .ctx = r};
    loop_timer_init(&r->timeout, loop, timed_out, r);
    loop_timer_init(&r->telling, loop, tell_finished, r);
    r->channel = open_channel(r, conf);
    return r;
}

void resolver_destroy(struct resolver *r)
{
    if (r == NULL)
        return;
    close_channel(r);
    loop_timer_fini(&r->timeout);
    loop_timer_fini(&r->telling);
    ares_library_cleanup();
    free(r);
}

/* --- asking --- */

static void ask_names(struct resolver_query *q)
{
    hostname_reverse(&q->address, q->name);
    q->in_flight = 1;
    ares_query(q->resolver->channel, q->name, ns_c_in, ns_t_ptr, on_names, q);
}

/* What the hosts file says; no word of how long that is true. */
static void read_hosts(struct resolver_query *q, int family)
{
    struct hostent *host = NULL;
    if (ares_gethostbyname_file(q->resolver->channel, q->name, family, &host) != ARES_SUCCESS)
        return;
    for (char **at = host->h_addr_list; *at != NULL; at++) {
        struct address address = {.family = ADDRESS_V4};
        if (family == AF_INET)
            memcpy(address.bytes, *at, 4);
        else
            address = address_from_v6((const uint8_t *)*at, 0);
        both_families_add(&q->found, address, 0);
    }
    ares_free_hostent(host);
}

static void ask_addresses(struct resolver_query *q)
{
    ares_channel channel = q->resolver->channel;
    bool v4 = q->address.family != ADDRESS_V6;
    bool v6 = q->address.family != ADDRESS_V4;
    both_families_clear(&q->found);
    q->failed = false;
    if (q->resolver->hosts && v4)
        read_hosts(q, AF_INET);
    if (q->resolver->hosts && v6)
        read_hosts(q, AF_INET6);
    if (q->found.v4_count + q->found.v6_count > 0) {
        family_known(q, RESOLVER_OK);
        return;
    }
    q->in_flight = v4 + v6; /* either may call back at once */
    if (v4)
        ares_query(channel, q->name, ns_c_in, ns_t_a, on_v4, q);
    if (v6)
        ares_query(channel, q->name, ns_c_in, ns_t_aaaa, on_v6, q);
}

static void start(struct resolver_query *q)
{
    struct resolver *r = q->resolver; /* the query may be over, and gone, before this is */
    if (r->channel == NULL)
        finish(q, RESOLVER_FAILED);
    else if (q->by_address)
        ask_names(q);
    else
        ask_addresses(q);
    arm(r);
}

static struct resolver_query *create(struct resolver *r, const struct resolver_ask *ask)
{
    struct resolver_query *q = calloc(1, sizeof *q);
    if (q == NULL)
        return NULL;
    q->resolver = r;
    q->ask = *ask;
    loop_timer_init(&q->deadline, r->loop, expired, q);
    loop_timer_set(&q->deadline, ask->deadline_ms);
    join(q, &r->queries);
    return q;
}

struct resolver_query *resolver_addresses(struct resolver *r, struct slice name,
                                          enum address_family family,
                                          const struct resolver_ask *ask)
{
    struct resolver_query *q = create(r, ask);
    if (q == NULL)
        return NULL;
    q->address.family = family;
    if (!hostname_valid(name)) {
        finish(q, RESOLVER_NONE);
        return q;
    }
    memcpy(q->name, name.ptr, name.len);
    start(q);
    return q;
}

struct resolver_query *resolver_names(struct resolver *r, const struct address *address,
                                      const struct resolver_ask *ask)
{
    struct resolver_query *q = create(r, ask);
    if (q == NULL)
        return NULL;
    q->address = *address;
    q->by_address = true;
    if (address->family != ADDRESS_V4 && address->family != ADDRESS_V6)
        finish(q, RESOLVER_NONE);
    else
        start(q);
    return q;
}

void resolver_cancel(struct resolver_query *q)
{
    if (q == NULL)
        return;
    q->cancelled = true;
    loop_timer_fini(&q->deadline);
    if (q->in_flight == 0)
        release(q);
}

void resolver_configure(struct resolver *r, const struct resolver_conf *conf)
{
    close_channel(r); /* every query in flight lands, and those that are still wanted wait */
    r->channel = open_channel(r, conf);
    struct resolver_query *next;
    struct resolver_query *waiting = r->queries;
    for (struct resolver_query *q = waiting; q != NULL; q = next) {
        next = q->next;
        start(q);
    }
    arm(r);
}
