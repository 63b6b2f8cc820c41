#include "proxy/session/state.h"

void state_wait(struct session *s, enum phase phase)
{
    s->phase = phase;
}
