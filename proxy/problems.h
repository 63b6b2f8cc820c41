/* problems: what is wrong with a configuration, as every subcommand says it. */
#ifndef PROXY_PROBLEMS_H
#define PROXY_PROBLEMS_H

#include "filters/base/diag.h"

/* problems_print(diag): each problem as a line on stderr. */
void problems_print(const struct diag *diag);

#endif
