/* syntax: says what is wrong where libconfig has found a syntax error.
 *
 * libconfig says "syntax error" and the line where it noticed, which may be the one after. What
 * people write there is known: brackets of another kind, a comma too many, quotes around a name,
 * none around a value. So when a load has failed, and only then, its text is read a second time by
 * the same grammar, up to the first token that does not fit, and that one is explained where it
 * stands. Linear in the text. What libconfig takes in another sense than its writer is said too.
 */
#ifndef CONF_READ_SYNTAX_H
#define CONF_READ_SYNTAX_H

#include "conf/read/source.h"

#define SYNTAX_DEPTH_MAX 100 /* brackets within brackets; nothing sensible has ten */

/* What libconfig has said. */
struct syntax_error {
    const char *text;
    unsigned line; /* of the source's text */
};

/* syntax_explain(source, error, diag): records one error that names the place and what would be
 * right; where nothing is known better, libconfig's text, with the line in question below it. The
 * source must have been read. */
void syntax_explain(const struct source *source, const struct syntax_error *error,
                    struct diag *diag);

/* syntax_join(source, diag): of a text that libconfig has read: warns of strings side by side,
 * which it joins in silence where somebody has forgotten a comma; for a single value only on one
 * line, since a long text may go on in the next. */
void syntax_join(const struct source *source, struct diag *diag);

#endif
