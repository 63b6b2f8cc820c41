#include "proxy/session/macros.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "conf/config.h"
#include "conf/policy.h"
#include "proxy/session/client.h"
#include "proxy/session/naming.h"
#include "proxy/session/origin.h"
#include "proxy/session/state.h"

#define PARAMS_MAX 32
#define PORT_MAX   8
#define NUMBER_MAX 24
#define DATE_MAX   48
#define VERSION    "postern"

struct macros {
    struct milter_facts facts;
    char client[ADDRESS_TEXT_MAX], client_port[PORT_MAX];
    char daemon[ADDRESS_TEXT_MAX], daemon_port[PORT_MAX];
    char local[ADDRESS_TEXT_MAX];
    char queue_id[SESSION_ID_MAX + NUMBER_MAX];
    char date[DATE_MAX], time[DATE_MAX];
    char size[NUMBER_MAX];
    char tls_version[NUMBER_MAX], cipher_bits[NUMBER_MAX];
    struct slice params[PARAMS_MAX];
};

static struct slice number(char *out, size_t size, uint64_t value)
{
    int len = snprintf(out, size, "%ju", (uintmax_t)value);
    return slice_make(out, len > 0 ? (size_t)len : 0);
}

/* --- the session --- */

static const char *resolved(const struct session *s)
{
    if (s->naming.state != NAMING_KNOWN)
        return "TEMP";
    switch (s->naming.result) {
    case CLIENT_NAME_FOUND: return "OK";
    case CLIENT_NAME_NONE: return "FAIL";
    case CLIENT_NAME_FAILED: break;
    }
    return "TEMP";
}

static void tell_client(const struct session *s, struct macros *m)
{
    struct milter_facts *f = &m->facts;
    struct slice name = naming_name(s);
    f->client_addr = address_text(&s->who.client, m->client);
    f->client_port = number(m->client_port, sizeof m->client_port, s->who.client.port);
    f->client_name = name.len > 0 ? name : SLICE(NAMING_UNKNOWN);
    f->client_ptr = f->client_name;
    f->client_resolve = slice_str(resolved(s));
    f->helo = origin_helo(s);
    f->protocol = s->lmtp ? SLICE("LMTP") : s->hello.esmtp ? SLICE("ESMTP") : SLICE("SMTP");
    if (s->login.accepted) {
        f->auth_authen = sasl_login(&s->login.sasl);
        f->auth_type = sasl_mechanism(&s->login.sasl);
    }
}

static void tell_listener(const struct session *s, struct macros *m)
{
    struct milter_facts *f = &m->facts;
    const struct address *listens = &s->under.listener->endpoint.address;
    struct address local = client_local(s);
    if (local.family == ADDRESS_NONE)
        local = connection_local(s->connection);
    f->hostname = s->under.config->hostname;
    f->version = SLICE(VERSION);
    f->daemon_name = s->under.listener->name;
    if (listens->family != ADDRESS_UNIX) {
        f->daemon_addr = address_text(listens, m->daemon);
        f->daemon_port = number(m->daemon_port, sizeof m->daemon_port, listens->port);
    }
    if (local.family != ADDRESS_UNIX && local.family != ADDRESS_NONE)
        f->if_addr = address_text(&local, m->local);
}

static void tell_tls(const struct session *s, struct macros *m)
{
    const struct tls_info *tls = connection_tls(s->connection);
    if (tls == NULL)
        return;
    (void)snprintf(m->tls_version, sizeof m->tls_version, "TLSv%.*s", SLICE_ARG(tls->version));
    m->facts.tls_version = slice_str(m->tls_version);
    m->facts.cipher = tls->cipher;
    m->facts.cipher_bits =
        number(m->cipher_bits, sizeof m->cipher_bits, (uint64_t)tls->cipher_bits);
    m->facts.tls_sni = tls->name;
    m->facts.cert_subject = tls->client_certificate;
    m->facts.cert_issuer = tls->client_issuer;
}

/* When it began, the session or the message. */
static void tell_time(struct macros *m, int64_t time_us)
{
    time_t seconds = (time_t)(time_us / 1000000);
    struct tm utc;
    (void)gmtime_r(&seconds, &utc);
    m->facts.date =
        slice_make(m->date, strftime(m->date, sizeof m->date, "%a, %d %b %Y %H:%M:%S +0000", &utc));
    m->facts.time = slice_make(m->time, strftime(m->time, sizeof m->time, "%Y%m%d%H%M", &utc));
}

/* --- the message --- */

/* The parameters in a MAIL or RCPT command as it goes upstream. */
static void tell_params(struct macros *m, struct slice wire, struct slice address)
{
    size_t open = slice_find(wire, '<');
    struct slice rest = slice_from(slice_first(wire, wire.len - 2), open + 2 + address.len);
    m->facts.params = m->params;
    while (rest.len > 1 && m->facts.param_count < PARAMS_MAX) {
        rest = slice_from(rest, 1);
        struct slice param = slice_first(rest, slice_find(rest, ' '));
        m->params[m->facts.param_count++] = param;
        rest = slice_from(rest, param.len);
    }
}

static void tell_message(const struct session *s, struct macros *m)
{
    const struct transaction *t = &s->tx;
    (void)snprintf(m->queue_id, sizeof m->queue_id, "%s.%u", s->id, t->envelope.number);
    m->facts.queue_id = slice_str(m->queue_id);
    tell_time(m, t->envelope.begin_us);
    m->facts.mail_addr = t->envelope.sender;
}

/* A refused recipient has the upstream's words in the place of its own (MILTER 2, RCPT_REJ). */
static void tell_refusal(const struct session *s, struct macros *m)
{
    struct slice text = reply_first_line(upstream_reply(s->upstream)->wire);
    struct slice rest = slice_from(text, 4);
    struct slice code = slice_first(rest, slice_find(rest, ' '));
    bool enhanced =
        code.len >= 5 && code.ptr[1] == '.' && (code.ptr[0] == '4' || code.ptr[0] == '5');
    m->facts.rcpt_mailer = SLICE("error");
    m->facts.rcpt_host = enhanced ? code : SLICE_NONE;
    m->facts.rcpt_addr = text;
}

static void tell_recipient(struct macros *m, const struct recipient *recipient)
{
    tell_params(m, recipient->wire, recipient->told);
}

static void tell_event(const struct session *s, struct macros *m, const struct event *event)
{
    const struct transaction *t = &s->tx;
    switch (event->kind) {
    case EVENT_MAIL: tell_params(m, t->envelope.mail_wire, t->envelope.sender); return;
    case EVENT_RCPT:
        tell_recipient(m, &t->envelope.recipients[t->envelope.recipient_count - 1]);
        return;
    case EVENT_RCPT_REFUSED: tell_refusal(s, m); return;
    case EVENT_MESSAGE:
        m->facts.msg_size = number(m->size, sizeof m->size, draft_size(&t->draft));
        return;
    case EVENT_CONNECT:
    case EVENT_HELO:
    case EVENT_AUTH:
    case EVENT_DATA:
    case EVENT_HEADER: return;
    }
}

/* --- who asks --- */

static const struct milter_facts *tell(void *ctx, const struct event *event)
{
    struct session *s = ctx;
    struct macros *m = s->macros;
    m->facts = (struct milter_facts){.params = NULL};
    tell_client(s, m);
    tell_listener(s, m);
    tell_tls(s, m);
    tell_time(m, s->begin_us);
    if (s->tx.envelope.begun && event->kind >= EVENT_MAIL)
        tell_message(s, m);
    tell_event(s, m, event);
    return &m->facts;
}

struct inspect *macros_inspect(struct session *s, struct config *config,
                               const struct policy *policy)
{
    struct milters_setup setup = {
        .config = config,
        .policy = policy,
        .scratch = s->host->scratch,
        .loop = s->host->loop,
        .crew = s->host->crew,
        .log = s->host->log,
        .wake = s->wake,
        .facts = tell,
        .ctx = s,
    };
    if (policy->milter_count > 0 && s->macros == NULL)
        s->macros = calloc(1, sizeof *s->macros);
    if (policy->milter_count > 0 && s->macros == NULL)
        return NULL;
    return inspect_create(&setup);
}

void macros_forget(struct session *s)
{
    free(s->macros);
    s->macros = NULL;
}
