/* relay: see relay.h.
 *
 * An upstream that is told nothing of the client trusts this gateway's address, and relays whatever
 * comes from it. What keeps strangers from using that is the policy. So the policy is shown what a
 * stranger would try: mail for foreign domains, under foreign and under our own names, in each way
 * of writing such a recipient that a server behind might send on, or that a pattern may take for
 * one of ours. Nobody has logged in, and what cannot be known here (milters, names in the DNS) is
 * as the stranger would have it.
 *
 * A rule may mean one foreign domain, and refuse it or let it through for reasons of its own. So
 * two of three must come through before it is said that all would.
 */
#include "proxy/explain/relay.h"

#include "conf/config.h"
#include "conf/policy.h"
#include "conf/upstream_conf.h"
#include "filters/rules/rule.h"
#include "proxy/explain/stranger.h"
#include "proxy/explain/trial.h"

#define ENOUGH 2 /* foreign domains */

#define ARENA_BLOCK_BYTES 8192
#define ARENA_BYTES_MAX   ((size_t)64 << 20)

/* Whose $O is. */
enum whose { NOBODYS, OWN, LOOSE, NEAR };

/* How a recipient is written: $F is a foreign domain, $O one of ours. Those that route say in the
 * local part where to send on (RFC 5321, appendix C; "%" and "!" of Sendmail and Postfix). */
static const struct spelling_row {
    const char *text;
    bool routes;
    enum whose whose;
} SPELLINGS[] = {
    {"someone@$F", false, NOBODYS},   {"someone@$O", false, NEAR},
    {"$O@$F", false, LOOSE},          {"someone%$F@$O", true, OWN},
    {"\"someone@$F\"@$O", true, OWN}, {"$F!someone@$O", true, OWN},
    {"someone%$F", true, NOBODYS},    {"\"someone@$F\"", true, NOBODYS},
    {"$F!someone", true, NOBODYS},
};

static const struct slice REST = SLICE_INIT(
    "To: undisclosed-recipients:;\r\nSubject: Hello\r\nDate: Thu, 1 Jan 2026 12:00:00 +0000\r\n"
    "Message-ID: <1@elsewhere.example>\r\nMIME-Version: 1.0\r\n"
    "Content-Type: text/plain; charset=utf-8\r\n\r\nHello.\r\n");

/* What is tried. */
struct attempt {
    struct origin origin;
    struct slice sender, recipient;
    const struct spelling_row *row; /* of the recipient */
    struct slice by;                /* the rule that let it through, if one did so by name */
};

/* One listener, and what came of it. */
struct relay {
    const struct config *config;
    const struct listener_conf *listener;
    struct arena *arena; /* shared by all */
    struct stranger stranger;
    struct slice message;
    bool judged, open, failed;
    struct attempt attempt; /* the one under way; the one that came through */
};

/* --- one attempt --------------------------------------------------------------------------------
 */

/* The recipient as ${row} writes it. */
static struct slice spell(struct relay *relay, const struct spelling_row *row, struct slice foreign,
                          struct slice own)
{
    struct slice rest = slice_str(row->text);
    struct slice text = SLICE("");

    while (rest.len > 0) {
        bool variable = *rest.ptr == '$';
        struct slice part = variable ? (rest.ptr[1] == 'F' ? foreign : own)
                                     : slice_first(rest, slice_find(rest, '$'));

        text = arena_format(relay->arena, "%.*s%.*s", SLICE_ARG(text), SLICE_ARG(part));
        rest = slice_from(rest, variable ? 2 : part.len);
    }
    relay->failed = relay->failed || text.ptr == NULL;
    return text;
}

/* Whether it would go on to that recipient. */
static bool goes_on(const struct trial *trial, struct slice recipient)
{
    if (trial->verdict.kind != VERDICT_CONTINUE && trial->verdict.kind != VERDICT_ACCEPT)
        return false;
    for (size_t i = 0; i < trial->draft.recipient_count && !trial->edits_failed; i++)
        if (slice_equal(trial->draft.recipients[i].address, recipient))
            return true;
    return false;
}

static struct slice accepted_by(const struct trial *trial)
{
    const struct verdict *verdict = &trial->verdict;

    if (verdict->kind == VERDICT_CONTINUE)
        verdict = &trial->recipients[0].verdict;
    return verdict->kind == VERDICT_ACCEPT ? verdict->by : SLICE_NONE;
}

static bool try_one(struct relay *relay)
{
    struct attempt *attempt = &relay->attempt;
    const struct trial_input input = {
        .origin = attempt->origin,
        .sender = attempt->sender,
        .recipients = &attempt->recipient,
        .recipient_count = 1,
        .message = relay->message,
    };
    struct trial trial;
    bool through;

    if (relay->failed ||
        trial_run(&trial, relay->config, relay->listener->policy, &input, NULL) != 0) {
        relay->failed = true;
        return false;
    }
    through = goes_on(&trial, attempt->recipient);
    attempt->by = through ? accepted_by(&trial) : SLICE_NONE;
    trial_end(&trial);
    return through;
}

/* --- all that a stranger would try: each function goes through one thing he can choose ----------
 */

/* To each foreign domain, until it is clear whether it would do for all. */
static bool try_domains(struct relay *relay, const struct spelling_row *row, struct slice own)
{
    const struct stranger_names *domains = &relay->stranger.elsewhere;
    size_t enough = domains->count < ENOUGH ? domains->count : ENOUGH;
    size_t through = 0;

    for (size_t i = 0; i < domains->count && domains->count - i >= enough - through; i++) {
        relay->attempt.recipient = spell(relay, row, domains->items[i], own);
        through += try_one(relay);
        if (through == enough)
            return true;
    }
    return false;
}

/* What routes is else refused before the rules see it. */
static bool passes_routed(const struct listener_conf *listener)
{
    return listener->routed_addresses == ROUTED_PASS;
}

/* The names that stand for $O. */
static const struct stranger_names *names_of(const struct stranger *stranger, enum whose whose)
{
    static const struct stranger_names NO_NAME = {.items = {{NULL, 0}}, .count = 1};

    switch (whose) {
    case OWN: return &stranger->own;
    case LOOSE: return &stranger->loose;
    case NEAR: return &stranger->near;
    case NOBODYS: break;
    }
    return &NO_NAME;
}

static bool try_recipients(struct relay *relay)
{
    for (size_t i = 0; i < sizeof(SPELLINGS) / sizeof(*SPELLINGS); i++) {
        const struct spelling_row *row = &SPELLINGS[i];
        const struct stranger_names *names = names_of(&relay->stranger, row->whose);

        if (row->routes && !passes_routed(relay->listener))
            continue;
        relay->attempt.row = row;
        for (size_t k = 0; k < names->count; k++)
            if (try_domains(relay, row, names->items[k]))
                return true;
    }
    return false;
}

static bool try_senders(struct relay *relay)
{
    const struct stranger_names *senders = &relay->stranger.senders;

    for (size_t i = 0; i < senders->count; i++) {
        struct slice from = senders->items[senders->items[i].len > 0 ? i : 0];

        relay->attempt.sender = senders->items[i];
        relay->message =
            arena_format(relay->arena, "From: <%.*s>\r\n%.*s", SLICE_ARG(from), SLICE_ARG(REST));
        if (try_recipients(relay))
            return true;
    }
    return false;
}

static bool asks(const struct relay *relay, enum field_id field)
{
    return (relay->stranger.facts & UINT64_C(1) << field) != 0;
}

static bool try_helos(struct relay *relay)
{
    for (size_t i = 0; i < relay->stranger.helos.count; i++) {
        relay->attempt.origin.helo = relay->stranger.helos.items[i];
        if (try_senders(relay))
            return true;
    }
    return false;
}

/* He has a name in the DNS, or none. */
static bool try_names(struct relay *relay)
{
    relay->attempt.origin.client_name = SLICE("mail.elsewhere.example");
    if (try_helos(relay))
        return true;
    relay->attempt.origin.client_name = SLICE_NONE;
    return asks(relay, FIELD_CLIENT_NAME) && try_helos(relay);
}

static bool asks_tls(const struct relay *relay)
{
    for (unsigned field = FIELD_TLS; field <= FIELD_CLIENT_CERT; field++)
        if (asks(relay, (enum field_id)field))
            return true;
    return false;
}

static bool try_tls(struct relay *relay)
{
    static const struct event_tls TLS = {.active = true,
                                         .version = SLICE_INIT("1.3"),
                                         .cipher = SLICE_INIT("TLS_AES_256_GCM_SHA384")};
    const struct listener_tls *tls = &relay->listener->tls;
    bool plain = tls->mode == TLS_OFF || (tls->mode == TLS_STARTTLS && !tls->required);

    relay->attempt.origin.tls = (struct event_tls){.active = false};
    if (plain && try_names(relay))
        return true;
    relay->attempt.origin.tls = TLS;
    return (!plain || (tls->mode == TLS_STARTTLS && asks_tls(relay))) && try_names(relay);
}

static bool v4_alone(const struct listener_conf *listener)
{
    return listener->endpoint.address.family == ADDRESS_V4;
}

static bool try_clients(struct relay *relay)
{
    relay->attempt.origin.client = relay->stranger.v4;
    if (try_tls(relay))
        return true;
    relay->attempt.origin.client = relay->stranger.v6;
    return asks(relay, FIELD_CLIENT) && !v4_alone(relay->listener) && try_tls(relay);
}

/* --- all listeners ------------------------------------------------------------------------------
 */

/* Whether the upstream judges by the client's address then, not ours. */
static bool tells_upstream(const struct listener_conf *listener,
                           const struct upstream_conf *upstream)
{
    enum identify identify = upstream->identify;

    return listener->client_source || identify == IDENTIFY_XCLIENT ||
           identify == IDENTIFY_PROXY_V1 || identify == IDENTIFY_PROXY_V2;
}

/* XFORWARD too: upstreams log by it, but still judge by our address. One of LMTP delivers, and
 * relays for nobody. */
static bool trusts_us(const struct listener_conf *listener, const struct upstream_conf *upstream)
{
    return upstream != NULL && upstream->protocol != PROTOCOL_LMTP &&
           !tells_upstream(listener, upstream);
}

/* The first of those that rules route to and that trusts us, or NULL. */
static const struct upstream_conf *trusting_route(const struct config *config,
                                                  const struct listener_conf *listener,
                                                  const struct rule *rules, size_t count)
{
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; rules[i].mode == RULE_ENFORCE && j < rules[i].action_count; j++) {
            const struct action *action = &rules[i].actions[j];
            const struct upstream_conf *upstream =
                action->kind == ACTION_UPSTREAM ? config_upstream(config, action->text) : NULL;

            if (trusts_us(listener, upstream))
                return upstream;
        }
    return NULL;
}

/* The upstream that mail of the listener may come to and that trusts us, or NULL. */
static const struct upstream_conf *trusting(const struct config *config,
                                            const struct listener_conf *listener)
{
    const struct policy *policy = listener->policy;
    const struct upstream_conf *upstream = listener->upstream;

    if (policy == NULL || trusts_us(listener, upstream))
        return policy != NULL ? upstream : NULL;
    upstream = trusting_route(config, listener, policy->rule_items, policy->rule_count);
    return upstream != NULL
               ? upstream
               : trusting_route(config, listener, policy->final_items, policy->final_count);
}

/* Nobody comes in without a certificate that we know. */
static bool is_closed(const struct listener_conf *listener)
{
    const struct listener_tls *tls = &listener->tls;

    return tls->client_certificate == CLIENT_CERTIFICATE_REQUIRE &&
           (tls->mode == TLS_IMPLICIT || (tls->mode == TLS_STARTTLS && tls->required));
}

/* Whether what came of ${known} holds for ${listener}: the policy cannot tell them apart. */
static bool same_class(const struct relay *known, const struct listener_conf *listener)
{
    const struct listener_conf *other = known->listener;

    return known->judged && !asks(known, FIELD_LISTENER) && other->policy == listener->policy &&
           other->tls.mode == listener->tls.mode && other->tls.required == listener->tls.required &&
           passes_routed(other) == passes_routed(listener) && v4_alone(other) == v4_alone(listener);
}

static void judge(struct relay *relay)
{
    stranger_make(&relay->stranger, relay->config, relay->listener->policy, relay->arena);
    origin_init(&relay->attempt.origin);
    relay->attempt.origin.listener = relay->listener->name;
    relay->failed = relay->stranger.failed;
    relay->open = try_clients(relay);
    relay->judged = true;
}

/* What is said inside TLS that is passed through, no rule can refuse. */
static void warn_of_inside(const struct listener_conf *listener, struct diag *diag)
{
    diag_add(diag, DIAG_WARNING, listener->place,
             "listener '%.*s' could be an open relay: inside TLS no rule sees the recipients, and "
             "upstream '%.*s' decides by this gateway's address, not the client's; set identify = "
             "\"xclient\" or \"proxy-v2\" if the upstream knows one of them, or make sure that it "
             "does not trust this gateway's address",
             SLICE_ARG(listener->name), SLICE_ARG(listener->upstream->name));
}

static const char *remedy(const struct attempt *attempt)
{
    if (attempt->row->routes)
        return "set routed_addresses = \"reject\" in the listener";
    if (attempt->row->whose == LOOSE || attempt->row->whose == NEAR)
        return "compare recipient_domain with a list, for patterns and wildcards match more than "
               "they seem to, or write them from \"@\" or ^ to $, with \"[.]\" for a dot";
    return "refuse foreign recipients with a rule such as when = { recipient_domain = { not = "
           "\"@our_domains\"; }; }";
}

static const char *other_remedy(const struct listener_conf *listener)
{
    return listener->transparent == TRANSPARENT_TPROXY
               ? "client_source = true"
               : "identify = \"xclient\" if the upstream knows XCLIENT";
}

static void warn(const struct relay *relay, const struct listener_conf *listener, struct diag *diag)
{
    const struct attempt *attempt = &relay->attempt;
    char client[ADDRESS_TEXT_MAX];
    struct slice by = SLICE("no rule refuses");

    if (attempt->by.len > 0)
        by = arena_format(relay->arena, "rule '%.*s' accepts", SLICE_ARG(attempt->by));
    diag_add(diag, DIAG_WARNING, listener->place,
             "listener '%.*s' could be an open relay: in policy '%.*s' %.*s mail from <%.*s> to "
             "<%.*s> by a stranger at %.*s, and upstream '%.*s' decides by this gateway's address, "
             "not the client's; %s, or set %s",
             SLICE_ARG(listener->name), SLICE_ARG(listener->policy->name), SLICE_ARG(by),
             SLICE_ARG(attempt->sender), SLICE_ARG(attempt->recipient),
             SLICE_ARG(address_text(&attempt->origin.client, client)),
             SLICE_ARG(trusting(relay->config, listener)->name), remedy(attempt),
             other_remedy(listener));
}

/* ${all}: a place for each listener, the first ${i} done. Returns whether memory is out. */
static bool judge_listener(struct relay *all, size_t i, struct diag *diag)
{
    const struct listener_conf *listener = all[i].listener;
    struct relay *known = all;

    while (known < &all[i] && !same_class(known, listener))
        known++;
    if (known == &all[i])
        judge(known);
    if (known->open)
        warn(known, listener, diag);
    return known->failed;
}

/* As relay_check, with ${arena} for all of it. Returns whether memory is out. */
static bool check_all(const struct config *config, struct arena *arena, struct diag *diag)
{
    struct relay *all = arena_alloc(arena, (config->listener_count + 1) * sizeof(*all));
    bool failed = all == NULL;

    for (size_t i = 0; all != NULL && i < config->listener_count; i++) {
        const struct listener_conf *listener = &config->listeners[i];

        all[i] = (struct relay){.config = config, .listener = listener, .arena = arena};
        if (trusting(config, listener) == NULL || is_closed(listener))
            continue;
        if (listener->tls.mode == TLS_PASSTHROUGH)
            warn_of_inside(listener, diag);
        else if (judge_listener(all, i, diag))
            failed = true;
    }
    return failed;
}

void relay_check(const struct config *config, struct diag *diag)
{
    struct arena arena;

    arena_init(&arena, ARENA_BLOCK_BYTES, ARENA_BYTES_MAX);
    if (check_all(config, &arena, diag))
        diag_add(diag, DIAG_ERROR, (struct place){NULL, 0}, "out of memory");
    arena_fini(&arena);
}
