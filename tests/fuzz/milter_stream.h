/* milter_stream: what both fuzz targets of the milter protocol do with a stream of packets. */
#ifndef TESTS_FUZZ_MILTER_STREAM_H
#define TESTS_FUZZ_MILTER_STREAM_H

#include "proxy/milter/wire/packet.h"

/* milter_stream_run(data, size, streamed, judge): the first byte is the size of the pieces, the
 * rest a stream. Pieces must not matter: read at once and in pieces, the same packets come out,
 * down to the last one before a bad one. ${judge} is called for each packet, or piece of a streamed
 * one, of the stream read at once. */
void milter_stream_run(const uint8_t *data, size_t size, char streamed,
                       void (*judge)(struct packet packet));

#endif
