/* dkim: what the DKIM-Signatures of a message cover (RFC 6376), so that it is known before it
 * happens that an edit breaks one. Nothing is verified here.
 */
#ifndef FILTERS_MESSAGE_DKIM_H
#define FILTERS_MESSAGE_DKIM_H

#include "filters/base/must_use.h"
#include "filters/edit.h"
#include "filters/message/header.h"

#define DKIM_SIGNATURES_MAX 32      /* of one message; of more the first are looked at */
#define DKIM_LENGTH_MAX     4194304 /* an l= above it is taken for all of the body */

struct dkim_signature {
    struct slice field;                /* the whole field, as it came */
    struct slice domain;               /* d=; "?" where it says none */
    struct slice names;                /* h=, without blanks: "from:subject" */
    bool relaxed_header, relaxed_body; /* c= */
    bool limited;                      /* l= is given: only so much of the body is covered */
    uint64_t length;
};

struct dkim {
    struct dkim_signature *items;
    size_t count;
};

/* dkim_read(dkim, header, arena): the signatures of ${header}, each for itself, sound or not. Their
 * slices are of it and of the arena. 0, or -1 when the arena is full. */
MUST_USE int dkim_read(struct dkim *dkim, const struct header *header, struct arena *arena);

/* dkim_broken(dkim, header, body, edit, scratch, domain): whether applying ${edit} to the message
 * changes what a signature is computed of: the fields that it picks by name from below (5.4.2), the
 * body as far as l= says, itself; compared as its canonicalisation does (3.4). Fields that merely
 * stand beside them do not count, nor does a signature that is taken away. Returns 1 and in
 * ${domain} that of the first one, which lives as long as ${dkim}; 0; or -1 when ${scratch} is
 * full, where nothing of value is left. Linear. */
MUST_USE int dkim_broken(const struct dkim *dkim, const struct header *header, struct slice body,
                         const struct edit *edit, struct arena *scratch, struct slice *domain);

/* dkim_broken_from(dkim, same, domain): whether that is so of a body of which the beginning ${same}
 * stays, and not what follows it. */
bool dkim_broken_from(const struct dkim *dkim, struct slice same, struct slice *domain);

/* dkim_usual(name): whether signers usually cover fields of that name (RFC 6376, 5.4.1). */
bool dkim_usual(struct slice name);

#endif
