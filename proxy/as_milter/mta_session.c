/* mta_session: see mta_session.h. */
#include "proxy/as_milter/mta_session.h"

#include <stdio.h>
#include <stdlib.h>

#include "conf/config.h"
#include "proxy/as_milter/mta_adopt.h"
#include "proxy/as_milter/mta_judging.h"
#include "proxy/as_milter/mta_message.h"
#include "proxy/as_milter/mta_record.h"
#include "proxy/as_milter/mta_state.h"
#include "proxy/net/loop.h"
#include "proxy/record/stamp.h"

/* --- beginning and end --- */

static void begin_texts(struct mta_session *s)
{
    struct bytes *texts[] = {&s->listener, &s->client_name, &s->helo,
                             &s->login,    &s->tls_version, &s->tls_cipher};

    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
        bytes_init(texts[i], MTA_NAME_MAX);
}

struct mta_session *mta_session_create(struct service *service)
{
    struct mta_session *s = calloc(1, sizeof(*s));

    if (s == NULL)
        return NULL;
    s->service = service;
    s->config = service_config(service);
    s->policy = s->config->milter.policy;
    s->agreed = (struct demands){UINT32_MAX, 0};
    s->begin_us = stamp_now_us();
    s->begin_ns = loop_clock_ns(NULL);
    (void)snprintf(s->id, sizeof(s->id), "m%llx-%lx", (unsigned long long)(s->begin_us / 1000000),
                   service_number(service));
    begin_texts(s);
    mta_message_begin(s);
    s->scratch = pattern_scratch_create();
    if (s->scratch != NULL)
        s->eval = mta_adopt_eval(s->config, s->scratch);
    s->member.session = s;
    service_join(service, &s->member);
    if (s->eval != NULL)
        return s;
    mta_session_destroy(s, NULL);
    return NULL;
}

void mta_session_destroy(struct mta_session *s, const char *reason)
{
    if (s == NULL)
        return;
    if (reason != NULL)
        s->m.failure = slice_str(reason);
    mta_record_message(s);
    if (s->connected)
        mta_record_session(s, reason);
    mta_message_forget(s);
    service_leave(s->service, &s->member);
    eval_destroy(s->eval);
    pattern_scratch_destroy(s->scratch);
    bytes_fini(&s->listener);
    bytes_fini(&s->client_name);
    bytes_fini(&s->helo);
    bytes_fini(&s->login);
    bytes_fini(&s->tls_version);
    bytes_fini(&s->tls_cipher);
    config_unref(s->config);
    free(s);
}

void mta_session_end_all(struct service *service, const char *reason)
{
    struct mta_session *left;

    while ((left = service_any(service)) != NULL)
        mta_session_destroy(left, reason);
}

/* --- negotiation --- */

struct demands mta_session_demands(const struct mta_session *s)
{
    return demands_of(s->config, s->policy, mta_adopt_wants_body(s->eval));
}

void mta_session_agree(struct mta_session *s, const struct demands *agreed, bool leading_space)
{
    s->agreed = *agreed;
    s->leading_space = leading_space;
}

void mta_session_refused(const struct mta_session *s, uint32_t missing)
{
    uint32_t first = missing & (~missing + 1);
    struct slice rule = demands_rule(s->config, s->policy, first);

    log_write(service_log(s->service), LOG_LEVEL_ERROR,
              "the MTA does not let a milter %s, which rule '%.*s' needs: its connection is "
              "refused",
              demands_name(first), SLICE_ARG(rule));
}

/* --- events of the session --- */

/* MTAs put the address in brackets where no name is confirmed, or say "unknown". */
static int note_name(struct mta_session *s, const struct mta_macros *macros)
{
    struct slice name = mta_macros_get(macros, "{client_name}");

    if (name.len == 0 || name.ptr[0] == '[')
        name = SLICE("unknown");
    s->name_failed = slice_equal(mta_macros_get(macros, "{client_resolve}"), SLICE("TEMP"));
    return bytes_set(&s->client_name, name);
}

struct mta_answer mta_session_connect(struct mta_session *s, const struct mta_macros *macros,
                                      const struct address *client)
{
    struct slice daemon = mta_macros_get(macros, "{daemon_name}");

    mta_message_abort(s); /* what was under way ended with the session before */
    bytes_renew(&s->helo);
    s->has_login = false;
    s->connected = true;
    s->client = *client;
    s->lost = note_name(s, macros) != 0 ||
              bytes_set(&s->listener, daemon.len > 0 ? daemon : SLICE("milter")) != 0;
    if (s->lost)
        return mta_judging_starve();
    return mta_judging_connect(s);
}

struct mta_answer mta_session_helo(struct mta_session *s, const char *name)
{
    mta_message_abort(s);
    if (bytes_set(&s->helo, slice_first(slice_str(name), MTA_NAME_MAX)) != 0)
        s->lost = true;
    if (s->lost)
        return mta_judging_starve();
    return mta_judging_helo(s);
}
