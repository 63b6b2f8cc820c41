/* The envelope: MAIL, RCPT, DATA, and what the MTA's macros say of them. */
#include <stdlib.h>

#include "proxy/as_milter/visit_private.h"

#include "filters/base/mailbox.h"
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
static void note_queue_id(struct visit *v, const struct macros *macros)
{
    struct slice id = visit_macro(macros, "i");

    if (v->m.queue_id.len == 0 && id.len > 0)
        v->m.queue_id = arena_copy(&v->m.arena, id);
}

/* --- MAIL --- */

/* As the proxy has it: "1.3" where OpenSSL says "TLSv1.3". */
static struct slice version_number(struct slice version)
{
    const struct slice prefix = SLICE("TLSv");

    return slice_starts_case(version, prefix) ? slice_from(version, prefix.len) : version;
}

/* 0, or -1 when memory is out. */
static int tls_facts(struct visit *v, const struct macros *macros, struct event_tls *tls)
{
    struct slice version = visit_macro(macros, "{tls_version}");
    struct slice verified = visit_macro(macros, "{verify}");

    *tls = (struct event_tls){.active = version.len > 0};
    if (!tls->active)
        return 0;
    if (bytes_set(&v->tls_version, version_number(version)) != 0 ||
        bytes_set(&v->tls_cipher, visit_macro(macros, "{cipher}")) != 0)
        return -1;
    tls->version = bytes_slice(&v->tls_version);
    tls->cipher = bytes_slice(&v->tls_cipher);
    tls->name = visit_macro(macros, "{tls_sni}");
    /* Sendmail tells of certificates that it could not verify too. */
    if (verified.len == 0 || slice_equal(verified, SLICE("OK")))
        tls->client_cert = visit_macro(macros, "{cert_subject}");
    return 0;
}

/* 0, or -1 when memory is out. */
static int feed_login(struct visit *v, const struct macros *macros)
{
    struct slice login = visit_macro(macros, "{auth_authen}");
    struct event event = {.kind = EVENT_AUTH};

    if (login.len == 0 && visit_macro(macros, "{auth_type}").len == 0)
        return 0;
    if (v->has_login && slice_equal(bytes_slice(&v->login), login))
        return 0;
    v->has_login = bytes_set(&v->login, login) == 0;
    if (!v->has_login)
        return -1;
    event.u.auth.login = bytes_slice(&v->login);
    return visit_judge(v, &event).kind == VERDICT_CONTINUE ? 0 : -1;
}

/* What was said to MAIL or at the end ends the message here, if it is a refusal. */
static struct visit_answer answer_message(struct visit *v, const struct verdict *verdict)
{
    if (verdict_refuses(verdict->kind)) {
        v->m.settled = v->m.over = true;
        visit_account_message(v);
    }
    return visit_answer(verdict);
}

struct visit_answer visit_envelope_mail(struct visit *v, const struct macros *macros,
                                        const char *const *argv)
{
    struct event event = {.kind = EVENT_MAIL};

    visit_abort(v);
    if (v->lost || visit_adopt(v) != 0)
        return visit_starve();
    v->m.begun = true;
    v->m.begin_ns = loop_clock_ns(NULL);
    v->m.begin_us = v->begin_us + (int64_t)((v->m.begin_ns - v->begin_ns) / 1000);
    v->messages++;
    v->m.sender = arena_copy(&v->m.arena, bare_address(slice_str(argv[0])));
    note_queue_id(v, macros);
    if (feed_login(v, macros) != 0 || tls_facts(v, macros, &v->m.tls) != 0 ||
        arena_failed(&v->m.arena)) {
        struct visit_answer starved = visit_fail(v, "out of memory", SLICE(OUT_OF_MEMORY));

        visit_account_message(v);
        return starved;
    }
    v->m.declared_size = declared_size(argv + 1);
    event.u.mail.sender = v->m.sender;
    event.u.mail.declared_size = v->m.declared_size;
    event.u.mail.tls = v->m.tls;
    event.u.mail.utf8 = has_utf8(argv + 1);
    struct verdict verdict = visit_judge(v, &event);
    return answer_message(v, &verdict);
}

/* --- RCPT --- */

static struct guest *add_guest(struct visit_message *m, struct slice raw)
{
    if (m->guest_count == m->guest_capacity) {
        size_t capacity = m->guest_capacity > 0 ? 2 * m->guest_capacity : 8;
        struct guest *grown = arena_alloc(&m->arena, capacity * sizeof(*grown));

        if (grown == NULL)
            return NULL;
        if (m->guest_count > 0)
            memcpy(grown, m->guests, m->guest_count * sizeof(*grown));
        m->guests = grown;
        m->guest_capacity = capacity;
    }
    struct guest *guest = &m->guests[m->guest_count];
    *guest = (struct guest){.raw = arena_copy(&m->arena, raw), .state = GUEST_REFUSED};
    if (guest->raw.ptr == NULL)
        return NULL;
    guest->address = bare_address(guest->raw);
    m->guest_count++;
    return guest;
}

/* The MTA has refused this recipient already, and only tells us. */
static void note_refused(struct visit *v, const struct macros *macros, struct guest *guest)
{
    struct slice code = visit_macro(macros, "{rcpt_host}");
    struct slice text = visit_macro(macros, "{rcpt_addr}");
    struct verdict verdict = {.kind = VERDICT_REJECT,
                              .scope = SCOPE_RECIPIENT,
                              .party = PARTY_UPSTREAM,
                              .by = SLICE("mta"),
                              .stage = STAGE_RCPT};

    if (code.len > 0 && code.ptr[0] == '4')
        verdict.kind = VERDICT_TEMPFAIL;
    guest->reply = arena_format(&v->m.arena, "%.*s %.*s", SLICE_ARG(code), SLICE_ARG(text));
    visit_account_verdict(v, &verdict);
}

static void settle(struct visit *v, struct guest *guest, const struct verdict *verdict)
{
    if (verdict_refuses(verdict->kind)) {
        guest->reply = arena_copy(&v->m.arena, reply_first_line(verdict->reply.wire));
    } else if (verdict->kind == VERDICT_DISCARD && verdict->scope == SCOPE_RECIPIENT) {
        guest->state = GUEST_DISCARDED;
        v->m.discarded_count++;
    } else {
        guest->state = GUEST_ACCEPTED;
        v->m.accepted_count++;
        guest->redirect = verdict->redirect;
        guest->by = verdict->by;
    }
}

struct visit_answer visit_envelope_rcpt(struct visit *v, const struct macros *macros,
                                        const char *const *argv)
{
    struct event event = {.kind = EVENT_RCPT};

    if (!v->m.begun || v->m.over)
        return (struct visit_answer){.kind = ANSWER_CONTINUE};
    struct guest *guest = add_guest(&v->m, slice_str(argv[0]));
    if (guest == NULL)
        return visit_starve();
    note_queue_id(v, macros);
    if (slice_equal(visit_macro(macros, "{rcpt_mailer}"), SLICE("error"))) {
        note_refused(v, macros, guest);
        return (struct visit_answer){.kind = ANSWER_CONTINUE};
    }
    event.u.rcpt.recipient = guest->address;
    struct verdict verdict = visit_judge(v, &event);
    settle(v, guest, &verdict);
    return visit_answer(&verdict);
}

/* --- DATA --- */

struct visit_answer visit_envelope_data(struct visit *v)
{
    if (!v->m.begun || v->m.over)
        return (struct visit_answer){.kind = ANSWER_CONTINUE};
    struct verdict verdict = visit_content_data_due(v);
    return answer_message(v, &verdict);
}
