/* trial_samples: the samples inside rules, run. */
#include "conf/config.h"
#include "conf/file.h"
#include "conf/policy.h"
#include "conf/sample.h"
#include "proxy/explain/trial.h"

#define SAMPLE_BYTES_MAX ((size_t)256 * 1024 * 1024)
#define REPLY_SHOWN_MAX  200 /* bytes of a reply in a message to a person */

/* The first line of a reply as a sample expects it: without CRLF, a blank behind the code even if
 * lines follow. */
static struct slice spoken(const struct verdict *verdict, char out[REPLY_SHOWN_MAX])
{
    size_t end = slice_find(verdict->reply.wire, '\r');
    struct slice line = slice_first(verdict->reply.wire, end);

    line = slice_first(line, REPLY_SHOWN_MAX);
    if (line.len > 0)
        memcpy(out, line.ptr, line.len);
    if (line.len > 3)
        out[3] = ' ';
    return slice_make(out, line.len);
}

static bool as_expected(const struct verdict *verdict, struct slice expect)
{
    char line[REPLY_SHOWN_MAX];

    if (verdict_refuses(verdict->kind))
        return slice_starts(spoken(verdict, line), expect);
    return slice_equal(verdict_name(verdict->kind), expect);
}

static void report(const struct sample *sample, const struct verdict *verdict, struct diag *diag)
{
    char line[REPLY_SHOWN_MAX];
    const char *from = verdict->party == PARTY_GATEWAY ? "from the gateway, '" : "from rule '";
    struct slice came = verdict_name(verdict->kind);

    if (verdict_refuses(verdict->kind))
        came = spoken(verdict, line);
    diag_add(diag, DIAG_ERROR, sample->place,
             "a sample of rule '%.*s' expects \"%.*s\", but what came is \"%.*s\" (%s%.*s%s%.*s)",
             SLICE_ARG(sample->rule), SLICE_ARG(sample->expect), SLICE_ARG(came),
             verdict->by.len > 0 ? from : "no rule decided", SLICE_ARG(verdict->by),
             verdict->by.len > 0 ? "' at " : "",
             SLICE_ARG(verdict->by.len > 0 ? stage_name(verdict->stage) : SLICE_NONE));
}

/* Reads the sample's message, if it has one. false after an error. */
static bool read_message(const struct sample *sample, struct bytes *out, struct diag *diag)
{
    struct bytes raw;
    struct slice whole;
    const char *error;
    bool good = false;

    bytes_init(&raw, SAMPLE_BYTES_MAX);
    error = file_read(sample->message.ptr, &raw);
    if (error == NULL && (bytes_take(&raw, &whole) < 0 || trial_normalise(whole, out) < 0))
        error = "too large, or memory is out";
    if (error != NULL)
        diag_add(diag, DIAG_ERROR, sample->place,
                 "a sample of rule '%.*s': cannot read the message '%s': %s",
                 SLICE_ARG(sample->rule), sample->message.ptr, error);
    else /* an empty message is one too: its ptr must not be NULL */
        good = bytes_reserve(out, 1) != NULL;
    bytes_fini(&raw);
    return good;
}

static void run(const struct config *config, const struct policy *policy,
                const struct sample *sample, struct diag *diag)
{
    struct trial_input input = {
        .origin = sample->origin,
        .sender = sample->sender,
        .recipients = sample->recipients,
        .recipient_count = sample->recipient_count,
    };
    struct bytes message;
    struct trial trial;

    bytes_init(&message, 2 * SAMPLE_BYTES_MAX); /* each LF may become two bytes */
    if (sample->message.len == 0 || read_message(sample, &message, diag)) {
        bool lost = sample->message.len > 0 && bytes_take(&message, &input.message) != 0;

        if (lost || trial_run(&trial, config, policy, &input, NULL) < 0) {
            diag_add(diag, DIAG_ERROR, sample->place, "out of memory");
        } else {
            if (!as_expected(&trial.verdict, sample->expect))
                report(sample, &trial.verdict, diag);
            trial_end(&trial);
        }
    }
    bytes_fini(&message);
}

size_t trial_samples(const struct config *config, struct diag *diag)
{
    size_t count = 0;

    for (size_t i = 0; i < config->policy_count; i++) {
        const struct policy *policy = &config->policies[i];

        for (size_t j = 0; j < policy->sample_count; j++, count++)
            run(config, policy, &policy->samples[j], diag);
    }
    return count;
}
