#include "proxy/problems.h"

#include <stdio.h>

static void print_line(void *ctx, struct slice line)
{
    (void)fprintf(ctx, "%.*s\n", SLICE_ARG(line));
}

void problems_print(const struct diag *diag)
{
    diag_print(diag, print_line, stderr);
}
