#include "proxy/session/adopt.h"

#include "proxy/session/client.h"
#include "proxy/session/macros.h"
#include "proxy/session/naming.h"
#include "proxy/session/state.h"

/* Tells a new policy what the session already knows. These verdicts come again with the MAIL. */
static void feed_session_facts(struct session *s)
{
    struct event event = {.kind = EVENT_CONNECT};
    event.u.connect.client = s->client;
    event.u.connect.listener = s->listener->name;
    event.u.connect.tls = client_tls(s);
    inspect_recall(s->inspect, &event);
    naming_answer(s);
    if (s->helo.len == 0)
        return;
    event.kind = EVENT_HELO;
    event.u.helo.name = bytes_slice(&s->helo);
    inspect_recall(s->inspect, &event);
    if (!s->authenticated)
        return;
    event.kind = EVENT_AUTH;
    event.u.auth.login = sasl_login(&s->sasl);
    inspect_recall(s->inspect, &event);
}

int adopt_newest(struct session *s)
{
    struct config *newest = s->host->config;
    if (newest == s->config)
        return 0;
    const struct listener_conf *listener = s->host->listener(s->host->ctx, s->socket);
    struct inspect *inspect = macros_inspect(s, newest, listener->policy);
    if (inspect == NULL)
        return -1;
    inspect_destroy(s->inspect);
    s->inspect = inspect;
    s->listener = listener;
    config_unref(s->config);
    s->config = config_ref(newest);
    transaction_reset(&s->tx, &newest->limits);
    feed_session_facts(s);
    return 0;
}
