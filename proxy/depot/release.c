/* release: see release.h. */
#include "proxy/depot/release.h"

#include <errno.h>
#include <stdio.h>
#include <sysexits.h>
#include <unistd.h>

#include "conf/config.h"
#include "conf/upstream_conf.h"
#include "conf/upstream_tls.h"
#include "filters/base/endpoint.h"
#include "proxy/depot/resend.h"
#include "proxy/explain/printable.h"

/* One release. */
struct job {
    const struct depot_request *request;
    const char *id;
    struct depot_entry entry;
    struct tls_store *tls;
    const struct upstream_conf *upstream;
    struct endpoint destination;
    bool towards; /* ${destination} counts */
    struct resend_recipient *recipients;
    size_t count;
};

static void complain(const struct job *job, const char *text)
{
    (void)fprintf(stderr, "postern quarantine: %s: %s\n", job->id, text);
}

static void print_problem(void *ctx, struct slice line)
{
    (void)fprintf(ctx, "postern quarantine: %.*s\n", SLICE_ARG(line));
}

/* --- before --- */

static int find_upstream(struct job *job)
{
    const struct depot_record *record = &job->entry.record;
    job->upstream = config_upstream(job->request->config, record->upstream);
    job->destination = (struct endpoint){.text = record->destination};
    job->towards = record->destination.len > 0;
    if (job->upstream == NULL) {
        complain(job, "its upstream is not in the configuration any more");
        return EX_CONFIG;
    }
    bool lost = job->towards
                    ? address_parse_port(record->destination, &job->destination.address) != 0
                    : job->upstream->endpoint_count == 0;
    if (!lost)
        return EX_OK;
    complain(job, "where it was meant to go is not known");
    return EX_CONFIG;
}

static int find_recipients(struct job *job)
{
    const struct depot_record *record = &job->entry.record;
    struct slice to = job->request->to;
    job->count = to.len > 0 ? 1 : record->recipient_count;
    job->recipients = arena_alloc(&job->entry.arena, job->count * sizeof *job->recipients);
    if (job->recipients == NULL || job->count == 0) {
        complain(job, job->count == 0 ? "it has no recipient: --to names one" : "out of memory");
        return job->count == 0 ? EX_DATAERR : EX_OSERR;
    }
    for (size_t i = 0; i < job->count; i++) {
        const struct depot_recipient *recipient = &record->recipients[i];
        job->recipients[i].address = to.len > 0 ? to : recipient->address;
        job->recipients[i].params = to.len > 0 ? SLICE_NONE : recipient->params;
    }
    return EX_OK;
}

static int find_tls(struct job *job)
{
    struct diag diag;
    if (job->upstream->tls.mode == UPSTREAM_TLS_OFF)
        return EX_OK;
    diag_init(&diag);
    job->tls = tls_store_create(job->request->config, &diag);
    if (job->tls == NULL)
        diag_print(&diag, print_problem, stderr);
    diag_fini(&diag);
    return job->tls != NULL ? EX_OK : EX_CONFIG;
}

static int prepare(struct job *job)
{
    int status = find_upstream(job);
    if (status == EX_OK)
        status = find_recipients(job);
    return status == EX_OK ? find_tls(job) : status;
}

/* --- after --- */

static const char *word(enum resend_outcome outcome)
{
    switch (outcome) {
    case RESEND_OPEN: return "not sent";
    case RESEND_TAKEN: return "released";
    case RESEND_REFUSED: return "refused";
    case RESEND_UNKNOWN: return "perhaps sent";
    }
    return "";
}

static void note(const struct job *job, const struct resend_recipient *recipient)
{
    char address[LOG_QUOTE_MAX], text[LOG_QUOTE_MAX];
    log_write(job->request->log, LOG_LEVEL_INFO, "quarantine: %s to <%s> %s by uid %u: %s", job->id,
              log_quote(recipient->address, address), word(recipient->outcome), (unsigned)getuid(),
              log_quote(recipient->text, text));
}

static void report(const struct job *job)
{
    struct bytes out;
    bytes_init(&out, SIZE_MAX);
    for (size_t i = 0; i < job->count; i++) {
        const struct resend_recipient *recipient = &job->recipients[i];
        bytes_format(&out, "%s  <", job->id);
        printable_append(&out, recipient->address);
        bytes_format(&out, ">: %s: ", word(recipient->outcome));
        printable_append(&out, recipient->text);
        bytes_append_char(&out, '\n');
        note(job, recipient);
    }
    (void)fwrite(out.data, 1, out.len, stdout);
    (void)fflush(stdout);
    bytes_fini(&out);
}

static int exit_code(const struct job *job)
{
    int status = EX_OK;
    for (size_t i = 0; i < job->count; i++) {
        const struct resend_recipient *recipient = &job->recipients[i];
        if (recipient->outcome == RESEND_TAKEN)
            continue;
        bool refused = recipient->outcome == RESEND_REFUSED && recipient->code >= 500;
        if (status != EX_TEMPFAIL)
            status = refused ? EX_UNAVAILABLE : EX_TEMPFAIL;
    }
    return status;
}

/* The record with those recipients that the upstream has not taken. */
static int keep_rest(const struct job *job, size_t left)
{
    struct arena arena;
    struct bytes line;
    struct depot_record record = job->entry.record;
    int error = ENOMEM;
    arena_init(&arena, left * sizeof *record.recipients + 1, SIZE_MAX);
    bytes_init(&line, SIZE_MAX);
    struct depot_recipient *rest = arena_alloc(&arena, left * sizeof *rest);
    record.recipient_count = 0;
    for (size_t i = 0; rest != NULL && i < job->count; i++)
        if (job->recipients[i].outcome != RESEND_TAKEN)
            rest[record.recipient_count++] = job->entry.record.recipients[i];
    record.recipients = rest;
    struct slice pieces[] = {SLICE_NONE, job->entry.message};
    if (rest != NULL && depot_format(&record, &line) == 0 && bytes_take(&line, &pieces[0]) == 0) {
        error = depot_replace(job->request->dir, job->id, pieces, 2);
    }
    bytes_fini(&line);
    arena_fini(&arena);
    return error;
}

/* Takes from the store what the upstream has. */
static int settle(const struct job *job)
{
    size_t left = 0;
    for (size_t i = 0; i < job->count; i++)
        left += job->recipients[i].outcome != RESEND_TAKEN;
    if (job->request->to.len > 0 || left == job->count)
        return EX_OK;
    int error = left > 0 ? keep_rest(job, left) : depot_remove(job->request->dir, job->id);
    if (error == 0)
        return EX_OK;
    (void)fprintf(stderr,
                  "postern quarantine: %s was released, but cannot be taken out of the quarantine: "
                  "%s. To release it again would send it twice\n",
                  job->id, strerror(error));
    return EX_IOERR;
}

static void report_left_out(const struct job *job, const struct bytes *left_out)
{
    struct slice words = bytes_slice(left_out);
    if (words.len > 0)
        (void)fprintf(stderr,
                      "postern quarantine: %s: left out, since the mail server does not offer it "
                      "any more:%.*s\n",
                      job->id, SLICE_ARG(words));
}

static int send_on(struct job *job)
{
    struct bytes left_out;
    int status = prepare(job);
    if (status != EX_OK)
        return status;
    bytes_init(&left_out, SIZE_MAX);
    const struct resend_request request = {
        .config = job->request->config,
        .tls = job->tls,
        .upstream = job->upstream,
        .destination = job->towards ? &job->destination : NULL,
        .entry = &job->entry,
        .recipients = job->recipients,
        .recipient_count = job->count,
        .arena = &job->entry.arena,
        .left_out = &left_out,
    };
    int sent = resend_run(&request);
    report_left_out(job, &left_out);
    bytes_fini(&left_out);
    if (sent != 0) {
        complain(job, "out of memory or descriptors");
        return EX_OSERR;
    }
    report(job);
    status = settle(job);
    return status == EX_OK ? exit_code(job) : status;
}

/* What the client of an unconfirmed copy heard nobody knows; most likely nothing, and it has sent
 * the message again. A copy to somebody else harms nobody. */
static bool may_go(const struct job *job)
{
    if (job->entry.state != DEPOT_UNCONFIRMED || job->request->force || job->request->to.len > 0)
        return true;
    complain(job, "unconfirmed: a gateway died before it could tell whether the message was "
                  "accepted, so its client has probably sent it again; --force releases it all the "
                  "same");
    return false;
}

int release_message(const struct depot_request *request, const char *id)
{
    struct job job = {.request = request, .id = id};
    enum depot_result result = depot_open(&job.entry, request->dir, id, true);
    if (result != DEPOT_OK)
        return request_error(job.request, id, result);
    int status = may_go(&job) ? send_on(&job) : EX_NOPERM;
    tls_store_unref(job.tls);
    depot_close(&job.entry);
    return status;
}
