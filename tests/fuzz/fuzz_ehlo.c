/* fuzz_ehlo: what an upstream offers in its EHLO reply, and what becomes of it. The first byte says
 * what is stripped and how the connections are. What is offered on was offered to us or is ours, is
 * printable lines, and read again means the same; parameters of what was not offered are unknown.
 */
#include <assert.h>

#include "proxy/smtp/extension.h"

#define HEAD_BYTES      1
#define MESSAGE_LIMIT   1000
#define RECIPIENT_LIMIT 50

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_offer(const struct capabilities *upstream, const struct capabilities *offer)
{
    const unsigned ours = EXTENSION_PIPELINING | EXTENSION_CHUNKING;

    assert((offer->extensions & ~upstream->extensions & ~ours) == 0);
    assert((offer->extensions & (EXTENSION_XCLIENT | EXTENSION_XFORWARD)) == 0);
    if ((offer->extensions & EXTENSION_BINARYMIME) != 0)
        assert((offer->extensions & upstream->extensions & EXTENSION_CHUNKING) != 0);
    if ((offer->extensions & EXTENSION_SMTPUTF8) != 0)
        assert((offer->extensions & EXTENSION_8BITMIME) != 0);
    assert(offer->size_limit <= MESSAGE_LIMIT);
    if ((offer->extensions & EXTENSION_LIMITS) != 0)
        assert(offer->limits[LIMIT_RCPTMAX] <= RECIPIENT_LIMIT);
    assert(extension_line_bytes(offer) <= EXTENSION_LINE_BYTES_MAX);
}

/* Lines of printable ASCII that end in CRLF. */
static void check_printable(struct slice wire)
{
    while (wire.len > 0) {
        size_t end = slice_find(wire, '\n');

        assert(end != SLICE_NOT_FOUND && end >= 4 && wire.ptr[end - 1] == '\r');
        assert(slice_starts(wire, SLICE("250")));
        assert(wire.ptr[3] == (end + 1 == wire.len ? ' ' : '-'));
        for (size_t i = 0; i + 1 < end; i++)
            assert(wire.ptr[i] >= ' ' && wire.ptr[i] <= '~');
        wire = slice_from(wire, end + 1);
    }
}

static void check_same(const struct capabilities *a, const struct capabilities *b)
{
    assert(a->extensions == b->extensions && a->size_limit == b->size_limit);
    for (size_t i = 0; i < LIMIT_COUNT; i++)
        if ((a->extensions & EXTENSION_LIMITS) != 0)
            assert(a->limits[i] == b->limits[i]);
}

static void check_parameters(const struct capabilities *offer)
{
    static const struct {
        const char *param;
        unsigned bit;
    } rows[] = {
        {"SIZE=5", EXTENSION_SIZE},           {"BY=5;N", EXTENSION_DELIVERBY},
        {"RET=FULL", EXTENSION_DSN},          {"HOLDFOR=5", EXTENSION_FUTURERELEASE},
        {"REQUIRETLS", EXTENSION_REQUIRETLS}, {"MT-PRIORITY=5", EXTENSION_MT_PRIORITY},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct bytes argument;
        struct command_path path;
        enum param_result result;

        bytes_init(&argument, 64);
        bytes_format(&argument, "FROM:<a@b> %s", rows[i].param);
        assert(command_parse_path(bytes_slice(&argument), SLICE("FROM:"), false, &path) == PATH_OK);
        result = extension_check_params(VERB_MAIL, &path, offer, NULL);
        assert((result == PARAM_UNKNOWN) == ((offer->extensions & rows[i].bit) == 0));
        bytes_fini(&argument);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct slice strip[] = {SLICE_INIT("CHUNKING"), SLICE_INIT("8BITMIME"),
                                         SLICE_INIT("LIMITS")};
    struct capabilities upstream, offer, again;
    struct bytes out;

    if (size < HEAD_BYTES)
        return 0;
    extension_read_reply(slice_make((const char *)data + HEAD_BYTES, size - HEAD_BYTES), &upstream);
    assert(upstream.keyword_count <= EXTENSION_LINES_MAX);
    offer = extension_offer(&upstream, strip, data[0] % 4, MESSAGE_LIMIT, (data[0] & 4) == 0);
    extension_limit_recipients(&offer, RECIPIENT_LIMIT);
    extension_require_tls(&offer, (data[0] & 8) != 0, (data[0] & 16) != 0);
    check_offer(&upstream, &offer);
    check_parameters(&offer);
    bytes_init(&out, SIZE_MAX);
    assert(extension_write_reply(&out, SLICE("host"), &offer) == 0);
    check_printable(bytes_slice(&out));
    extension_read_reply(bytes_slice(&out), &again);
    check_same(&offer, &again);
    bytes_fini(&out);
    return 0;
}
