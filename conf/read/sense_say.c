/* sense_say: see sense.h. How all of them speak. */
#include <stdarg.h>
#include <stdio.h>

#include "conf/read/sense.h"

#define TEXT_MAX 1024

void sense_say(struct sense *sense, struct place place, const char *format, ...)
{
    char text[TEXT_MAX];
    va_list args;

    va_start(args, format);
    (void)vsnprintf(text, sizeof(text), format, args); /* what is cut is a text of the operator's */
    va_end(args);
    diag_add(sense->build->diag, DIAG_WARNING, place, "%s '%.*s': %s", sense->noun,
             SLICE_ARG(sense->name), text);
    sense->said++;
}
