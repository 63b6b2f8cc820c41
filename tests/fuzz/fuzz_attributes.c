/* fuzz_attributes: what a trusted peer says of a client by XCLIENT or XFORWARD. What is taken is
 * harmless: names of printable characters without blanks, which xtext carries on unchanged; what is
 * refused leaves nothing behind. */
#include <assert.h>

#include "proxy/smtp/attributes.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_text(const struct attributes_text *text)
{
    assert(text->len <= sizeof(text->bytes));
    for (size_t i = 0; i < text->len; i++)
        assert(text->bytes[i] > ' ' && text->bytes[i] <= '~');
}

/* What was understood, said again. */
static void check_again(const struct attributes *told)
{
    struct attributes again = {.given = 0};
    struct bytes out;

    bytes_init(&out, SIZE_MAX);
    bytes_format(&out, "PORT=%u HELO=", (unsigned)told->address.port);
    if (told->helo.len > 0)
        (void)command_xtext(&out, attributes_slice(&told->helo));
    else
        bytes_append(&out, SLICE("[UNAVAILABLE]"));
    assert(attributes_parse(bytes_slice(&out), ATTRIBUTES_XCLIENT, &again) == ATTRIBUTES_OK);
    assert(again.address.port == told->address.port);
    assert(slice_equal(attributes_slice(&again.helo), attributes_slice(&told->helo)));
    bytes_fini(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct attributes told = {.given = 0};
    struct slice input = slice_make((const char *)data, size);

    if (attributes_parse(input, ATTRIBUTES_XFORWARD, &told) != ATTRIBUTES_OK) {
        assert(told.given == 0 && told.name.len == 0 && told.helo.len == 0);
        return 0;
    }
    assert(told.given != 0);
    check_text(&told.name);
    check_text(&told.helo);
    check_again(&told);
    return 0;
}
