/* question: a fact that somebody has to find out, by I/O that the engine does not do. Questions
 * come out of eval_questions, answers go in by eval_answer; a name, a list in the DNS, a counter or
 * a policy service differ in what kind of question they are.
 */
#ifndef FILTERS_EVAL_QUESTION_H
#define FILTERS_EVAL_QUESTION_H

#include <stdbool.h>

#include "filters/base/address.h"
#include "filters/base/slice.h"
#include "filters/content/content.h"

enum question_kind {
    QUESTION_CLIENT_NAME, /* the name of the client whose address is the key, or "unknown" */
    QUESTION_CONTENT,     /* what the message that is judged says; of final rules: as edited */
};

struct question {
    enum question_kind kind;
    struct slice key;            /* what it is about */
    struct slice source;         /* the list or zone to ask; empty where the kind has but one */
    const struct question *next; /* asked together with it; NULL: the last */
};

struct answer {
    bool failed;       /* nobody knows: what needs it cannot be judged (on_failure.lookup) */
    struct slice text; /* empty if ${failed} */
    /* To QUESTION_CONTENT: what was read, which is borrowed until the message is over; if
     * ${failed} NULL, and why. */
    const struct content *content;
    enum content_result result;
};

/* question_same(a, b): whether one answer is enough for both. */
bool question_same(const struct question *a, const struct question *b);

/* question_of_message(kind): whether the answer ends with the message, not with the session. */
bool question_of_message(enum question_kind kind);

/* question_client_name(client, text): asks for the name of ${client}; the key is written to ${text}
 * and lives there. */
struct question question_client_name(const struct address *client, char text[ADDRESS_TEXT_MAX]);

#endif
