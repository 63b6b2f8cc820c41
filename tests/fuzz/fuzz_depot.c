/* fuzz_depot: the line that begins a file of the quarantine. Whatever it is, what is taken for
 * a record can be said in commands, and is the same when it is written and read again. */
#include <assert.h>

#include "proxy/depot/depot_read.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_text(struct slice text)
{
    for (size_t i = 0; i < text.len; i++)
        assert((unsigned char)text.ptr[i] >= ' ' && text.ptr[i] != '\x7f');
}

static void check(const struct depot_record *record)
{
    check_text(record->sender);
    check_text(record->params);
    assert(depot_id_valid(record->id));
    for (size_t i = 0; i < record->recipient_count; i++) {
        assert(record->recipients[i].address.len > 0);
        check_text(record->recipients[i].address);
        check_text(record->recipients[i].params);
    }
}

static void check_again(const struct depot_record *record)
{
    struct depot_record again;
    struct arena arena;
    struct bytes line;

    bytes_init(&line, SIZE_MAX);
    arena_init(&arena, 4096, 1 << 24);
    assert(depot_format(record, &line) == 0);
    assert(depot_parse(bytes_slice(&line), &arena, &again) == 0);
    assert(slice_equal(again.id, record->id) && again.time_us == record->time_us);
    assert(slice_equal(again.sender, record->sender) && slice_equal(again.params, record->params));
    assert(slice_equal(again.upstream, record->upstream));
    assert(again.recipient_count == record->recipient_count);
    for (size_t i = 0; i < record->recipient_count; i++) {
        assert(slice_equal(again.recipients[i].address, record->recipients[i].address));
        assert(slice_equal(again.recipients[i].params, record->recipients[i].params));
    }
    arena_fini(&arena);
    bytes_fini(&line);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct depot_record record;
    struct arena arena;

    arena_init(&arena, 4096, 1 << 24);
    if (depot_parse(slice_make((const char *)data, size), &arena, &record) == 0) {
        check(&record);
        check_again(&record);
    }
    arena_fini(&arena);
    return 0;
}
