/* source: the text of a configuration, with what its @include lines name put in their place.
 *
 * libconfig could include files itself, but its scanner ends the whole process when an include
 * names a directory, wraps numbers above 2^31 around in silence, cuts strings at a NUL, and takes
 * every include from one folder. A gateway that reloads cannot live with that. So the files are
 * read here, looked through once, and handed to libconfig as one text; a line of that text leads
 * back to its file.
 */
#ifndef CONF_READ_SOURCE_H
#define CONF_READ_SOURCE_H

#include "filters/base/bytes.h"
#include "filters/base/diag.h"
#include "filters/base/must_use.h"

#define SOURCE_BYTES_MAX   (16 * 1024 * 1024) /* of all files together */
#define SOURCE_INCLUDE_MAX 10                 /* depth of includes */

struct source_span { /* from line ${first} of the text on, the lines of one file from ${start} on */
    unsigned first;
    struct place start;
};

struct source {
    struct bytes text; /* NUL-terminated once read */
    struct source_span *spans;
    size_t span_count, span_capacity;
    bool open_string;    /* one never ends: libconfig would fail, and leak it */
    unsigned line;       /* of the text, where the next byte will stand; from 1 */
    struct arena *arena; /* for file names and spans */
    struct diag *diag;
};

/* source_read(source, path, arena, diag): reads ${path} and all it includes. An @include starts at
 * the folder of the file it stands in. Returns 0, perhaps with errors in ${diag} (a number that
 * does not fit 31 bits, a \x00 in a string); or -1 with an error when the text is not whole: a file
 * cannot be read, holds a NUL byte, includes nest too deep, memory is out. source_fini either way.
 */
MUST_USE int source_read(struct source *source, const char *path, struct arena *arena,
                         struct diag *diag);
void source_fini(struct source *source);

/* source_place(source, line): where that line of the text came from. The file's name is as the user
 * wrote it, lives in the arena. */
struct place source_place(const struct source *source, unsigned line);

#endif
