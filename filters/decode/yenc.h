/* yenc: files written out in a text as yEnc does, behind a line "=ybegin line=128 size=1 name=x".
 * Some mail programs show them; what is in them is not read here. */
#ifndef FILTERS_DECODE_YENC_H
#define FILTERS_DECODE_YENC_H

#include "filters/base/slice.h"

/* yenc_next(text, at, name): the name of the next such file at or behind *${at}, and *${at} behind
 * it. False: there is none. Linear in all. */
bool yenc_next(struct slice text, size_t *at, struct slice *name);

#endif
