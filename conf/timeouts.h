/* timeouts: how long anything is waited for. */
#ifndef CONF_TIMEOUTS_H
#define CONF_TIMEOUTS_H

struct timeouts {
    unsigned command_ms, data_ms, end_of_data_ms, greeting_ms, connect_ms, drain_ms;
    unsigned keepalive_ms; /* an idle connection that is kept is closed then */
    unsigned noop_ms;      /* of an upstream, while a message is held */
};

#endif
