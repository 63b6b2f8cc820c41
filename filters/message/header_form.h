/* header_form: how a new word of a value is written. */
#ifndef FILTERS_MESSAGE_HEADER_FORM_H
#define FILTERS_MESSAGE_HEADER_FORM_H

#include "filters/message/header_tokens.h"

#define HEADER_PLAIN_MAX 900 /* bytes of a word written as it stands; a line has 998 at most */
#define HEADER_GAP_MAX   60  /* blanks written as they stand */

enum form {
    FORM_PLAIN,   /* as it stands */
    FORM_ESCAPED, /* likewise, with a backslash where an opaque byte would be structure */
    FORM_QUOTED,  /* as that, in quotes */
    FORM_ENCODED, /* as encoded-words */
};

/* header_form(text, shape, token, addresses): how ${token} of ${text}, whose shape is ${shape}, is
 * to be written: so that a reader gets the text and nothing else out of it (RFC 2047, 5). What is
 * opaque becomes no structure, except one that is just an address where one may be. */
enum form header_form(const struct header_text *text, struct slice shape, const struct token *token,
                      bool addresses);

#endif
