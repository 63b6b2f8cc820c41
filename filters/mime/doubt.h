/* doubt: the reasons why readers could disagree about a message's structure, each a bit of a set.
 *
 * What is here was seen in readers: MIME-tools marks or refuses most of it since 5.503, other
 * filters were passed by with it.
 */
#ifndef FILTERS_MIME_DOUBT_H
#define FILTERS_MIME_DOUBT_H

#include <stdint.h>

enum doubt {
    /* a header */
    DOUBT_STRAY,        /* a line of it is no field: some end it there */
    DOUBT_COLON,        /* blanks between a field's name and its colon: to some no field */
    DOUBT_TYPES,        /* several types */
    DOUBT_ENCODINGS,    /* several transfer encodings */
    DOUBT_DISPOSITIONS, /* several dispositions */
    DOUBT_TYPE,         /* a type that is not two words and a slash */
    DOUBT_ENCODING,     /* a transfer encoding that some do not know as written */
    /* the parameters of a field */
    DOUBT_JUNK,        /* something between semicolons that is no parameter */
    DOUBT_REPEATED,    /* one parameter, several values */
    DOUBT_COMMENT,     /* a comment among them */
    DOUBT_QUOTES,      /* a quoted string without end, or with text around it */
    DOUBT_BLANKS,      /* a blank in a value without quotes */
    DOUBT_ESCAPE,      /* a backslash that some drop and others keep */
    DOUBT_PIECES,      /* RFC 2231: numbers that are missing or repeated, or a form it has not */
    DOUBT_NAMES,       /* names of one part, of different kinds */
    DOUBT_CHARSETS,    /* several charsets */
    DOUBT_BOUNDARY,    /* a boundary in a form that only some undo */
    DOUBT_NO_BOUNDARY, /* none, or an empty one */
    /* the structure */
    DOUBT_CONTAINER,    /* a multipart that is encoded as a whole */
    DOUBT_NO_DELIMITER, /* its boundary never comes */
    DOUBT_NO_END,       /* the last delimiter is missing */
    DOUBT_AGAIN,        /* a delimiter behind the last */
    DOUBT_NESTED,       /* two open multiparts with one boundary */
    DOUBT_PREFIX,       /* a line that goes on behind a boundary */
    DOUBT_BELOW,        /* fields of MIME below the empty line that ends a header without any */
    DOUBT_LEAF,         /* a boundary that comes in what is no multipart */
    DOUBT_MESSAGE,      /* a message of a kind that some do not open, or one that is encoded */
    DOUBT_READERS,      /* another reader finds other parts */
    /* a body */
    DOUBT_BASE64,  /* padding in the middle, strangers in it, or an end within a group */
    DOUBT_QUOTED,  /* "=" without two digits, or a line end that is none */
    DOUBT_CHARSET, /* a text in a charset that nobody here knows */
    DOUBT_ASCII,   /* a text that is one without its charset, too */
    DOUBT_FILE,    /* a file written out in a text: uuencode, yEnc */
    DOUBT_TNEF,    /* a container that only some open */
    DOUBTS,
};

typedef uint64_t doubt_set;

static inline doubt_set doubt_bit(enum doubt doubt)
{
    return (doubt_set)1 << doubt;
}

/* doubt_text(doubt): it as a person reads it: "several Content-Type fields". Static. */
const char *doubt_text(enum doubt doubt);

#endif
