/* facts_take: see facts_take.h. */
#include "filters/eval/facts_take.h"

#include "filters/eval/questions.h"

static void forget_answers(struct eval *e)
{
    memset(e->session_answers, TRUTH_OPEN, e->rules->kind_counts[LEAF_SESSION]);
}

int facts_take_tls(struct arena *arena, const struct event_tls *tls, struct event_tls *out)
{
    *out = (struct event_tls){.active = tls->active};
    if (!tls->active)
        return 0;
    out->version = arena_copy(arena, tls->version);
    out->cipher = arena_copy(arena, tls->cipher);
    out->name = arena_copy(arena, tls->name);
    out->client_cert = arena_copy(arena, tls->client_cert);
    return out->version.ptr != NULL && out->cipher.ptr != NULL && out->name.ptr != NULL &&
                   out->client_cert.ptr != NULL
               ? 0
               : -1;
}

int facts_take_connect(struct eval *e, const struct event *event)
{
    e->client = event->u.connect.client;
    (void)address_text(&e->client, e->client_text);
    e->has_helo = false;
    e->has_login = false;
    forget_answers(e);
    questions_forget(e);
    arena_fini(&e->session);
    e->listed = NULL;
    if (facts_take_tls(&e->session, &event->u.connect.tls, &e->tls) != 0)
        return -1;
    return bytes_set(&e->listener, event->u.connect.listener);
}

int facts_take_helo(struct eval *e, const struct event *event)
{
    e->has_helo = true;
    forget_answers(e);
    return bytes_set(&e->helo, event->u.helo.name);
}

int facts_take_auth(struct eval *e, const struct event *event)
{
    e->has_login = true;
    return bytes_set(&e->login, event->u.auth.login);
}

int facts_take_address(struct eval *e, struct slice address, struct comparable *out)
{
    struct slice kept;

    bytes_renew(&e->forms);
    if (comparable_address(address, &e->forms, out) != 0)
        return -1;
    if (e->forms.len == 0)
        return 0;
    kept = arena_copy(&e->work, bytes_slice(&e->forms));
    *out = comparable_moved(out, bytes_slice(&e->forms), kept.ptr);
    return kept.ptr != NULL ? 0 : -1;
}

void facts_take_answer(struct eval *e, const struct question *question, const struct answer *answer)
{
    if (!question_of_message(question->kind))
        forget_answers(e);
    e->lost &= ~LOST_ANSWER;
    if (questions_answer(e, question, answer) != 0)
        e->lost |= LOST_ANSWER;
}
