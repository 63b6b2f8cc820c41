/* mta_adopt: see mta_adopt.h. */
#include "proxy/as_milter/mta_adopt.h"

#include "conf/config.h"
#include "conf/judging.h"
#include "proxy/as_milter/mta_judging.h"
#include "proxy/as_milter/mta_message.h"
#include "proxy/as_milter/mta_state.h"
#include "proxy/net/loop.h"

/* It takes no turns: the thread is this session's alone. */
struct eval *mta_adopt_eval(const struct config *config, struct pattern_scratch *scratch)
{
    const struct judging lent = {.scratch = scratch, .clock_ns = loop_clock_ns};

    return judging_eval(config, config->milter.policy, &lent);
}

bool mta_adopt_wants_body(const struct eval *eval)
{
    return (eval_interest(eval) & INTEREST_MESSAGE) != 0;
}

static void take_over(struct mta_session *s, struct config *config, struct eval *eval)
{
    eval_destroy(s->eval);
    s->eval = eval;
    config_unref(s->config);
    s->config = config;
    s->policy = config->milter.policy;
    s->last_decider = SLICE_NONE; /* it was the old policy's */
    mta_message_forget(s);
    mta_judging_introduce(s);
    s->has_login = false; /* it will be told again */
}

int mta_adopt_newest(struct mta_session *s)
{
    struct config *newest = service_config(s->service);
    struct eval *eval = newest != s->config ? mta_adopt_eval(newest, s->scratch) : NULL;
    bool failed = newest != s->config && eval == NULL;

    if (eval != NULL) {
        struct demands wanted =
            demands_of(newest, newest->milter.policy, mta_adopt_wants_body(eval));

        if (demands_met(&s->agreed, &wanted)) {
            take_over(s, newest, eval);
            return 0;
        }
    }
    eval_destroy(eval);
    config_unref(newest);
    return failed ? -1 : 0;
}
