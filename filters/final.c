/* final: see final.h. */
#include "filters/final.h"

/* What final_begin's events are answered is the same again at EVENT_MESSAGE. */
static void tell(struct eval *eval, const struct event *event)
{
    (void)eval_feed(eval, event);
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
    tell(eval, &mail);
    for (size_t i = 0; i < draft->recipient_count; i++) {
        rcpt.u.rcpt.recipient = draft->recipients[i].address;
        tell(eval, &rcpt);
    }
    tell(eval, &data);
    header.u.header.header = copy;
    tell(eval, &header);
    return 0;
}

struct verdict final_judge(struct eval *eval, const struct draft *draft)
{
    struct event message = {.kind = EVENT_MESSAGE};

    message.u.message.body = draft->body;
    message.u.message.size_bytes = draft_size(draft);
    return eval_feed(eval, &message);
}
