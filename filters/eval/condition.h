/* condition: three-valued trees over leaves, each answered once. */
#ifndef FILTERS_EVAL_CONDITION_H
#define FILTERS_EVAL_CONDITION_H

#include "filters/eval/eval_private.h"

/* condition_judge(e, node, at): whether the condition of rule ${at}->rule holds, as far as is
 * known. TRUTH_FAILED only when no other part settles it and none can any more; the rule's mark
 * says whether it was a lookup. TRUTH_STOP also when only the answer to a question can decide it,
 * or when it holds and its texts need one. */
enum truth condition_judge(struct eval *e, const struct node *node, const struct standpoint *at);

/* condition_part(e, node, at): likewise of a part of the condition, without a word on why it
 * failed; also TRUTH_ASKED. */
enum truth condition_part(struct eval *e, const struct node *node, const struct standpoint *at);

/* condition_texts(e, entry): what the texts of a rule that acts name, and must be asked for, is
 * wanted as far as it is there: TRUTH_ASKED; all of it is known, or cannot be: TRUTH_TRUE;
 * TRUTH_STOP: memory is out. */
enum truth condition_texts(struct eval *e, const struct entry *entry);

/* Which part of the captures is asked for: `$1`, `${listtext}` or `${matched}`. */
enum capture_kind { CAPTURE_GROUPS, CAPTURE_LISTTEXT, CAPTURE_MATCHED };

/* condition_captures(e, node, at, kind): of a condition that holds: what its last pattern, list
 * with texts, or matcher of any kind matched, in written order; where one of several groups is
 * enough, of the first that holds. NULL when none. */
const struct captures *condition_captures(struct eval *e, const struct node *node,
                                          const struct standpoint *at, enum capture_kind kind);

#endif
