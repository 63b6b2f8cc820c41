/* unit: sizes, times and numbers as people write them: "512K", "5m", "> 10M". */
#ifndef CONF_UNIT_H
#define CONF_UNIT_H

#include "filters/base/must_use.h"
#include "filters/rules/rule.h"

/* unit_size(text, bytes): digits, then perhaps K, M or G (of 1024). Returns 0, or -1 for anything
 * else or what does not fit 63 bits. */
MUST_USE int unit_size(struct slice text, uint64_t *bytes);

/* unit_time(text, ms): digits, then ms, s, m, h or d. As unit_size; a missing unit is -1. */
MUST_USE int unit_time(struct slice text, uint64_t *ms);

/* unit_number(text, op, number): perhaps >, >=, < or <= (else NUMBER_EQUAL) and blanks, then a
 * number: a minus, digits, a fraction, and K, M or G. Returns 0 or -1. */
MUST_USE int unit_number(struct slice text, enum number_op *op, double *number);

#endif
