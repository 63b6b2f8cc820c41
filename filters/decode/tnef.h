/* tnef: the files in a "winmail.dat" ([MS-OXTNEF]), which Outlook shows as attachments and most
 * others as one file.
 */
#ifndef FILTERS_DECODE_TNEF_H
#define FILTERS_DECODE_TNEF_H

#include "filters/base/slice.h"

enum tnef_kind {
    TNEF_NAME, /* of a file, in some charset of 8 bits */
    TNEF_WIDE, /* likewise, in UTF-16 with the low byte first */
    TNEF_FILE, /* the octets of one */
};

struct tnef_item {
    enum tnef_kind kind;
    struct slice octets; /* of the content; a name without the zeros at its end */
};

/* What is left of one. Private. */
struct tnef {
    struct slice rest;
    struct slice properties; /* of the attribute that was read last */
    uint32_t left;           /* so many of them */
};

/* tnef_begin(tnef, content): whether ${content} is one; to go through it then. */
bool tnef_begin(struct tnef *tnef, struct slice content);

/* tnef_next(tnef, item): the next name or file in it. False: there is none, or what follows is cut
 * off. Linear in all. */
bool tnef_next(struct tnef *tnef, struct tnef_item *item);

#endif
