/* The second reading of a configuration as its own files share it: syntax.c (the grammar) and
 * syntax_hint.c (what to say of a token that does not fit), syntax_show.c (or else). Nobody else
 * includes this. */
#ifndef CONF_READ_SYNTAX_PRIVATE_H
#define CONF_READ_SYNTAX_PRIVATE_H

#include "conf/read/syntax.h"
#include "conf/read/token.h"

#define SYNTAX_BLOCK_BYTES 4096
#define SYNTAX_BYTES_MAX   (2 * (size_t)SOURCE_BYTES_MAX)

enum syntax_expected {
    SYNTAX_NAME,
    SYNTAX_EQUALS,
    SYNTAX_FIRST_VALUE, /* of a list or array, which may be empty */
    SYNTAX_VALUE,
    SYNTAX_AFTER_VALUE,
};

/* A setting of a group under way. */
struct syntax_known {
    struct syntax_known *next;
    struct slice name;
    unsigned line;
};

/* A bracket that is open; the first is the file itself. */
struct syntax_frame {
    char open; /* '\0' for the file */
    unsigned line;
    struct slice setting; /* whose value it is, or within */
    struct syntax_known *known;
    bool filled; /* an array with a value ... */
    enum token_kind kind;
};

struct syntax {
    const struct source *source;
    const struct syntax_error *error;
    struct diag *diag;
    struct arena arena; /* of the known settings */
    struct slice text;
    bool duplicate; /* libconfig has found a setting twice */

    struct token before, token; /* the last one that fits, and the one looked at */
    struct slice at, after;     /* the text before that one, blanks included, and behind it */
    struct token name;          /* the setting under way */
    struct token long_string;   /* the first string over a line end; line 0: none */
    unsigned twin_line;         /* of the setting that was there before */
    enum syntax_expected expected, wanted; /* now, and of the token looked at */
    struct syntax_frame frames[SYNTAX_DEPTH_MAX];
    size_t depth;
};

/* syntax_hint(s): explains why the token does not fit; false: nothing is known of it, and nothing
 * was recorded. syntax_show(s): what libconfig says, with the line. */
bool syntax_hint(struct syntax *s);
void syntax_show(struct syntax *s);

#endif
