/* wire: what the tests of the milter protocol's parsers and writers share. */
#ifndef TESTS_UNIT_PROXY_MILTER_WIRE_WIRE_H
#define TESTS_UNIT_PROXY_MILTER_WIRE_WIRE_H

#include <stdlib.h>

#include "proxy/milter/wire/packet.h"
#include "tests/unit/support.h"

#define WIRE_ROOM (256 * 1024)

/* --- what writers write --- */

/* wire_begin(state), wire_end(state): a group's setup and teardown; *state is a struct bytes. */
static inline int wire_begin(void **state)
{
    struct bytes *out = (struct bytes *)calloc(1, sizeof(*out));

    assert_non_null(out);
    bytes_init(out, WIRE_ROOM);
    *state = out;
    return 0;
}

static inline int wire_end(void **state)
{
    bytes_fini((struct bytes *)*state);
    free(*state);
    return 0;
}

/* wire_take(out): what was written since the last look; good until something is written. */
static inline struct slice wire_take(struct bytes *out)
{
    struct slice wire = bytes_slice(out);

    out->len = 0;
    return wire;
}

/* --- what parsers parse --- */

#define WIRE_DATA_MAX 64 /* octets of a row's data */

/* wire_cut_and_padded(packet, parses, cuts, padded): a packet that is good is a bad one with fewer
 * data, but for the lengths whose bits are set in ${cuts}, and with one octet more, but for
 * ${padded}. */
static inline void wire_cut_and_padded(struct packet packet, bool (*parses)(struct packet packet),
                                       uint64_t cuts, bool padded)
{
    struct slice data = packet.data;
    char longer[WIRE_DATA_MAX];
    struct guard guard;

    assert_in_range(data.len, 0, WIRE_DATA_MAX - 1);
    guard_init(&guard, WIRE_DATA_MAX);
    for (size_t len = 0; len < data.len; len++) {
        packet.data = guard_copy(&guard, slice_first(data, len));
        assert_input(parses(packet) == ((cuts >> len & 1) != 0), data, len);
    }
    if (data.len > 0)
        memcpy(longer, data.ptr, data.len);
    longer[data.len] = 'x';
    packet.data = guard_copy(&guard, slice_make(longer, data.len + 1));
    assert_input(parses(packet) == padded, data, data.len + 1);
    guard_fini(&guard);
}

#endif
