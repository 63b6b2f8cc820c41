/* trial: one message judged offline, by the same engine as in the proxy: for `explain` and for
 * samples.
 *
 * The envelope and the message are fed as the proxy would feed them: each recipient is accepted by
 * an imagined upstream unless a rule refuses it, and a refusal ends the story where it is spoken.
 */
#ifndef PROXY_EXPLAIN_TRIAL_H
#define PROXY_EXPLAIN_TRIAL_H

#include "conf/listener_conf.h"
#include "conf/origin.h"
#include "conf/reading.h"
#include "filters/base/must_use.h"
#include "filters/eval/eval.h"
#include "filters/message/draft.h"

struct config;
struct policy;

struct trial_input {
    struct origin origin;
    struct slice sender; /* without brackets; empty for <> */
    const struct slice *recipients;
    size_t recipient_count;
    struct slice
        message; /* CRLF line ends: see trial_normalise; ptr NULL: the trial ends at DATA */
};

struct trial_recipient {
    struct slice address;
    struct verdict verdict; /* continue or accept: accepted, perhaps at another address (redirect);
                             * discard, quarantine: taken off, and told 250 */
};

/* A finished trial. Everything in it lives until trial_end. */
struct trial {
    struct arena arena;
    struct eval *eval;      /* for eval_report and eval_outcome */
    struct edit_list edits; /* of rules and final rules; none when the message does not go on */
    struct pattern_scratch *scratch;
    enum routed routed; /* of the listener, if there is one */
    const struct limits *limits;
    struct slice client_name;
    bool name_given;
    bool name_missed;                   /* a rule needed the client's name, and none was given */
    struct verdict verdict;             /* of the message: the last word */
    struct trial_recipient *recipients; /* those that were named before the end */
    size_t recipient_count;
    unsigned delay_ms;        /* of all replies together */
    bool header_known;        /* the trial came that far */
    struct readings readings; /* what the message says, if rules asked */
    struct header header;     /* as received */
    struct slice body;        /* as received */
    struct draft draft;       /* the message as edited, when it goes on */
    bool edits_failed;        /* ... but an edit cannot be made */
};

/* trial_normalise(raw, out): appends ${raw} with line ends as `bare_newline = "normalize"` leaves
 * them: a bare LF becomes CRLF, a bare CR or a NUL a space; a last line without an end gets one, as
 * it must before the dot. 0, or -1 with out->failed. */
MUST_USE int trial_normalise(struct slice raw, struct bytes *out);

/* trial_clock_ns(ctx): the clock by which messages are judged here, the machine's monotonic one;
 * ${ctx} is not used. */
uint64_t trial_clock_ns(void *ctx);

/* trial_run(trial, config, policy, input, trace): judges. ${input}'s slices and ${trace} must live
 * until trial_end; ${trace} NULL: nobody is told. Returns 0, or -1 when memory is out. The clock is
 * the machine's monotonic one. When every recipient is refused, the verdict is the last
 * recipient's. */
MUST_USE int trial_run(struct trial *trial, const struct config *config,
                       const struct policy *policy, const struct trial_input *input,
                       const struct eval_trace *trace);
void trial_end(struct trial *trial);

/* trial_samples(config, diag): runs every sample of every policy; an error in ${diag} for each that
 * turns out otherwise (what was expected, what came, which rule decided). Returns how many ran. */
size_t trial_samples(const struct config *config, struct diag *diag);

#endif
