/* names: what the milter protocol's numbers and letters are called, as <libmilter/mfapi.h> has it.
 */
#ifndef PROXY_PROBE_NAMES_H
#define PROXY_PROBE_NAMES_H

#include "proxy/milter/wire/packet_options.h"
#include "proxy/milter/wire/packet_reply.h"

/* names_action(index), names_step(index): the index-th action (SMFIF_) or protocol step (SMFIP_):
 * its name, without prefix, and its bit. NULL: there are no more. */
const char *names_action(size_t index, uint32_t *bit);
const char *names_step(size_t index, uint32_t *bit);

/* names_stage(stage): "connect", ..., "eom". */
const char *names_stage(enum packet_stage stage);

/* names_command(kind): "CONNECT", ..., "EOB". */
const char *names_command(enum packet_command_kind kind);

/* names_reply(kind): "continue", "add header", ... */
const char *names_reply(enum packet_reply_kind kind);

/* names_unsent(options, kind): why ${kind} is not sent under these settled ${options}: the step
 * that leaves it out. NULL: it is sent. */
const char *names_unsent(const struct packet_options *options, enum packet_command_kind kind);

/* names_expected(kind): what a milter may answer to ${kind}. */
const char *names_expected(enum packet_command_kind kind);

#endif
