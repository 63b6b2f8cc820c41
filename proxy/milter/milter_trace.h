/* milter_trace: what leaves for a milter, for whoever looks on (milter.h). */
#ifndef PROXY_MILTER_MILTER_TRACE_H
#define PROXY_MILTER_MILTER_TRACE_H

#include "filters/base/slice.h"

struct milter;

/* milter_trace_said(m): shows the whole packets in what is to be sent. Nobody looks: nothing. */
void milter_trace_said(const struct milter *m);

/* milter_trace_body(m, chunk): shows a part of the body, whose packet has its head elsewhere. */
void milter_trace_body(const struct milter *m, struct slice chunk);

#endif
