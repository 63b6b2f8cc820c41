/* questions: see questions.h. */
#include "filters/eval/questions.h"

static struct asked *find(const struct eval *e, const struct question *question)
{
    struct asked *asked = e->questions.first;

    while (asked != NULL && !question_same(&asked->question, question))
        asked = asked->next;
    return asked;
}

static struct asked *add(struct eval *e, const struct question *question)
{
    struct asked *asked = arena_alloc(&e->session, sizeof(*asked));

    if (asked == NULL)
        return NULL;
    asked->question.kind = question->kind;
    asked->question.key = arena_copy(&e->session, question->key);
    asked->question.source = arena_copy(&e->session, question->source);
    if (asked->question.key.ptr == NULL || asked->question.source.ptr == NULL)
        return NULL;
    asked->next = e->questions.first;
    e->questions.first = asked;
    return asked;
}

static struct asked *find_or_add(struct eval *e, const struct question *question)
{
    struct asked *asked = find(e, question);

    return asked != NULL ? asked : add(e, question);
}

enum lookup questions_state(const struct eval *e, const struct question *question)
{
    const struct asked *asked = find(e, question);

    return asked != NULL ? asked->state : LOOKUP_NONE;
}

struct slice questions_text(const struct eval *e, const struct question *question)
{
    const struct asked *asked = find(e, question);

    return asked != NULL && asked->state == LOOKUP_KNOWN ? asked->text : SLICE_NONE;
}

int questions_want(struct eval *e, const struct question *question)
{
    struct asked *asked = find_or_add(e, question);

    if (asked == NULL)
        return -1;
    asked->state = LOOKUP_WANTED;
    e->questions.wanted = true;
    return 0;
}

/* Those in one state are in another now. */
static void change(struct eval *e, enum lookup from, enum lookup to)
{
    for (struct asked *asked = e->questions.first; asked != NULL; asked = asked->next)
        if (asked->state == from)
            asked->state = to;
    e->questions.wanted = false;
}

/* Links those that wait for an answer, always in the same order: who goes through them may answer
 * each on the way. */
static void link_asked(struct eval *e)
{
    e->questions.asked = NULL;
    for (struct asked *asked = e->questions.first; asked != NULL; asked = asked->next)
        if (asked->state == LOOKUP_ASKED) {
            asked->question.next = e->questions.asked;
            e->questions.asked = &asked->question;
        }
}

void questions_ask(struct eval *e)
{
    change(e, LOOKUP_WANTED, LOOKUP_ASKED);
    link_asked(e);
}

void questions_unwant(struct eval *e)
{
    change(e, LOOKUP_WANTED, LOOKUP_NONE);
}

const struct question *questions_asked(const struct eval *e)
{
    return e->questions.asked;
}

static int keep_text(struct eval *e, struct asked *asked, struct slice text)
{
    if (text.len > QUESTIONS_TEXT_MAX)
        return -1;
    if (!slice_equal(asked->text, text) || asked->text.ptr == NULL)
        asked->text = arena_copy(&e->session, text);
    return asked->text.ptr != NULL ? 0 : -1;
}

int questions_answer(struct eval *e, const struct question *question, const struct answer *answer)
{
    struct asked *asked = find_or_add(e, question);
    int kept;

    if (asked == NULL)
        return -1;
    kept = answer->failed ? 0 : keep_text(e, asked, answer->text);
    asked->state = answer->failed || kept != 0 ? LOOKUP_FAILED : LOOKUP_KNOWN;
    link_asked(e);
    return kept;
}

void questions_fail(struct eval *e)
{
    change(e, LOOKUP_ASKED, LOOKUP_FAILED);
    e->questions.asked = NULL;
}

void questions_forget(struct eval *e)
{
    e->questions = (struct questions){.first = NULL};
}
