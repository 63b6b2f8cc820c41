/* mime: a message's parts as GMime sees them: one reading among those that the content is made of
 * (outline has the others). The only door to GMime and glib.
 *
 * For reading alone: to make GMime write, or tell a boundary, can loop for ever
 * (jstedfast/gmime#165), and asking it for a part's text would bring its charsets. So it is asked
 * for parts, parameters and offsets; texts are decode's and text's. Of the message's own header it
 * sees the fields whose names begin with "Content-" and that are fields beyond doubt; what a
 * stranger line may mean is outline's. Those of messages inside of it are renamed on the way but
 * for "Co...": GMime's reader of addresses takes minutes for 256 KB of "a,a,a,".
 *
 * What GMime guesses of charsets hangs on the locale, which it takes from the environment when it
 * is made ready. Here it finds an empty one (mime_ready), and reads as ISO-8859-1 what is in no
 * charset that it knows, wherever this runs.
 *
 * Memory. glib ends the process when there is none. So before GMime begins, as much as it can take
 * is asked of malloc and given back, and where it is not there the message is not
 * read. That is a promise of the machine as far as it keeps promises: with a limit on the process
 * or without overcommitting it holds but for what other threads take meanwhile; what
 * bounds those are limits.message and the number of messages read at once.
 */
#ifndef FILTERS_MIME_MIME_H
#define FILTERS_MIME_MIME_H

#include "filters/base/allowance.h"
#include "filters/base/arena.h"
#include "filters/base/must_use.h"
#include "filters/base/reading.h"

struct header;

#define MIME_DOUBTS_MAX 64                /* kept; that there is one says it all */
#define MIME_FIELD_MAX  ((size_t)1 << 18) /* octets; what goes on is read as another field */
#define MIME_FIELDS_MAX 200000            /* of all parts: 100 MB */
#define MIME_DEPTH_MAX  1000              /* GMime itself goes down 1,024 levels */

enum mime_kind {
    MIME_LEAF,
    MIME_MULTIPART,
    MIME_MESSAGE, /* its one child is the message's root; encoded ones are leaves */
};

/* Texts are well-formed UTF-8 in the arena; ptr NULL: there is none. */
struct mime_part {
    uint32_t parent; /* CONTENT_NO_PART: of the first */
    unsigned depth;  /* 0: the message */
    enum mime_kind kind;
    bool typed;     /* it has a Content-Type field */
    bool uuencoded; /* the transfer encoding is that: ${encoding} is CONTENT_UNKNOWN */
    enum content_encoding encoding;
    struct slice type;                    /* small letters, "text/plain" where none is given */
    struct slice disposition;             /* small letters */
    struct slice name, charset, boundary; /* of the type */
    struct slice filename;                /* of the disposition */
    size_t header_start;                  /* offsets in the body: of the first field; */
    size_t content_start;                 /* ... past the empty line; */
    size_t content_end; /* ... past the content, without the line end of a delimiter. Of a
                         * container: past that of its last part */
};

struct mime {
    const struct mime_part *parts; /* in the order of the message, the message itself first */
    size_t part_count;
    const struct content_doubt *doubts;
    size_t doubt_count;
};

/* How much of each there may be in the message, its own header included: what outline has counted
 * before, whichever way they are read. */
struct mime_bounds {
    size_t parts, fields, parameters;
    size_t header_bytes; /* of all fields */
    size_t body_bytes;   /* of the whole body */
};

/* mime_ready(): readies GMime, once; mime_read does it where nobody has. For a moment the process
 * has no environment, so let it be before there are threads that ask for theirs. */
void mime_ready(void);

/* mime_read(header, body, bounds, depth, allowance, arena, mime): the parts of the message with
 * that header and body. CONTENT_READ: ${mime} and all of it is in the arena and points nowhere
 * else. CONTENT_LIMIT: there are more than ${bounds}->parts parts, or they are deeper than ${depth}
 * (MIME_DEPTH_MAX at most), or there are
 * more than MIME_FIELDS_MAX fields. CONTENT_OVER: the allowance was over; it is asked as the octets
 * are read. CONTENT_MEMORY: there is not as much memory as GMime might take, or the arena is full.
 * Legal from any thread, several at once. */
MUST_USE enum content_result mime_read(const struct header *header, struct slice body,
                                       const struct mime_bounds *bounds, unsigned depth,
                                       struct allowance *allowance, struct arena *arena,
                                       struct mime *mime);

#endif
