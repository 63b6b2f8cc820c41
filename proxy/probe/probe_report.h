/* probe_report: a probe, written. In probe_report_text.c and probe_report_json.c. */
#ifndef PROXY_PROBE_PROBE_REPORT_H
#define PROXY_PROBE_PROBE_REPORT_H

#include "proxy/probe/probe.h"

/* probe_report_text(probe, verbose, out): for a person, in lines; nothing in it can disturb a
 * terminal. ${verbose}: with the macros of each command. */
void probe_report_text(const struct probe *probe, bool verbose, struct bytes *out);

/* probe_report_json(probe, out): all of it as one JSON object on one line. */
void probe_report_json(const struct probe *probe, struct bytes *out);

/* probe_report_expected(probe): what the milter might have said instead of its failure, static. */
const char *probe_report_expected(const struct probe *probe);

#endif
