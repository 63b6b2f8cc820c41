/* check_patterns: the patterns that are searched one by one, and what each costs. */
#ifndef PROXY_CHECK_PATTERNS_H
#define PROXY_CHECK_PATTERNS_H

#include "conf/config.h"
#include "filters/base/must_use.h"

/* check_patterns(config): prints, for `postern check -v`, those of the rules of each policy and of
 * the lists that have no literal (filters/rules/bare.h, list_bare_patterns), each with what
 * searching a megabyte for it takes here. 0, or -1 when memory is out. */
MUST_USE int check_patterns(const struct config *config);

#endif
