/* protocol: see protocol.h. */
#include "conf/read/protocol.h"

#include "conf/listener_conf.h"
#include "conf/policy.h"
#include "conf/protocol.h"
#include "conf/read/setting.h"
#include "conf/upstream_conf.h"
#include "filters/rules/rule.h"

#define SMTP_PORT 25 /* where LMTP must not be spoken (RFC 2033, 5; R106) */

const struct choice protocol_choices[] = {
    {"smtp", PROTOCOL_SMTP}, {"lmtp", PROTOCOL_LMTP}, {NULL, 0}};

void protocol_check_upstream(struct build *build, const struct upstream_conf *upstream)
{
    if (upstream->protocol != PROTOCOL_LMTP)
        return;
    for (size_t i = 0; i < upstream->endpoint_count; i++)
        if (upstream->endpoints[i].address.port == SMTP_PORT)
            diag_add(build->diag, DIAG_ERROR, upstream->place,
                     "upstream '%.*s' at \"%.*s\": LMTP is not spoken on port 25; name the LMTP "
                     "server's own port or socket, such as \"unix:/run/dovecot/lmtp\"",
                     SLICE_ARG(upstream->name), SLICE_ARG(upstream->endpoints[i].text));
}

/* The first rule that adds a recipient, or NULL. */
static const struct rule *find_adding(const struct rule *rules, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct rule *rule = &rules[i];

        for (size_t j = 0; rule->mode == RULE_ENFORCE && j < rule->action_count; j++)
            if (rule->actions[j].kind == ACTION_ADD_RECIPIENT)
                return rule;
    }
    return NULL;
}

/* One reply cannot speak for several deliveries: see lmtp.c of the session. */
static void warn_of_copies(struct build *build, const struct listener_conf *listener)
{
    const struct policy *policy = listener->policy;
    const struct rule *rule = NULL;

    if (policy == NULL || listener->upstream == NULL ||
        listener->upstream->protocol != PROTOCOL_LMTP || listener->protocol == PROTOCOL_LMTP)
        return;
    rule = find_adding(policy->rule_items, policy->rule_count);
    if (rule == NULL)
        rule = find_adding(policy->final_items, policy->final_count);
    if (rule != NULL)
        diag_add(
            build->diag, DIAG_WARNING, rule->place,
            "rule '%.*s' adds a recipient, but listener '%.*s' speaks SMTP and upstream "
            "'%.*s' LMTP: a message that then has two recipients is refused with 451, because "
            "the client's one reply cannot tell what became of each; use redirect, or protocol "
            "= \"lmtp\" in the listener",
            SLICE_ARG(rule->name), SLICE_ARG(listener->name), SLICE_ARG(listener->upstream->name));
}

void protocol_check_listener(struct build *build, const struct listener_conf *listener)
{
    if (listener->protocol == PROTOCOL_LMTP && listener->endpoint.address.port == SMTP_PORT)
        diag_add(build->diag, DIAG_ERROR, listener->place,
                 "listener '%.*s': LMTP is not spoken on port 25; take another, such as "
                 "\"127.0.0.1:24\", or a socket, \"unix:/path\"",
                 SLICE_ARG(listener->name));
    warn_of_copies(build, listener);
}
