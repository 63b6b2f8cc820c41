/* content_text: what a message says, written as text, for tests of who judges it.
 *
 *     attachment=a.exe|attachment=b.txt|attachment_size=12|mismatch|doubt
 */
#ifndef TESTS_UNIT_FILTERS_EVAL_CONTENT_TEXT_H
#define TESTS_UNIT_FILTERS_EVAL_CONTENT_TEXT_H

#include "filters/content/content.h"

#define CONTENT_TEXT_VALUES 8

struct content_text {
    struct content content;
    struct content_value values[CONTENT_FACTS][CONTENT_TEXT_VALUES];
    struct content_doubt doubt;
};

/* content_text_init(t, text): ${t}->content says what ${text}, which must outlive it, has. */
void content_text_init(struct content_text *t, struct slice text);

/* content_text_read(header, body, content): reads that message, within plenty, in the place of
 * ${content}, which goes. */
enum content_result content_text_read(const struct header *header, struct slice body,
                                      struct content **content);

#endif
