/* questions: what one session has asked, and what came back, until the next EVENT_CONNECT; what is
 * asked of a message, until that is over.
 *
 * A part of a condition that needs a fact wants it. When nothing but what is wanted can decide the
 * rule, that is asked; else it is wanted no more. So each question is asked once a session, or once
 * a message, and only when somebody needs the answer.
 */
#ifndef FILTERS_EVAL_QUESTIONS_H
#define FILTERS_EVAL_QUESTIONS_H

#include "filters/base/must_use.h"
#include "filters/eval/eval_private.h"

#define QUESTIONS_TEXT_MAX 255 /* octets of an answer; a host name is no longer */

/* questions_state(e, question): how far it is. questions_text(e, question): what the answer was;
 * ptr NULL when there is none. */
enum lookup questions_state(const struct eval *e, const struct question *question);
struct slice questions_text(const struct eval *e, const struct question *question);

/* questions_content(e): what the message says; NULL when that was not asked, or could not be read.
 * questions_content_result(e): how reading it ended; CONTENT_READ also when nobody has said. */
const struct content *questions_content(const struct eval *e);
enum content_result questions_content_result(const struct eval *e);

/* questions_want(e, question): a condition needs it. 0, or -1 when memory is out.
 * questions_ask(e): all that is wanted is asked; questions_unwant(e): it is not. */
MUST_USE int questions_want(struct eval *e, const struct question *question);
void questions_ask(struct eval *e);
void questions_unwant(struct eval *e);

/* questions_asked(e): the first that waits for an answer; the others follow it, those of the
 * session after those of the message. NULL: none. They live as long as their answers, their order
 * until the next event. */
const struct question *questions_asked(const struct eval *e);

/* questions_answer(e, question, answer): asked or not. 0; or -1 when memory is out, or it is longer
 * than QUESTIONS_TEXT_MAX: it has failed then. questions_fail(e): nobody will answer what is asked.
 */
MUST_USE int questions_answer(struct eval *e, const struct question *question,
                              const struct answer *answer);
void questions_fail(struct eval *e);

/* questions_forget(e): none was asked; before the session's memory is given back.
 * questions_forget_message(e): none of the message; before that's is. */
void questions_forget(struct eval *e);
void questions_forget_message(struct eval *e);

#endif
