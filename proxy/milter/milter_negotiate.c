/* milter_negotiate: what gateway and milter agree on (MILTER 5). All that can be is offered, for
 * some milters want more than they need; what they may do is looked at when they do it. */
#include "proxy/milter/milter_negotiate.h"

#include "conf/milter_conf.h"
#include "proxy/milter/milter_send.h"
#include "proxy/milter/milter_state.h"
#include "proxy/milter/wire/packet_macros.h"

void milter_negotiate_begin(struct milter *m)
{
    struct packet_options offer = packet_options_offer(m->version);

    m->phase = MILTER_NEGOTIATING;
    if (packet_command_optneg(&m->out, &offer) != 0) {
        milter_send_failed(m);
        return;
    }
    if (!milter_send(m))
        return;
    m->awaiting = true;
    milter_link_wait(m, m->conf->command_timeout_ms);
}

void milter_negotiate_end(struct milter *m, const struct packet_options *answer)
{
    struct packet_options offer = packet_options_offer(m->version);
    const char *wrong = packet_options_settle(&offer, answer, &m->options);

    if (wrong == NULL && packet_macros_keep(&m->options.symbols, &m->session) != 0)
        wrong = "its lists of macros are too long";
    if (wrong != NULL) {
        milter_job_fail(m, MILTER_FAULT_PROTOCOL, wrong);
        return;
    }
    m->awaiting = false;
    m->phase = MILTER_OPEN;
}
