/* server: see server.h. Callbacks translate and delegate: what they mean is in mta_session.h,
 * mta_envelope.h and mta_content.h. */
#include "proxy/as_milter/server.h"

#include <errno.h>
#include <libmilter/mfapi.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "conf/milter_service.h"
#include "filters/base/endpoint.h"
#include "proxy/as_milter/mta_content.h"
#include "proxy/as_milter/mta_envelope.h"
#include "proxy/as_milter/mta_message.h"
#include "proxy/as_milter/mta_session.h"
#include "proxy/as_milter/setreply.h"
#include "proxy/milter/wire/packet.h"
#include "proxy/net/sockaddr.h"

#define BACKLOG           128
#define REPLY_ARENA_BYTES (64U << 10)
#define MODE_ALL          0777

/* libmilter hands a callback nothing of ours before the first one has set something, so the first
 * must find the service here. Set once, before its threads are. */
static struct service *the_service;

/* What a connection of the MTA carries. */
struct link {
    struct mta_session *session;
    bool header_unanswered, body_unanswered; /* agreed: no reply to each of these */
};

/* libmilter does not write through these, though it does not say so. */
static char *plain(const char *text)
{
    return (char *)(uintptr_t)text;
}

static const char *get_macro(void *ctx, const char *name)
{
    return smfi_getsymval(ctx, plain(name));
}

static struct mta_macros macros_of(SMFICTX *ctx)
{
    return (struct mta_macros){get_macro, ctx};
}

static struct mta_session *session_of(SMFICTX *ctx)
{
    const struct link *link = smfi_getpriv(ctx);

    return link != NULL ? link->session : NULL;
}

/* --- answers --- */

static void set_reply(SMFICTX *ctx, struct reply reply)
{
    struct setreply parts;
    struct arena arena;
    const char *const *l = parts.lines;

    arena_init(&arena, 4096, REPLY_ARENA_BYTES);
    /* Without it the MTA says its own words for the same verdict. */
    if (reply.code != 0 && setreply_make(reply, &arena, &parts) == 0)
        (void)smfi_setmlreply(ctx, parts.code, parts.enhanced, l[0], l[1], l[2], l[3], l[4], l[5],
                              l[6], l[7], l[8], l[9], l[10], l[11], l[12], l[13], l[14], l[15],
                              l[16], l[17], l[18], l[19], l[20], l[21], l[22], l[23], l[24], l[25],
                              l[26], l[27], l[28], l[29], l[30], l[31], NULL);
    arena_fini(&arena);
}

static sfsistat status_of(enum answer_kind kind)
{
    switch (kind) {
    case ANSWER_CONTINUE: return SMFIS_CONTINUE;
    case ANSWER_REJECT: return SMFIS_REJECT;
    case ANSWER_TEMPFAIL: return SMFIS_TEMPFAIL;
    case ANSWER_DISCARD: return SMFIS_DISCARD;
    }
    return SMFIS_TEMPFAIL;
}

/* The end of a callback: lets others close the service, waits as long as the answer wants, gives
 * it. */
static sfsistat leave(SMFICTX *ctx, struct mta_answer answer)
{
    set_reply(ctx, answer.reply);
    service_exit(the_service);
    struct timespec delay = {answer.delay_ms / 1000, (long)(answer.delay_ms % 1000) * 1000000};
    if (answer.delay_ms > 0)
        (void)nanosleep(&delay, NULL);
    return status_of(answer.kind);
}

/* The beginning of a callback: its session, or NULL when there is none or we are closing, and then
 * the service was not entered. */
static struct mta_session *enter(SMFICTX *ctx)
{
    if (!service_enter(the_service))
        return NULL;
    struct mta_session *session = session_of(ctx);
    if (session == NULL)
        service_exit(the_service);
    return session;
}

/* --- negotiation --- */

static const struct {
    int stage;
    const char *names;
} SYMBOLS[] = {
    {SMFIM_CONNECT, "j {daemon_name} {client_name} {client_resolve}"},
    {SMFIM_HELO, "{tls_version} {cipher} {cert_subject} {verify} {tls_sni}"},
    {SMFIM_ENVFROM, "i {auth_type} {auth_authen} {tls_version} {cipher} {cert_subject} {verify}"},
    {SMFIM_ENVRCPT, "i {rcpt_mailer} {rcpt_host} {rcpt_addr}"},
    {SMFIM_EOM, "i"},
};

static void ask_for_macros(SMFICTX *ctx)
{
    for (size_t i = 0; i < sizeof(SYMBOLS) / sizeof(*SYMBOLS); i++)
        (void)smfi_setsymlist(ctx, SYMBOLS[i].stage, plain(SYMBOLS[i].names));
}

static struct link *make_link(SMFICTX *ctx)
{
    struct link *link = calloc(1, sizeof(*link));

    if (link == NULL)
        return NULL;
    link->session = mta_session_create(the_service);
    if (link->session != NULL && smfi_setpriv(ctx, link) == MI_SUCCESS)
        return link;
    mta_session_destroy(link->session, NULL);
    free(link);
    return NULL;
}

static void drop_link(SMFICTX *ctx)
{
    struct link *link = smfi_getpriv(ctx);

    (void)smfi_setpriv(ctx, NULL);
    if (link != NULL)
        mta_session_destroy(link->session, NULL);
    free(link);
}

/* What is wanted of what is offered. Returns the steps to ask for. */
static unsigned long agree(struct link *link, const struct demands *demands, unsigned long offered)
{
    unsigned long steps =
        (demands->without | SMFIP_NR_HDR | SMFIP_NR_BODY | SMFIP_HDR_LEADSPC | SMFIP_RCPT_REJ) &
        offered;
    struct demands agreed = {demands->actions, demands->without & (uint32_t)steps};

    link->header_unanswered = (steps & SMFIP_NR_HDR) != 0;
    link->body_unanswered = (steps & SMFIP_NR_BODY) != 0;
    mta_session_agree(link->session, &agreed, (steps & SMFIP_HDR_LEADSPC) != 0);
    return steps;
}

static sfsistat on_negotiate(SMFICTX *ctx, unsigned long actions, unsigned long steps,
                             unsigned long f2, unsigned long f3, unsigned long *want_actions,
                             unsigned long *want_steps, unsigned long *want_f2,
                             unsigned long *want_f3)
{
    (void)f2;
    (void)f3;
    if (!service_enter(the_service))
        return SMFIS_REJECT;
    struct link *link = make_link(ctx);
    if (link == NULL) {
        service_exit(the_service);
        return SMFIS_REJECT;
    }
    struct demands demands = mta_session_demands(link->session);
    uint32_t missing = demands.actions & ~(uint32_t)actions;
    if (missing != 0) {
        mta_session_refused(link->session, missing);
        drop_link(ctx);
        service_exit(the_service);
        return SMFIS_REJECT;
    }
    *want_actions = demands.actions | (actions & SMFIF_SETSYMLIST);
    *want_steps = agree(link, &demands, steps);
    *want_f2 = *want_f3 = 0;
    if ((actions & SMFIF_SETSYMLIST) != 0)
        ask_for_macros(ctx);
    service_exit(the_service);
    return SMFIS_CONTINUE;
}

/* --- the session --- */

static struct address address_of(const _SOCK_ADDR *from)
{
    struct sockaddr_storage storage = {.ss_family = AF_UNSPEC};

    if (from != NULL && from->sa_family == AF_INET)
        memcpy(&storage, from, sizeof(struct sockaddr_in));
    else if (from != NULL && from->sa_family == AF_INET6)
        memcpy(&storage, from, sizeof(struct sockaddr_in6));
    return sockaddr_to_address(&storage);
}

static sfsistat on_connect(SMFICTX *ctx, char *host, _SOCK_ADDR *from)
{
    (void)host;
    if (!service_enter(the_service))
        return SMFIS_TEMPFAIL;
    /* A connection that is used again for another session is not negotiated again. */
    const struct link *link = smfi_getpriv(ctx);
    if (link == NULL)
        link = make_link(ctx);
    if (link == NULL) {
        service_exit(the_service);
        return SMFIS_TEMPFAIL;
    }
    struct mta_macros macros = macros_of(ctx);
    struct address client = address_of(from);
    return leave(ctx, mta_session_connect(link->session, &macros, &client));
}

static sfsistat on_helo(SMFICTX *ctx, char *name)
{
    struct mta_session *session = enter(ctx);

    return session != NULL ? leave(ctx, mta_session_helo(session, name)) : SMFIS_TEMPFAIL;
}

static sfsistat on_mail(SMFICTX *ctx, char **argv)
{
    struct mta_session *session = enter(ctx);
    struct mta_macros macros = macros_of(ctx);

    if (session == NULL)
        return SMFIS_TEMPFAIL;
    return leave(ctx, mta_envelope_mail(session, &macros, (const char *const *)argv));
}

static sfsistat on_rcpt(SMFICTX *ctx, char **argv)
{
    struct mta_session *session = enter(ctx);
    struct mta_macros macros = macros_of(ctx);

    if (session == NULL)
        return SMFIS_TEMPFAIL;
    return leave(ctx, mta_envelope_rcpt(session, &macros, (const char *const *)argv));
}

static sfsistat on_data(SMFICTX *ctx)
{
    struct mta_session *session = enter(ctx);

    return session != NULL ? leave(ctx, mta_envelope_data(session)) : SMFIS_TEMPFAIL;
}

/* --- the content --- */

static sfsistat on_header(SMFICTX *ctx, char *name, char *value)
{
    struct mta_session *session = enter(ctx);
    const struct link *link = smfi_getpriv(ctx);

    if (session == NULL)
        return SMFIS_TEMPFAIL;
    mta_content_header(session, name, value);
    service_exit(the_service);
    return link->header_unanswered ? SMFIS_NOREPLY : SMFIS_CONTINUE;
}

static sfsistat on_header_end(SMFICTX *ctx)
{
    struct mta_session *session = enter(ctx);

    return session != NULL ? leave(ctx, mta_content_header_end(session)) : SMFIS_TEMPFAIL;
}

static sfsistat on_body(SMFICTX *ctx, unsigned char *data, size_t len)
{
    struct mta_session *session = enter(ctx);
    const struct link *link = smfi_getpriv(ctx);

    if (session == NULL)
        return SMFIS_TEMPFAIL;
    mta_content_body(session, slice_make((const char *)data, len));
    service_exit(the_service);
    return link->body_unanswered ? SMFIS_NOREPLY : SMFIS_CONTINUE;
}

#define BODY_PIECE_BYTES ((size_t)1 << 20)

static int replace_body(SMFICTX *ctx, struct slice body)
{
    do {
        struct slice piece = slice_first(body, BODY_PIECE_BYTES);

        if (smfi_replacebody(ctx, (unsigned char *)plain(piece.ptr), (int)piece.len) != MI_SUCCESS)
            return MI_FAILURE;
        body = slice_from(body, piece.len);
    } while (body.len > 0);
    return MI_SUCCESS;
}

static int ask(SMFICTX *ctx, const struct change *change)
{
    char *name = plain(change->name.ptr), *value = plain(change->value.ptr);
    int index = (int)change->index;

    switch (change->kind) {
    case EDIT_ADD_HEADER: return smfi_addheader(ctx, name, value);
    case EDIT_INSERT_HEADER: return smfi_insheader(ctx, index, name, value);
    case EDIT_CHANGE_HEADER: return smfi_chgheader(ctx, name, index, value);
    case EDIT_DELETE_HEADER: return smfi_chgheader(ctx, name, index, NULL);
    case EDIT_REPLACE_BODY: return replace_body(ctx, change->value);
    case EDIT_SET_SENDER: return smfi_chgfrom(ctx, value, NULL);
    case EDIT_ADD_RECIPIENT: return smfi_addrcpt(ctx, value);
    case EDIT_REMOVE_RECIPIENT: return smfi_delrcpt(ctx, value);
    case EDIT_QUARANTINE: return smfi_quarantine(ctx, value);
    case EDIT_ARCHIVE: break;
    }
    return MI_FAILURE;
}

static bool ask_all(SMFICTX *ctx, const struct change_list *changes)
{
    for (size_t i = 0; i < changes->count; i++)
        if (ask(ctx, &changes->items[i]) != MI_SUCCESS)
            return false;
    return true;
}

static sfsistat on_message(SMFICTX *ctx)
{
    struct mta_session *session = enter(ctx);
    struct mta_macros macros = macros_of(ctx);

    if (session == NULL)
        return SMFIS_TEMPFAIL;
    struct mta_answer answer = mta_content_end(session, &macros);
    if (answer.kind == ANSWER_CONTINUE) {
        unsigned delay_ms = answer.delay_ms;

        answer = mta_content_done(session, ask_all(ctx, mta_content_changes(session)));
        answer.delay_ms += delay_ms;
    }
    return leave(ctx, answer);
}

static sfsistat on_abort(SMFICTX *ctx)
{
    struct mta_session *session = enter(ctx);

    if (session == NULL)
        return SMFIS_CONTINUE;
    mta_message_abort(session);
    service_exit(the_service);
    return SMFIS_CONTINUE;
}

static sfsistat on_close(SMFICTX *ctx)
{
    if (!service_enter(the_service))
        return SMFIS_CONTINUE;
    drop_link(ctx);
    service_exit(the_service);
    return SMFIS_CONTINUE;
}

/* --- the process --- */

static void notation(const struct endpoint *endpoint, char *out, size_t size)
{
    char host[ADDRESS_TEXT_MAX];
    struct slice text = address_text(&endpoint->address, host);

    if (endpoint->address.family == ADDRESS_UNIX)
        (void)snprintf(out, size, "unix:%.*s", SLICE_ARG(endpoint->path));
    else
        (void)snprintf(out, size, "%s:%u@%.*s",
                       endpoint->address.family == ADDRESS_V6 ? "inet6" : "inet",
                       (unsigned)endpoint->address.port, SLICE_ARG(text));
}

int server_open(const struct milter_service *conf, char *error, size_t error_size)
{
    char address[512];
    struct smfiDesc description = {
        .xxfi_name = plain("postern"),
        .xxfi_version = SMFI_VERSION,
        .xxfi_flags = SMFI_CURR_ACTS,
        .xxfi_connect = on_connect,
        .xxfi_helo = on_helo,
        .xxfi_envfrom = on_mail,
        .xxfi_envrcpt = on_rcpt,
        .xxfi_header = on_header,
        .xxfi_eoh = on_header_end,
        .xxfi_body = on_body,
        .xxfi_eom = on_message,
        .xxfi_abort = on_abort,
        .xxfi_close = on_close,
        .xxfi_data = on_data,
        .xxfi_negotiate = on_negotiate,
    };

    notation(&conf->endpoint, address, sizeof(address));
    if (smfi_register(description) != MI_SUCCESS || smfi_setconn(address) != MI_SUCCESS ||
        smfi_setbacklog(BACKLOG) != MI_SUCCESS) {
        (void)snprintf(error, error_size, "milter: libmilter cannot be set up for %s", address);
        return -1;
    }
    /* Postfix sends header fields of up to header_size_limit octets without asking, and libmilter
     * would end the connection over more than 64 KiB. Whether it also agrees on larger commands
     * (SMFIP_MDS_1M) is its own affair: without _FFR_MDS_NEGOTIATE it neither shows us that an MTA
     * offers them nor lets us answer. */
    (void)smfi_setmaxdatasize(PACKET_LARGE_MAX);
    mode_t mask = umask(MODE_ALL & ~(mode_t)conf->mode);
    errno = 0;
    int result = smfi_opensocket(true);
    int reason = errno;
    (void)umask(mask);
    if (result == MI_SUCCESS)
        return 0;
    (void)snprintf(error, error_size, "milter: cannot listen on %.*s: %s",
                   SLICE_ARG(conf->endpoint.text),
                   reason != 0 ? strerror(reason) : "libmilter refused it");
    return -1;
}

int server_run(struct service *service)
{
    the_service = service;
    int result = smfi_main();
    unsigned left = service_close(service);
    if (left > 0)
        log_write(service_log(service), LOG_LEVEL_WARNING,
                  "%u sessions of the MTA were open and are dropped", left);
    return result == MI_SUCCESS ? 0 : -1;
}

void server_stop(void)
{
    (void)smfi_stop();
}
