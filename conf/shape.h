/* shape: what a text written in a configuration is: an address, a domain, a range, or something
 * that no session will ever show, such as "<a@b>" or "http://x".
 *
 * A value that is compared with the wrong thing is no error of syntax, and yet it never holds.
 * Shapes and the kinds of values they can be equal to are one table, for list entries and for
 * values in rules alike.
 */
#ifndef CONF_SHAPE_H
#define CONF_SHAPE_H

#include "filters/rules/field.h"

enum shape {
    SHAPE_EMPTY,
    SHAPE_DOMAIN,     /* one label or more: also what could be a local part alone, "root" */
    SHAPE_SUBDOMAINS, /* "*.example.org" */
    SHAPE_MAILBOX,    /* "user@example.org" */
    SHAPE_LOCAL,      /* a local part that is no domain, "first+last" */
    SHAPE_ADDRESS,    /* of IP */
    SHAPE_ADDRESS_V6, /* ... which is no domain either */
    SHAPE_RANGE,
    SHAPE_LITERAL,   /* "[192.0.2.1]" */
    SHAPE_WILD,      /* with * or ? */
    SHAPE_WILD_IP,   /* ... which could be an IP address */
    SHAPE_WILD_AT,   /* ... with an "@" */
    SHAPE_PATTERN,   /* "/regex/flags" */
    SHAPE_ODD,       /* none of these, nor of the following */
    SHAPE_ANGLED,    /* "<a@b>" */
    SHAPE_QUOTED,    /* in quotes of its own */
    SHAPE_SEVERAL,   /* "a, b" */
    SHAPE_BLANKS,    /* " a" */
    SHAPE_URL,       /* "http://x", "mailto:a@b" */
    SHAPE_PORT,      /* "example.org:25" */
    SHAPE_NO_DOMAIN, /* "user@" */
    SHAPE_LATE_DOT,  /* "example.org." */
    SHAPE_EARLY_DOT, /* ".example.org" */
    SHAPE_REGEX,     /* a pattern without its slashes */
    SHAPE_NO_UTF8,   /* bytes of another charset */
    SHAPE_COUNT,
};

/* What the values of a field are. A mask: a list can be compared with several. */
enum value_class {
    CLASS_CLIENT = 1,   /* an IP address */
    CLASS_HELO = 2,     /* what a client calls itself: nearly anything */
    CLASS_HOST = 4,     /* a name from the DNS or from TLS */
    CLASS_DOMAIN = 8,   /* of a mail address */
    CLASS_MAILBOX = 16, /* a mail address */
    CLASS_TEXT = 32,    /* anything */
};

/* shape_of(text): the first shape that fits. Linear, and quick for addresses and domains, of which
 * lists are long. */
enum shape shape_of(struct slice text);

/* shape_class(field): what its values are; CLASS_TEXT for a field that this page does not know. */
enum value_class shape_class(enum field_id field);

/* shape_holds(shape, class, entry): whether a text of that shape can be equal to a value of that
 * class. ${entry}: it is an entry of a list, where a range is nothing but a range. */
bool shape_holds(enum shape shape, enum value_class class, bool entry);

/* shape_noun(shape), shape_class_noun(class): for "it is a domain, not an address": "an address".
 */
const char *shape_noun(enum shape shape);
const char *shape_class_noun(enum value_class class);

/* shape_advice(shape, class): what would be right in its place, for the end of a sentence. */
const char *shape_advice(enum shape shape, enum value_class class);

/* shape_domain(text): whether ${text} can be what follows the "@" of an address. */
bool shape_domain(struct slice text);

/* shape_regex(text): whether ${text}, which is no pattern, was written as one: "^foo". */
bool shape_regex(struct slice text);

#endif
