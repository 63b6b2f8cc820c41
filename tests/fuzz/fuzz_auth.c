/* fuzz_auth: an AUTH exchange as a client and an upstream make it. The input is lines: the first
 * chooses the mechanism, the rest are responses ("+" before one that came with AUTH). A login that
 * comes out is short and printable, and the same bytes say the same again. Each line is also read
 * as an upstream's list of mechanisms. */
#include <assert.h>

#include "proxy/smtp/extension.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct slice next_line(struct slice *rest)
{
    size_t end = slice_find(*rest, '\n');
    struct slice line = slice_first(*rest, end);

    *rest = end != SLICE_NOT_FOUND ? slice_from(*rest, end + 1) : SLICE_NONE;
    return line;
}

static void run(struct slice input, struct sasl *sasl)
{
    sasl_begin(sasl, next_line(&input));
    assert(sasl_login(sasl).len == 0);
    while (input.len > 0) {
        struct slice line = next_line(&input);
        bool initial = slice_starts(line, SLICE("+"));

        sasl_respond(sasl, initial ? slice_from(line, 1) : line, initial);
    }
}

static void check_login(struct slice login)
{
    assert(login.len <= SASL_LOGIN_MAX);
    for (size_t i = 0; i < login.len; i++)
        assert((unsigned char)login.ptr[i] >= ' ' && login.ptr[i] != 0x7F);
}

/* A list is words of the alphabet with one blank between them, none twice, all of them relayable;
 * what was offered can be offered on. */
static void check_list(struct slice line)
{
    struct capabilities upstream, again;
    struct bytes wire;
    struct slice list;

    bytes_init(&wire, SIZE_MAX);
    bytes_append(&wire, SLICE("250-h\r\n250 AUTH "));
    bytes_append(&wire, line);
    bytes_append(&wire, SLICE("\r\n"));
    extension_read_reply(bytes_slice(&wire), &upstream);
    list = sasl_list_text(&upstream.mechanisms);
    assert(list.len <= SASL_LIST_MAX);
    assert((list.len > 0) == ((upstream.extensions & EXTENSION_AUTH) != 0));
    bytes_clear(&wire);
    assert(extension_write_reply(&wire, SLICE("h"), &upstream) == 0);
    extension_read_reply(bytes_slice(&wire), &again);
    assert(slice_equal(sasl_list_text(&again.mechanisms), list));
    while (list.len > 0) {
        size_t end = slice_find(list, ' ');
        struct slice word = slice_first(list, end);

        assert(word.len > 0 && word.len <= SASL_NAME_MAX);
        assert(!slice_equal(word, SLICE("EXTERNAL")));
        assert(sasl_list_has(&upstream.mechanisms, word));
        list = end != SLICE_NOT_FOUND ? slice_from(list, end + 1) : SLICE_NONE;
    }
    bytes_fini(&wire);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice input = slice_make((const char *)data, size);
    struct sasl sasl, again;

    run(input, &sasl);
    run(input, &again);
    struct slice verified = SLICE_NONE, asked = SLICE_NONE;

    check_login(sasl_login(&sasl));
    if (sasl_contested(&sasl, &verified, &asked))
        assert(sasl_login(&sasl).len == 0);
    check_login(verified);
    check_login(asked);
    assert(slice_equal(sasl_login(&sasl), sasl_login(&again)));
    while (input.len > 0)
        check_list(next_line(&input));
    return 0;
}
