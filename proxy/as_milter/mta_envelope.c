/* mta_envelope: see mta_envelope.h. */
#include "proxy/as_milter/mta_envelope.h"

#include <stdlib.h>

#include "filters/base/mailbox.h"
#include "proxy/as_milter/mta_adopt.h"
#include "proxy/as_milter/mta_content.h"
#include "proxy/as_milter/mta_judging.h"
#include "proxy/as_milter/mta_message.h"
#include "proxy/as_milter/mta_record.h"
#include "proxy/as_milter/mta_state.h"
#include "proxy/net/loop.h"

/* ${text}, "<a@b>" or "a@b", without brackets, blanks in them, the route before it (RFC 5321, C)
 * and the dot after it, which the MTA takes off too. */
static struct slice bare_address(struct slice text)
{
    if (text.len >= 2 && text.ptr[0] == '<' && text.ptr[text.len - 1] == '>')
        text = slice_trim(slice_make(text.ptr + 1, text.len - 2));
    if (text.len > 0 && text.ptr[0] == '@') {
        size_t colon = slice_find(text, ':');

        if (colon != SLICE_NOT_FOUND)
            text = slice_from(text, colon + 1);
    }
    return mailbox_undotted(text);
}

static bool has_utf8(const char *const *argv)
{
    for (; *argv != NULL; argv++)
        if (slice_equal_case(slice_str(*argv), SLICE("SMTPUTF8")))
            return true;
    return false;
}

static int64_t declared_size(const char *const *argv)
{
    const struct slice size = SLICE("SIZE=");

    for (; *argv != NULL; argv++) {
        struct slice param = slice_str(*argv);
        char *end;

        if (!slice_starts_case(param, size) || param.len == size.len)
            continue;
        long long value = strtoll(*argv + size.len, &end, 10);
        if (*end == '\0' && value >= 0)
            return value;
    }
    return EVENT_SIZE_UNKNOWN;
}

/* Postfix has a queue id from the first good recipient on, Sendmail from MAIL. */
static void note_queue_id(struct mta_session *s, const struct mta_macros *macros)
{
    struct slice id = mta_macros_get(macros, "i");

    if (s->m.queue_id.len == 0 && id.len > 0)
        s->m.queue_id = arena_copy(&s->m.arena, id);
}

/* --- MAIL --- */

/* As the proxy has it: "1.3" where OpenSSL says "TLSv1.3". */
static struct slice version_number(struct slice version)
{
    const struct slice prefix = SLICE("TLSv");

    return slice_starts_case(version, prefix) ? slice_from(version, prefix.len) : version;
}

/* 0, or -1 when memory is out. */
static int tls_facts(struct mta_session *s, const struct mta_macros *macros, struct event_tls *tls)
{
    struct slice version = mta_macros_get(macros, "{tls_version}");
    struct slice verified = mta_macros_get(macros, "{verify}");

    *tls = (struct event_tls){.active = version.len > 0};
    if (!tls->active)
        return 0;
    if (bytes_set(&s->tls_version, version_number(version)) != 0 ||
        bytes_set(&s->tls_cipher, mta_macros_get(macros, "{cipher}")) != 0)
        return -1;
    tls->version = bytes_slice(&s->tls_version);
    tls->cipher = bytes_slice(&s->tls_cipher);
    tls->name = mta_macros_get(macros, "{tls_sni}");
    /* Sendmail tells of certificates that it could not verify too. */
    if (verified.len == 0 || slice_equal(verified, SLICE("OK")))
        tls->client_cert = mta_macros_get(macros, "{cert_subject}");
    return 0;
}

/* 0, or -1 when memory is out. */
static int feed_login(struct mta_session *s, const struct mta_macros *macros)
{
    struct slice login = mta_macros_get(macros, "{auth_authen}");
    struct event event = {.kind = EVENT_AUTH};

    if (login.len == 0 && mta_macros_get(macros, "{auth_type}").len == 0)
        return 0;
    if (s->has_login && slice_equal(bytes_slice(&s->login), login))
        return 0;
    s->has_login = bytes_set(&s->login, login) == 0;
    if (!s->has_login)
        return -1;
    event.u.auth.login = bytes_slice(&s->login);
    return mta_judging_event(s, &event).kind == VERDICT_CONTINUE ? 0 : -1;
}

/* What was said to MAIL or at the end ends the message here, if it is a refusal. */
static struct mta_answer answer_message(struct mta_session *s, const struct verdict *verdict)
{
    if (verdict_refuses(verdict->kind)) {
        s->m.settled = s->m.over = true;
        mta_record_message(s);
    }
    return mta_judging_answer(verdict);
}

struct mta_answer mta_envelope_mail(struct mta_session *s, const struct mta_macros *macros,
                                    const char *const *argv)
{
    struct event event = {.kind = EVENT_MAIL};

    mta_message_abort(s);
    if (s->lost || mta_adopt_newest(s) != 0)
        return mta_judging_starve();
    s->m.begun = true;
    s->m.begin_ns = loop_clock_ns(NULL);
    s->m.begin_us = s->begin_us + (int64_t)((s->m.begin_ns - s->begin_ns) / 1000);
    s->messages++;
    s->m.sender = arena_copy(&s->m.arena, bare_address(slice_str(argv[0])));
    note_queue_id(s, macros);
    if (feed_login(s, macros) != 0 || tls_facts(s, macros, &s->m.tls) != 0 ||
        arena_failed(&s->m.arena)) {
        struct mta_answer starved = mta_judging_fail(s, "out of memory", SLICE(MTA_OUT_OF_MEMORY));

        mta_record_message(s);
        return starved;
    }
    s->m.declared_size = declared_size(argv + 1);
    event.u.mail.sender = s->m.sender;
    event.u.mail.declared_size = s->m.declared_size;
    event.u.mail.tls = s->m.tls;
    event.u.mail.utf8 = has_utf8(argv + 1);
    struct verdict verdict = mta_judging_event(s, &event);
    return answer_message(s, &verdict);
}

/* --- RCPT --- */

static struct mta_recipient *add_recipient(struct mta_message *m, struct slice raw)
{
    if (m->recipient_count == m->recipient_capacity) {
        size_t capacity = m->recipient_capacity > 0 ? 2 * m->recipient_capacity : 8;
        struct mta_recipient *grown = arena_alloc(&m->arena, capacity * sizeof(*grown));

        if (grown == NULL)
            return NULL;
        if (m->recipient_count > 0)
            memcpy(grown, m->recipients, m->recipient_count * sizeof(*grown));
        m->recipients = grown;
        m->recipient_capacity = capacity;
    }
    struct mta_recipient *recipient = &m->recipients[m->recipient_count];
    *recipient =
        (struct mta_recipient){.raw = arena_copy(&m->arena, raw), .state = MTA_RECIPIENT_REFUSED};
    if (recipient->raw.ptr == NULL)
        return NULL;
    recipient->address = bare_address(recipient->raw);
    m->recipient_count++;
    return recipient;
}

/* The MTA has refused this recipient already, and only tells us. */
static void note_refused(struct mta_session *s, const struct mta_macros *macros,
                         struct mta_recipient *recipient)
{
    struct slice code = mta_macros_get(macros, "{rcpt_host}");
    struct slice text = mta_macros_get(macros, "{rcpt_addr}");
    struct verdict verdict = {.kind = VERDICT_REJECT,
                              .scope = SCOPE_RECIPIENT,
                              .party = PARTY_UPSTREAM,
                              .by = SLICE("mta"),
                              .stage = STAGE_RCPT};

    if (code.len > 0 && code.ptr[0] == '4')
        verdict.kind = VERDICT_TEMPFAIL;
    recipient->reply = arena_format(&s->m.arena, "%.*s %.*s", SLICE_ARG(code), SLICE_ARG(text));
    mta_record_verdict(s, &verdict);
}

static void settle(struct mta_session *s, struct mta_recipient *recipient,
                   const struct verdict *verdict)
{
    if (verdict_refuses(verdict->kind)) {
        recipient->reply = arena_copy(&s->m.arena, reply_first_line(verdict->reply.wire));
    } else if (verdict->kind == VERDICT_DISCARD && verdict->scope == SCOPE_RECIPIENT) {
        recipient->state = MTA_RECIPIENT_DISCARDED;
        s->m.discarded_count++;
    } else {
        recipient->state = MTA_RECIPIENT_ACCEPTED;
        s->m.accepted_count++;
        recipient->redirect = verdict->redirect;
        recipient->by = verdict->by;
    }
}

struct mta_answer mta_envelope_rcpt(struct mta_session *s, const struct mta_macros *macros,
                                    const char *const *argv)
{
    struct event event = {.kind = EVENT_RCPT};

    if (!s->m.begun || s->m.over)
        return (struct mta_answer){.kind = ANSWER_CONTINUE};
    struct mta_recipient *recipient = add_recipient(&s->m, slice_str(argv[0]));
    if (recipient == NULL)
        return mta_judging_starve();
    note_queue_id(s, macros);
    if (slice_equal(mta_macros_get(macros, "{rcpt_mailer}"), SLICE("error"))) {
        note_refused(s, macros, recipient);
        return (struct mta_answer){.kind = ANSWER_CONTINUE};
    }
    event.u.rcpt.recipient = recipient->address;
    struct verdict verdict = mta_judging_event(s, &event);
    settle(s, recipient, &verdict);
    return mta_judging_answer(&verdict);
}

/* --- DATA --- */

struct mta_answer mta_envelope_data(struct mta_session *s)
{
    if (!s->m.begun || s->m.over)
        return (struct mta_answer){.kind = ANSWER_CONTINUE};
    struct verdict verdict = mta_content_data_due(s);
    return answer_message(s, &verdict);
}
