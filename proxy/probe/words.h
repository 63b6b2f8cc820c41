/* words: what the milter protocol's numbers and letters are called, as <libmilter/mfapi.h> has it.
 */
#ifndef PROXY_PROBE_WORDS_H
#define PROXY_PROBE_WORDS_H

#include "proxy/milter/wire/packet_options.h"
#include "proxy/milter/wire/packet_reply.h"

/* words_action(index), words_step(index): the index-th action (SMFIF_) or protocol step (SMFIP_):
 * its name, without prefix, and its bit. NULL: there are no more. */
const char *words_action(size_t index, uint32_t *bit);
const char *words_step(size_t index, uint32_t *bit);

/* words_stage(stage): "connect", ..., "eom". */
const char *words_stage(enum packet_stage stage);

/* words_command(kind): "CONNECT", ..., "EOB". */
const char *words_command(enum packet_command_kind kind);

/* words_reply(kind): "continue", "add header", ... */
const char *words_reply(enum packet_reply_kind kind);

/* words_unsent(options, kind): why ${kind} is not sent under these settled ${options}: the step
 * that leaves it out. NULL: it is sent. */
const char *words_unsent(const struct packet_options *options, enum packet_command_kind kind);

/* words_expected(kind): what a milter may answer to ${kind}. */
const char *words_expected(enum packet_command_kind kind);

#endif
