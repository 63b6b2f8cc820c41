/* fuzz_zip: a file of a message as an archive. What is shown is well-formed, within its limits, the
 * same when it is asked again, and not more work than its size and its nested archives allow. */
#include <assert.h>

#include "filters/base/utf8.h"
#include "filters/file/signature.h"
#include "filters/file/zip.h"

#define STEPS_PER_BYTE ((uint64_t)4096)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct zip *zip)
{
    size_t octets = 0;

    assert(zip->outer_count <= zip->name_count && zip->name_count <= ZIP_MEMBERS_MAX);
    assert(zip->doubt_count <= ZIP_DOUBTS_MAX);
    assert(zip->archive || (zip->name_count == 0 && !zip->encrypted && !zip->unknown));
    for (size_t i = 0; i < zip->name_count; i++) {
        assert(utf8_valid(zip->names[i]));
        octets += zip->names[i].len;
    }
    assert(octets <= ZIP_NAME_BYTES_MAX);
}

static void check_again(struct slice input, const struct zip *zip)
{
    struct allowance allowance = {.over = NULL};
    struct arena arena;
    struct zip again;

    arena_init(&arena, 4096, SIZE_MAX);
    assert(zip_read(input, &allowance, &arena, &again) == ZIP_READ);
    assert(again.name_count == zip->name_count && again.doubt_count == zip->doubt_count);
    for (size_t i = 0; i < zip->name_count; i++)
        assert(slice_equal(again.names[i], zip->names[i]));
    arena_fini(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice input = slice_make((const char *)data, size);
    struct allowance allowance = {.over = NULL};
    struct arena arena;
    struct slice type;
    struct zip zip;

    arena_init(&arena, 4096, SIZE_MAX);
    if (zip_read(input, &allowance, &arena, &zip) == ZIP_READ) {
        check(&zip);
        check_again(input, &zip);
        type = signature_of(input, zip.names, zip.outer_count);
        assert(utf8_valid(type));
    }
    assert(allowance.spent <= (size + 1) * STEPS_PER_BYTE + 4 * ZIP_NESTED_BYTES_MAX);
    arena_fini(&arena);
    return 0;
}
