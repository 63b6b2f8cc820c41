/* revision: the body of a message as it is to be: some of its parts with another text, or with a
 * note in their place. All else stays octet for octet as it came, and so does of a changed part
 * what the change does not name.
 *
 * Texts are added to what a reader sees as the message: the first text that is shown, and where
 * that is one of several alternatives, its alternatives. Of what is signed or encrypted no text is
 * changed.
 */
#ifndef FILTERS_REVISE_REVISION_H
#define FILTERS_REVISE_REVISION_H

#include "filters/base/bytes.h"
#include "filters/base/must_use.h"
#include "filters/content/content.h"

#define REVISION_TEXT_MAX 1048576 /* octets of a part whose text is changed, in one go */

enum revision_result {
    REVISION_DONE,
    REVISION_SAME,   /* there was nothing to change */
    REVISION_SEALED, /* the part is signed or encrypted */
    REVISION_UNFIT,  /* the text does not fit the part's charset or encoding */
    REVISION_LONG,   /* the part is longer than REVISION_TEXT_MAX */
    REVISION_MEMORY,
};

/* How a part was before the round under way touched it. */
struct revised_then {
    bool touched, removed;
    unsigned round;
    struct bytes octets, wire;
};

/* A part as it is to be. */
struct revised {
    bool touched, removed;
    bool decoded;        /* ${octets} are known */
    struct bytes octets; /* what it says now */
    struct bytes wire;   /* of a touched one: as it goes out; of a removed one with its header */
    unsigned round;      /* the last that has touched it */
    struct revised_then then; /* ... and how it was before */
};

struct revision {
    const struct content *content;
    struct slice body;
    size_t limit_bytes;
    size_t first;          /* text that is shown; SLICE_NOT_FOUND: none */
    struct revised *parts; /* one for each of the content; NULL: none was touched */
    unsigned round;
};

/* revision_init(r, content, body, limit_bytes): of the message that ${content} was read from, whose
 * body is ${body}; both must outlive it. It may take ${limit_bytes} for each text of a part and for
 * the new body. Allocates nothing yet. revision_fini(r): legal on zeroed memory, and twice. */
void revision_init(struct revision *r, const struct content *content, struct slice body,
                   size_t limit_bytes);
void revision_fini(struct revision *r);

/* revision_takes_text(r, part, html): whether a text, plain or HTML, that is added to the message
 * is added to that part (target_is), which is there still. A sealed one may be among them. */
bool revision_takes_text(const struct revision *r, size_t part, bool html);

/* revision_append(r, part, text, others, count): puts ${text} at the end of that part, of HTML
 * before the last </body>, on lines of its own; the part ends in a line end if it did.
 * REVISION_SAME when it ends with that already,
 * ${others}, texts that are added by others, and blanks aside. */
MUST_USE enum revision_result revision_append(struct revision *r, size_t part, struct slice text,
                                              const struct slice *others, size_t count);

/* revision_text(r, part, out): appends what the part says now, as UTF-8, to be changed by
 * revision_replace(r, part, now, text), which makes it say ${text} instead of ${now}, that text. */
MUST_USE enum revision_result revision_text(struct revision *r, size_t part, struct bytes *out);
MUST_USE enum revision_result revision_replace(struct revision *r, size_t part, struct slice now,
                                               struct slice text);

/* revision_remove(r, part, note): the part, with all that is in it, becomes a plain text that says
 * ${note}. Where it is the message itself, its fields are the caller's: revision_note_quoted(note)
 * is whether its Content-Transfer-Encoding is then quoted-printable. REVISION_SAME: it is gone
 * already. */
MUST_USE enum revision_result revision_remove(struct revision *r, size_t part, struct slice note);
bool revision_note_quoted(struct slice note);

/* revision_begin(r): what follows is a round, which revision_undo(r) takes back.
 * revision_changed(r): whether it has changed anything. revision_kept(r): how many octets of the
 * body stand before the first part that it has changed, and in that before the change; all of them,
 * if it has not. */
void revision_begin(struct revision *r);
void revision_undo(struct revision *r);
bool revision_changed(const struct revision *r);
size_t revision_kept(const struct revision *r);

/* revision_touched(r): whether any part is another than it was received. */
bool revision_touched(const struct revision *r);

/* How far the whole body was gone through; all zero at its begin. */
struct revision_place {
    size_t part, at;
};

/* revision_next(r, place, piece): the next piece of the whole body, of any length, none too; false:
 * that was all. */
bool revision_next(const struct revision *r, struct revision_place *place, struct slice *piece);

#endif
