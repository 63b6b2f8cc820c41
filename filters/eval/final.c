/* final: see final.h. */
#include "filters/eval/final.h"

/* Final rules judge nothing before EVENT_MESSAGE: what they say before is that memory is out. */
static int tell(struct eval *eval, const struct event *event)
{
    return eval_feed(eval, event).kind == VERDICT_CONTINUE ? 0 : -1;
}

int final_begin(struct eval *eval, const struct draft *draft, const struct event_tls *tls)
{
    struct header *copy = arena_alloc(draft->arena, sizeof(*copy));
    struct event mail = {.kind = EVENT_MAIL};
    struct event rcpt = {.kind = EVENT_RCPT};
    struct event data = {.kind = EVENT_DATA};
    struct event header = {.kind = EVENT_HEADER};

    if (copy == NULL || header_clone(copy, draft_header(draft), draft->arena) != 0)
        return -1;
    mail.u.mail.sender = draft->sender;
    mail.u.mail.declared_size = EVENT_SIZE_UNKNOWN;
    mail.u.mail.tls = *tls;
    if (tell(eval, &mail) != 0)
        return -1;
    for (size_t i = 0; i < draft->recipient_count; i++) {
        rcpt.u.rcpt.recipient = draft->recipients[i].address;
        if (tell(eval, &rcpt) != 0)
            return -1;
    }
    header.u.header.header = copy;
    return tell(eval, &data) == 0 && tell(eval, &header) == 0 ? 0 : -1;
}

struct verdict final_judge(struct eval *eval, const struct draft *draft)
{
    struct event message = {.kind = EVENT_MESSAGE};

    message.u.message.body = draft->body;
    message.u.message.size_bytes = draft_size(draft);
    return eval_feed(eval, &message);
}
