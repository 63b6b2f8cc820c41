/* text: the operator's texts with `$1`, `${field}`, `${header.Name}` and `$$` in them. */
#ifndef FILTERS_RULES_TEXT_H
#define FILTERS_RULES_TEXT_H

#include "filters/base/arena.h"
#include "filters/base/must_use.h"
#include "filters/match/pattern.h"
#include "filters/rules/field.h"

enum text_part_kind {
    TEXT_LITERAL,
    TEXT_CAPTURE,
    TEXT_FIELD,
    TEXT_HEADER,
    TEXT_LISTTEXT,
    TEXT_MATCHED,
};

struct text_part {
    enum text_part_kind kind;
    struct slice literal;
    unsigned capture; /* 0..9 */
    enum field_id field;
    struct slice name; /* of TEXT_HEADER: the header field's */
};

struct text {
    struct text_part *parts;
    size_t count;
    bool uses_captures; /* $0..$9 or ${listtext} stand in it */
    bool uses_matched;  /* ${matched} does */
};

#define TEXT_VALUE_MAX    1024  /* bytes taken of one capture or fact */
#define TEXT_EXPANDED_MAX 16384 /* bytes of a whole expanded text */

/* text_parse(text, source, arena, error): splits ${source}; literals are slices of it or of static
 * memory. Returns 0, or -1 with a sentence in *${error} (NUL-terminated, in the arena or static):
 * any "$" but $1..$9, $$ and ${name} of a field with in_text, of listtext, matched or header.Name.
 */
MUST_USE int text_parse(struct text *text, struct slice source, struct arena *arena,
                        const char **error);

/* Where values come from when a text is expanded. */
struct text_values {
    const struct pattern_match *match; /* NULL: captures are empty */
    struct slice listtext;
    struct slice matched; /* by the condition's last matcher that holds */
    /* The value of a field, empty when unknown; valid until the next call. NULL: all are empty. */
    struct slice (*field)(void *ctx, enum field_id id);
    /* The same of the first header field of a name. */
    struct slice (*header)(void *ctx, struct slice name);
    void *ctx;
};

/* text_each(text, values, take, ctx): calls ${take} for each part of the text with what stands
 * there, in order: ${value} is a part's literal, or a value as it is, whatever its length. */
typedef void text_take(void *ctx, const struct text_part *part, struct slice value);
void text_each(const struct text *text, const struct text_values *values, text_take *take,
               void *ctx);

/* text_cut(part, value, room): as much of ${value} of ${part} as a text takes that has ${room}
 * left: all of a literal, TEXT_VALUE_MAX of others; whole characters only. */
struct slice text_cut(const struct text_part *part, struct slice value, size_t room);

/* text_expand(text, values, arena): the text with values put in. What comes from values loses CR,
 * LF and NUL (each becomes a blank) and is cut at TEXT_VALUE_MAX, the whole at TEXT_EXPANDED_MAX,
 * never inside a UTF-8 character. ptr NULL when the arena is full. */
struct slice text_expand(const struct text *text, const struct text_values *values,
                         struct arena *arena);

#endif
