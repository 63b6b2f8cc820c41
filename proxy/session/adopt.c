#include "proxy/session/adopt.h"

#include "conf/config.h"
#include "proxy/session/client.h"
#include "proxy/session/macros.h"
#include "proxy/session/naming.h"
#include "proxy/session/origin.h"
#include "proxy/session/state.h"

/* Tells a new policy what the session already knows. These verdicts come again with the MAIL. */
static void feed_session_facts(struct session *s)
{
    struct event event = {.kind = EVENT_CONNECT};
    event.u.connect.client = s->who.client;
    event.u.connect.listener = s->under.listener->name;
    event.u.connect.tls = client_tls(s);
    inspect_recall(s->under.inspect, &event);
    naming_answer(s);
    if (s->hello.name.len == 0)
        return;
    event.kind = EVENT_HELO;
    event.u.helo.name = origin_helo(s);
    inspect_recall(s->under.inspect, &event);
    if (!s->login.accepted)
        return;
    event.kind = EVENT_AUTH;
    event.u.auth.login = sasl_login(&s->login.sasl);
    inspect_recall(s->under.inspect, &event);
}

int adopt_create(struct session *s)
{
    s->under.config = config_ref(s->host->config);
    s->under.listener = s->host->listener(s->host->ctx, s->socket);
    s->under.inspect = macros_inspect(s, s->under.config, s->under.listener->policy);
    return s->under.inspect != NULL ? 0 : -1;
}

void adopt_destroy(struct session *s)
{
    inspect_destroy(s->under.inspect);
    config_unref(s->under.config);
}

int adopt_anew(struct session *s)
{
    struct inspect *inspect = macros_inspect(s, s->under.config, s->under.listener->policy);
    if (inspect == NULL)
        return -1;
    inspect_destroy(s->under.inspect);
    s->under.inspect = inspect;
    return 0;
}

int adopt_newest(struct session *s)
{
    struct config *newest = s->host->config;
    if (newest == s->under.config)
        return 0;
    const struct listener_conf *listener = s->host->listener(s->host->ctx, s->socket);
    struct inspect *inspect = macros_inspect(s, newest, listener->policy);
    if (inspect == NULL)
        return -1;
    inspect_destroy(s->under.inspect);
    s->under.inspect = inspect;
    s->under.listener = listener;
    config_unref(s->under.config);
    s->under.config = config_ref(newest);
    transaction_reset(&s->tx, &newest->limits);
    feed_session_facts(s);
    return 0;
}
