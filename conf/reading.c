/* reading: see reading.h. */
#include "conf/reading.h"

#include "conf/limits.h"

#define NS_PER_MS UINT64_C(1000000)
/* What is made of a message, as a multiple of it: an octet that no charset has becomes three of
 * UTF-8, text in HTML is kept twice, as written and as shown, and so is what two readers decode
 * differently. Of a message without text it is a small part. */
#define MEMORY_PER_OCTET 8U
#define MEMORY_BASE      ((size_t)24 << 20) /* for as many parts, names and links as may be there */

struct watch {
    const struct reading_order *order;
    uint64_t end_ns;
};

static bool over(void *ctx)
{
    const struct watch *watch = ctx;
    const struct reading_order *order = watch->order;

    if (order->given_up != NULL && order->given_up(order->ctx))
        return true;
    return order->clock_ns(NULL) >= watch->end_ns;
}

void reading_make(struct reading *reading, const struct reading_order *order)
{
    const struct limits *limits = order->limits;
    uint64_t time_ns = order->time_ns != 0 ? order->time_ns : limits->content_time_ms * NS_PER_MS;
    struct watch watch = {order, order->clock_ns(NULL) + time_ns};
    struct allowance allowance = {.over = over, .ctx = &watch};
    const struct content_limits content = {
        .depth = limits->mime_depth,
        .parts = limits->mime_parts,
        .memory_bytes = MEMORY_BASE + MEMORY_PER_OCTET * (limits->header_bytes + order->body.len),
    };

    reading->made = true;
    reading->result =
        content_read(order->header, order->body, &content, &allowance, &reading->content);
}

static void forget(struct reading *reading)
{
    content_destroy(reading->content);
    *reading = (struct reading){.made = false};
}

void reading_forget(struct readings *readings)
{
    forget(&readings->received);
    forget(&readings->edited);
}

static int order_draft(struct reading_order *order, const struct draft *draft)
{
    struct header *copy = arena_alloc(draft->arena, sizeof(*copy));

    if (copy == NULL || header_clone(copy, draft_header(draft), draft->arena) != 0)
        return -1;
    order->header = copy;
    order->body = draft->body;
    return 0;
}

struct reading *reading_due(struct readings *readings, struct reading_order *order,
                            const struct draft *draft)
{
    struct reading *edited = &readings->edited;

    if (draft == NULL || (!draft->header_touched && !draft->body_touched))
        return &readings->received;
    if (!edited->made && order_draft(order, draft) != 0)
        *edited = (struct reading){.made = true, .result = CONTENT_MEMORY};
    return edited;
}

bool reading_asked(const struct eval *eval)
{
    const struct question *asked = eval_questions(eval);

    return asked != NULL && asked->kind == QUESTION_CONTENT;
}

void reading_tell(const struct reading *reading, struct eval *eval)
{
    const struct question question = {.kind = QUESTION_CONTENT};
    const struct answer answer = {
        .failed = reading->content == NULL,
        .content = reading->content,
        .result = reading->result,
    };

    eval_answer(eval, &question, &answer);
}

void reading_answer(struct readings *readings, struct eval *eval, const struct reading_order *order,
                    const struct draft *draft)
{
    struct reading_order wanted = *order;
    struct reading *due;

    if (!reading_asked(eval))
        return;
    due = reading_due(readings, &wanted, draft);
    if (!due->made)
        reading_make(due, &wanted);
    reading_tell(due, eval);
}
