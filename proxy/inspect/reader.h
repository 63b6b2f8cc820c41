/* reader: what a message says, read for those who judge it: a small message at once, a large one
 * beside the loop, so that nobody waits for another's.
 */
#ifndef PROXY_INSPECT_READER_H
#define PROXY_INSPECT_READER_H

#include "conf/reading.h"
#include "proxy/process/crew.h"

struct config;

#define READER_AT_ONCE_BYTES (256U << 10)
#define READER_AT_ONCE_NS    5000000 /* what takes longer is begun anew beside the loop */

struct reader {
    const struct config *config;
    struct crew *crew;
    struct loop *loop;
    void (*wake)(void *ctx); /* reader_answer may be called again; never called inside a call */
    void *ctx;
    struct reader_message *message; /* its own; NULL until a rule asks about the one under way */
};

/* reader_answer(reader, eval, draft, final): answers ${eval} if it asks what the message says,
 * which is in ${draft}, as received or, where ${final} rules ask, as edited. false: that is being
 * found out beside the loop; draft, header and body must stay until reader_reset, and ${eval} must
 * not be fed before this is true. */
bool reader_answer(struct reader *reader, struct eval *eval, const struct draft *draft, bool final);

/* reader_busy(reader): whether it is still being found out. */
bool reader_busy(const struct reader *reader);

/* reader_reset(reader): the message is over; after eval_reset, before what it is made of goes. */
void reader_reset(struct reader *reader);

#endif
