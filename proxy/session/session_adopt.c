/* A newer configuration, taken over by a session that began under an older one. */
#include "proxy/session/session_private.h"

/* A question that is asked here is asked again with the MAIL. */
static void feed(struct session *s, const struct event *event)
{
    while (inspect_feed(s->inspect, event).kind == VERDICT_MORE) {
        if (inspect_questions(s->inspect) == NULL)
            continue;
        inspect_reset(s->inspect);
        return;
    }
}

/* Tells a new policy what the session already knows. These verdicts come again with the MAIL. */
static void feed_session_facts(struct session *s)
{
    struct event event = {.kind = EVENT_CONNECT};
    event.u.connect.client = s->client;
    event.u.connect.listener = s->listener->name;
    event.u.connect.tls = starttls_facts(s);
    feed(s, &event);
    naming_answer(s);
    if (s->helo.len == 0)
        return;
    event.kind = EVENT_HELO;
    event.u.helo.name = bytes_slice(&s->helo);
    feed(s, &event);
    if (!s->authenticated)
        return;
    event.kind = EVENT_AUTH;
    event.u.auth.login = sasl_login(&s->sasl);
    feed(s, &event);
}

int session_adopt(struct session *s)
{
    struct config *newest = s->worker->config;
    if (newest == s->config)
        return 0;
    const struct listener_conf *listener = config_listener(newest, s->listener->name);
    if (listener == NULL) /* removed there; what it accepted goes on under its own rules */
        return 0;
    struct inspect *inspect = inspect_create(newest, listener->policy, s->worker->scratch);
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
