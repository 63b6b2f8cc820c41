/* reading: what a message says, read within what the configuration allows: how the engine's
 * QUESTION_CONTENT is answered, whoever has the message.
 */
#ifndef CONF_READING_H
#define CONF_READING_H

#include "filters/base/must_use.h"
#include "filters/eval/eval.h"

struct limits;

/* What was read of a message once. All zero: nothing was. */
struct reading {
    bool made;
    enum content_result result;
    struct content *content; /* NULL unless CONTENT_READ */
};

/* ... as it was received, and as final rules see it if that is another. */
struct readings {
    struct reading received, edited;
};

struct reading_order {
    const struct limits *limits;
    const struct header *header; /* as ${body}, it must outlive what is read */
    struct slice body;
    uint64_t time_ns;                /* how long it may take; 0: limits.content_time */
    uint64_t (*clock_ns)(void *ctx); /* by which; called with ctx NULL, on the thread that reads */
    bool (*given_up)(void *ctx);     /* nobody waits for it any more; NULL: somebody does */
    void *ctx;
};

/* reading_make(reading, order): reads. Any thread. reading_forget(readings): all zero again; after
 * eval_reset, for the eval borrows what was read. */
void reading_make(struct reading *reading, const struct reading_order *order);
void reading_forget(struct readings *readings);

/* reading_due(readings, order, draft): which of them is asked for, by rules (${draft} NULL) or by
 * final rules, which judge ${draft}. ${order} has the message as received, and as ${draft} has it
 * where that is to be read: its header in a copy, for it may be edited on. Where the draft's arena
 * is full it is made, and CONTENT_MEMORY. */
struct reading *reading_due(struct readings *readings, struct reading_order *order,
                            const struct draft *draft);

/* reading_asked(eval): whether it waits for what the message says, among other things.
 * reading_tell(reading, eval): answers with what was made. reading_answer(readings, eval, order,
 * draft): if it is asked: reads what is due, unless that was done, and answers. */
bool reading_asked(const struct eval *eval);
void reading_tell(const struct reading *reading, struct eval *eval);
void reading_answer(struct readings *readings, struct eval *eval, const struct reading_order *order,
                    const struct draft *draft);

#endif
