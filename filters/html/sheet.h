/* sheet: what the style elements of a text declare, as far as their selectors are simple: "*", "p",
 * ".x", "#x", "p.x", "p#x". All others, and nested rules, count for nothing. */
#ifndef FILTERS_HTML_SHEET_H
#define FILTERS_HTML_SHEET_H

#include "filters/base/allowance.h"
#include "filters/base/bytes.h"
#include "filters/html/style.h"

#define SHEET_RULES_MAX   2000 /* the others count for nothing */
#define SHEET_CLASSES_MAX 16   /* of an element; likewise */
#define SHEET_BUCKETS     1024

struct sheet {
    struct bytes rules; /* struct sheet_rule, of sheet.c */
    size_t count;
    uint16_t first[SHEET_BUCKETS]; /* 0: none, else 1 for the first rule */
};

/* sheet_init(sheet): an empty one. sheet_fini(sheet) gives back what it holds. */
void sheet_init(struct sheet *sheet);
void sheet_fini(struct sheet *sheet);

/* sheet_read(sheet, text): adds the rules of ${text}. Linear. Returns 0, or -1 when memory is out.
 */
MUST_USE int sheet_read(struct sheet *sheet, struct slice text);

/* sheet_match(sheet, element, classes, id, declared): adds to ${declared} what the rules say of an
 * element of the name ${element}, with ${classes} and ${id} as their attributes have them; that of
 * an id comes last. Returns how many steps that were. */
size_t sheet_match(const struct sheet *sheet, struct slice element, struct slice classes,
                   struct slice id, struct style_declared *declared);

#endif
