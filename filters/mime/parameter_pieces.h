/* parameter_pieces: one value in several pieces, and with a charset (RFC 2231, 3 and 4). */
#ifndef FILTERS_MIME_PARAMETER_PIECES_H
#define FILTERS_MIME_PARAMETER_PIECES_H

#include "filters/base/arena.h"
#include "filters/base/charset.h"

#define PARAMETER_PIECE_ALONE UINT32_MAX

/* A name as it is written: "filename*1*". */
struct parameter_name {
    struct slice base; /* "filename" */
    uint32_t number;   /* 1; PARAMETER_PIECE_ALONE: it has none */
    bool piece;        /* it has a "*" */
    bool extended;     /* the value has "%XX" in it */
};

void parameter_name_read(struct slice text, struct parameter_name *name);

struct parameter_piece;

struct parameter_pieces {
    struct arena *arena;
    struct charset_set *charsets;
    struct parameter_piece *first, **end;
    bool trouble; /* memory was out */
};

#define PARAMETER_READINGS 4

/* The pieces of one name, as the standard joins them, and then as others do. */
struct parameter_joined {
    struct slice base;
    struct slice values[PARAMETER_READINGS];
    size_t count;
    bool odd; /* they do not fit: missing, repeated, not in order, or not of one kind */
};

void parameter_pieces_init(struct parameter_pieces *pieces, struct charset_set *charsets,
                           struct arena *arena);

/* parameter_pieces_add(pieces, name, value): one more, in the order in which they are written;
 * slices must live as long as the arena. False when that is full. */
bool parameter_pieces_add(struct parameter_pieces *pieces, const struct parameter_name *name,
                          struct slice value);

/* parameter_pieces_next(pieces, joined): the pieces of the next name, which are then taken off.
 * False when there are no more. What is declared in a charset that is known becomes UTF-8. */
bool parameter_pieces_next(struct parameter_pieces *pieces, struct parameter_joined *joined);

#endif
