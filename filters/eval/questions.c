/* questions: see questions.h. */
#include "filters/eval/questions.h"

/* Where those of its kind begin. */
static struct asked *first_like(const struct eval *e, const struct question *question)
{
    return question_of_message(question->kind) ? e->questions.of_message : e->questions.of_session;
}

static struct asked *find(const struct eval *e, const struct question *question)
{
    struct asked *asked = first_like(e, question);

    while (asked != NULL && !question_same(&asked->question, question))
        asked = asked->next;
    return asked;
}

static struct asked *add(struct eval *e, const struct question *question)
{
    bool of_message = question_of_message(question->kind);
    struct asked **first = of_message ? &e->questions.of_message : &e->questions.of_session;
    struct arena *arena = of_message ? &e->work : &e->session;
    struct asked *asked = arena_alloc(arena, sizeof(*asked));

    if (asked == NULL)
        return NULL;
    asked->question.kind = question->kind;
    asked->question.key = arena_copy(arena, question->key);
    asked->question.source = arena_copy(arena, question->source);
    if (asked->question.key.ptr == NULL || asked->question.source.ptr == NULL)
        return NULL;
    asked->next = *first;
    *first = asked;
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

static const struct asked *find_content(const struct eval *e)
{
    return find(e, &(const struct question){.kind = QUESTION_CONTENT});
}

const struct content *questions_content(const struct eval *e)
{
    const struct asked *asked = find_content(e);

    return asked != NULL && asked->state == LOOKUP_KNOWN ? asked->content : NULL;
}

enum content_result questions_content_result(const struct eval *e)
{
    const struct asked *asked = find_content(e);

    return asked != NULL ? asked->result : CONTENT_READ;
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

static void change_all(struct asked *asked, enum lookup from, enum lookup to)
{
    for (; asked != NULL; asked = asked->next)
        if (asked->state == from)
            asked->state = to;
}

/* Those in one state are in another now. */
static void change(struct eval *e, enum lookup from, enum lookup to)
{
    change_all(e->questions.of_session, from, to);
    change_all(e->questions.of_message, from, to);
    e->questions.wanted = false;
}

static void link_all(struct eval *e, struct asked *asked)
{
    for (; asked != NULL; asked = asked->next)
        if (asked->state == LOOKUP_ASKED) {
            asked->question.next = e->questions.asked;
            e->questions.asked = &asked->question;
        }
}

/* Links those that wait for an answer, always in the same order: who goes through them may answer
 * each on the way. */
static void link_asked(struct eval *e)
{
    e->questions.asked = NULL;
    link_all(e, e->questions.of_session);
    link_all(e, e->questions.of_message);
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
    struct arena *arena = question_of_message(asked->question.kind) ? &e->work : &e->session;

    if (text.len > QUESTIONS_TEXT_MAX)
        return -1;
    if (!slice_equal(asked->text, text) || asked->text.ptr == NULL)
        asked->text = arena_copy(arena, text);
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
    asked->content = answer->content;
    asked->result = answer->result;
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
    e->questions = (struct questions){.asked = NULL};
}

void questions_forget_message(struct eval *e)
{
    e->questions.of_message = NULL;
    e->questions.asked = NULL;
}
