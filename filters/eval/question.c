/* question: see question.h. */
#include "filters/eval/question.h"

bool question_same(const struct question *a, const struct question *b)
{
    return a->kind == b->kind && slice_equal(a->key, b->key) && slice_equal(a->source, b->source);
}

bool question_of_message(enum question_kind kind)
{
    switch (kind) {
    case QUESTION_CLIENT_NAME: break;
    case QUESTION_CONTENT: return true;
    }
    return false;
}

struct question question_client_name(const struct address *client, char text[ADDRESS_TEXT_MAX])
{
    return (struct question){.kind = QUESTION_CLIENT_NAME, .key = address_text(client, text)};
}
