/* list_room: which patterns of a block of a list are seen in a value, and in which stretches of it.
 *
 * A value is divided into 64 stretches at most, and each pattern has a bit for each. So the room is
 * of a fixed size, whatever is seen; in a long value more of it is searched than need be.
 */
#ifndef FILTERS_MATCH_LIST_ROOM_H
#define FILTERS_MATCH_LIST_ROOM_H

#include "filters/match/list_private.h"

/* list_room_look(room, block, text, seen): a pass over ${text} for the patterns of ${block},
 * LIST_SLICE_BYTES at a time. *${seen} is 0 at the beginning, and then the room's. true: it is
 * done, and what follows may be asked. */
bool list_room_look(struct list_room *room, const struct slow_block *block, struct slice text,
                    uint64_t *seen);

/* list_room_next(room, number): the first entry of the block, from ${number} on, that may hold the
 * text; LIST_BLOCK: none. */
size_t list_room_next(const struct list_room *room, size_t number);

/* list_room_start(room, block, number, offset): where, from ${offset} on, a match of that entry's
 * pattern may begin next; SLICE_NOT_FOUND: nowhere. */
size_t list_room_start(const struct list_room *room, const struct slow_block *block, size_t number,
                       size_t offset);

#endif
