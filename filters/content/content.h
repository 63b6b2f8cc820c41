/* content: what a message really says: its parts, their decoded texts, names, types and links.
 *
 * Read once for all who ask, in every way in which readers would read it: where they disagree, what
 * any of them would show is a value, and the content is ambiguous. Immutable once made, and of no
 * thread: it can be read in one and used in another.
 *
 * How it is made: outline (where parts begin and end, within limits, before anybody else looks) in
 * several readings where a header could mean several things; mime (what GMime sees); decode (from a
 * part's octets to text), html, link, zip and signature (what stands in them). doubt.h has why
 * readers could disagree.
 */
#ifndef FILTERS_CONTENT_CONTENT_H
#define FILTERS_CONTENT_CONTENT_H

#include "filters/base/allowance.h"
#include "filters/base/must_use.h"
#include "filters/base/reading.h"
#include "filters/base/slice.h"

struct header;

/* The facts that have values (postern-rules(7)). */
enum content_fact {
    CONTENT_BODY,
    CONTENT_HIDDEN_TEXT,
    CONTENT_ATTACHMENT,
    CONTENT_ATTACHMENT_TYPE,
    CONTENT_ATTACHMENT_SIZE,
    CONTENT_ARCHIVE_MEMBER,
    CONTENT_ARCHIVE_ENCRYPTED,
    CONTENT_LINK,
    CONTENT_LINK_HOST,
    CONTENT_FACTS,
};

/* Which way of reading made a value. */
enum content_view {
    CONTENT_PLAIN,   /* a part's text, or what the fact says */
    CONTENT_SOURCE,  /* of HTML: as written */
    CONTENT_VISIBLE, /* of HTML: what is shown of it */
    CONTENT_OTHER,   /* as another reader takes it */
};

struct content_value {
    struct slice text; /* well-formed UTF-8; of a size its digits */
    uint64_t number;   /* of a size */
    uint32_t part;     /* whose it is */
    enum content_view view;
    bool mismatch; /* of a link: what is shown of it names another host than it leads to */
};

struct content_values {
    const struct content_value *items; /* in the order of the message, first what most readers
                                        * see of it, and behind that what others do */
    size_t count;
};

/* A part, in the order of the message; the message itself is the first. */
struct content_part {
    uint32_t parent; /* CONTENT_NO_PART: none */
    unsigned depth;  /* 0: the message */
    struct slice header,
        body;                /* as on the wire: its fields with their line ends; what follows its
                              * empty line, without the line end that belongs to a delimiter. Slices
                              * of the message's body; of the message itself the header is empty */
    struct slice type;       /* "text/html", small letters; "text/plain" where none is given */
    struct slice charset;    /* as declared; may be empty */
    struct slice name;       /* the first of its file names; ptr NULL: none */
    struct slice shown_type; /* what its content shows; ptr NULL: nothing known */
    uint64_t size;           /* decoded */
    enum content_encoding encoding;
    bool eight_bit;  /* 8bit or binary, which say that octets above 127 may be in it */
    bool attachment; /* a file rather than text that is shown or a container */
    bool shown;      /* a text that a reader shows as the message, or a part of it */
    bool html;       /* ... and HTML */
    bool sealed;     /* signed or encrypted, or inside of what is */
    bool encrypted;  /* ... the latter */
    bool other;      /* only another reading has it, or it stands in what is encoded as a whole:
                      * edits do not reach it. These come last */
};

struct content {
    const struct content_part *parts;
    size_t part_count;
    struct content_values values[CONTENT_FACTS];
    const struct content_doubt *doubts; /* none: it is not ambiguous */
    size_t doubt_count;
    bool link_mismatch;
};

struct content_limits {
    unsigned depth, parts; /* limits.mime_depth, limits.mime_parts */
    size_t memory_bytes;   /* for all that is made of it */
};

/* content_ready(): readies the libraries that are asked; before there are threads (mime_ready). */
void content_ready(void);

/* content_read(header, body, limits, allowance, content): reads the message with that header and
 * body. CONTENT_READ: ${content} is the caller's, for content_destroy, and its slices point into
 * ${body} or itself: both ${header} and ${body} must outlive it. Else there is none, and ${content}
 * is NULL. Linear in the length. Legal from any thread. content_why(result): what was wrong, as a
 * failure says it. content_destroy(NULL) does nothing. */
MUST_USE enum content_result content_read(const struct header *header, struct slice body,
                                          const struct content_limits *limits,
                                          struct allowance *allowance, struct content **content);
const char *content_why(enum content_result result);
void content_destroy(struct content *content);

#endif
